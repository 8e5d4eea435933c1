"""Instances: the runs of a batch job, as functions of when they were launched.

`waiting` for `boot_s`, `running` for `run_s`, then `success`; a `task-fails` fault makes it `fail`, or
`pause` where the policy of a node is SUSPEND, which also pauses a scheduled job. All nodes share the state
of their instance.

Source: DataArts Factory API, the pages of job operations. `executeTime` is "milliseconds" in the text but minutes in
all three examples (18 s is 0.3): minutes here. Not documented: stopping an instance that is done, or restarting one
that is not (nothing happens).
"""

from __future__ import annotations

import json
from functools import lru_cache

from pulumi_dataarts.simulator.dlf import jobs, rules
from pulumi_dataarts.simulator.dlf.inputs import body_of, now_ms, optional_time_ms, page_of, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import Timeline, begin, entered, since, state_at, turn

NORMAL, MANUAL, ONCE = 0, 2, 7

_KIND = "dlf.instance"
_ENDED = ("success", "fail", "pause", "manual-stop")


def launch(context: Context, scope: str, job: Document, instance_type: int, due_ms: int | None = None) -> int:
    """Start an instance of a job's submitted definition, at the time it was due or now, and return its id.

    Raises:
        Refused: DLF.3051, nothing was submitted yet.
    """
    definition = submitted(job)
    start_ms = now_ms(context) if due_ms is None else due_ms
    failure = context.faults.failure_of(definition["name"])
    instance = {
        "instanceId": context.store.next_id(_KIND),
        "jobId": job["id"],
        "jobName": definition["name"],
        "instanceType": instance_type,
        "submitTime": start_ms,
        "version": job["version"],
        "nodes": [{"nodeName": node["name"], "type": node["type"]} for node in definition["nodes"]],
        "errorMessage": failure,
        "end": _end_of(definition) if failure else "success",
    }
    _keep(
        context,
        scope,
        {**instance, "timeline": _course(begin(start_ms, "waiting"), start_ms, instance["end"], context)},
    )
    _remember(context, scope, job, instance)
    return int(instance["instanceId"])


def submitted(job: Document) -> Document:
    """Return the definition of a job that can run."""
    definition: Document | None = job["submitted"]
    if definition is None:
        raise Refusal("DLF.3051", "the job was saved but never submitted")
    return definition


def last_of(context: Context, scope: str, job: Document) -> Document:
    """Return what a job list says of the job's last instance; empty if it never ran."""
    instance = context.store.get(_KIND, scope, str(job["lastInstance"])) if job.get("lastInstance") else None
    if instance is None:
        return {}
    entry = _listed(instance, now_ms(context))
    told = {"lastInstanceStatus": entry["status"], "lastInstanceEndTime": entry.get("endTime")}
    return {key: value for key, value in told.items() if value is not None}


def run_once(request: Request, context: Context) -> Answer:
    """Run a batch job now; each call makes an instance."""
    scope, body = scope_of(request, context), body_of(request)
    job = jobs.find(context, scope, request.params["job_name"])
    if job["saved"]["processType"] != "BATCH":
        raise Refusal("DLF.0136")
    rules.check_params(body.get("jobParams"), kind="paramType")
    return Answer(200, {"instanceId": launch(context, scope, job, MANUAL)})


def list_job_instances(request: Request, context: Context) -> Answer:
    """Answer one page of instances, the latest first."""
    scope, page, query = scope_of(request, context), page_of(request, limit_max=1000), request.query
    earliest, latest = optional_time_ms(request, "minPlanTime"), optional_time_ms(request, "maxPlanTime")
    name, is_precise = query.get("jobName", ""), query.get("preciseQuery", "").lower() == "true"
    now = now_ms(context)
    rows = context.store.texts(_KIND, scope, label=name if is_precise else "", latest_first=True)
    entries = [
        entry
        for entry in (_listed(_read(text), now) for _, text in rows)
        if (entry["jobName"] == name if is_precise else name in entry["jobName"])
        and query.get("status") in (None, "", entry["status"])
        and query.get("instanceType") in (None, "", str(entry["instanceType"]))
        and (earliest is None or entry["planTime"] > earliest)
        and (latest is None or entry["planTime"] < latest)
    ]
    shown = entries[page.offset : page.offset + page.limit]
    return Answer(200, {"total": len(entries), "instances": shown})


