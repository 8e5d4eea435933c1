"""Bringing a workspace to what a bundle says: writing only what has to be written, removing only what is owned.

In this order::

    due        what the bundle has new, changed, edited by hand since, or bound differently
    look       what stands under those names
    foreign    stands and is not owned: taken over if equal, refused if different (unless the user agreed)
    write      one import of what is due, with its jobs off schedule meanwhile (`writing`)
    remove     what is owned and left the bundle (`removal`)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pulumi_dataarts.dlf import removal, standing, writing
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Digests
from pulumi_dataarts.dlf.canonical import Body, Kind, unlike
from pulumi_dataarts.dlf.ownership import Mark, Owned
from pulumi_dataarts.dlf.schedules import Note, Policy, off_schedule
from pulumi_dataarts.dlf.wording import listed
from pulumi_dataarts.dlf.writing import Look, Names, Work
from pulumi_dataarts.errors import AlreadyExists

Thing: TypeAlias = tuple[Kind, str]


@dataclass(frozen=True)
class Result:
    """What came of it: everything owned now, and for each job `created`, `overwritten` or `unchanged`."""

    owned: Owned
    outcome: dict[str, str]


def reconcile(work: Work, owned: Owned, before: Bindings, note: Note) -> Result:
    """Bring the workspace to what the bundle says.

    Args:
        work: the bundle, the workspace, and how to go about it.
        owned: from earlier; nothing at the first time.
        before: the bindings that `owned` was written with.
        note: where jobs that are off schedule are written down.

    Raises:
        AlreadyExists: something stands that is not owned and differs.
        Conflict: a job is on schedule, and the policy is to fail.
        RunFailed: the import failed, or a job is not as it should be afterwards.
    """
    due = _due(work, owned, before)
    look = _look(work, due)
    writes = _without_equal(work, due, _foreign(work, owned, due, look))
    leaving = _leaving(work, owned)
    touched = {*(writes.jobs & look.jobs.keys()), *leaving.jobs}
    found = standing.summaries(work.session, work.place, touched).values()
    policy = Policy.of(work.inputs.model_dump())
    with off_schedule(work.session, work.place, found, _restartable(work), note, policy):
        after = writing.write(work, writes, look)
        removal.remove(work.session, work.place, leaving, work.inputs.approvers)
    return Result(_now_owned(work, owned, look, after), _outcome(work, writes, look))


def _restartable(work: Work) -> set[str]:
    """Return the jobs that may be started: to start a batch job that runs once is to run it again."""
    if work.inputs.target_status == "SAVED":
        return set()
    return {name for name, job in work.bundle.jobs.items() if not _runs_once(job)}


def _runs_once(job: Body) -> bool:
    return bool(job["processType"] == "BATCH" and job["schedule"]["type"] == "EXECUTE_ONCE")


def _due(work: Work, owned: Owned, before: Bindings) -> Names:
    digests = work.bundle.digests()
    rebound = {name for name, job in work.bundle.jobs.items() if work.bindings.touches(job, before)}
    return Names(
        rebound | _moved(digests.jobs, owned.jobs),
        _moved(digests.scripts, owned.scripts),
        _moved(digests.resources, owned.resources),
    )


def _moved(digests: Mapping[str, str], marks: Mapping[str, Mark]) -> set[str]:
    return {name for name, source in digests.items() if name not in marks or not marks[name].is_current(source)}


def _leaving(work: Work, owned: Owned) -> Owned:
    return Owned(
        {name: mark for name, mark in owned.jobs.items() if name not in work.bundle.jobs},
        {name: mark for name, mark in owned.scripts.items() if name not in work.bundle.scripts},
        {name: mark for name, mark in owned.resources.items() if name not in work.bundle.resources},
    )


def _look(work: Work, names: Names) -> Look:
    listed = standing.summaries(work.session, work.place, names.jobs)
    return writing.look(work, Names(set(listed), names.scripts, names.resources))


def _foreign(work: Work, owned: Owned, due: Names, look: Look) -> dict[Thing, list[str]]:
    """Return where each thing that stands and is not owned departs from the bundle."""
    found: dict[Thing, list[str]] = {}
    for name in sorted(due.jobs & look.jobs.keys() - owned.jobs.keys()):
        found["job", name] = work.bindings.unlike(work.bundle.jobs[name], look.jobs[name])
    for name in sorted(due.scripts & look.scripts.keys() - owned.scripts.keys()):
        found["script", name] = unlike(work.bundle.scripts[name], look.scripts[name], "script")
    for name in sorted(due.resources & look.resources.keys() - owned.resources.keys()):
        found["resource", name] = unlike(work.bundle.resources[name], look.resources[name], "resource")
    return found


def _without_equal(work: Work, due: Names, foreign: Mapping[Thing, list[str]]) -> Names:
    """Return what is left to write when equal things are taken over.

    Raises:
        AlreadyExists: something differs, and the user did not agree to overwrite it.
    """
    differing = {thing: paths for thing, paths in foreign.items() if paths}
    equal = foreign.keys() - differing.keys()
    told = listed([f"{kind} {name} (differs in {listed(paths)})" for (kind, name), paths in differing.items()])
    if differing and not work.inputs.may_overwrite:
        raise AlreadyExists(
            f"{work.inputs.path}: workspace {work.place.id} already has {told}",
            service="dlf",
            operation="import jobs",
            hint='Set same_name_policy="OVERWRITE" or adopt=True to overwrite it, or choose other names.',
        )
    if differing:
        work.session.tell(f"overwrites what exists already: {told}")
    if equal:
        taken_over = listed([f"{kind} {name}" for kind, name in sorted(equal)])
        work.session.tell(f"exists already as declared, taken over: {taken_over}")
    return Names(
        due.jobs - {name for kind, name in equal if kind == "job"},
        due.scripts - {name for kind, name in equal if kind == "script"},
        due.resources - {name for kind, name in equal if kind == "resource"},
    )


def _now_owned(work: Work, owned: Owned, look: Look, after: Look) -> Owned:
    """Return a mark for everything in the bundle: as it stands now, or else as it was remembered."""
    digests: Digests = work.bundle.digests()
    return Owned(
        _marks(digests.jobs, owned.jobs, {**look.jobs, **after.jobs}, "job"),
        _marks(digests.scripts, owned.scripts, {**look.scripts, **after.scripts}, "script"),
        _marks(digests.resources, owned.resources, {**look.resources, **after.resources}, "resource"),
    )


def _marks(
    digests: Mapping[str, str], old: Mapping[str, Mark], found: Mapping[str, Body], kind: Kind
) -> dict[str, Mark]:
    return {
        name: Mark.of(source, found[name], kind) if name in found else old[name] for name, source in digests.items()
    }


def _outcome(work: Work, writes: Names, look: Look) -> dict[str, str]:
    written = {name: "overwritten" if name in look.jobs else "created" for name in writes.jobs}
    return {name: written.get(name, "unchanged") for name in sorted(work.bundle.jobs)}
