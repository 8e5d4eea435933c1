"""Looking for what a release needs in the environment it is about to run in. The cloud is only read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.model.bindings import Bindings, Target
from pulumi_dataarts.obs import api as obs
from pulumi_dataarts.release.binding import Stands
from pulumi_dataarts.release.manifest import Content, Need


def looker(open_session: Callable[[], Session], content: Content, here: Bindings) -> Stands:
    """Return what says whether something stands; the session is opened once something has to be looked up."""

    @cache
    def clusters() -> list[tuple[str, str]]:
        return [(item.id, item.name) for item in cdm.list_clusters(open_session())]

    def stands(need: Need, own: Target) -> bool | None:
        if need.kind == "cluster" and need.type == "CDM_CLUSTER":
            if own.id == own.name:  # not bound: CDM jobs mean an id, Factory jobs a name
                return any(own.name in known for known in clusters())
            return any(own.id in ("", id) and own.name in ("", name) for id, name in clusters())
        if need.kind == "bucket":
            return obs.head_bucket(open_session(), own.name) is not None
        if need.kind == "link":
            where = {target.id for target in here.clusters.values() if target.id}
            return any(cdm.show_link(open_session(), id, own.name) for id in sorted(where)) if where else None
        return None

    return stands
