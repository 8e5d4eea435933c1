"""Which object is whose, where more than one resource, or more than one run, had to do with it."""

from __future__ import annotations

import contextlib
from typing import Final

from pulumi_dataarts.engine.decisions import equal, replaces
from pulumi_dataarts.engine.providers import Difference, Known
from pulumi_dataarts.engine.run import Run
from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.journal import Entry, Put
from pulumi_dataarts.model.snapshots import ResourceState

_ORPHAN: Final = (
    "an earlier run was cut off while it made this under another name: if that object is there, nothing knows it. "
    "Look for it; `dataarts refresh --clear-pending-creates` forgets that it was begun"
)


async def others_begun(run: Run, new: ResourceState) -> list[Entry]:
    """Return what keeps a creation listed that an earlier run began, and that was to make another object than this.

    One that is as declared, can be changed to that, or has to go first, has the same name: it was found by that.
    """
    provider = run.provider_of(new)
    kept: list[Entry] = []
    for item in run.ledger.pending:
        begun = item.resource
        if provider is None or item.type != "creating" or begun.urn != new.urn or equal(begun.inputs, new.inputs):
            continue
        difference = Difference(changes=True, replaces=("id",))
        with contextlib.suppress(ResourceFailed):
            difference = await provider.diff(Known(begun.urn, "", begun.inputs, begun.inputs), new.inputs, ())
        if replaces(difference) and not difference.delete_before_replace:
            kept.append(run.ledger.reopened(item))
            run.reporter.tell("warning", _ORPHAN, new.urn)
    return kept


def taken_over(run: Run, state: ResourceState, old: int | None) -> list[Entry]:
    """Mark for deletion who had this very object before: an object is one resource's, even if the run ends here.

    Who is declared as well keeps it, or takes its mark away again (see `claim`).
    """
    number = run.ledger.earlier_holder(state)
    other = run.ledger.declared_holder(state) if number is None else run.ledger.states[number]
    is_own = number is not None and number == old
    if other is None or is_own:
        return []
    if number is None or run.tally.is_claimed(other.urn):
        text = f"its object {state.id} is that of {other.urn} too: declare it once, or give each an id of its own"
        run.reporter.tell("warning", text, state.urn)
        return []
    return [Put(number, replace(other, delete=True))]


def is_forgotten(run: Run, number: int) -> bool:
    """Say, and tell, whether what goes has its object in common with what stays: whoever finds it takes it over."""
    old, holder = run.ledger.states[number], run.ledger.holder_of(number)
    if holder is not None:
        text = f"its object {old.id} is that of {holder.urn} now: it is forgotten here, and not deleted"
        run.reporter.tell("warning", text, old.urn)
    return holder is not None
