"""System tasks: what an import leaves behind to be asked for.

What a task does is done, in full, when it is made; it reports RUNNING until its end all the same. So its
effect is there when it says so, whatever happens to the process in between.

Source: DataArts Factory API "Querying System Task Details". The page's example asks `/systemTasks/{id}`, its URI says
`/system-tasks/{id}`: both are answered. Not documented: the state of a task of which some jobs failed
(FAILED here), how long tasks are kept (for good), whether the workspace matters (it does).
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.dlf.inputs import now_ms, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document

_KIND = "dlf.task"


@dataclass(frozen=True)
class Outcome:
    """What came of one job, or one connection, of an import.

    Attributes:
        failure: why it was not imported; empty if it was, or was skipped.
    """

    name: str
    failure: str = ""


def open_task(
    context: Context,
    scope: str,
    path: str,
    project_id: str,
    outcomes: list[Outcome],
    message: str = "",
    *,
    what: str = "job",
) -> str:
    """Keep the task of an import that is done, and return the task's id.

    Args:
        context: of the request.
        scope: the workspace.
        path: of the imported file, as sent.
        project_id: of the request.
        outcomes: one for each job; empty if nothing could be imported.
        message: why nothing could be imported.
        what: what is imported, for the texts.
    """
    task_id, now = _new_id(context), now_ms(context)
    task = {
        "id": task_id,
        "name": f"Import the {what} from {path}.",
        "projectId": project_id,
        "startTime": now,
        "endTime": now + milliseconds(context.settings.task_s),
        "status": _status(message or any(outcome.failure for outcome in outcomes)),
        "message": message,
        "subtasks": [_subtask(outcome, what, task_id, _new_id(context)) for outcome in outcomes],
    }
    context.store.put(_KIND, scope, task_id, task)
    return task_id


def list_system_tasks(request: Request, context: Context) -> Answer:
    """Answer the state of one task."""
    task_id = request.params["task_id"]
    task = context.store.get(_KIND, scope_of(request, context), task_id)
    if task is None:
        raise Refusal("DLF.20810", text=f"Task[{task_id}] does not exist")
    return Answer(200, _reported(task, now_ms(context)))


def _reported(task: Document, now: int) -> Document:
    if now >= task["endTime"]:
        subtasks = [{**subtask, "lastUpdate": task["endTime"]} for subtask in task["subtasks"]]
        return _without_empty_message({**task, "lastUpdate": task["endTime"], "subtasks": subtasks})
    running = {"status": "RUNNING", "message": "", "lastUpdate": task["startTime"]}
    subtasks = [_without_empty_message({**subtask, **running}) for subtask in task["subtasks"]]
    unfinished = {key: value for key, value in task.items() if key != "endTime"}
    return _without_empty_message({**unfinished, **running, "subtasks": subtasks})


def _subtask(outcome: Outcome, what: str, task_id: str, id: str) -> Document:
    return _without_empty_message(
        {
            "id": id,
            "name": f"Import the {outcome.name} {what}.",
            "status": _status(outcome.failure),
            "message": outcome.failure,
            "taskId": task_id,
        }
    )


def _status(failure: str | bool) -> str:
    return "FAILED" if failure else "SUCCESSFUL"


def _without_empty_message(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "message" or value}


def _new_id(context: Context) -> str:
    return f"{context.store.next_id(_KIND):032x}"
