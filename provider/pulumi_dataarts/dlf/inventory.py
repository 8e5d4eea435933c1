"""What stands in a workspace: its jobs with the scripts and resources they use, written down as a bundle's sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_dataarts.dlf import api, drift, standing
from pulumi_dataarts.dlf.addresses import ObsPath
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Bundle, checked, resource_references, script_names
from pulumi_dataarts.dlf.canonical import Body, Kind, authored
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.errors import ConfigError, NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adoption import Found, adopted
from pulumi_dataarts.lifecycle.handler import Live

_SUFFIX: Final[Mapping[str, str]] = {"SHELL": ".sh", "PYTHON": ".py"}


@dataclass(frozen=True)
class Contents:
    """What a workspace holds that a bundle can hold, and why the rest cannot be in one."""

    bundle: Bundle
    left_out: list[str]


def in_workspace(session: Session, workspace: str, only: str = "") -> Contents:
    """Return the workspace's jobs, or one of them, and what they use. Reads only: exports and lists.

    Raises:
        NotFound: there is no such workspace, or no such job.
    """
    place = api.workspace(session, workspace)
    jobs = standing.jobs(session, place, {only} if only else standing.job_names(session, place))
    if only and not jobs:
        raise NotFound(f"there is no job {only} in workspace {workspace}", service="dlf", operation="query job")
    scripts = standing.scripts(session, place, set[str]().union(*map(script_names, jobs.values())))
    used = set[str]().union(*map(resource_references, jobs.values()))
    rows = {str(row.get("name")): row for row in api.list_resources(place)} if used else {}
    resources = {name: row for name, row in rows.items() if used & {name, str(row.get("location"))}}
    whole = Bundle(_authored(jobs, "job"), _authored(scripts, "script"), _authored(resources, "resource"))
    return _usable(whole)


def sources(bundle: Bundle) -> dict[str, str]:
    """Return the files of a bundle's source directory by path: definitions, with the code beside them."""
    files = {f"jobs/{name}.job": _text(body) for name, body in bundle.jobs.items()}
    files |= {f"resources/{name}.resource": _text(body) for name, body in bundle.resources.items()}
    for name, body in bundle.scripts.items():
        suffix = _SUFFIX.get(str(body.get("type", "")).upper(), ".sql")
        code = body.get("content") or ""
        files[f"scripts/{name}.script"] = _text({key: value for key, value in body.items() if key != "content"})
        files |= {f"scripts/{name}{suffix}": code} if code else {}
    return files


def adopted_jobs(
    session: Session, workspace: str, bundle: Bundle, name: str, folder: Path, source: str, path: str
) -> Found:
    """Return the import that these jobs of a workspace might have come from.

    Args:
        session: the open session.
        workspace: its id.
        bundle: the jobs, and what they use.
        name: of the resource.
        folder: where the sources lie now.
        source: the same folder, as the program names it.
        path: where the archive shall lie one day; nothing needs to lie there yet.
    """
    place, where = api.workspace(session, workspace), ObsPath.parse(path)
    owned = drift.discovered(session, place, bundle, Bindings())
    digests = bundle.digests()
    declared = {"jobs": digests.jobs, "scripts": digests.scripts, "archive_resources": digests.resources}
    facts = {**owned.facts(), "outcome": {}, "archive_sha256": "", "uploaded": False}
    told = {"path": path, **({"workspace": workspace} if workspace != session.settings.workspace else {})}
    found = adopted(
        JobImportProvider,
        "dlf:JobImport",
        name,
        f"{workspace}/{where.bucket}/{where.key}",
        Live({**told, **drift.as_declared(declared, owned, owned)}, facts),
        said={"bundle": str(folder)},
    )
    named = {"bundle": source}
    return Found(
        found.kind, found.name, found.id,
        found.inputs | named, found.outputs | named, found.arguments | named,
        found.provider,
    )  # fmt: skip


def _authored(bodies: Mapping[str, Body], kind: Kind) -> dict[str, Body]:
    return {name: authored(body, kind) for name, body in bodies.items()}


def _usable(whole: Bundle) -> Contents:
    """Leave out jobs that cannot be kept as sources, each with the reason."""
    kept: set[str] = set()
    left_out = []
    for name, job in whole.jobs.items():
        used = whole.part({name}, whole.scripts_of(job), whole.resources_of(job))
        try:
            _require_plain_names(used)
            checked(used)
            kept.add(name)
        except ConfigError as error:
            left_out.append(f"DataArts Factory job {name}: {error.message}")
    jobs = [whole.jobs[name] for name in kept]
    scripts = set[str]().union(*map(whole.scripts_of, jobs))
    return Contents(whole.part(kept, scripts, set[str]().union(*map(whole.resources_of, jobs))), left_out)


def _require_plain_names(bundle: Bundle) -> None:
    for name in (*bundle.jobs, *bundle.scripts, *bundle.resources):
        if "/" in name or "\\" in name or "\0" in name or name.startswith("."):
            raise ConfigError(f"{name!r} cannot be a file's name")


def _text(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"
