"""The jobs of a workspace as they are kept: found, written, given a new version.

A job keeps two definitions: the saved one, which is edited, and the submitted one, which can run. Every
write makes a new version.
"""

from __future__ import annotations

from pulumi_dataarts.simulator import agenda
from pulumi_dataarts.simulator.dlf import crons, definitions
from pulumi_dataarts.simulator.dlf.inputs import now_ms
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Context
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import begin, state_at

KIND = "dlf.job"
AGENDA = "dlf.agenda"
STOPPED = "STOPPED"
_SCHEDULED = "SCHEDULING"


def find(context: Context, scope: str, name: str) -> Document:
    """Return a job.

    Raises:
        Refused: DLF.0100, no such job.
    """
    job = context.store.get(KIND, scope, name)
    if job is None:
        raise Refusal("DLF.0100")
    return job


def keep(context: Context, scope: str, job: Document) -> None:
    """Write a job back, and when it is due next."""
    definition = job["saved"]
    context.store.put(KIND, scope, definition["name"], job, label=definition["processType"])
    note_due(context, scope, definition["name"], job)


def note_due(context: Context, scope: str, name: str, job: Document | None) -> None:
    """Note when a job is due next after now, or that it is not, or is no more."""
    agenda.note(context.store, AGENDA, scope, name, _next_due(job, now_ms(context)) if job else None)


def is_on_schedule(job: Document, at_ms: int) -> bool:
    """Say whether a job was on schedule at a time."""
    return state_at(job["timeline"], at_ms) == _SCHEDULED


def cron_of(job: Document) -> Document | None:
    """Return the cron that a job can run by, if it has one."""
    definition = job["submitted"]
    if definition is None or definition["processType"] != "BATCH" or definition["schedule"]["type"] != "CRON":
        return None
    cron: Document | None = definition["schedule"].get("cron")
    return cron


def status_of(job: Document, context: Context) -> str:
    """Return the job's scheduling state at this moment."""
    return state_at(job["timeline"], now_ms(context))


def write(context: Context, scope: str, body: Document, user: str, *, job: Document | None = None) -> None:
    """Create a job, or give `job` a new version, from a body that passed the rules.

    `targetStatus` SAVED leaves the submitted definition as it is; anything else submits (reviews are
    approved at once).
    """
    now = now_ms(context)
    job = job or {
        "id": context.store.next_id("dlf.job"),
        "createTime": now,
        "createUser": user,
        "version": 0,
        "submitted": None,
        "startTime": None,
        "endTime": None,
        "timeline": begin(now, STOPPED),
    }
    saved = definitions.kept(body, user)
    submitted = job["submitted"] if body.get("targetStatus") == "SAVED" else saved
    changed = {"version": job["version"] + 1, "lastUpdateTime": now, "lastUpdateUser": user}
    keep(context, scope, {**job, **changed, "saved": saved, "submitted": submitted})


def _next_due(job: Document, now: int) -> int | None:
    cron = cron_of(job)
    return crons.first_due(cron, now) if cron and is_on_schedule(job, now) else None
