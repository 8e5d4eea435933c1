"""What happens to jobs that run when they are to be overwritten or deleted: the policy, and its carrying out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, Literal

from pulumi_dataarts.dli import api, runs
from pulumi_dataarts.dli.wire import FlinkJob
from pulumi_dataarts.errors import Conflict, NotFound
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session

WhenRunning = Literal["fail", "stop", "wait"]


@dataclass(frozen=True)
class Policy:
    """How to go about jobs that run.

    Attributes:
        when_running: refuse before anything is touched, stop them, or wait until they end by themselves.
        savepoint: stop them with a savepoint, and run them from it again after they are overwritten.
        deadline_s: how long each stop, each wait and each start may take.
    """

    when_running: WhenRunning = "fail"
    savepoint: bool = True
    deadline_s: float = runs.DEADLINE_S

    @staticmethod
    def of(values: Mapping[str, Any]) -> Policy:
        """Return the policy that a resource's inputs or outputs hold, as far as they do."""
        return Policy(**{part.name: values[part.name] for part in fields(Policy) if part.name in values})


@contextmanager
def paused(session: Session, jobs: Iterable[FlinkJob], policy: Policy, zip_file: str) -> Iterator[None]:
    """Bring the jobs to rest, and run again those that had to be stopped, even if what was between failed.

    Which jobs are stopped is noted beside `zip_file` until they run again, so that a process that is killed in
    between, or a start that fails, is made up for by the next one that comes here.

    Overwriting puts a job back to draft (DLI API "Importing a Flink Job"); whether its savepoint survives that is not
    documented.

    Raises:
        Conflict: one is running and the policy is `fail`; nothing was touched.
    """
    active = [job for job in jobs if runs.is_active(job)]
    if policy.when_running != "stop":
        _bring_to_rest(session, active, policy, trigger_savepoint=False, verb="overwritten")
        yield
        return
    note = _Note.beside(zip_file)
    owed = note.read(session) | {job.name for job in active if runs.state_of(job) == "running"}
    if owed:
        note.write(session, owed)
    try:
        _bring_to_rest(session, active, policy, trigger_savepoint=policy.savepoint, verb="overwritten")
        yield
    finally:
        _run_again(session, owed, policy)
        if owed:
            objects.delete(session, note.bucket, note.key)


def remove(session: Session, jobs: Sequence[FlinkJob], policy: Policy) -> None:
    """Delete the jobs; those that run are first treated as the policy says, without a savepoint.

    Raises:
        Conflict: one is running and the policy is `fail`; nothing was touched.
    """
    active = [job for job in jobs if runs.is_active(job)]
    _bring_to_rest(session, active, policy, trigger_savepoint=False, verb="deleted")
    for job in jobs:
        session.tell(f"Flink job {job.name}: delete")
        api.delete_job(session, job.job_id)


def _bring_to_rest(
    session: Session, active: list[FlinkJob], policy: Policy, *, trigger_savepoint: bool, verb: str
) -> None:
    if active and policy.when_running == "fail":
        names = ", ".join(f"{job.name} ({job.status})" for job in active)
        raise Conflict(
            f"Flink job {names} would be {verb} while it runs",
            service="dli",
            hint='Stop it, or set when_running="stop" or when_running="wait".',
        )
    if policy.when_running == "stop":
        runs.stop(session, active, trigger_savepoint=trigger_savepoint, deadline_s=policy.deadline_s)
    for job in active if policy.when_running == "wait" else []:
        runs.await_rest(session, job, deadline_s=policy.deadline_s)


def _run_again(session: Session, names: set[str], policy: Policy) -> None:
    """Jobs are looked up by name: whether overwriting keeps their ids is not documented."""
    for job in api.shared_jobs(session) if names else []:
        if job.name in names and not runs.is_active(job):
            runs.run(session, job, resume_savepoint=policy.savepoint, deadline_s=policy.deadline_s)


@dataclass(frozen=True)
class _Note:
    """An object in OBS that names the jobs which are stopped and have to run again."""

    bucket: str
    key: str

    @staticmethod
    def beside(zip_file: str) -> _Note:
        bucket, _, key = zip_file.partition("/")
        return _Note(bucket, f"{key}.restart.json")

    def read(self, session: Session) -> set[str]:
        try:
            return set(json.loads(objects.get(session, self.bucket, self.key)))
        except NotFound:
            return set()

    def write(self, session: Session, names: set[str]) -> None:
        objects.put(session, self.bucket, self.key, json.dumps(sorted(names)).encode())
