"""Changing or deleting a job that may be running: what to do about the run is the program's choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.catalogue import read_job
from pulumi_dataarts.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.cdm.wire import JobBody
    from pulumi_dataarts.huawei.session import Session

Policy = Literal["fail", "stop", "wait"]

UNDER_WAY: Final = frozenset({"PENDING", "BOOTING", "RUNNING"})
_STOP_S: Final = 300.0


@dataclass(frozen=True)
class Idling:
    """How to get a job to rest before something is done to it.

    Attributes:
        policy: `fail` leaves a running job alone, `stop` ends its run, `wait` lets it end.
        deadline_s: how long to wait for its end.
        seen: the job, where it was read a moment ago.
    """

    session: Session
    cluster_id: str
    name: str
    job_type: str
    policy: Policy
    deadline_s: float
    seen: JobBody | None = None

    def then(self, act: Callable[[], None]) -> None:
        """Bring the job to rest, if there is one, and act.

        The service refuses to change a job that runs; so a run that started in between is seen, and met once
        more.

        Raises:
            Conflict: the job runs, and the policy is to fail; or it runs again and again.
        """
        self._rest(self.seen or self._read())
        try:
            act()
        except Conflict as error:
            if error.code != api.RUNNING:
                raise
            self._rest(self._read())
            act()

    def _read(self) -> JobBody | None:
        return read_job(self.session, self.cluster_id, self.name, self.job_type)

    def _rest(self, job: JobBody | None) -> None:
        """Let no run be under way."""
        if job is not None and job.status in UNDER_WAY:
            self._end_run(job.status)

    def _end_run(self, status: str) -> None:
        about = f"job {self.name} on cluster {self.cluster_id}"
        if self.policy == "fail":
            raise Conflict(
                f"{about} is {status}",
                service="cdm",
                code=api.RUNNING,
                hint='Run again when it has ended, or set when_running="wait" or when_running="stop".',
            )
        if self.policy == "stop":
            self.session.tell(f"{about} is {status}: stopping it")
            api.stop_job(self.session, self.cluster_id, self.name)
        deadline_s = _STOP_S if self.policy == "stop" else self.deadline_s
        self.session.wait_until(self._is_idle, what=f"{about} to end its run", deadline_s=deadline_s)

    def _is_idle(self) -> bool | None:
        last = api.show_job_status(self.session, self.cluster_id, self.name)
        return None if last is not None and last.status in UNDER_WAY else True
