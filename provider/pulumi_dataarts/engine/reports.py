"""What is told of a step."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_dataarts.engine.events import Op, StepReport
from pulumi_dataarts.engine.ledger import Ledger
from pulumi_dataarts.engine.providers import Difference
from pulumi_dataarts.engine.steps import Create, Delete, Forget, Import, Read, Same, Skip, Step, Update
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.diffs import diff
from pulumi_dataarts.model.snapshots import ResourceState

_NONE = Difference(changes=False)
_OPS: Mapping[type, Op] = {Same: "same", Skip: "same", Update: "update", Forget: "remove-pending-replace"}


def report_of(ledger: Ledger, step: Step) -> StepReport:
    """Return the report of a step that is about to be performed."""
    new: ResourceState | None = getattr(step, "new", None)
    number: int | None = getattr(step, "old", None)
    old = None if number is None else ledger.states[number]
    state = new or old
    assert state is not None
    difference = getattr(step, "difference", None) or _NONE
    is_compared = not isinstance(step, Same)
    return StepReport(
        urn=state.urn,
        type=state.type,
        name=urns.parse(state.urn).name,
        op=op_of(step, state),
        old=old,
        new=new,
        changes=tuple(diff(old.inputs, new.inputs, with_internal=False)) if old and new and is_compared else (),
        replace_keys=difference.replaces,
        paths=dict(difference.paths or {}),
        effects=difference.effects,
        reasons=difference.reasons,
    )


def op_of(step: Step, state: ResourceState) -> Op:
    """Return what a step is called."""
    match step:
        case Create():
            return "create" if step.old is None else "create-replacement"
        case Read():
            return "read-replacement" if step.is_replacement else "read"
        case Import():
            return "import" if step.old is None else "import-replacement"
        case Delete():
            return _deletion(step, state)
    return _OPS[type(step)]


def _deletion(step: Delete, state: ResourceState) -> Op:
    if state.external:
        return "discard-replaced" if step.is_replacement else "discard"
    return "delete-replaced" if step.is_replacement else "delete"
