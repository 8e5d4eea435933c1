"""Whether a saved plan still holds: what has moved between it and one that was made just now."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_dataarts.model.plans import FieldChange, Plan, Step, digest_of

TOLD_MAX = 8


def moved(saved: Plan, fresh: Plan) -> list[str]:
    """Return, one a line, what is not as the saved plan has it; empty where it holds.

    Args:
        saved: the plan that was reviewed.
        fresh: the plan as it would be made now, with the same scope.
    """
    found = list(_moved(saved, fresh))
    return found if len(found) <= TOLD_MAX else [*found[:TOLD_MAX], f"and {len(found) - TOLD_MAX} more"]


def _moved(saved: Plan, fresh: Plan) -> Iterable[str]:
    if (saved.project, saved.stack) != (fresh.project, fresh.stack):
        yield f"it is for {saved.project}/{saved.stack}"
        return
    if saved.digest != digest_of(saved):
        yield "the file was edited: its digest is not that of its steps"
    if saved.state.digest != fresh.state.digest:
        yield f"the state has changed since: update {saved.state.serial} then, {fresh.state.serial} now"
    if saved.digest != fresh.digest:
        yield from _other_steps(saved, fresh)
        if saved.tool != fresh.tool:
            yield f"it was made by {saved.tool}, this is {fresh.tool}"


def _other_steps(saved: Plan, fresh: Plan) -> Iterable[str]:
    before, after = _by_urn(saved), _by_urn(fresh)
    for urn, step in before.items():
        now = after.get(urn)
        if now is None:
            yield f"{_name(step)}: {step.op} in the plan, nothing to do now"
        elif now.op != step.op:
            yield f"{_name(step)}: {step.op} in the plan, {now.op} now"
        elif step.drift != now.drift:
            yield f"{_name(step)}: changed outside meanwhile{_where(step.drift, now.drift)}"
        elif (step.fields, step.drift, step.content) != (now.fields, now.drift, now.content):
            yield f"{_name(step)}: other content{_where([*step.drift, *step.fields], [*now.drift, *now.fields])}"
    for urn, step in after.items():
        if urn not in before:
            yield f"{_name(step)}: {step.op} now, not in the plan"


def _by_urn(plan: Plan) -> dict[str, Step]:
    return {step.urn: step for step in plan.steps if step.op not in ("same", "read")}


def _name(step: Step) -> str:
    return f"{step.name} ({step.type})"


def _where(saved: list[FieldChange], fresh: list[FieldChange]) -> str:
    """Name the properties that differ; where only their digest does, there is no name to give."""
    before, after = ({change.path: change for change in changes} for changes in (saved, fresh))
    paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    return f" at {', '.join(paths)}" if paths else ""
