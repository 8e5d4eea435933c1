"""Running one import to its end.

Source: DataArts Factory API "Importing a Job", "Querying System Task Details". An archive that cannot be read may
be refused at once or fail the task, with no subtasks. A subtask's name is text in the account's language, so which jobs
it is about is found out by looking at the jobs, not by reading it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pulumi_dataarts.dlf import api, wire
from pulumi_dataarts.errors import CloudError, OutcomeUnknown, RunFailed, WaitTimeout
from pulumi_dataarts.huawei.session import Session

UNREADABLE: Final = "DLF.0815"
LOST_ANSWER_S: Final = 20.0
"""How long an import whose answer was lost is given to show itself before it is sent again."""
_HINT = "The service reads the archive by itself: the same region, and an agency that may read the bucket, are needed."


def run(
    session: Session,
    place: api.Workspace,
    request: wire.ImportRequest,
    *,
    has_landed: Callable[[], bool],
    deadline_s: float,
) -> None:
    """Import an archive and wait for the end of the task.

    Args:
        session: of the caller.
        place: the workspace.
        request: what to import.
        has_landed: says, by looking, whether every job is written; asked only when the answer was lost.
        deadline_s: seconds from now.

    Raises:
        RunFailed: the service says that the import, or part of it, failed.
        WaitTimeout: it is not done in time.
    """
    try:
        task_id = _start(place, request)
    except OutcomeUnknown:
        session.tell(f"import of {request.path}: no answer; looking whether it took effect")
        if _lands(session, request.path, has_landed):
            return
        task_id = _start(place, request)
    _check(request.path, _followed(session, place, task_id, request.path, deadline_s))


def _start(place: api.Workspace, request: wire.ImportRequest) -> str:
    try:
        return api.import_jobs(place, request)
    except CloudError as error:
        if error.code == UNREADABLE:
            error.hint = _HINT
        raise


def _lands(session: Session, path: str, has_landed: Callable[[], bool]) -> bool:
    try:
        return session.wait_until(lambda: has_landed() or None, what=f"the import of {path}", deadline_s=LOST_ANSWER_S)
    except WaitTimeout:
        return False


def _followed(session: Session, place: api.Workspace, task_id: str, path: str, deadline_s: float) -> wire.Task:
    seen = wire.Task()

    def look() -> wire.Task | None:
        nonlocal seen
        seen = api.show_task(place, task_id)
        return None if seen.status in ("RUNNING", "") else seen

    return session.wait_until(
        look,
        what=f"the import of {path}",
        deadline_s=deadline_s,
        describe=lambda: f"task {task_id} {seen.status}, {_done(seen)} of {len(seen.subtasks)} parts done",
    )


def _done(task: wire.Task) -> int:
    return sum(part.status == "SUCCESSFUL" for part in task.subtasks)


def _check(path: str, task: wire.Task) -> None:
    failed = [part for part in task.subtasks if part.status == "FAILED"]
    if task.status != "FAILED" and not failed:
        return
    parts = "; ".join(f"{part.name} {part.message}".strip() for part in failed)
    reason = "; ".join(filter(None, [task.message, parts])) or "no reason given"
    raise RunFailed(
        f"{path}: {reason}",
        service="dlf",
        operation="import jobs",
        hint=f"{len(failed)} of {len(task.subtasks)} parts failed; run again when the cause is gone: what was "
        "imported is found and not imported again."
        if failed
        else _HINT,
    )
