"""What is due next: one document a scope, with a time in milliseconds for each of its jobs that run by themselves.

It is kept with every write of a job, so a look at it is all that a call costs while nothing is due. Nothing runs in the
background: what came due is made when somebody asks, or moves the clock.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from pulumi_dataarts.simulator.http import Answer, Context, Handler, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.simulator.store import Store

_SCOPE = ""


def note(store: Store, kind: str, scope: str, name: str, at_ms: int | None) -> None:
    """Note when a job is due next, or with None that it is not."""
    agenda = store.get(kind, _SCOPE, scope) or {}
    if at_ms == agenda.get(name):
        return
    agenda.pop(name, None)
    if at_ms is not None:
        agenda[name] = at_ms
    store.put(kind, _SCOPE, scope, agenda)


def due(store: Store, kind: str, now_ms: int) -> list[tuple[str, str, int]]:
    """Return scope, name and first due time of each job whose time has come; none in a store that shows the past."""
    return [
        (scope, name, at_ms)
        for scope, agenda in ([] if store.is_view else store.list(kind, _SCOPE))
        for name, at_ms in agenda.items()
        if at_ms <= now_ms
    ]


def catch_up(
    store: Store,
    kind: str,
    now_ms: int,
    *,
    times: Callable[[str, str, int], list[int]],
    run: Callable[[str, str, int], None],
    note_next: Callable[[str, str], None],
) -> None:
    """Run what came due since the last look, in the order of its times, and note when each job is due next.

    Args:
        store: where the agenda is.
        kind: of the agenda.
        now_ms: the time.
        times: returns when the job of a scope and name was due, from a time to now.
        run: runs that job as of one of these times.
        note_next: notes when it is due next.
    """
    coming = due(store, kind, now_ms)
    runs = sorted((at_ms, scope, name) for scope, name, since_ms in coming for at_ms in times(scope, name, since_ms))
    for at_ms, scope, name in runs:
        run(scope, name, at_ms)
    for scope, name, _ in coming:
        note_next(scope, name)


def up_to_date(handler: Handler, run_due: Callable[[Context], None]) -> Handler:
    """Return the handler, which now finds all that came due before it is asked."""

    @wraps(handler)
    def answer(request: Request, context: Context) -> Answer:
        run_due(context)
        return handler(request, context)

    return answer
