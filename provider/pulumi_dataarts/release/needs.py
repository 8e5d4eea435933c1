"""What a release needs of an environment and does not bring itself, with the places that need it. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pulumi_dataarts.dlf.references import Reference, references
from pulumi_dataarts.release.definitions import Declared, Definitions
from pulumi_dataarts.release.manifest import Need, NeedKind

_BRINGS: Final[Mapping[str, tuple[NeedKind, str]]] = {"cdm:Link": ("link", "name"), "obs:Bucket": ("bucket", "bucket")}
_BUCKETS: Final = ("from_config", "to_config")
Wanted = tuple[NeedKind, str, str, str]


def needs_of(
    definitions: Definitions, declared: Iterable[Declared], program: Mapping[str, bytes], main: str
) -> tuple[Need, ...]:
    """Return the needs of a release, sorted; what the program declares itself (links, buckets) is none.

    Args:
        definitions: what the release holds.
        declared: everything the program declares.
        program: its files, by path in the project's folder, for the lines.
        main: the program's folder in the project's, with a `/` at the end, empty where they are the same.
    """
    brought = {
        (kind, str(item.inputs.get(key)))
        for item in declared
        if item.type in _BRINGS
        for kind, key in [_BRINGS[item.type]]
    }
    places: dict[tuple[NeedKind, str, str], list[str]] = {}
    for kind, name, type, where in _wanted(definitions, program, main):
        if (kind, name) not in brought:
            places.setdefault((kind, name, type), []).append(where)
    return tuple(
        Need(kind=kind, name=name, type=type, used_by=tuple(dict.fromkeys(used)))
        for (kind, name, type), used in sorted(places.items())
    )


def _wanted(definitions: Definitions, program: Mapping[str, bytes], main: str) -> Iterator[Wanted]:
    for (_, name), body in sorted(definitions.cdm_jobs.items()):
        yield from _of_cdm_job(name, body)
    for _, (source, bundle) in sorted(definitions.bundles.items()):
        for item in references(bundle):
            yield item.kind, item.name, item.type, _placed(item, f"{main}{source}/", program)
    for _, jobs in sorted(definitions.flink_jobs.items()):
        for name, job in sorted(jobs.items()):
            if job.get("queue_name"):
                yield "queue", str(job["queue_name"]), "", f"Flink job {name}"


def _of_cdm_job(name: str, body: Mapping[str, Any]) -> Iterator[Wanted]:
    where = f"CDM job {name}"
    yield "cluster", str(body["cluster_id"]), "CDM_CLUSTER", where
    for key in ("from_link", "to_link"):
        if body.get(key):
            yield "link", str(body[key]), "", f"{where}, {key}"
    for key in _BUCKETS:
        if bucket := (body.get(key) or {}).get("bucketName"):
            yield "bucket", str(bucket), "", f"{where}, {key}.bucketName"


def _placed(item: Reference, folder: str, program: Mapping[str, bytes]) -> str:
    """Return where a reference stands, with the line of its source where that is in the release."""
    path = f"{folder}{item.file}"
    line = _line(program.get(path, b"").decode(errors="replace"), item)
    return f"{item.where} ({path}:{line})" if line else item.where


def _line(text: str, item: Reference) -> int:
    """Return the line of a name in a definition, after that of its node; 0 where it is not found."""
    name = item.name.rpartition(".")[2] if item.kind == "parameter" else item.name
    lines = text.splitlines()
    node = json.dumps(item.node, ensure_ascii=False)
    start = next((number for number, line in enumerate(lines) if item.node and node in line), 0)
    quoted = json.dumps(name, ensure_ascii=False)
    return next((number + 1 for number, line in enumerate(lines) if number >= start and quoted in line), 0)
