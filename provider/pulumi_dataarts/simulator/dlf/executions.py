"""Script instances: what "executing a script" starts, as functions of when it was started.

LAUNCHING for `boot_s`, RUNNING for `run_s`, then FINISHED, or FAILED under a `task-fails` fault. No
statement is really run: a finished instance has one result without rows.

Source: DataArts Factory API, the pages of scripts, resources and connections. Not documented: the state of a stopped
instance (FAILED here).
"""

from __future__ import annotations

from pulumi_dataarts.simulator.dlf import checks, scripts
from pulumi_dataarts.simulator.dlf.inputs import body_of, now_ms, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.timelines import begin, state_at, turn

_KIND = "dlf.execution"
_ENDED = ("FINISHED", "FAILED")


def execute_script(request: Request, context: Context) -> Answer:
    """Run a script and answer the instance's id."""
    scope, body = scope_of(request, context), body_of(request)
    script, now = scripts.find(request, context, scope), now_ms(context)
    checks.text_map(body.get("params"), "params")
    failure = context.faults.failure_of(script["name"])
    phases = (
        (context.settings.boot_s, "RUNNING"),
        (context.settings.run_s, "FAILED" if failure else "FINISHED"),
    )
    execution = {
        "id": f"{context.store.next_id(_KIND):032x}",
        "script": script["name"],
        "message": failure,
        "timeline": turn(begin(now, "LAUNCHING"), now, *phases),
    }
    context.store.put(_KIND, scope, execution["id"], execution)
    return Answer(200, {"instanceId": execution["id"]})


def list_script_results(request: Request, context: Context) -> Answer:
    """Answer the state of an instance, with its results once it has finished."""
    execution = _find(request, context, scope_of(request, context))
    status = state_at(execution["timeline"], now_ms(context))
    body: Document = {"status": status, "results": []}
    if status == "FINISHED":
        duration_s = context.settings.run_s
        body["results"] = [{"message": "", "duration": duration_s, "rowCount": 0, "rows": [], "schema": []}]
    if status == "FAILED":
        body["message"] = execution["message"]
    return Answer(200, body)


def cancel_script(request: Request, context: Context) -> Answer:
    """Stop an instance that is under way."""
    scope = scope_of(request, context)
    execution, now = _find(request, context, scope), now_ms(context)
    if state_at(execution["timeline"], now) not in _ENDED:
        timeline = turn(execution["timeline"], now, (0, "FAILED"))
        stopped = {**execution, "message": "The script was stopped.", "timeline": timeline}
        context.store.put(_KIND, scope, execution["id"], stopped)
    return Answer(204)


def _find(request: Request, context: Context, scope: str) -> Document:
    script = scripts.find(request, context, scope)
    execution = context.store.get(_KIND, scope, request.params["instance_id"])
    if execution is None or execution["script"] != script["name"]:
        raise Refusal("DLF.6205")
    return execution
