"""The Flink jobs of a project as they are kept: by name, and found by id.

A job is `{job_id, settings, timeline, ...}`; its state is read from the timeline. Names are unique in the
project.

Source: DLI API "Querying Job Details", "Creating a SQL Job", "Creating a Flink Jar Job", "Listing Jobs", "Batch Running
Jobs", "Stopping Jobs in Batches", "Deleting a Job".
"""

from __future__ import annotations

from typing import Any

from pulumi_dataarts.simulator.dli import definitions, rules
from pulumi_dataarts.simulator.dli.answers import EXISTS, MISSING, NO_JOB, UNSUPPORTED, Refusal
from pulumi_dataarts.simulator.dli.inputs import now_ms
from pulumi_dataarts.simulator.http import Context
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import begin, state_at

KIND = "dli.job"
DRAFT = "job_init"
RUNNING = ("job_submitting", "job_running", "job_savepointing", "job_canceling")


def status_of(job: Document, now: int) -> str:
    """Return the job's state at `now`."""
    return state_at(job["timeline"], now)


def find(context: Context, project_id: str, job_id: Any) -> Document:
    """Return the job with this id, a number or its text.

    Raises:
        Refused: DLI.16001, no such job.
    """
    # An empty label would be any job.
    rows = context.store.list(KIND, project_id, label=str(job_id), limit=1) if job_id else []
    if not rows:
        raise Refusal(NO_JOB, f"The job {job_id} does not exist.")
    return rows[0][1]


def named(context: Context, project_id: str, name: str) -> Document | None:
    """Return the job of this name, or None."""
    return context.store.get(KIND, project_id, name)


def keep(context: Context, project_id: str, job: Document) -> None:
    """Write a job back, under the name in its settings."""
    context.store.put(KIND, project_id, job["settings"]["name"], job, label=str(job["job_id"]))


def create(context: Context, project_id: str, user: str, fields: Document, *, is_jar: bool) -> Document:
    """Create a draft from checked fields and return it.

    Raises:
        Refused: the name is taken, the settings exclude each other, there is no such template.
    """
    settings = definitions.completed(fields, is_jar=is_jar)
    if not settings["sql_body"] and settings.get("template_id"):
        settings["sql_body"] = _template_body(context, project_id, settings["template_id"])
    rules.check_together(settings)
    if named(context, project_id, settings["name"]) is not None:
        raise Refusal(EXISTS, "The job name already exists.")
    now = now_ms(context)
    job = {
        "job_id": context.store.next_id(KIND),
        "settings": settings,
        "user_name": user,
        "create_time": now,
        "update_time": now,
        "start_time": None,
        "timeline": begin(now, DRAFT),
        "failure": "",
        "savepoint_path": None,
        "savepoint_ms": None,
    }
    keep(context, project_id, job)
    return job


def update(context: Context, project_id: str, job: Document, fields: Document) -> Document:
    """Give a job other settings and return it; what is not told stays.

    Raises:
        Refused: the new name is taken, the settings exclude each other, or the job runs and must stop for this.
    """
    settings = {**job["settings"], **fields}
    rules.check_together(settings)
    changed = {key for key, value in settings.items() if job["settings"].get(key) != value}
    if status_of(job, now_ms(context)) in RUNNING and changed - rules.CHANGEABLE_RUNNING:
        raise Refusal(UNSUPPORTED, f"The job must be stopped to change {', '.join(sorted(changed))}.")
    if "name" in changed:
        if named(context, project_id, settings["name"]) is not None:
            raise Refusal(EXISTS, "The job name already exists.")
        context.store.rename(KIND, project_id, job["settings"]["name"], settings["name"])
    job = {**job, "settings": settings, "update_time": now_ms(context)}
    keep(context, project_id, job)
    return job


def overwrite(context: Context, project_id: str, job: Document, fields: Document, *, is_jar: bool) -> Document:
    """Replace a job's settings by those of an imported one: a draft again, whatever it was, with its own id.

    Source: DLI API "Importing a Flink Job". Whether the id stays is unknown; it does here.
    """
    settings = definitions.completed(fields, is_jar=is_jar)
    rules.check_together(settings)
    now = now_ms(context)
    job = {**job, "settings": settings, "update_time": now, "timeline": begin(now, DRAFT), "failure": ""}
    keep(context, project_id, job)
    return job


def _template_body(context: Context, project_id: str, template_id: int) -> str:
    template = context.store.get("dli.template", project_id, str(template_id))
    if template is None:
        raise Refusal(MISSING, f"The template {template_id} does not exist.")
    return str(template["sql_body"])
