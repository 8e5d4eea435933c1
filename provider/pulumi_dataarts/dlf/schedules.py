"""Taking jobs off their schedule while they are overwritten, and putting them back, whatever happens in between.

Which jobs were taken off is written down in OBS, beside the archive, before the first of them is stopped, and removed
after the last was started: a run that is killed in between leaves nothing stopped for good, since the next one reads
it.

Source: DataArts Factory API "Importing a Job" ("a same-named existing job must be stopped, otherwise the import fails")
and "Viewing a Job List" (states). A schedule that was paused by hand stays off: the service offers no way back to that
state.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from pulumi_dataarts.dlf import api, standing, wire
from pulumi_dataarts.dlf.addresses import ObsPath
from pulumi_dataarts.errors import CloudError, Conflict, NotFound, OutcomeUnknown
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session

WhenRunning = Literal["fail", "stop", "wait"]

_STOPPED: Final = ("STOPPED", "")
_NOT_THERE: Final = (403, 404)
"""Answers for an object that is not there; the first where the user may not list the bucket."""
_ON_SCHEDULE: Final = ("SCHEDULING", "STARTING", "NORMAL", "EXCEPTION")


@dataclass(frozen=True)
class Policy:
    """What may be done to jobs that are on schedule.

    Attributes:
        when_running: refuse, stop at once, or stop once no instance is running.
        keep_schedule: start again afterwards what was on schedule before.
        deadline_s: for each wait.
    """

    when_running: WhenRunning = "wait"
    keep_schedule: bool = True
    deadline_s: float = 900

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Policy:
        """Return the policy in a resource's inputs, or in its outputs."""
        return cls(**{name: properties[name] for name in cls.__dataclass_fields__ if name in properties})


@dataclass(frozen=True)
class Note:
    """The list of jobs to be started again, in OBS. Written only where there is one."""

    session: Session
    path: ObsPath

    def read(self) -> set[str]:
        """Return the jobs that an earlier run took off and did not put back."""
        try:
            names = json.loads(objects.get(self.session, self.path.bucket, self.path.key))
        except ValueError:
            return set()
        except CloudError as error:
            if error.status not in _NOT_THERE:
                raise
            return set()
        return {str(name) for name in names} if isinstance(names, list) else set()

    def write(self, names: Collection[str]) -> None:
        """Write the jobs down."""
        objects.put(self.session, self.path.bucket, self.path.key, json.dumps(sorted(names)).encode())

    def remove(self) -> None:
        """Forget them."""
        objects.delete(self.session, self.path.bucket, self.path.key)


def note_of(session: Session, id: str, archive: str) -> Note:
    """Return the note of the import `id`, beside its archive."""
    name = hashlib.sha256(id.encode()).hexdigest()[:16]
    return Note(session, ObsPath.parse(archive).beside(f".off-schedule-{name}.json"))


@contextmanager
def off_schedule(
    session: Session,
    place: api.Workspace,
    found: Collection[wire.JobSummary],
    restartable: Set[str],
    note: Note,
    policy: Policy,
) -> Iterator[None]:
    """Keep jobs off their schedule inside the block.

    Args:
        session: of the caller.
        place: the workspace.
        found: the jobs as they are now.
        restartable: names of the jobs that may be started afterwards.
        note: where the names are kept meanwhile.
        policy: what may be done.

    Raises:
        Conflict: a job is on schedule and the policy says to fail.
        WaitTimeout: a job does not stop in time.
    """
    left_off = note.read()
    busy = _busy(found)
    on_schedule = {job.name for job in busy if policy.keep_schedule and job.status in _ON_SCHEDULE}
    restarted = (left_off | on_schedule) & restartable
    _check(busy, policy)
    if restarted - left_off:
        note.write(restarted)
    try:
        stop(session, place, busy, policy)
        yield
    finally:
        standing.for_each(sorted(restarted), lambda name: _start(session, place, name))
        if restarted or left_off:
            note.remove()


def stop(session: Session, place: api.Workspace, found: Collection[wire.JobSummary], policy: Policy) -> None:
    """Stop those of the jobs that are on schedule, as the policy says, and wait until they are stopped.

    Raises:
        Conflict: a job is on schedule and the policy says to fail.
        WaitTimeout: a job does not stop in time.
    """
    busy = _busy(found)
    _check(busy, policy)
    names = {job.name for job in busy}
    if not names:
        return
    if policy.when_running == "wait":
        _wait_for_instances(session, place, [job.name for job in busy if not job.is_real_time], policy)
    session.tell(f"stops scheduling of {', '.join(sorted(names))}")
    standing.for_each(sorted(names), lambda name: api.stop_job(place, name))
    session.wait_until(
        lambda: None if _busy(standing.summaries(session, place, names).values()) else True,
        what=f"the end of scheduling of {', '.join(sorted(names))}",
        deadline_s=policy.deadline_s,
    )


def _busy(found: Collection[wire.JobSummary]) -> list[wire.JobSummary]:
    return [job for job in found if job.status not in _STOPPED]


def _check(busy: Collection[wire.JobSummary], policy: Policy) -> None:
    if busy and policy.when_running == "fail":
        raise Conflict(
            f"{', '.join(sorted(f'{job.name} ({job.status})' for job in busy))} must not be touched while on schedule",
            service="dlf",
            hint='Stop the scheduling first, or set when_running="wait" or "stop".',
        )


def _wait_for_instances(session: Session, place: api.Workspace, names: list[str], policy: Policy) -> None:
    for name in names:
        session.wait_until(
            lambda name=name: None if api.is_running(place, name) else True,  # type: ignore[misc]
            what=f"the end of the running instance of {name}",
            deadline_s=policy.deadline_s,
        )


def _start(session: Session, place: api.Workspace, name: str) -> None:
    try:
        api.start_job(place, name)
    except NotFound:
        return
    except OutcomeUnknown:
        if not _busy(standing.summaries(session, place, [name]).values()):
            api.start_job(place, name)
    session.tell(f"puts {name} back on schedule")
