"""Runs of jobs: what one looks like at a moment, as a function of its recorded start and the clock.

A run is BOOTING, then RUNNING, then what was decided when it was started; `stop` cuts it short. One that was started
with its job's creation is PENDING before, one that cannot be submitted never RUNNING.

Source: CDM API "Starting a Job", "Stopping a Job", "Querying Job Status", "Querying Job Execution History". The status
after a stop is not documented (a setting); the progress of a run that never was, neither.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.documents import written

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context, Json
    from pulumi_dataarts.simulator.store import Document

COUNTERS_KEY: Final = "org.apache.sqoop.submission.counter.SqoopCounters"
_KIND: Final = "cdm.run"
_DISPOSAL: Final = "cdm.disposal"
_UNDER_WAY: Final = ("PENDING", "BOOTING", "RUNNING")
_NOT_SUBMITTED: Final = "FAILURE_ON_SUBMIT"
_NEVER_RAN: Final = '{"status":"NEW"}'
_RETENTION_S: Final = 30 * 24 * 3600


class Launch(NamedTuple):
    """Who starts a run, and when.

    Attributes:
        start: in seconds.
        pending_s: how long it waits before it boots.
        is_auto: it is the job's schedule that starts it.
    """

    user: str
    start: float
    pending_s: float = 0.0
    is_auto: bool = False


def begin(
    job: Document, outcome: Document, disposable: str, cluster: str, context: Context, launch: Launch
) -> Document:
    """Record a run, and return it.

    Args:
        job: the stored job; its `last_run` is set.
        outcome: `status`, `counters` and `seconds`, or `status`, `error` and `seconds`.
        disposable: the job's `disposableType`.
        cluster: where.
        context: the cloud.
        launch: by whom, and when.
    """
    settings, start = context.settings, launch.start
    running = start + launch.pending_s + settings.boot_s
    runs_s = 0.0 if outcome["status"] == _NOT_SUBMITTED else settings.run_s + outcome.get("seconds", 0.0)
    run = {
        "id": context.store.next_id(_KIND),
        "user": launch.user,
        "is_auto": launch.is_auto,
        "start": start,
        "booting": start + launch.pending_s,
        "running": running,
        "end": running + runs_s,
        "outcome": outcome,
        "disposable": disposable,
    }
    job["last_run"] = str(run["id"])
    _save(run, job, cluster, context)
    if disposable == "DELETE" or (disposable == "DELETE_AFTER_SUCCEED" and outcome["status"] == "SUCCEEDED"):
        context.store.put(_DISPOSAL, cluster, job["name"], {"due": run["end"]})
    return run


def halt(job: Document, cluster: str, context: Context) -> bool:
    """Stop the job's run; say whether there was one under way."""
    run = last(job, cluster, context)
    if run is None or status(run, context.clock.now()) not in _UNDER_WAY:
        return False
    stopped = {"status": context.settings.stopped_status, "error": "The job has been stopped."}
    _save(run | {"end": context.clock.now(), "outcome": stopped}, job, cluster, context)
    context.store.delete(_DISPOSAL, cluster, job["name"])
    return True


def last(job: Document, cluster: str, context: Context) -> Document | None:
    """Return the job's last run, if it ever ran."""
    if job["last_run"] is None:
        return None
    return context.store.get(_KIND, _scope(cluster, job), job["last_run"])


def history(job: Document, cluster: str, context: Context) -> list[Document]:
    """Return the job's runs of the last 30 days, the latest first."""
    oldest = context.clock.now() - _RETENTION_S
    runs = [run for _, run in context.store.list(_KIND, _scope(cluster, job)) if run["start"] > oldest]
    return runs[::-1]


def forget(cluster: str, job: Document, context: Context) -> None:
    """Drop all runs of a job."""
    for name, _ in context.store.list(_KIND, _scope(cluster, job)):
        context.store.delete(_KIND, _scope(cluster, job), name)
    context.store.delete(_DISPOSAL, cluster, job["name"])


def disposed(cluster: str, context: Context) -> set[str]:
    """Return the names of the jobs that have gone by themselves, but are still stored."""
    now = context.clock.now()
    return {name for name, disposal in context.store.list(_DISPOSAL, cluster) if disposal["due"] <= now}


