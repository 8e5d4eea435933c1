"""What `pulumi preview --json` says, as the reports that our own engine makes: the same plan, views and gates follow.

The official engine tells less of a dynamic resource: no paths, no reasons, no effects, and no secrets, not even whether
one differs. What can be seen is compared here, input by input.

Source: sdk/go/common/apitype and pkg/backend/display/json.go of the official engine; captured with v3.260.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pulumi_dataarts.engine.events import Diagnostic, Op, Outcome, Severity, StepReport
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.diffs import Change, diff
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.model.values import UNKNOWN, Secret
from pulumi_dataarts.report.wording import ROOT

HIDDEN_SECRET: Final = "[secret]"  # noqa: S105 - how the official engine prints one
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_OPS: Final[Mapping[str, Op]] = {"replace": "create-replacement"}
_SEVERITIES: Final[Mapping[str, Severity]] = {"error": "error", "warning": "warning"}


def outcome_of(document: Mapping[str, Any], base: Snapshot) -> Outcome:
    """Return what the document says, as an outcome.

    `base` is the state before: of a look at the cloud the document tells only what was found.
    """
    known = {state.urn: state for state in base.resources if not state.delete}
    reports = tuple(_reports(document.get("steps") or (), known))
    diagnostics = tuple(_diagnostics(document.get("diagnostics") or ()))
    root = next((report.new for report in reports if report.type == ROOT and report.new), None)
    return Outcome(
        ok="steps" in document and not any(item.severity == "error" for item in diagnostics),
        cancelled=False,
        snapshot=Snapshot(),
        outputs=dict(root.outputs) if root else {},
        counts=document.get("changeSummary") or {},
        reports=reports,
        diagnostics=diagnostics,
    )


def _reports(steps: Iterable[Mapping[str, Any]], known: Mapping[str, ResourceState]) -> Iterable[StepReport]:
    """Yield a report a step, and one for whatever stays as it is, which the document leaves out.

    A refresh step tells what was, and only a later one, in its old state, what was found.
    """
    looked, told = set[str](), set[str]()
    for step in steps:
        old, new = _state(step.get("oldState")), _state(step.get("newState"))
        state = new or old
        if step["op"] == "refresh":
            looked.add(step["urn"])
        elif state is not None:
            told.add(state.urn)
            if state.urn in looked & known.keys():
                yield _report("refresh", known[state.urn], None if step["op"] == "create" else old)
            yield _report(_OPS.get(step["op"], step["op"]), old, new, step.get("replaceReasons") or ())
    for urn, state in known.items():
        if urn not in told:
            yield _report("same", state, state)


def _report(
    op: Op, old: ResourceState | None, new: ResourceState | None, replace_keys: Iterable[str] = ()
) -> StepReport:
    state = new or old
    assert state is not None
    changes = tuple(_changes(old, new)) if old and new and op != "same" else ()
    result = ""
    if op == "refresh":
        result = "delete" if new is None else "update" if changes else "same"
    return StepReport(
        urn=state.urn,
        type=state.type,
        name=urns.parse(state.urn).name,
        op=op,
        old=old,
        new=new,
        changes=changes,
        replace_keys=tuple(replace_keys),
        result=result,
    )


def _changes(old: ResourceState, new: ResourceState) -> Iterable[Change]:
    """Secrets are left out on both sides, as they are never told; so is what is declared to be empty."""
    for change in diff(_told(old.inputs), _told(new.inputs), with_internal=False):
        if change.old or change.new:
            yield change


def _told(value: Any) -> Any:
    if isinstance(value, Secret):
        return None
    return {key: _told(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _state(document: Mapping[str, Any] | None) -> ResourceState | None:
    if document is None:
        return None
    return ResourceState(
        urn=document["urn"],
        type=document["type"],
        custom=bool(document.get("custom")),
        id=str(document.get("id") or ""),
        inputs=_value(document.get("inputs") or {}),
        outputs=_value(document.get("outputs") or {}),
        parent=str(document.get("parent") or ""),
        protect=bool(document.get("protect")),
        dependencies=tuple(document.get("dependencies") or ()),
        source_position=str(document.get("sourcePosition") or ""),
    )


def _value(value: Any) -> Any:
    if value == HIDDEN_SECRET:
        return Secret(None)
    if value == UNKNOWN_TEXT:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _value(item) for key, item in value.items()}
    return [_value(item) for item in value] if isinstance(value, list) else value


def _diagnostics(found: Iterable[Mapping[str, Any]]) -> Iterable[Diagnostic]:
    for item in found:
        severity = _SEVERITIES.get(str(item.get("severity", "")), "info")
        yield Diagnostic(severity, str(item.get("message", "")).strip(), str(item.get("urn", "")))
