"""Jobs: create, read, list, update, rename, delete.

A job whose `disposableType` says so goes by itself after its run. Reading does not write: such a job is hidden from
the moment its run ends, and removed by the next call that changes anything.

Source: CDM API "Creating a Job in a Specified Cluster", "Creating and Executing a Job in a Random Cluster", "Querying a
Job", "Modifying a Job", "Deleting a Job", "Job Parameter Description". The default page size of the list is not
documented; 10 is that of the run history. That a list is `simple` is an inference from old answers.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from pulumi_dataarts.simulator import agenda
from pulumi_dataarts.simulator.cdm import definitions, runs, schedules
from pulumi_dataarts.simulator.cdm.clusters import JOB_KIND, cluster_of
from pulumi_dataarts.simulator.cdm.refusals import invalid, job_missing, refused
from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.documents import joined, with_list, written
from pulumi_dataarts.simulator.http import Answer, JsonText

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context, Json, Request
    from pulumi_dataarts.simulator.store import Document

AGENDA: Final = "cdm.agenda"
_ALL: Final = "all"
_SERVER_SET: Final = ("id", "creation-user", "creation-date", "last_run")


def create_job(request: Request, context: Context) -> Answer:
    """Create a job; with wrong inputs the answer is 200 too, but has errors and no name."""
    name, result = create(request, cluster_of(request, context), context)
    if any(result):
        return Answer(200, {"validation-result": result})
    return Answer(200, {"name": name, "validation-result": []})


def create(request: Request, cluster: str, context: Context) -> tuple[str, list[Json]]:
    """Create the job of the request's body in a cluster, unless the validation result has errors."""
    sweep(cluster, context)
    job = definitions.parse(request.json(), cluster, context)
    if context.store.get(JOB_KIND, cluster, job["name"]) is not None:
        raise invalid("Cdm.0104", "Job name already exist or created by other.")
    result = definitions.validate(job)
    if any(result):
        return job["name"], result
    now = milliseconds(context.clock.now())
    born = {"id": context.store.next_id(JOB_KIND), "creation-user": request.user, "creation-date": now}
    save(cluster, job | born | {"update-user": request.user, "update-date": now, "last_run": None}, context)
    return job["name"], result


def show_jobs(request: Request, context: Context) -> Answer:
    """Return one job, or with the name `all` a page of them."""
    cluster, name = cluster_of(request, context), request.params["job_name"]
    if name == _ALL:
        return _list(request, cluster, context)
    text = context.store.text(JOB_KIND, cluster, name)
    if text is None or name in runs.disposed(cluster, context):
        raise job_missing(name)
    shown = _entry(_in_full(text), cluster, context)
    return Answer(200, JsonText(with_list("jobs", [shown], _page(total=0, number=1, size=10, simple=False))))


def update_job(request: Request, context: Context) -> Answer:
    """Replace a job that does not run; another name in the body renames it."""
    cluster, name = cluster_of(request, context), request.params["job_name"]
    sweep(cluster, context)
    job, old = definitions.parse(request.json(), cluster, context), context.store.get(JOB_KIND, cluster, name)
    if old is None:
        raise invalid("Cdm.0319", f"Job [{name}] does not exist.")
    if runs.is_running(old, cluster, context):
        raise invalid("Cdm.0052", f"Job [{name}] is running.")
    result = definitions.validate(job)
    if any(result):
        return Answer(200, {"validation-result": result})
    if job["name"] != name:
        _rename(cluster, name, job["name"], context)
    now = {"update-user": request.user, "update-date": milliseconds(context.clock.now())}
    save(cluster, job | {key: old[key] for key in _SERVER_SET} | now, context)
    return Answer(200, {"validation-result": [{}, {}, {}]})


def delete_job(request: Request, context: Context) -> Answer:
    """Delete a job that does not run, with its history."""
    cluster, name = cluster_of(request, context), request.params["job_name"]
    sweep(cluster, context)
    job = context.store.get(JOB_KIND, cluster, name)
    if job is None:
        raise job_missing(name, status=500)
    if runs.is_running(job, cluster, context):
        raise refused("Cdm.0052", f"Job [{name}] is running.")
    _remove(cluster, job, context)
    return Answer(200)


def find(cluster: str, name: str, context: Context) -> Document:
    """Return a stored job.

    Raises:
        Refused: there is none of that name, or it has gone after its run.
    """
    job = context.store.get(JOB_KIND, cluster, name)
    if job is None or name in runs.disposed(cluster, context):
        raise job_missing(name)
    return job


