"""What is due next: one document a workspace, with a time in milliseconds for each of its jobs on a CRON schedule.

It is kept with every write of a job, so a look at it is all that a call costs while nothing is due.
"""

from __future__ import annotations

from pulumi_dataarts.simulator.dlf import crons
from pulumi_dataarts.simulator.dlf.inputs import now_ms
from pulumi_dataarts.simulator.http import Context
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import state_at

_KIND, _SCOPE = "dlf.agenda", ""
_SCHEDULED = "SCHEDULING"


def note(context: Context, scope: str, name: str, job: Document | None) -> None:
    """Note when a job is due next after now, or that it is not, or is no more."""
    agenda = context.store.get(_KIND, _SCOPE, scope) or {}
    at_ms = _next_due(job, now_ms(context)) if job else None
    if at_ms == agenda.get(name):
        return
    agenda.pop(name, None)
    if at_ms is not None:
        agenda[name] = at_ms
    context.store.put(_KIND, _SCOPE, scope, agenda)


def due(context: Context) -> list[tuple[str, str, int]]:
    """Return workspace, name and first due time of each job whose time has come."""
    now = now_ms(context)
    return [
        (scope, name, at_ms)
        for scope, agenda in context.store.list(_KIND, _SCOPE)
        for name, at_ms in agenda.items()
        if at_ms <= now
    ]


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


def _next_due(job: Document, now: int) -> int | None:
    cron = cron_of(job)
    return crons.first_due(cron, now) if cron and is_on_schedule(job, now) else None
