"""The calls on Flink jobs themselves: create, update, list, read, delete.

Source: DLI API "Creating a SQL Job", "Creating a Flink Jar Job", "Listing Jobs", "Querying Job Details", "Batch Running
Jobs", "Stopping Jobs in Batches", "Deleting a Job". Not documented: whether the list's `name` is a part of the name (it
is here), where an empty `limit` page begins, and what `tags`, `root_job_id` and `sys_enterprise_project_name` select
(nothing here).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final, NamedTuple

from pulumi_dataarts.simulator.dli import definitions, jobs, rules
from pulumi_dataarts.simulator.dli.answers import INVALID, Refusal, done, each, envelope
from pulumi_dataarts.simulator.dli.inputs import body_of, is_ascending, job_ids, now_ms, page_of
from pulumi_dataarts.simulator.documents import joined, with_list, written
from pulumi_dataarts.simulator.http import Answer, Context, JsonText, Request
from pulumi_dataarts.simulator.store import Document

_DESCRIBED = ("job_submit_fail", "job_running_exception", "job_cancel_fail")
_FILTERS = ("job_type", "status", "queue_name", "user_name")
# So many entries of lists are kept written out.
_REMEMBERED: Final = 4096


class _Kept(NamedTuple):
    """A job as it is kept, and what of its entries in a list lasts as long as that, as JSON.

    `settled` is the short entry once the timeline has come to its end; none for a job that runs: its duration grows.
    """

    job: Document
    listed: str
    shown: str
    settled_ms: int
    settled: str


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
    offset, limit = page_of(request)
    is_ascending(request)
    find = _page if not any(request.query.get(key) for key in _FILTERS) else _filtered
    total, found = find(request, context, offset, limit)
    is_detailed, now = request.query.get("show_detail", "").lower() == "true", now_ms(context)
    shown = [_entry(entry, request, now, is_detailed=is_detailed) for entry in found]
    job_list = with_list("jobs", shown, {"total_count": total})
    return Answer(200, JsonText(f'{written(envelope("Jobs are successfully listed."))[:-1]},"job_list":{job_list}}}'))


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


def _page(request: Request, context: Context, offset: int, limit: int) -> tuple[int, list[_Kept]]:
    """Return how many jobs there are, and those on the page."""
    scope, name = request.project_id, request.query.get("name", "")
    rows = context.store.texts(
        jobs.KIND, scope, contains=name, offset=offset, limit=limit, latest_first=not is_ascending(request)
    )
    return context.store.count(jobs.KIND, scope, contains=name), [_kept(text) for _, text in rows]


def _filtered(request: Request, context: Context, offset: int, limit: int) -> tuple[int, list[_Kept]]:
    """Return how many jobs the query selects, and those of them that are on the page."""
    rows = context.store.texts(
        jobs.KIND, request.project_id, contains=request.query.get("name", ""), latest_first=not is_ascending(request)
    )
    now = now_ms(context)
    found = [kept for _, text in rows if _is_chosen((kept := _kept(text)).job, request, now)]
    return len(found), found[offset : offset + limit]


def _is_chosen(job: Document, request: Request, now: int) -> bool:
    facts = {
        "job_type": job["settings"]["job_type"],
        "status": jobs.status_of(job, now),
        "queue_name": job["settings"]["queue_name"],
        "user_name": job["user_name"],
    }
    return all(request.query.get(key) in (None, "", fact) for key, fact in facts.items())


def _entry(kept: _Kept, request: Request, now: int, *, is_detailed: bool) -> str:
    """Return a job's entry in the list, as JSON."""
    if is_detailed:
        return joined(kept.shown, written({**_moving(kept.job, now), "project_id": request.project_id}))
    if kept.settled and now >= kept.settled_ms:
        return kept.settled
    return joined(kept.listed, written(_moving(kept.job, now)))


@lru_cache(maxsize=_REMEMBERED)
def _kept(text: str) -> _Kept:
    job = json.loads(text)
    listed, (settled_ms, status) = written(_lasting(job)), job["timeline"][-1]
    settled_ms = max(settled_ms, job["savepoint_ms"] or 0)
    settled = "" if status == "job_running" else joined(listed, written(_moving(job, settled_ms)))
    return _Kept(job, listed, written(_lasting_detail(job)), settled_ms, settled)


def _lasting(job: Document) -> Document:
    """Return what of a job's entry only a write changes."""
    settings = job["settings"]
    return {
        "job_id": job["job_id"],
        "name": settings["name"],
        "desc": settings["desc"],
        "user_name": job["user_name"],
        "job_type": settings["job_type"],
        "create_time": job["create_time"],
        "start_time": job["start_time"],
        "root_id": -1,
        "graph_editor_enabled": False,
    }


def _moving(job: Document, now: int) -> Document:
    """Return what of it time changes."""
    status = jobs.status_of(job, now)
    return {
        "status": status,
        "status_desc": job["failure"] if status in _DESCRIBED else "",
        "duration": now - job["start_time"] if status == "job_running" else 0,
        "has_savepoint": job["savepoint_ms"] is not None and job["savepoint_ms"] <= now,
    }


def _lasting_detail(job: Document) -> Document:
    return {
        **_lasting(job),
        **definitions.shown_top(job["settings"]),
        "job_config": definitions.shown_config(job["settings"]),
        "user_id": job["user_name"],
        "update_time": job["update_time"],
        "savepoint_path": job["savepoint_path"],
        "execution_graph": None,
    }


def _shown(job: Document, request: Request, now: int) -> Document:
    return {**_lasting_detail(job), **_moving(job, now), "project_id": request.project_id}