def is_running(job: Document, cluster: str, context: Context, *, at: float | None = None) -> bool:
    """Say whether a run of the job is under way, now or at another moment."""
    run = last(job, cluster, context)
    return run is not None and status(run, context.clock.now() if at is None else at) in _UNDER_WAY


def status(run: Document, now: float) -> str:
    """Return a run's status at a moment."""
    if now >= run["end"]:
        return str(run["outcome"]["status"])
    if now >= run["running"]:
        return "RUNNING"
    return "BOOTING" if now >= run["booting"] else "PENDING"


def of_job(job_id: int, last_run: str | None, cluster: str, context: Context) -> str:
    """Return what a job shows of its last run, as the text of a JSON object."""
    text = None if last_run is None else context.store.text(_KIND, f"{cluster}/{job_id}", last_run)
    if text is None:
        return _NEVER_RAN
    now = context.clock.now()
    end, settled = _settled(text)
    return settled if now >= end else written(_shown(json.loads(text), now))


@lru_cache(maxsize=8192)
def _settled(text: str) -> tuple[float, str]:
    """Return when a run ends, and what its job shows of it from then on."""
    run = json.loads(text)
    return run["end"], written(_shown(run, run["end"]))


def _shown(run: Document, now: float) -> Json:
    counters = _counters(run, now)
    return {
        "status": status(run, now),
        "execute_create_date": milliseconds(run["start"]),
        "execute_start_date": milliseconds(run["start"]),
        "execute_update_date": milliseconds(min(now, run["end"])),
        "external_id": _external_id(run),
        **{name.lower(): counters.get(name, 0) for name in _SHOWN_COUNTERS},
        "write_rows": counters.get("ROWS_WRITTEN", 0),
        "delete_rows": 0,
        "update_rows": 0,
    }


def submission(run: Document, job: Document, now: float) -> Json:
    """Return a run as the API shows it."""
    current, updated = status(run, now), milliseconds(min(now, run["end"]))
    shown: dict[str, Json] = {
        "submission-id": run["id"],
        "job-name": job["name"],
        "creation-user": run["user"],
        "creation-date": milliseconds(run["start"]),
        "execute-date": milliseconds(run["start"]),
        "last-update-date": updated,
        # The documented wire name is misspelt; the official SDK reads the right spelling.
        "last-udpate-user": run["user"],
        "last-update-user": run["user"],
        "external-id": _external_id(run),
        "progress": _progress(run, current, now),
        "status": current,
        "isIncrementing": False,
        "isStopingIncrement": "",
        "is-execute-auto": run.get("is_auto", False),
        "isDeleteJob": run["disposable"] != "NONE",
        "delete_rows": 0,
        "update_rows": 0,
        "write_rows": _counters(run, now).get("ROWS_WRITTEN", 0),
    }
    if current == "SUCCEEDED":
        shown["counters"] = {COUNTERS_KEY: run["outcome"]["counters"]}
    elif current not in _UNDER_WAY:
        shown["error-summary"] = run["outcome"]["error"].partition("\n")[0]
        shown["error-details"] = run["outcome"]["error"]
    return shown


def never_executed(job: Document) -> Json:
    """Return what stands for the last run of a job that never ran."""
    return {"job-name": job["name"], "progress": 0.0, "status": "NEVER_EXECUTED"}


_SHOWN_COUNTERS: Final = (
    "BYTES_READ", "BYTES_WRITTEN", "ROWS_READ", "ROWS_WRITTEN", "FILES_READ", "FILES_WRITTEN",
)  # fmt: skip


def _save(run: Document, job: Document, cluster: str, context: Context) -> None:
    context.store.put(_KIND, _scope(cluster, job), str(run["id"]), run)


def _scope(cluster: str, job: Document) -> str:
    return f"{cluster}/{job['id']}"


def _counters(run: Document, now: float) -> dict[str, int]:
    counters: dict[str, int] = run["outcome"].get("counters", {}) if now >= run["end"] else {}
    return counters


def _external_id(run: Document) -> str:
    return f"job_local{run['id']:010d}_0001"


def _progress(run: Document, current: str, now: float) -> float:
    if current in ("PENDING", "BOOTING"):
        return 0.0
    if current == "RUNNING":
        share: float = (now - run["running"]) / (run["end"] - run["running"])
        return round(100 * share, 1)
    return 100.0 if current == "SUCCEEDED" else -1.0
