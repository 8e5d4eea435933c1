"""Writing what is due into a workspace, and looking whether it is there.

A whole bundle is imported from where it lies. A part of it is built anew, lies beside the archive for as long as the
import takes, and is removed: the service makes a new version of whatever it imports, equal or not. Scripts and
resources that no due job uses are written by their own calls, since an import without jobs is not documented.

What the service says of an import is not enough: a job counts as written when it is there, and is not what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pulumi_dataarts.dlf import api, imports, parts, standing
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Bundle, script_names
from pulumi_dataarts.dlf.canonical import Body, standing_digest
from pulumi_dataarts.dlf.inputs import JobImportInputs
from pulumi_dataarts.dlf.wording import listed
from pulumi_dataarts.errors import OutcomeUnknown, RunFailed
from pulumi_dataarts.huawei.session import Session


@dataclass(frozen=True)
class Names:
    """Jobs, scripts and resources of a bundle, by name."""

    jobs: Set[str]
    scripts: Set[str]
    resources: Set[str]


@dataclass(frozen=True)
class Look:
    """Definitions as they stand, by name; what does not stand is absent."""

    jobs: dict[str, Body]
    scripts: dict[str, Body]
    resources: dict[str, Body]


@dataclass(frozen=True)
class Work:
    """One bundle, one workspace, and how the user wants them brought together; `id` is the import's."""

    session: Session
    place: api.Workspace
    id: str
    inputs: JobImportInputs
    bundle: Bundle
    bindings: Bindings


def look(work: Work, names: Names) -> Look:
    """Return what stands under these names."""
    return Look(
        standing.jobs(work.session, work.place, names.jobs),
        standing.scripts(work.session, work.place, names.scripts),
        standing.resources(work.session, work.place, {name: work.bundle.resources[name] for name in names.resources}),
    )


def write(work: Work, names: Names, before: Look) -> Look:
    """Write these, and return what stands then.

    Raises:
        RunFailed: the import failed, or something is not there or not changed afterwards.
    """
    part = _imported_part(work.bundle, names)
    _tell_of_missing_connections(work, names.scripts)
    for name in sorted(names.resources - part.resources.keys()):
        _save_resource(work.place, work.bundle.resources[name], before.resources.get(name))
    for name in sorted(names.scripts - part.scripts.keys()):
        _save_script(work, work.bundle.scripts[name], exists=name in before.scripts)
    if part.jobs:
        _tell_of_missing_scripts(work, part)
        with _lying(work, part) as path:
            _import(work, path, part, before)
    after = look(work, names)
    _verify(work, names, before, after)
    return after


def _imported_part(bundle: Bundle, names: Names) -> Bundle:
    """Return what goes through an import: the jobs, and what they use; everything due, if all jobs are."""
    scripts, resources = set(names.scripts), set(names.resources)
    if names.jobs != bundle.jobs.keys():
        jobs = [bundle.jobs[name] for name in names.jobs]
        scripts &= set[str]().union(*map(bundle.scripts_of, jobs))
        resources &= set[str]().union(*map(bundle.resources_of, jobs))
    return bundle.part(names.jobs, scripts, resources)


@contextmanager
def _lying(work: Work, part: Bundle) -> Iterator[str]:
    """Give the path of an archive in OBS that holds just this part, for as long as the block takes."""
    whole = work.bundle
    if (part.jobs, part.scripts, part.resources) == (whole.jobs, whole.scripts, whole.resources):
        yield work.inputs.path
        return
    with parts.lying(work.session, work.id, work.inputs.path, part.to_zip()) as path:
        yield str(path)


def _import(work: Work, path: str, part: Bundle, before: Look) -> None:
    pairs = ((part.jobs, before.jobs), (part.scripts, before.scripts), (part.resources, before.resources))
    is_overwriting = any(mine.keys() & theirs.keys() for mine, theirs in pairs)
    request = work.inputs.request(path, part.jobs.keys(), is_overwriting=is_overwriting)
    work.session.tell(f"imports {len(part.jobs)} of {len(work.bundle.jobs)} jobs from {path}")

    def has_landed() -> bool:
        now = standing.jobs(work.session, work.place, part.jobs.keys())
        return part.jobs.keys() <= now.keys() and not _unwritten(work, before.jobs, now)

    imports.run(work.session, work.place, request, has_landed=has_landed, deadline_s=work.inputs.deadline_s)


def _verify(work: Work, names: Names, before: Look, after: Look) -> None:
    missing = [
        *sorted(f"job {name}" for name in names.jobs - after.jobs.keys()),
        *sorted(f"script {name}" for name in names.scripts - after.scripts.keys()),
        *sorted(f"resource {name}" for name in names.resources - after.resources.keys()),
    ]
    unwritten = [f"job {name}" for name in _unwritten(work, before.jobs, after.jobs)]
    if missing or unwritten:
        said = [f"{', '.join(missing)}: not there"] * bool(missing)
        said += [f"{', '.join(unwritten)}: still as before"] * bool(unwritten)
        raise RunFailed(
            f"{work.inputs.path}: the import ended, but {'; '.join(said)}",
            service="dlf",
            operation="import jobs",
            hint="Look at the job in the console: it may be locked by another user. Then run again.",
        )
    for name in sorted(names.jobs):
        paths = work.bindings.unlike(work.bundle.jobs[name], after.jobs[name])
        if paths:
            work.session.tell(f"job {name}: the service keeps {listed(paths)} differently from the bundle")


def _unwritten(work: Work, before: dict[str, Body], now: dict[str, Body]) -> list[str]:
    """Return the jobs that stand as they did before, and not as they should."""
    return sorted(
        name
        for name, body in now.items()
        if name in before
        and standing_digest(body, "job") == standing_digest(before[name], "job")
        and work.bindings.unlike(work.bundle.jobs[name], body)
    )


def _tell_of_missing_scripts(work: Work, part: Bundle) -> None:
    used = {name: script_names(job) - work.bundle.scripts.keys() for name, job in part.jobs.items()}
    found = standing.scripts(work.session, work.place, set[str]().union(*used.values()))
    for name, scripts in sorted(used.items()):
        for script in sorted(scripts - found.keys()):
            work.session.tell(f"job {name} uses script {script}, which is neither in the bundle nor in the workspace")


def _tell_of_missing_connections(work: Work, scripts: Set[str]) -> None:
    """Tell of names that are not listed where others are: a workspace without any may keep them elsewhere."""
    used = {name: work.bundle.scripts[name].get("connectionName") for name in sorted(scripts)}
    listed_ones = api.connection_names(work.place) if any(used.values()) else set()
    for script, connection in used.items():
        if listed_ones and connection and connection not in listed_ones:
            work.session.tell(
                f"script {script} uses connection {connection}, which workspace {work.place.id} does not list: jobs "
                f"that use it would fail. There are {listed(sorted(listed_ones))}"
            )


def _save_script(work: Work, script: Body, *, exists: bool) -> None:
    body = {**script, **work.inputs.submission()}
    if exists:
        api.update_script(work.place, str(script["name"]), body)
        return
    with suppress(OutcomeUnknown):  # it is looked for afterwards
        api.create_script(work.place, body)


def _save_resource(place: api.Workspace, resource: Body, standing_one: Body | None) -> None:
    if standing_one is not None:
        api.update_resource(place, str(standing_one["id"]), {"directory": "/", **resource})
        return
    with suppress(OutcomeUnknown):  # it is looked for afterwards
        api.create_resource(place, resource)