def show_job_instance(request: Request, context: Context) -> Answer:
    """Answer one instance with its nodes."""
    instance = _find(request, context, scope_of(request, context))
    entry = _listed(instance, now_ms(context))
    shared = {key: entry[key] for key in ("status", "planTime", "startTime", "endTime", "instanceId") if key in entry}
    nodes = [{**node, **shared, "retryTimes": 0, "inputRowCount": 0, "speed": 0} for node in instance["nodes"]]
    return Answer(200, {**entry, "total": len(nodes), "nodes": nodes})


def stop_job_instance(request: Request, context: Context) -> Answer:
    """Stop an instance that is under way."""
    scope = scope_of(request, context)
    instance, now = _find(request, context, scope), now_ms(context)
    if state_at(instance["timeline"], now) not in _ENDED:
        timeline = turn(instance["timeline"], now, (0, "manual-stop"))
        _keep(context, scope, {**instance, "timeline": timeline})
    return Answer(204)


def restore_job_instance(request: Request, context: Context) -> Answer:
    """Run an instance again, under its id."""
    scope = scope_of(request, context)
    instance, now = _find(request, context, scope), now_ms(context)
    if state_at(instance["timeline"], now) in _ENDED:
        failure = context.faults.failure_of(instance["jobName"])
        restarted = turn(instance["timeline"], now, (0, "waiting"))
        timeline = _course(restarted, now, "fail" if failure else "success", context)
        _keep(context, scope, {**instance, "errorMessage": failure, "timeline": timeline})
    return Answer(204)


def _course(timeline: Timeline, now: int, end: str, context: Context) -> Timeline:
    return turn(timeline, now, (context.settings.boot_s, "running"), (context.settings.run_s, end))


def _end_of(definition: Document) -> str:
    return "pause" if "SUSPEND" in {node["failPolicy"] for node in definition["nodes"]} else "fail"


def _remember(context: Context, scope: str, job: Document, instance: Document) -> None:
    """Note the instance as the job's last, and when it will pause the job, if it will and no other does before."""
    timeline = job["timeline"]
    if instance["end"] == "pause" and timeline[-1][1] == "SCHEDULING":
        timeline = turn(timeline, instance["submitTime"], (context.settings.boot_s + context.settings.run_s, "PAUSED"))
    jobs.keep(context, scope, {**job, "timeline": timeline, "lastInstance": instance["instanceId"]})


def _find(request: Request, context: Context, scope: str) -> Document:
    job = jobs.find(context, scope, request.params["job_name"])
    instance = context.store.get(_KIND, scope, request.params["instance_id"])
    if instance is None or instance["jobId"] != job["id"]:
        raise Refusal("DLF.0137")
    return instance


def _keep(context: Context, scope: str, instance: Document) -> None:
    context.store.put(_KIND, scope, str(instance["instanceId"]), instance, label=instance["jobName"])


@lru_cache(maxsize=8192)
def _read(text: str) -> Document:
    """Return a kept instance, for reading only: it is remembered."""
    instance: Document = json.loads(text)
    return instance


def _listed(instance: Document, now: int) -> Document:
    timeline, submitted_ms = instance["timeline"], instance["submitTime"]
    status = state_at(timeline, now)
    entry = {
        **{key: instance[key] for key in ("instanceId", "jobId", "jobName", "instanceType", "submitTime", "version")},
        "jobInstanceName": instance["jobName"],
        "status": status,
        "planTime": submitted_ms,
        "startTime": entered(timeline, "running", now) or submitted_ms,
        "forceSuccess": False,
        "ignoreSuccess": False,
    }
    if status in _ENDED:
        entry["endTime"] = since(timeline, now)
        entry["executeTime"] = round((entry["endTime"] - entry["startTime"]) / 60_000, 3)
    if status in ("fail", "pause"):
        entry["errorMessage"] = instance["errorMessage"]
    return entry
