"""Start and stop of a job's scheduling, what comes of it, and the state of a real-time job.

A batch job is SCHEDULING as soon as it is started and STOPPED as soon as it is stopped; a real-time job is
STARTING and STOPPING for `boot_s` on its way. A job of type EXECUTE_ONCE runs by being started. One of type CRON has an
instance for each time it was due while it was SCHEDULING; they are made when somebody looks, or moves the clock.
Neither jobs it depends on nor its own earlier instances are waited for.

Source: DataArts Factory API, the pages of job operations. Starting a started job, or stopping a stopped one, is not
documented: nothing happens. That a look makes at most 100 instances of a job, the latest, is the embedded cloud's own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pulumi_dataarts.simulator import agenda
from pulumi_dataarts.simulator.dlf import crons, instances, jobs, rules
from pulumi_dataarts.simulator.dlf.inputs import body_of, now_ms, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import turn

_UP = ("SCHEDULING", "STARTING", "NORMAL")
_DOWN = ("STOPPED", "STOPPING")
_LOOK_MAX = 100


def run_due(context: Context) -> None:
    """Make the instances that came due since the last look, in the order of their times, in all workspaces.

    A store that shows the past is left as it is.
    """
    agenda.catch_up(
        context.store,
        jobs.AGENDA,
        now_ms(context),
        times=lambda scope, name, since_ms: _due(context, scope, name, since_ms),
        run=lambda scope, name, at_ms: _run_by_schedule(context, scope, name, at_ms),
        note_next=lambda scope, name: jobs.note_due(context, scope, name, context.store.get(jobs.KIND, scope, name)),
    )


def start_job(request: Request, context: Context) -> Answer:
    """Start the scheduling of a job."""
    scope, body = scope_of(request, context), body_of(request)
    rules.check_params(body.get("jobParams"), kind="paramType")
    job = jobs.find(context, scope, request.params["job_name"])
    definition = instances.submitted(job)
    if jobs.status_of(job, context) in _UP:
        return Answer(204)
    now = now_ms(context)
    started = {**job, "startTime": now, "endTime": None}
    started["timeline"] = turn(job["timeline"], now, *_way_up(definition, context))
    jobs.keep(context, scope, started)
    if definition["processType"] == "BATCH" and definition["schedule"]["type"] == "EXECUTE_ONCE":
        instances.launch(context, scope, started, instances.ONCE)
    return Answer(204)


def stop_job(request: Request, context: Context) -> Answer:
    """Stop the scheduling of a job."""
    scope = scope_of(request, context)
    job = jobs.find(context, scope, request.params["job_name"])
    if jobs.status_of(job, context) in _DOWN:
        return Answer(204)
    now = now_ms(context)
    is_batch = job["saved"]["processType"] == "BATCH"
    way_down = [(0.0, "STOPPED")] if is_batch else [(0.0, "STOPPING"), (context.settings.boot_s, "STOPPED")]
    jobs.keep(context, scope, {**job, "endTime": now, "timeline": turn(job["timeline"], now, *way_down)})
    return Answer(204)


def show_job_status(request: Request, context: Context) -> Answer:
    """Answer the state of a real-time job and of its nodes.

    The start is told under both names that are in use: `startTime` (page) and `starttime` (SDK).
    """
    job = jobs.find(context, scope_of(request, context), request.params["job_name"])
    definition = job["saved"]
    if definition["processType"] != "REAL_TIME":
        raise Refusal("DLF.3051", "only real-time jobs have a running status")
    status = jobs.status_of(job, context)
    body = {
        "name": definition["name"],
        "status": status,
        "startTime": _date(job["startTime"]),
        "starttime": _date(job["startTime"]),
        "endTime": _date(job["endTime"]),
        "lastUpdateTime": _date(job["lastUpdateTime"]),
        "createUser": job["createUser"],
        "lastModifiyUser": job["lastUpdateUser"],
        "nodes": [_node(node, status) for node in definition["nodes"]],
    }
    return Answer(200, {key: value for key, value in body.items() if value is not None})


def _due(context: Context, scope: str, name: str, since_ms: int) -> list[int]:
    job = context.store.get(jobs.KIND, scope, name)
    cron = jobs.cron_of(job) if job else None
    return crons.due_times(cron, since_ms, now_ms(context), _LOOK_MAX) if cron else []


def _run_by_schedule(context: Context, scope: str, name: str, at_ms: int) -> None:
    job = jobs.find(context, scope, name)
    if jobs.is_on_schedule(job, at_ms):
        instances.launch(context, scope, job, instances.NORMAL, at_ms)


def _way_up(definition: Document, context: Context) -> list[tuple[float, str]]:
    if definition["processType"] == "BATCH":
        return [(0, "SCHEDULING")]
    is_doomed = context.faults.failure_of(definition["name"])
    return [(0, "STARTING"), (context.settings.boot_s, "EXCEPTION" if is_doomed else "NORMAL")]


def _node(node: Document, status: str) -> Document:
    return {"name": node["name"], "status": status, "type": node["type"], "nodeType": node["type"]}


def _date(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