def save(cluster: str, job: Document, context: Context) -> None:
    """Store a job, and when it is due next."""
    context.store.put(JOB_KIND, cluster, job["name"], job, label=job["job_type"])
    note_due(cluster, job["name"], job, context)


def note_due(cluster: str, name: str, job: Document | None, context: Context) -> None:
    """Note when a job is due next after now, or that it is not, or is no more."""
    agenda.note(context.store, AGENDA, cluster, name, next_due(job, context) if job else None)


def next_due(job: Document, context: Context) -> int | None:
    """Return when a job's schedule starts it next, in milliseconds since 1970, or None if it does not."""
    schedule = definitions.schedule_of(job) if job["enabled"] else None
    return schedules.first_due(schedule, milliseconds(context.clock.now())) if schedule else None


def sweep(cluster: str, context: Context) -> None:
    """Remove the jobs that have gone after their run."""
    for name in runs.disposed(cluster, context):
        job = context.store.get(JOB_KIND, cluster, name)
        if job is not None:
            _remove(cluster, job, context)


def _list(request: Request, cluster: str, context: Context) -> Answer:
    number, size = page_of(request, least=10, most=100)
    job_type, contains = request.query.get("jobType") or definitions.JOB_TYPES[0], request.query.get("filter", "")
    if job_type not in definitions.JOB_TYPES:
        raise refused("Cdm.0024", f"jobType [{job_type}] is outside the allowed values.")
    gone, start = runs.disposed(cluster, context), (number - 1) * size
    if gone:
        found = context.store.texts(JOB_KIND, cluster, label=job_type, contains=contains)
        left = [(name, text) for name, text in found if name not in gone]
        total, page = len(left), left[start : start + size]
    else:
        total = context.store.count(JOB_KIND, cluster, label=job_type, contains=contains)
        page = context.store.texts(JOB_KIND, cluster, label=job_type, contains=contains, offset=start, limit=size)
    shown = [_entry(_in_short(text), cluster, context) for _, text in page]
    return Answer(200, JsonText(with_list("jobs", shown, _page(total=total, number=number, size=size, simple=True))))


class _Rendered(NamedTuple):
    """What of a job lasts as long as its stored text, as JSON, and what its runs are found by."""

    text: str
    job_id: int
    last_run: str | None


def _entry(job: _Rendered, cluster: str, context: Context) -> str:
    return joined(job.text, runs.of_job(job.job_id, job.last_run, cluster, context))


@lru_cache(maxsize=512)
def _in_full(text: str) -> _Rendered:
    return _rendered(json.loads(text), simple=False)


@lru_cache(maxsize=8192)
def _in_short(text: str) -> _Rendered:
    return _rendered(json.loads(text), simple=True)


def _rendered(job: Document, *, simple: bool) -> _Rendered:
    return _Rendered(written(definitions.render(job, simple=simple)), job["id"], job["last_run"])


def page_of(request: Request, *, least: int = 1, most: int = 1000) -> tuple[int, int]:
    """Return the page's number and its size, which must lie between `least` and `most`.

    Raises:
        Refused: not a number, or out of range.
    """
    return _number(request, "page_no", 1), _number(request, "page_size", 10, least=least, most=most)


def _page(*, total: int, number: int, size: int, simple: bool) -> dict[str, Json]:
    return {"total": total, "page_no": number, "page_size": size, "simple": simple}


def _number(request: Request, name: str, default: int, *, least: int = 1, most: int = 2**31 - 1) -> int:
    given = request.query.get(name) or str(default)
    if not given.isdecimal() or not least <= int(given) <= most:
        raise refused("Cdm.0010", f"{name} must be an integer from {least} to {most}.")
    return int(given)


def _rename(cluster: str, name: str, new_name: str, context: Context) -> None:
    if context.store.get(JOB_KIND, cluster, new_name) is not None:
        raise invalid("Cdm.0104", "Job name already exist or created by other.")
    context.store.rename(JOB_KIND, cluster, name, new_name)


def remove_all(cluster: str, context: Context) -> None:
    """Remove all jobs of a cluster with their runs."""
    for _, job in context.store.list(JOB_KIND, cluster):
        _remove(cluster, job, context)


def _remove(cluster: str, job: Document, context: Context) -> None:
    context.store.delete(JOB_KIND, cluster, job["name"])
    runs.forget(cluster, job, context)
