"""The calls on job definitions: create, update, read, list, delete. A job is addressed by its name.

Source: DataArts Factory API "Creating a Job", the pages of job operations, "Viewing Job Details". Not documented: that
a PUT with another name renames (it does here: the page takes `name` in the body), what deleting a scheduled job does
(it is deleted), whether older versions can be read (not here), and what the SDK's `tags` filter of the list means (it
is ignored).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

from pulumi_dataarts.simulator.dlf import checks, definitions, instances, jobs, rules
from pulumi_dataarts.simulator.dlf.inputs import body_of, check_reviewed, now_ms, page_of, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.documents import joined, with_list, written
from pulumi_dataarts.simulator.http import Answer, Context, JsonText, Request
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import state_at


def create_job(request: Request, context: Context) -> Answer:
    """Create a job."""
    scope, body = scope_of(request, context), body_of(request)
    rules.check_job(body)
    check_reviewed(body, request, context, "targetStatus", "approvers")
    if context.store.get(jobs.KIND, scope, body["name"]) is not None:
        raise Refusal("DLF.0102")
    jobs.write(context, scope, body, request.user)
    return Answer(204)


def update_job(request: Request, context: Context) -> Answer:
    """Replace a job's saved definition."""
    scope, body = scope_of(request, context), body_of(request)
    name = request.params["job_name"]
    job = jobs.find(context, scope, name)
    rules.check_job(body)
    check_reviewed(body, request, context, "approvers")
    if body["name"] != name:
        if context.store.get(jobs.KIND, scope, body["name"]) is not None:
            raise Refusal("DLF.0102")
        context.store.rename(jobs.KIND, scope, name, body["name"])
    jobs.write(context, scope, body, request.user, job=job)
    return Answer(204)


def show_job(request: Request, context: Context) -> Answer:
    """Answer a job's definition: the saved one, or the submitted one with `getJobSubmitVersion`."""
    scope = scope_of(request, context)
    job = jobs.find(context, scope, request.params["job_name"])
    is_submitted = request.query.get("getJobSubmitVersion", "").lower() == "true"
    definition = job["submitted"] if is_submitted else job["saved"]
    if definition is None or request.query.get("version", str(job["version"])) != str(job["version"]):
        raise Refusal("DLF.0100", "no such version")
    body = definitions.shown(job, definition)
    if request.query.get("dependencies", "").lower() == "true":
        body["downstreamJobs"] = _downstream(context, scope, definition["name"])
    return Answer(200, body)


def list_jobs(request: Request, context: Context) -> Answer:
    """Answer one page of the jobs of one type, in the order of their creation."""
    scope, page = scope_of(request, context), page_of(request)
    kind = request.query.get("jobType") or "BATCH"
    checks.a_choice(kind, "jobType", rules.PROCESS_TYPES)
    name = request.query.get("jobName", "")
    total = context.store.count(jobs.KIND, scope, label=kind, contains=name)
    rows = context.store.texts(jobs.KIND, scope, label=kind, contains=name, offset=page.offset, limit=page.limit)
    return Answer(
        200, JsonText(with_list("jobs", [_entry(text, scope, context) for _, text in rows], {"total": total}))
    )


class _Lasting(NamedTuple):
    """What of a job's entry in the list lasts as long as its kept text, as JSON, and what the rest is worked out from.

    `settled` is the whole entry once the timeline has come to its end; none where there is an instance to be shown.
    """

    text: str
    moving: Document
    settled_ms: int
    settled: str


def _entry(text: str, scope: str, context: Context) -> str:
    """Return a kept job's entry in the list, as JSON."""
    entry, now = _lasting(text), now_ms(context)
    if entry.settled and now >= entry.settled_ms:
        return entry.settled
    moving = {"status": state_at(entry.moving["timeline"], now), **instances.last_of(context, scope, entry.moving)}
    return joined(entry.text, written(moving))


@lru_cache(maxsize=8192)
def _lasting(text: str) -> _Lasting:
    job = json.loads(text)
    moving = {"timeline": job["timeline"], "lastInstance": job.get("lastInstance")}
    entry, (settled_ms, status) = written(definitions.listed(job)), job["timeline"][-1]
    settled = "" if moving["lastInstance"] else joined(entry, written({"status": status}))
    return _Lasting(entry, moving, settled_ms, settled)


def delete_job(request: Request, context: Context) -> Answer:
    """Delete a job. The body, if there is one, names approvers."""
    scope, body = scope_of(request, context), body_of(request)
    rules.check_submission(body)
    job = jobs.find(context, scope, request.params["job_name"])
    check_reviewed(body, request, context, "approvers")
    context.store.delete(jobs.KIND, scope, job["saved"]["name"])
    return Answer(204)


def _downstream(context: Context, scope: str, name: str) -> list[Document]:
    return [
        {"jobId": job["id"], "jobName": other}
        for other, job in context.store.list(jobs.KIND, scope)
        if name in definitions.upstream_jobs(job["saved"])
    ]
