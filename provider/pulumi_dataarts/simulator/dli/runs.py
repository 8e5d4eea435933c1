"""Run, stop, savepoints and the execution plan: how a Flink job's state goes on, as a timeline.

::

    job_init --run--> job_submitting --boot_s--> job_running [--flink_s--> job_finish]
    job_running --stop--> [job_savepointing --boot_s-->] job_canceling --boot_s--> job_cancel_success
    job_running --savepoint--> job_savepointing --boot_s--> job_running

A `task-fails` fault makes a run end in job_submit_fail, or after `run_s` in job_running_exception, or its stop end in
job_cancel_fail; a job with `restart_when_exception`, and `resume_max_num` not 0, is submitted again by itself after an
exception. A stream has no end, so a job reaches job_finish only where the setting `flink_s` says so.

Source: DLI API "Querying Job Details", "Listing Jobs", "Running Jobs in Batches", "Stopping Jobs in Batches", "Deleting
a Job". Which states allow what is implied rather than written: run needs a job that is not running, stop one that is. A
job that is not in shared mode needs a queue: without one, or with one that does not exist, it is refused with
DLI.13024.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.dli import jobs
from pulumi_dataarts.simulator.dli.answers import INVALID, NO_QUEUE, UNSUPPORTED, Refusal, done, each
from pulumi_dataarts.simulator.dli.inputs import body_of, flag, job_ids, now_ms
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import turn

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.faults import Fault

_GRAPH_STATES = {
    "job_submitting": "INITIALIZING",
    "job_running": "RUNNING",
    "job_savepointing": "RUNNING",
    "job_canceling": "CANCELLING",
    "job_cancel_success": "CANCELED",
    "job_cancel_fail": "FAILED",
    "job_submit_fail": "FAILED",
    "job_running_exception": "FAILED",
    "job_finish": "FINISHED",
}


def batch_run_flink_jobs(request: Request, context: Context) -> Answer:
    """Run jobs, each from its savepoint if `resume_savepoint` says so."""
    body = body_of(request)
    ids = job_ids(body, "job_ids")
    flag(body, "resume_savepoint")
    return each(
        [_refusal(_run, request, context, job_id) for job_id in ids],
        "The request for submitting DLI jobs is successfully delivered.",
    )


def batch_stop_flink_jobs(request: Request, context: Context) -> Answer:
    """Stop jobs, each after a savepoint if `trigger_savepoint` says so."""
    body = body_of(request)
    ids = job_ids(body, "job_ids")
    stop = _stop_with_savepoint if flag(body, "trigger_savepoint") else _stop
    return each(
        [_refusal(stop, request, context, job_id) for job_id in ids],
        "The request for stopping DLI jobs is successfully delivered.",
    )


def execute_flink_job_savepoint(request: Request, context: Context) -> Answer:
    """Take a savepoint of a running job.

    Source: the official SDK's model; the action is TRIGGER.
    """
    body = body_of(request)
    if body.get("action") != "TRIGGER":
        raise Refusal(INVALID, "The parameter action must be TRIGGER.")
    job = jobs.find(context, request.project_id, request.params["job_id"])
    now = now_ms(context)
    _check_running(job, now)
    boot_s = context.settings.boot_s
    timeline = turn(job["timeline"], now, (0, "job_savepointing"), (boot_s, "job_running"))
    saved = {**job, **_savepoint(job, now, context), "timeline": timeline}
    if body.get("savepoint_path"):
        saved["savepoint_path"] = str(body["savepoint_path"])
    jobs.keep(context, request.project_id, saved)
    return done("The savepoint is triggered successfully.")


def import_flink_job_savepoint(request: Request, context: Context) -> Answer:
    """Give a job a savepoint from elsewhere."""
    body = body_of(request)
    if not isinstance(body.get("savepoint_path"), str):
        raise Refusal(INVALID, "The parameter savepoint_path is required.")
    job = jobs.find(context, request.project_id, request.params["job_id"])
    given = {"savepoint_path": body["savepoint_path"], "savepoint_ms": now_ms(context)}
    jobs.keep(context, request.project_id, {**job, **given})
    return done("The savepoint is imported successfully.")


def show_flink_job_execution_graph(request: Request, context: Context) -> Answer:
    """Answer the execution plan of a job that has been run."""
    job = jobs.find(context, request.project_id, request.params["job_id"])
    now = now_ms(context)
    state = _GRAPH_STATES.get(jobs.status_of(job, now))
    if state is None:
        raise Refusal(UNSUPPORTED, "The job has no execution plan yet.")
    graph = {
        "jid": f"{job['job_id']:032x}",
        "name": job["settings"]["name"],
        "isStoppable": False,
        "state": state,
        "start-time": job["start_time"],
        "end-time": -1,
        "duration": now - job["start_time"],
    }
    return done("The job execution stream graph is successfully queried.", execute_graph=graph)


def _run(job: Document, context: Context) -> Document:
    now = now_ms(context)
    if jobs.status_of(job, now) in jobs.RUNNING:
        raise Refusal(UNSUPPORTED, f"The job {job['job_id']} is running.")
    _check_queue(job["settings"], context)
    fault = context.faults.failing(job["settings"]["name"])
    timeline = turn(job["timeline"], now, (0, "job_submitting"), *_way_up(job["settings"], fault, context))
    return {**job, "start_time": now, "failure": fault.message if fault else "", "timeline": timeline}


def _way_up(settings: Document, fault: Fault | None, context: Context) -> list[tuple[float, str]]:
    boot_s, run_s, flink_s = context.settings.boot_s, context.settings.run_s, context.settings.flink_s
    if fault is not None and fault.moment == "before":
        return [(boot_s, "job_submit_fail")]
    up: list[tuple[float, str]] = [(boot_s, "job_running")]
    end: list[tuple[float, str]] = [] if flink_s is None else [(flink_s, "job_finish")]
    if fault is None:
        return [*up, *end]
    is_restarted = settings["restart_when_exception"] and settings["resume_max_num"] != 0
    again = [(boot_s, "job_submitting"), *up, *end] if is_restarted else []
    return [*up, (run_s, "job_running_exception"), *again]


def _stop(job: Document, context: Context) -> Document:
    now = now_ms(context)
    if jobs.status_of(job, now) not in jobs.RUNNING:
        raise Refusal(UNSUPPORTED, f"The job {job['job_id']} is not running.")
    fault = _fault_of_stop(job, context)
    timeline = turn(job["timeline"], now, *_way_down(0, fault, context))
    return {**job, **_failure(fault), "timeline": timeline}


def _stop_with_savepoint(job: Document, context: Context) -> Document:
    now = now_ms(context)
    _check_running(job, now)
    fault = _fault_of_stop(job, context)
    phases = ((0, "job_savepointing"), *_way_down(context.settings.boot_s, fault, context))
    timeline = turn(job["timeline"], now, *phases)
    return {**job, **_savepoint(job, now, context), **_failure(fault), "timeline": timeline}


def _way_down(delay_s: float, fault: Fault | None, context: Context) -> list[tuple[float, str]]:
    end = "job_cancel_success" if fault is None else "job_cancel_fail"
    return [(delay_s, "job_canceling"), (context.settings.boot_s, end)]


def _fault_of_stop(job: Document, context: Context) -> Fault | None:
    return context.faults.failing(job["settings"]["name"], stop=True)


def _failure(fault: Fault | None) -> Document:
    return {} if fault is None else {"failure": fault.message}


def _savepoint(job: Document, now: int, context: Context) -> Document:
    path = f"{job['settings'].get('obs_bucket') or 'flink-savepoints'}/jobs/{job['job_id']}/savepoint-{now}"
    return {"savepoint_path": path, "savepoint_ms": now + milliseconds(context.settings.boot_s)}


def _refusal(
    act: Callable[[Document, Context], Document], request: Request, context: Context, job_id: int
) -> Refusal | None:
    try:
        job = act(jobs.find(context, request.project_id, job_id), context)
    except Refusal as refusal:
        return refusal
    jobs.keep(context, request.project_id, job)
    return None


def _check_running(job: Document, now: int) -> None:
    if jobs.status_of(job, now) != "job_running":
        raise Refusal(UNSUPPORTED, f"The job {job['job_id']} is not running.")


def _check_queue(settings: Document, context: Context) -> None:
    queue = settings["queue_name"]
    if not queue and settings["run_mode"] != "shared_cluster":
        raise Refusal(NO_QUEUE, "No job-running queue selected.")
    if queue and queue not in context.settings.queues:
        raise Refusal(NO_QUEUE, f"No job-running queue selected: the queue {queue} does not exist.")
