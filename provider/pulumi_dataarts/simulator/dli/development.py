"""The calls on Flink jobs themselves: create, update, list, read, delete.

Source: huawei-dli-flink.md sections 6 to 8. Not documented: whether the list's `name` is a part of the name
(it is here), where an empty `limit` page begins, and what `tags`, `root_job_id` and
`sys_enterprise_project_name` select (nothing here).
"""

from __future__ import annotations

from pulumi_dataarts.simulator.dli import definitions, jobs, rules
from pulumi_dataarts.simulator.dli.answers import INVALID, Refusal, done, each
from pulumi_dataarts.simulator.dli.inputs import body_of, is_ascending, job_ids, now_ms, page_of
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document

_DESCRIBED = ("job_submit_fail", "job_running_exception", "job_cancel_fail")


def create_flink_sql_job(request: Request, context: Context) -> Answer:
    """Create an SQL job."""
    return _created(request, context, "A DLI job is created successfully.", is_jar=False)


def create_flink_jar_job(request: Request, context: Context) -> Answer:
    """Create a jar job."""
    return _created(request, context, "A Flink job is created successfully.", is_jar=True)


def update_flink_sql_job(request: Request, context: Context) -> Answer:
    """Change an SQL job."""
    return _updated(request, context, "The job is updated successfully.", is_jar=False)


def update_flink_jar_job(request: Request, context: Context) -> Answer:
    """Change a jar job."""
    return _updated(request, context, "The Flink job is updated successfully.", is_jar=True)


def list_flink_jobs(request: Request, context: Context) -> Answer:
    """Answer some of the jobs, the latest first unless `order` is asc."""
    query, now = request.query, now_ms(context)
    offset, limit = page_of(request)
    rows = context.store.list(jobs.KIND, request.project_id, contains=query.get("name", ""))
    found = [job for _, job in rows if _is_chosen(job, request, now)]
    if not is_ascending(request):
        found.reverse()
    is_detailed = query.get("show_detail", "").lower() == "true"
    shown = [_shown(job, request, now) if is_detailed else _listed(job, now) for job in found[offset : offset + limit]]
    return done("Jobs are successfully listed.", job_list={"total_count": len(found), "jobs": shown})


def show_flink_job(request: Request, context: Context) -> Answer:
    """Answer one job in full."""
    job = jobs.find(context, request.project_id, request.params["job_id"])
    return done("Job detail query succeeds.", job_detail=_shown(job, request, now_ms(context)))


def delete_flink_job(request: Request, context: Context) -> Answer:
    """Delete a job in whatever state it is."""
    _delete(request, context, request.params["job_id"])
    return done("The job is successfully deleted.")


def batch_delete_flink_jobs(request: Request, context: Context) -> Answer:
    """Delete several jobs."""
    refusals = [_refusal_of_delete(request, context, job_id) for job_id in job_ids(body_of(request), "job_ids")]
    return each(refusals, "The job is successfully deleted.")


def _created(request: Request, context: Context, message: str, *, is_jar: bool) -> Answer:
    fields = rules.checked(body_of(request), is_jar=is_jar)
    job = jobs.create(context, request.project_id, request.user, fields, is_jar=is_jar)
    return done(message, job={"job_id": job["job_id"], "status_name": jobs.DRAFT, "status_desc": ""})


def _updated(request: Request, context: Context, message: str, *, is_jar: bool) -> Answer:
    job = jobs.find(context, request.project_id, request.params["job_id"])
    if (job["settings"]["job_type"] == rules.JAR_TYPE) != is_jar:
        raise Refusal(INVALID, f"The job is a {job['settings']['job_type']}.")
    fields = rules.checked(body_of(request), is_jar=is_jar, is_new=False)
    job = jobs.update(context, request.project_id, job, fields)
    return done(message, job={"update_time": job["update_time"]})


def _delete(request: Request, context: Context, job_id: int | str) -> None:
    job = jobs.find(context, request.project_id, job_id)
    context.store.delete(jobs.KIND, request.project_id, job["settings"]["name"])


def _refusal_of_delete(request: Request, context: Context, job_id: int) -> Refusal | None:
    try:
        _delete(request, context, job_id)
    except Refusal as refusal:
        return refusal
    return None


def _is_chosen(job: Document, request: Request, now: int) -> bool:
    facts = {
        "job_type": job["settings"]["job_type"],
        "status": jobs.status_of(job, now),
        "queue_name": job["settings"]["queue_name"],
        "user_name": job["user_name"],
    }
    return all(request.query.get(key) in (None, "", fact) for key, fact in facts.items())


def _listed(job: Document, now: int) -> Document:
    settings, status = job["settings"], jobs.status_of(job, now)
    return {
        "job_id": job["job_id"],
        "name": settings["name"],
        "desc": settings["desc"],
        "user_name": job["user_name"],
        "job_type": settings["job_type"],
        "status": status,
        "status_desc": job["failure"] if status in _DESCRIBED else "",
        "create_time": job["create_time"],
        "start_time": job["start_time"],
        "duration": now - job["start_time"] if status == "job_running" else 0,
        "root_id": -1,
        "graph_editor_enabled": False,
        "has_savepoint": job["savepoint_ms"] is not None and job["savepoint_ms"] <= now,
    }


def _shown(job: Document, request: Request, now: int) -> Document:
    return {
        **_listed(job, now),
        **definitions.shown_top(job["settings"]),
        "job_config": definitions.shown_config(job["settings"]),
        "user_id": job["user_name"],
        "project_id": request.project_id,
        "update_time": job["update_time"],
        "savepoint_path": job["savepoint_path"],
        "execution_graph": None,
    }
