"""The calls on job definitions: create, update, read, list, delete. A job is addressed by its name.

Source: huawei-dlf.md sections 5 to 7. Not documented: that a PUT with another name renames (it does here:
the page takes `name` in the body), what deleting a scheduled job does (it is deleted), whether older
versions can be read (not here), and what the SDK's `tags` filter of the list means (it is ignored).
"""

from __future__ import annotations

from pulumi_dataarts.simulator.dlf import checks, definitions, instances, jobs, rules
from pulumi_dataarts.simulator.dlf.inputs import body_of, check_reviewed, page_of, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document


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
    chosen = {"label": kind, "contains": request.query.get("jobName", "")}
    rows = context.store.list(jobs.KIND, scope, **chosen, offset=page.offset, limit=page.limit)
    entries = [
        {**definitions.listed(job, jobs.status_of(job, context)), **instances.last_of(context, scope, job)}
        for _, job in rows
    ]
    return Answer(200, {"total": context.store.count(jobs.KIND, scope, **chosen), "jobs": entries})


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
