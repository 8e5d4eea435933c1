"""Carrying verifications out, and what came of each.

A trial never raises for what a service answers: an environment where something cannot be tried has not passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from pulumi_dataarts.cdm import runs as cdm_runs
from pulumi_dataarts.dlf import api as dlf_api
from pulumi_dataarts.dlf import runs as dlf_runs
from pulumi_dataarts.dli import api as dli_api
from pulumi_dataarts.dli import runs as dli_runs
from pulumi_dataarts.dli.wire import FlinkJob
from pulumi_dataarts.errors import Cancelled, NotFound, ProvisionError, RunFailed
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.obs import presence
from pulumi_dataarts.release.verification import Verification

_MINUTE_MS: Final = 60_000


class Trial(BaseModel):
    """One verification, tried once."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    passed: bool
    said: str
    seconds: float


def carry_out(session: Session, declared: Iterable[Verification], on_end: Callable[[Trial], None]) -> list[Trial]:
    """Try all of them in order, and return what came of each; `on_end` hears of each as it ends.

    Raises:
        Cancelled: the user stopped it.
    """
    tried = []
    for verification in declared:
        trial = _tried(session, verification)
        on_end(trial)
        tried.append(trial)
    return tried


def _tried(session: Session, verification: Verification) -> Trial:
    kind = verification.kinds[0]
    started_s = session.clock.now_s()
    try:
        said, passed = TRIALS[kind](session, verification), True
    except Cancelled:
        raise
    except ProvisionError as error:
        said, passed = session.redacted(str(error).splitlines()[0]), False
    seconds = round(session.clock.now_s() - started_s, 1)
    return Trial(name=verification.name, kind=kind, passed=passed, said=said, seconds=seconds)


def run_cdm(session: Session, verification: Verification) -> str:
    """Run a CDM job once more, whatever ran before, and say how much it wrote. Raises RunFailed."""
    declared = verification.cdm
    assert declared is not None
    starter = cdm_runs.Starter(
        session=session,
        cluster_id=declared.cluster,
        name=declared.job,
        variables=declared.variables,
        policy="wait",
        deadline_s=verification.deadline_s,
    )
    run = starter.follow(starter.begin())
    cdm_runs.judge(session, run, starter.about, declared.rows_min or None)
    rows = cdm_runs.facts(run).get("rows_written", "an unknown number of")
    return f"run {cdm_runs.key(run)} of {declared.job} wrote {rows} rows"


def run_dlf(session: Session, verification: Verification) -> str:
    """Run a job of DataArts Factory once and say which instance it was. Raises RunFailed."""
    declared = verification.dlf
    assert declared is not None
    place = dlf_api.workspace(session, declared.workspace or session.settings.workspace)
    instance_id = dlf_runs.start(session, place, declared.job, declared.params)
    instance = dlf_runs.follow(session, place, declared.job, instance_id, verification.deadline_s)
    dlf_runs.judge(session, instance)
    return f"instance {instance_id} of {declared.job} in workspace {place.id} succeeded"


def watch_flink(session: Session, verification: Verification) -> str:
    """Watch a Flink job until it has run for so long, and say since when it does.

    What counts is when it was started: how often Flink itself recovers the job from its checkpoints is told by no call.

    Raises:
        RunFailed: it does not run, or was started anew while it was watched.
    """
    declared = verification.flink
    assert declared is not None
    since = _started(_running(session, declared.job, ""))
    watched_from_s = session.clock.now_s()

    def look() -> bool | None:
        _running(session, declared.job, since)
        watched_ms = (session.clock.now_s() - watched_from_s) * 1000
        return True if max(watched_ms, _has_run_ms(session, since)) >= declared.minutes * _MINUTE_MS else None

    what = f"Flink job {declared.job} to have run for {declared.minutes:g} minutes"
    session.wait_until(look, what=what, deadline_s=verification.deadline_s, every_s=15.0)
    return f"{declared.job} runs since {_shown(since)}"


def look_at_obs(session: Session, verification: Verification) -> str:
    """Look for an object, or for any under a folder, and say how much is there. Raises RunFailed."""
    declared = verification.obs
    assert declared is not None
    return f"{presence.awaited(session, declared.object, declared.bytes_min)} at {declared.object}"


def _running(session: Session, name: str, since: str) -> FlinkJob:
    job = dli_api.find_job(session, name)
    if job is None:
        raise NotFound(f"there is no Flink job {name}", service="dli", operation="list Flink jobs")
    if job.status != "job_running":
        state = dli_runs.state_of(job)
        raise RunFailed(f"Flink job {name} is {job.status} ({state})", service="dli", operation="query Flink job")
    if since and _started(job) != since:
        raise RunFailed(f"Flink job {name} was started anew", service="dli", operation="query Flink job")
    return job


def _started(job: FlinkJob) -> str:
    return str(job.model_dump().get("start_time") or "")


def _has_run_ms(session: Session, since: str) -> int:
    """Return for how long a job has run, by this machine's clock; 0 where the service does not tell."""
    return session.clock.wall_ms() - int(since) if since.isdecimal() else 0


def _shown(since: str) -> str:
    if not since.isdecimal():
        return "an unknown time"
    return datetime.fromtimestamp(int(since) / 1000, UTC).isoformat(timespec="seconds")


TRIALS: Final[Mapping[str, Callable[[Session, Verification], Any]]] = {
    "cdm": run_cdm,
    "dlf": run_dlf,
    "flink": watch_flink,
    "obs": look_at_obs,
}
