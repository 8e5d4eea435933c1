"""Looking again at what an import owns: what was edited outside, what is gone.

A refresh compares digests of what stands with those taken right after the import. It needs neither the bundle nor the
archive, and a few calls for a thousand jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pulumi_dataarts.dlf import api, standing
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Bundle
from pulumi_dataarts.dlf.canonical import Body, Kind, unlike
from pulumi_dataarts.dlf.ownership import Mark, Owned
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.effects import EDITED
from pulumi_dataarts.model.values import Properties

GONE: Final = "gone"
"""Stands for something that was imported without a local bundle and is missing; with one, it is left out."""


def seen_again(session: Session, place: api.Workspace, owned: Owned, source: Bundle, bindings: Bindings) -> Owned:
    """Return what is owned after another look; what is missing is left out.

    Args:
        session: the open session.
        place: the workspace.
        owned: as it is remembered.
        source: the local bundle as it is by now; an empty one where there is none.
        bindings: what it would be imported with.
    """
    jobs = standing.jobs(session, place, owned.jobs.keys())
    scripts = standing.scripts(session, place, owned.scripts.keys())
    resources = standing.resources(session, place, {name: {"id": mark.id} for name, mark in owned.resources.items()})
    now = Owned(
        {name: mark.seen(jobs[name], "job") for name, mark in owned.jobs.items() if name in jobs},
        {name: mark.seen(scripts[name], "script") for name, mark in owned.scripts.items() if name in scripts},
        {name: mark.seen(resources[name], "resource") for name, mark in owned.resources.items() if name in resources},
    )
    return _taken_in(now, Bundle(jobs, scripts, resources), source, bindings)


def _taken_in(now: Owned, found: Bundle, source: Bundle, bindings: Bindings) -> Owned:
    """Let what was written into the bundle since, and stands just so, count as imported from it.

    So an outside edit that was taken into the source is no edit any more, and is not imported once more.
    """
    digests = source.digests()
    scripts = _as_in(
        digests.scripts, now.scripts, lambda name: unlike(source.scripts[name], found.scripts[name], "script")
    )
    resources = _as_in(
        digests.resources, now.resources, lambda name: unlike(source.resources[name], found.resources[name], "resource")
    )

    def departs(name: str) -> bool:
        job = source.jobs[name]
        uses_others = source.scripts_of(job) - scripts or source.resources_of(job) - resources
        return bool(uses_others or bindings.unlike(job, found.jobs[name]))

    jobs = _as_in(digests.jobs, now.jobs, departs)
    return Owned(
        {**now.jobs, **_moved(now.jobs, digests.jobs, jobs, found.jobs, "job")},
        {**now.scripts, **_moved(now.scripts, digests.scripts, scripts, found.scripts, "script")},
        {**now.resources, **_moved(now.resources, digests.resources, resources, found.resources, "resource")},
    )


def _as_in(digests: Mapping[str, str], marks: Mapping[str, Mark], departs: Callable[[str], object]) -> set[str]:
    return {name for name in marks.keys() & digests.keys() if not departs(name)}


def _moved(
    marks: Mapping[str, Mark], digests: Mapping[str, str], names: set[str], found: Mapping[str, Body], kind: Kind
) -> dict[str, Mark]:
    """Return new marks for those of these whose source is another one by now."""
    return {name: Mark.of(digests[name], found[name], kind) for name in names if marks[name].source != digests[name]}


def as_declared(known: Mapping[str, Any], before: Owned, now: Owned) -> Properties:
    """Return the digests of a resource's inputs as they stand: the declared ones wherever nothing moved."""
    return {
        "jobs": _told(known.get("jobs"), before.jobs, now.jobs),
        "scripts": _told(known.get("scripts"), before.scripts, now.scripts),
        "archive_resources": _told(known.get("archive_resources"), before.resources, now.resources),
    }


def _told(declared: Mapping[str, str] | None, before: Mapping[str, Mark], now: Mapping[str, Mark]) -> dict[str, str]:
    told: dict[str, str] = {}
    for name in sorted({*before, *(declared or {})}):
        mark = now.get(name)
        if mark is not None and mark.edited:
            told[name] = f"{EDITED}{mark.edited}"
        elif mark is not None and declared:
            told[name] = mark.source
        elif mark is None and not declared:
            told[name] = GONE
    return told


def discovered(session: Session, place: api.Workspace, bundle: Bundle, bindings: Bindings) -> Owned:
    """Return marks for what stands of a bundle that nothing is remembered of; departures count as edits."""
    digests = bundle.digests()
    jobs = standing.jobs(session, place, bundle.jobs.keys())
    scripts = standing.scripts(session, place, bundle.scripts.keys())
    resources = standing.resources(session, place, bundle.resources)
    return Owned(
        {
            name: _found(digests.jobs[name], body, "job", bindings.unlike(bundle.jobs[name], body))
            for name, body in jobs.items()
        },
        {
            name: _found(digests.scripts[name], body, "script", unlike(bundle.scripts[name], body, "script"))
            for name, body in scripts.items()
        },
        {
            name: _found(digests.resources[name], body, "resource", unlike(bundle.resources[name], body, "resource"))
            for name, body in resources.items()
        },
    )


def _found(source: str, body: Body, kind: Kind, departing: list[str]) -> Mark:
    mark = Mark.of(source, body, kind)
    return replace(mark, edited=mark.live) if departing else mark
