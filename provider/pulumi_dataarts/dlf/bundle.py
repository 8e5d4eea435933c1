"""A bundle of jobs with the scripts and resources they use, as a value. Pure: bytes in, bytes out.

Two layouts exist in archives and both are read, even mixed; the first is written::

    export of one job                       export of several
    jobs/{job}.job                          jobs/{job}/{job}.job
    scripts/{script}.script                 jobs/{job}/{script}.script
    resources/{resource}.resource           jobs/{job}/{resource}.resource

Each file is the JSON body of "creating a job", "… a script", "… a resource". Other entries are kept as they are.

Source: DataArts Factory API "Exporting a Job", "Batch Exporting Jobs". Where resources stand in
an export of several jobs is not documented.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from pulumi_dataarts.dlf.canonical import Body, Kind, canonical, digest
from pulumi_dataarts.dlf.rules import job_mistakes, resource_mistakes, script_mistakes
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.archives import canonical_zip, read_zip

KINDS: Final[Mapping[str, Kind]] = {".job": "job", ".script": "script", ".resource": "resource"}
FOLDERS: Final = ("jobs", "scripts", "resources")
_RULES: Final[Mapping[Kind, Callable[[str, Body], Iterator[str]]]] = {
    "job": job_mistakes,
    "script": script_mistakes,
    "resource": resource_mistakes,
}


@dataclass(frozen=True)
class Digests:
    """What a bundle holds, by name, each with a short digest of its meaning. A job's covers what it uses."""

    jobs: dict[str, str] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bundle:
    """Definitions by name, and whatever else the archive holds, by path."""

    jobs: dict[str, Body] = field(default_factory=dict)
    scripts: dict[str, Body] = field(default_factory=dict)
    resources: dict[str, Body] = field(default_factory=dict)
    others: dict[str, bytes] = field(default_factory=dict)

    def digests(self) -> Digests:
        """Return the digest of everything in the bundle."""
        scripts = {name: digest(canonical(body, "script")) for name, body in self.scripts.items()}
        resources = {name: digest(canonical(body, "resource")) for name, body in self.resources.items()}
        jobs = {
            name: digest(
                {
                    "job": canonical(job, "job"),
                    "scripts": {used: scripts[used] for used in self.scripts_of(job)},
                    "resources": {used: resources[used] for used in self.resources_of(job)},
                }
            )
            for name, job in self.jobs.items()
        }
        return Digests(jobs, scripts, resources)

    def scripts_of(self, job: Body) -> set[str]:
        """Return the names of the bundle's scripts that a job uses."""
        return self.scripts.keys() & script_names(job)

    def resources_of(self, job: Body) -> set[str]:
        """Return the names of the bundle's resources that a job uses: by name, or by where they lie."""
        used = resource_references(job)
        return {name for name, body in self.resources.items() if used & {name, str(body.get("location"))}}

    def part(self, jobs: Set[str], scripts: Set[str], resources: Set[str]) -> Bundle:
        """Return the bundle of just these."""
        return Bundle(
            {name: body for name, body in self.jobs.items() if name in jobs},
            {name: body for name, body in self.scripts.items() if name in scripts},
            {name: body for name, body in self.resources.items() if name in resources},
        )

    def to_zip(self) -> bytes:
        """Return the canonical zip: equal bundles give equal bytes."""
        return canonical_zip(
            {
                **self.others,
                **{f"jobs/{name}.job": _encoded(body) for name, body in self.jobs.items()},
                **{f"scripts/{name}.script": _encoded(body) for name, body in self.scripts.items()},
                **{f"resources/{name}.resource": _encoded(body) for name, body in self.resources.items()},
            }
        )


def from_zip(data: bytes) -> Bundle:
    """Return the bundle in an archive of either layout.

    Raises:
        ConfigError: an archive that may not be read, or files in it that are not definitions.
    """
    return from_entries(read_zip(data))


def from_entries(entries: Mapping[str, bytes], *, is_export: bool = False) -> Bundle:
    """Return the bundle of an archive's files, by path.

    Args:
        entries: the files.
        is_export: the service made the archive, and may name a file otherwise than what it defines.

    Raises:
        ConfigError: files that are no JSON objects, are not named as what they define, or define a name differently;
            all of them, one a line.
    """
    bundle, mistakes = Bundle(), list[str]()
    for path, data in entries.items():
        try:
            _place(bundle, PurePosixPath(path), data, is_export=is_export)
        except ValueError as error:
            mistakes.append(f"{path}: {error}")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return bundle


def checked(bundle: Bundle) -> Bundle:
    """Return the bundle if the service can be expected to take it.

    Raises:
        ConfigError: no job, or definitions that break a rule; all of them, one a line.
    """
    held: dict[Kind, dict[str, Body]] = {
        "job": bundle.jobs,
        "script": bundle.scripts,
        "resource": bundle.resources,
    }
    mistakes = [
        f"{kind}s/{name}.{kind}: {mistake}"
        for kind, bodies in held.items()
        for name, body in bodies.items()
        for mistake in _RULES[kind](name, body)
    ]
    if not bundle.jobs:
        mistakes.append("there is no job: jobs/<name>.job is missing")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return bundle


def script_names(job: Mapping[str, Any]) -> set[str]:
    """Return the scripts that a job names, in the bundle or not."""
    return {value for name, value in _properties(job) if name == "scriptName"}


def resource_references(job: Mapping[str, Any]) -> set[str]:
    """Return every text by which a job may mean a resource: its properties' values, its nodes' resource lists."""
    listed = {
        str(item.get("name") if isinstance(item, Mapping) else item)
        for node in _objects(job.get("nodes"))
        for key in ("resouces", "resources")
        for item in node.get(key) or ()
    }
    return listed | {value for _, value in _properties(job)}


def _properties(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for node in _objects(job.get("nodes")):
        for item in _objects(node.get("properties")):
            if item.get("value"):
                yield str(item.get("name")), str(item["value"])


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _place(bundle: Bundle, path: PurePosixPath, data: bytes, *, is_export: bool) -> None:
    kind = KINDS.get(path.suffix)
    if kind is None or path.parts[0] not in FOLDERS:
        bundle.others[str(path)] = data
        return
    held = {"job": bundle.jobs, "script": bundle.scripts, "resource": bundle.resources}[kind]
    body = _decoded(data)
    name = str(body.setdefault("name", path.stem))
    if name != path.stem and not is_export:
        raise ValueError(f"its name is {name!r}, the file's is {path.stem!r}")
    if canonical(held.setdefault(name, body), kind) != canonical(body, kind):
        raise ValueError(f"there is another {kind} {name!r} that differs")


def _decoded(data: bytes) -> Body:
    try:
        body = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_refused)
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    if not isinstance(body, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004  a mistake in the user's file, reported with the others
    return body


def _unique(pairs: list[tuple[str, Any]]) -> Body:
    body = dict(pairs)
    if len(body) < len(pairs):
        repeated = sorted(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"has {', '.join(map(repr, repeated))} twice in one object")
    return body


def _refused(constant: str) -> Any:
    raise ValueError(f"is not JSON: {constant}")


def _encoded(body: Body) -> bytes:
    return (json.dumps(body, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode(errors="surrogatepass")
