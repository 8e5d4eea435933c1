"""From what the engine reports to the plan: one step a resource, secrets masked, reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, Final, Literal

from pulumi_dataarts.engine.events import Outcome, StepReport
from pulumi_dataarts.model.plans import SECRET_MARK, UNKNOWN_MARK, FieldChange, Operation, Plan, Step
from pulumi_dataarts.model.values import UNKNOWN, Secret

OPERATIONS: Final[Mapping[str, Operation]] = {
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "read-replacement": "replace",
    "discard": "delete",
    "discard-replaced": "delete",
    "remove-pending-replace": "delete",
}
REASONS_MAX: Final = 4
DYNAMIC: Final = "pulumi-python:dynamic/"


def plan_of(
    outcome: Outcome, operation: Literal["preview", "update", "refresh", "destroy"], project: str, stack: str
) -> Plan:
    """Return the plan that an outcome's reports make. Default providers are left out: they are the engine's own."""
    steps: dict[str, Step] = {}
    for report in outcome.reports:
        if report.type.startswith("pulumi:providers:") and report.name.startswith("default"):
            continue
        step = _step(report)
        before = steps.get(report.urn)
        steps[report.urn] = _merged(before, step) if before else step
    return Plan(
        tool=f"dataarts {version('pulumi-dataarts')}",
        operation=operation,
        project=project,
        stack=stack,
        steps=list(steps.values()),
        outputs={name: masked(value) for name, value in outcome.outputs.items()},
        warnings=list(outcome.warnings),
    )


def masked(value: Any) -> Any:
    """Return a property value that may be shown: secrets and unknowns as marks, at any depth."""
    if isinstance(value, Secret):
        return SECRET_MARK
    if value is UNKNOWN:
        return UNKNOWN_MARK
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def _step(report: StepReport) -> Step:
    fields = list(_fields(report))
    return Step(
        urn=report.urn,
        type=report.type.removeprefix(DYNAMIC),
        name=report.name,
        op=_operation(report),
        fields=fields,
        because=list(_because(report, fields)),
        effects=list(report.effects),
        depends_on=list(report.dependencies),
        parent=report.parent,
        error=report.error,
    )


def _operation(report: StepReport) -> Operation:
    if report.op == "refresh":
        return "same" if report.result == "same" else "refresh"
    return OPERATIONS.get(report.op) or report.op  # type: ignore[return-value]  # the rest are named alike


def _fields(report: StepReport) -> Iterable[FieldChange]:
    """Where the provider said what differs, its paths decide: it knows which inputs mean nothing to the service."""
    if report.op in ("delete", "delete-replaced", "same", "read"):
        return
    for change in report.changes:
        if report.paths and change.text not in report.paths:
            continue
        yield FieldChange(
            path=change.text,
            kind=change.kind.value,
            old=masked(change.old),
            new=masked(change.new),
            replaces=report.paths.get(change.text, "").endswith("-replace") or change.path[0] in report.replace_keys,
        )
    told = {change.text for change in report.changes}
    for path, kind in report.paths.items():
        if path not in told:
            yield FieldChange(path=path, kind=kind.removesuffix("-replace"), replaces=kind.endswith("-replace"))


def _because(report: StepReport, fields: list[FieldChange]) -> Iterable[str]:
    if report.op == "refresh" and report.result == "delete":
        yield "gone from the cloud"
    elif report.op == "delete":
        yield "no longer in the program"
    yield from report.reasons
    if report.op not in ("create", "same") and fields:
        shown = ", ".join(field.path for field in fields[:REASONS_MAX])
        yield shown if len(fields) <= REASONS_MAX else f"{shown} and {len(fields) - REASONS_MAX} more"


def _merged(before: Step, after: Step) -> Step:
    """Two reports on one resource: a replacement's two halves, or what a refresh found and what is done about it."""
    if before.op == "refresh" and after.op == "same":
        return before
    if before.op == "refresh":
        drift = [f"changed outside: {text}" for text in before.because] or ["changed outside"]
        return after.model_copy(update={"because": [*drift, *after.because]})
    if before.op == "replace" and after.op == "replace":
        richer = before if len(before.fields) >= len(after.fields) else after
        return richer.model_copy(update={"error": before.error or after.error})
    return after
