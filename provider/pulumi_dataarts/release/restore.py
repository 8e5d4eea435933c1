"""A restore point: the jobs that stand and are about to be overwritten, as they are, for whoever has to look back.

DataArts Factory jobs are exported by the service, with their scripts and resources, as archives that its console
imports. CDM and Flink jobs are read; the service tells no password in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from pulumi_dataarts.cdm import api as cdm_api
from pulumi_dataarts.dlf import api as dlf_api
from pulumi_dataarts.dlf import wire
from pulumi_dataarts.dli import api as dli_api
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.model.snapshots import ResourceState

KINDS: Final = ("cdm:Job", "dlf:JobImport", "dli:FlinkJobImport")


def export(session: Session, standing: Iterable[ResourceState]) -> dict[str, bytes]:
    """Return the jobs behind these resources by file name. What is gone, or of another kind, is left out."""
    files: dict[str, bytes] = {}
    for state in standing:
        files |= dict(_files(session, state))
    return files


def _files(session: Session, state: ResourceState) -> Iterator[tuple[str, bytes]]:
    known: Mapping[str, Any] = {**state.inputs, **state.outputs}
    kind = state.type.rpartition("/")[2]
    if kind == "cdm:Job":
        yield from _cdm(session, known)
    elif kind == "dlf:JobImport":
        yield from _dlf(session, state.id, known)
    elif kind == "dli:FlinkJobImport":
        yield from _flink(session, known)


def _cdm(session: Session, known: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    cluster_id, name = str(known.get("cluster_id", "")), str(known.get("name", ""))
    found = cdm_api.show_job(session, cluster_id, name, str(known.get("job_type", cdm_api.NORMAL)))
    if found is not None:
        yield f"cdm/{_safe(cluster_id)}/{_safe(name)}.json", _json({"jobs": [found.body()]})


def _dlf(session: Session, id: str, known: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    place = dlf_api.workspace(session, id.partition("/")[0])
    for name in sorted(known.get("jobs") or {}):
        try:
            data = dlf_api.export_job(place, name, wire.ExportRequest())
        except NotFound:
            continue
        yield f"dlf/{_safe(place.id)}/{_safe(name)}.zip", data


def _flink(session: Session, known: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    for name in sorted(known.get("job_ids") or {}):
        found = dli_api.find_job(session, name)
        if found is not None:
            told = {key: value for key, value in found.settings().items() if value is not None}
            yield f"flink/{_safe(name)}.json", _json(told)


def _safe(name: str) -> str:
    return quote(name, safe=" ")


def _json(document: Any) -> bytes:
    return f"{json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)}\n".encode()
