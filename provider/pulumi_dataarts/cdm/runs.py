"""Starting a run of a job exactly once, and following it to its end.

A run cannot be marked as one's own, and what it was started with is not told. So before a run is started, and
after an answer was lost, the job's last run is looked at:

* one that appeared while the answer to our own start was lost is ours;
* one under way that began after the job was last changed does what ours would do, and is taken over: unless
it was
  started for another resource, or `variables` are declared, since nobody can tell what it was started with;
* any other one under way is met as the program says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.catalogue import forget_job, read_job
from pulumi_dataarts.cdm.running import UNDER_WAY
from pulumi_dataarts.errors import Conflict, OutcomeUnknown, RunFailed, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_dataarts.cdm.wire import Submission
    from pulumi_dataarts.huawei.session import Session

Policy = Literal["take_over", "wait", "fail"]

SUCCEEDED: Final = "SUCCEEDED"
ENDED: Final = frozenset({SUCCEEDED, "FAILED", "FAILURE_ON_SUBMIT", "STOPPED"})
STARTS_MAX: Final = 3
_DETAILS_MAX: Final = 2000


def key(run: Submission) -> str:
    """Return what tells a run from the job's others: its id, or where none is told, when it began."""
    return f"at-{run.began_ms}" if run.submission_id is None else str(run.submission_id)


@dataclass
class Starter:
    """One resource's wish for one run of one job."""

    session: Session
    cluster_id: str
    name: str
    variables: Mapping[str, str]
    policy: Policy
    deadline_s: float
    _lost: OutcomeUnknown | None = field(default=None, init=False)
    _before: str = field(default="", init=False)

    @property
    def about(self) -> str:
        """Name the job for messages."""
        return f"job {self.name} on cluster {self.cluster_id}"

    def begin(self) -> Submission:
        """Return the run: started now, or found.

        Raises:
            Conflict: another run is under way, and the policy is not to wait for its end.
            NotFound: no such job.
            OutcomeUnknown: answers were lost, and no run can be seen.
        """
        for _ in range(STARTS_MAX):
            found = self._found()
            if found is not None:
                return found
            try:
                return self._start()
            except Conflict as error:
                if error.code != api.RUNNING:
                    raise
            except OutcomeUnknown as error:
                self._lost = error
                self.session.tell(f"{self.about}: no answer to the start; looking whether it runs")
        found = self._found()
        if found is None:
            raise self._lost or self._refusal("run after run of others")
        return found

    def follow(self, run: Submission) -> Submission:
        """Wait for the end of a run and return it. Raises WaitTimeout, which names the run."""
        seen = run

        def look() -> Submission | None:
            nonlocal seen
            seen = find(self.session, self.cluster_id, self.name, key(run)) or seen
            return seen if seen.status in ENDED else None

        def describe() -> str:
            progress = None if seen.progress is None else f"progress {seen.progress:g}"
            rows = f"{seen.write_rows} rows written" if seen.write_rows else None
            return ", ".join(filter(None, [seen.status, progress, rows]))

        what = f"the end of run {key(run)} of {self.about}"
        try:
            return self.session.wait_until(look, what=what, deadline_s=self.deadline_s, every_s=5.0, describe=describe)
        except WaitTimeout as error:
            error.hint = "It goes on running. The next `up` takes it over, or starts anew where it cannot be known."
            raise

    def _found(self) -> Submission | None:
        """Return a run that need not be started; remember the last one there is."""
        last = api.show_job_status(self.session, self.cluster_id, self.name)
        if last is None:
            return None
        if self._lost and key(last) != self._before and self._claim(last):
            return last
        if last.status in UNDER_WAY:
            if self._may_take_over(last):
                self.session.tell(f"{self.about}: run {key(last)} is {last.status} already: taken over")
                return last
            self._meet(last)
        self._before = key(last)
        return None

    def _start(self) -> Submission:
        try:
            run = api.start_job(self.session, self.cluster_id, self.name, self.variables)
        finally:
            forget_job(self.session, self.cluster_id, self.name)
        if run.submission_id is None:
            last = api.show_job_status(self.session, self.cluster_id, self.name)
            run = last if last is not None and key(last) != self._before else run
        self._claim(run)
        return run

    def _may_take_over(self, run: Submission) -> bool:
        if self.policy != "take_over" or self.variables:
            return False
        job = read_job(self.session, self.cluster_id, self.name, "")
        changed_ms = job and (job.update_date or job.creation_date)
        is_of_this_job = bool(changed_ms and run.began_ms and run.began_ms >= changed_ms)
        return is_of_this_job and self._claim(run)

    def _meet(self, run: Submission) -> None:
        if self.policy != "wait":
            raise self._refusal(f"run {key(run)} ({run.status})")
        self.follow(run)

    def _refusal(self, what: str) -> Conflict:
        return Conflict(
            f"{self.about} is busy with {what}",
            service="cdm",
            operation="start job",
            code=api.RUNNING,
            hint='Run again when it has ended, or set when_running="wait". Order runs of one job by `depends_on`.',
        )

    def _claim(self, run: Submission) -> bool:
        """Make the run this resource's own; False if it is another resource's of this program."""
        claims: dict[tuple[str, str, str], Starter] = self.session.once(("cdm runs",), dict)
        return claims.setdefault((self.cluster_id, self.name, key(run)), self) is self


def find(session: Session, cluster_id: str, name: str, run_key: str) -> Submission | None:
    """Return a run of a job: its last one, or one of its history; None where the service has forgotten it."""
    last = api.show_job_status(session, cluster_id, name)
    if last is not None and key(last) == run_key:
        return last
    return next((run for run in api.show_submissions(session, cluster_id, name) if key(run) == run_key), None)


def facts(run: Submission) -> dict[str, Any]:
    """Return what is known of a run that has ended, and does not change any more."""
    known = {
        "submission_id": run.submission_id,
        "status": run.status,
        "started_ms": run.began_ms,
        "ended_ms": run.last_update_date,
        **run.moved(),
    }
    return {name: value for name, value in known.items() if value is not None}


def judge(session: Session, run: Submission, about: str, min_rows_written: int | None) -> None:
    """Raise RunFailed, in the service's own words, unless the run succeeded and wrote as much as it should."""
    if run.status != SUCCEEDED:
        said = " ".join(part for part in (run.error_summary, run.error_details[:_DETAILS_MAX]) if part)
        reason = f"{run.status}: {session.redacted(said) or 'the service gives no reason'}"
        hint = "Correct the cause and run again: a new run is started."
    elif min_rows_written is not None and run.moved().get("rows_written", 0) < min_rows_written:
        rows = run.moved().get("rows_written", "an unknown number of")
        reason = f"it wrote {rows} rows, and {min_rows_written} at least were expected"
        hint = "Look at the source, or lower `min_rows_written`; a new run is started next time."
    else:
        return
    raise RunFailed(f"run {key(run)} of {about}: {reason}", service="cdm", operation="start job", hint=hint)
