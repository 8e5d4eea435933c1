"""Running and stopping Flink jobs, and waiting until DLI has done it.

Both are only asked for: DLI answers at once and works on. What came of it is read from the job's status.

Source: DLI API "Querying Job Details", "Listing Jobs", "Running Jobs in Batches", "Stopping Jobs in Batches", "Deleting
a Job".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.catalogue import forget_jobs
from pulumi_dataarts.dli.wire import FlinkJob
from pulumi_dataarts.errors import OutcomeUnknown, RunFailed
from pulumi_dataarts.huawei.session import Session

DEADLINE_S: Final = 900.0
State = Literal["running", "stopped", "failed"]

_STATES: dict[str, State] = {
    "job_init": "stopped",
    "job_submitting": "running",
    "job_submit_fail": "failed",
    "job_running": "running",
    "job_running_exception": "failed",
    "job_downloading": "running",
    "job_idle": "running",
    "job_canceling": "stopped",
    "job_cancel_success": "stopped",
    "job_cancel_fail": "failed",
    "job_savepointing": "running",
    "job_arrearage_stopped": "failed",
    "job_arrearage_recovering": "running",
    "job_finish": "running",
}
_STARTED = frozenset({"job_running", "job_finish"})
_AT_REST = frozenset(
    {
        "job_init",
        "job_submit_fail",
        "job_running_exception",
        "job_cancel_success",
        "job_arrearage_stopped",
        "job_finish",
    }
)


def state_of(job: FlinkJob) -> State:
    """Return what the job is up to, for people who want it `running` or `stopped`.

    A job that has finished did what running it was for. A status that no page names is taken for `running`.
    """
    return _STATES.get(job.status, "running")


def is_active(job: FlinkJob) -> bool:
    """Say whether the job holds resources: it runs, is on its way there, or is being stopped."""
    return job.status not in _AT_REST


def run(session: Session, job: FlinkJob, *, resume_savepoint: bool, deadline_s: float) -> None:
    """Run a job that is at rest, and return once DLI says that it runs, or that it has finished.

    Raises:
        RunFailed: DLI could not submit it, or it broke down; the message has DLI's own words.
        WaitTimeout: it is still being submitted.
    """
    session.tell(f"Flink job {job.name}: run{' from its savepoint' if resume_savepoint else ''}")
    _ask(session, [job], lambda: api.run_jobs(session, [job.job_id], resume_savepoint=resume_savepoint))
    await_start(session, job, deadline_s=deadline_s, is_new=True)


def await_start(session: Session, job: FlinkJob, *, deadline_s: float, is_new: bool = False) -> None:
    """Wait until a job runs, or has finished.

    Args:
        session: the open session.
        job: as it was seen last.
        deadline_s: how long to wait.
        is_new: the job was asked to run after it was seen: what it was then does not count.

    Raises:
        RunFailed: DLI could not submit it, or it broke down.
    """

    def started(seen: FlinkJob) -> bool:
        if is_new and _mark(seen) == _mark(job):
            return False
        if state_of(seen) == "failed":
            raise _failed("run Flink job", seen)
        return seen.status in _STARTED

    _wait(session, job, started, f"Flink job {job.name} to run", deadline_s)


def stop(session: Session, jobs: Iterable[FlinkJob], *, trigger_savepoint: bool, deadline_s: float) -> None:
    """Stop the jobs that are active, and return once all are at rest.

    A savepoint is taken of those that run; of one that is still being submitted there is nothing to save.

    Raises:
        RunFailed: DLI says that it could not stop one.
        WaitTimeout: one is still stopping.
    """
    active = [job for job in jobs if is_active(job)]
    saved = [job for job in active if trigger_savepoint and job.status == "job_running"]
    others = [job for job in active if job not in saved and job.status != "job_canceling"]
    _ask_to_stop(session, saved, trigger_savepoint=True)
    _ask_to_stop(session, others, trigger_savepoint=False)
    for job in active:
        await_rest(session, job, deadline_s=deadline_s)


def await_rest(session: Session, job: FlinkJob, *, deadline_s: float) -> None:
    """Wait until an active job is at rest, by itself or because it was told to."""

    def rests(seen: FlinkJob) -> bool:
        if seen.status == "job_cancel_fail" and _mark(seen) != _mark(job):
            raise _failed("stop Flink job", seen)
        return not is_active(seen)

    _wait(session, job, rests, f"Flink job {job.name} to stop", deadline_s)


def _ask_to_stop(session: Session, jobs: list[FlinkJob], *, trigger_savepoint: bool) -> None:
    if jobs:
        names, ids = ", ".join(job.name for job in jobs), [job.job_id for job in jobs]
        session.tell(f"Flink job {names}: stop {'with' if trigger_savepoint else 'without'} a savepoint")
        _ask(session, jobs, lambda: api.stop_jobs(session, ids, trigger_savepoint=trigger_savepoint))


def _ask(session: Session, jobs: list[FlinkJob], send: Callable[[], None]) -> None:
    """Send a request that moves these jobs; where no answer came and none has moved, send it once more."""
    try:
        send()
    except OutcomeUnknown:
        if all(_mark(api.show_job(session, job.job_id)) == _mark(job) for job in jobs):
            send()
    finally:
        forget_jobs(session, [job.name for job in jobs])


def _wait(session: Session, job: FlinkJob, is_there: Callable[[FlinkJob], bool], what: str, deadline_s: float) -> None:
    status = job.status

    def look() -> FlinkJob | None:
        nonlocal status
        seen = api.show_job(session, job.job_id)
        status = seen.status
        return seen if is_there(seen) else None

    session.wait_until(look, what=what, deadline_s=deadline_s, describe=lambda: status)


def _mark(job: FlinkJob) -> tuple[object, ...]:
    """What moves when a job is run: so the end of an earlier run is not taken for the end of this one."""
    told = job.model_dump()
    return (job.status, told.get("start_time"), told.get("update_time"))


def _failed(operation: str, job: FlinkJob) -> RunFailed:
    return RunFailed(
        f"Flink job {job.name} is {job.status}: {job.status_desc or 'DLI gives no reason'}",
        service="dli",
        operation=operation,
        hint="The job's log in the DLI console says more.",
    )
