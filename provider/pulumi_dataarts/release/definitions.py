"""What a program declares, as files of a release: each job, script and resource by itself, in one canonical spelling.

The program is run under logical names (`model.bindings.LOGICAL`), so that nothing of the environment it is run for gets
into the definitions, as far as the program takes its differences from the bindings. Secrets are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from pulumi_dataarts.cdm.job import JobInputs
from pulumi_dataarts.dlf.bundle import Bundle
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.dli import archive as flink
from pulumi_dataarts.errors import ConfigError, PlanError
from pulumi_dataarts.lifecycle.fields import Local, NotCompared, WriteOnly, fields_with
from pulumi_dataarts.model.values import has_unknown, plain
from pulumi_dataarts.release.archive import CONTENT
from pulumi_dataarts.release.manifest import EntryKind

File: TypeAlias = tuple[EntryKind, str, bytes]
_LEFT_OUT: Final = frozenset({*fields_with(JobInputs, WriteOnly), *fields_with(JobInputs, NotCompared)})
_LOCAL: Final = frozenset(fields_with(JobInputs, Local))


@dataclass(frozen=True)
class Declared:
    """One resource as the program declares it. `type` is like `cdm:Job`; `inputs` may hold secrets and unknowns."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Definitions:
    """All that a program declares of the kinds that a release holds.

    Attributes:
        cdm_jobs: arguments by (resource, job).
        bundles: by resource, with the folder they were read from.
        flink_jobs: body by job, by resource.
    """

    cdm_jobs: Mapping[tuple[str, str], Mapping[str, Any]]
    bundles: Mapping[str, tuple[str, Bundle]]
    flink_jobs: Mapping[str, Mapping[str, Mapping[str, Any]]]

    def files(self) -> dict[str, File]:
        """Return them as files, by path in the archive."""
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, File]]:
        for (resource, name), body in self.cdm_jobs.items():
            yield _file("cdm-job", resource, name, body)
        for resource, (_, bundle) in self.bundles.items():
            held: Mapping[EntryKind, Mapping[str, Any]] = {
                "dlf-job": bundle.jobs,
                "dlf-script": bundle.scripts,
                "dlf-resource": bundle.resources,
            }
            for kind, bodies in held.items():
                for name, body in bodies.items():
                    yield _file(kind, resource, name, body)
        for resource, jobs in self.flink_jobs.items():
            for name, body in jobs.items():
                yield _file("flink-job", resource, name, body)


def definitions_of(declared: Iterable[Declared], program: Path) -> Definitions:
    """Return the definitions among what a program declares.

    Args:
        declared: its resources, run under logical names.
        program: the folder it runs in, which its sources are relative to.

    Raises:
        ConfigError: sources that cannot be read.
        PlanError: a resource whose content is not in the program's folder, or is known only after an up.
    """
    cdm_jobs: dict[tuple[str, str], Mapping[str, Any]] = {}
    bundles: dict[str, tuple[str, Bundle]] = {}
    flink_jobs: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    for item in declared:
        if item.type == "cdm:Job":
            body = _cdm_job(item)
            cdm_jobs[item.name, str(body["name"])] = body
        elif item.type == "dlf:JobImport":
            source = _source(item, "bundle")
            bundles[item.name] = source, read_source(program / source)
        elif item.type == "dli:FlinkJobImport":
            flink_jobs[item.name] = _flink_jobs(item, program)
    return Definitions(cdm_jobs, bundles, flink_jobs)


def _cdm_job(item: Declared) -> Mapping[str, Any]:
    body = {key: value for key, value in item.inputs.items() if key in JobInputs.model_fields and key not in _LEFT_OUT}
    for key, value in body.items():
        if has_unknown(value):
            raise PlanError(
                f"cdm.Job {item.name}: {key} is known only after an up, so no release can hold it",
                hint="Take it from a binding or a literal; a release is made before its environments are.",
            )
    return {key: value for key, value in plain(body).items() if value not in (None, {}) or key not in _LOCAL}


def _source(item: Declared, key: str) -> str:
    source = item.inputs.get(key)
    if isinstance(source, str):
        return source
    raise PlanError(
        f"{item.type.replace(':', '.')} {item.name} has no {key}, so a release would not hold what it imports",
        hint=f"Keep its sources in the program's folder, and name them by `{key}`.",
    )


def _flink_jobs(item: Declared, program: Path) -> Mapping[str, Mapping[str, Any]]:
    found = flink.load(program / _source(item, "archive"))
    if found.mistakes:
        raise ConfigError("\n".join([f"the archive of {item.name}:", *(f"  {mistake}" for mistake in found.mistakes)]))
    if not found.jobs:
        raise PlanError(f"the archive of {item.name} is of a format in which single jobs are not known")
    return {name: {key: value for key, value in body.items() if key != "job_id"} for name, body in found.jobs.items()}


def _file(kind: EntryKind, resource: str, name: str, body: Mapping[str, Any]) -> tuple[str, File]:
    path = f"{CONTENT}{kind}/{quote(resource, safe='')}/{quote(name, safe='')}.json"
    text = json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return path, (kind, name, text.encode(errors="surrogatepass"))
