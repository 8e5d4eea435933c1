"""Replacements: the new before the old, or the old, with all that must go with it, before the new.

Source: pkg/resource/deploy/step_generator.go of the official engine.
"""

from __future__ import annotations

import asyncio
import contextlib

from pulumi_dataarts.engine import decisions
from pulumi_dataarts.engine.goals import Goal
from pulumi_dataarts.engine.providers import Difference, DiffUnavailable, Known
from pulumi_dataarts.engine.run import Run
from pulumi_dataarts.engine.steps import Create, Delete, Step
from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import UNKNOWN, Properties


async def replacement(run: Run, goal: Goal, new: ResourceState, number: int, difference: Difference) -> list[Step]:
    """Return the steps that replace a resource. Raises PlanError where something protected would go with it."""
    old = run.ledger.states[number]
    is_before = difference.delete_before_replace
    if goal.delete_before_replace is not None:
        is_before = goal.delete_before_replace
    if not is_before:
        # What was deleted for a replacement that then failed must not be deleted once more.
        return [Create(new, number, marks_old=not old.pending_replacement, difference=difference)]
    async with run.deciding:
        condemned = [number, *await _dependents(run, number)]
        if not old.pending_replacement:
            _condemn(run, number)
    deletes = [_delete(run.ledger.states[item], item) for item in reversed(condemned) if not _is_gone(run, item)]
    return [*deletes, Create(new, number, difference=difference)]


async def with_room(run: Run, steps: list[Step]) -> list[Step]:
    """Return a registration's steps; before a create the deletion of what an earlier run replaced and left in its way.

    What waits for its deletion goes in the end of a run otherwise. Where its provider says that it and the new one
    cannot stand side by side, they have one name in their service, and each run would be refused the new one. The
    official engine does not ask.
    """
    last = steps[-1]
    if not isinstance(last, Create):
        return steps
    urn, found = last.new.urn, dict[int, None]()
    for name in dict.fromkeys((urn, run.tally.previous.get(urn, urn))):
        for number in run.ledger.leftovers.get(name, ()):
            if await _excludes(run, number, last):
                found |= dict.fromkeys([number, *run.base_index.dependents_of(number)])
    left = [number for number in found if _is_left(run, number)]
    run.tally.condemned.update(left)
    return [*(Delete(number, is_replacement=True) for number in sorted(left, reverse=True)), *steps]


async def _excludes(run: Run, number: int, step: Create) -> bool:
    """Say whether what waits for its deletion has to go before something is made."""
    if not _is_left(run, number):
        return False
    state, provider = run.ledger.states[number], run.provider_of(step.new)
    if provider is None or state.external or state.retain_on_delete:
        return False
    with contextlib.suppress(DiffUnavailable):
        known = Known(state.urn, state.id, state.inputs, state.outputs)
        difference = await provider.diff(known, step.new.inputs, ())
        return bool(difference.changes) and difference.delete_before_replace
    return False


def _is_left(run: Run, number: int) -> bool:
    state = run.ledger.states.get(number)
    return state is not None and state.delete and number not in run.tally.condemned


def require_replaceable(run: Run, goal: Goal, old: ResourceState, new: ResourceState) -> None:
    """Refuse to replace what is protected, or was imported. A preview tells of it, and goes on.

    Raises:
        PlanError: in an update.
    """
    if new.protect and old.protect:
        refused = PlanError(
            f"{new.urn} cannot be replaced, because it is protected",
            hint="Take `protect` from it in the program and run `up`.",
        )
        if not run.dry_run:
            raise refused
        run.reporter.tell("error", str(refused), new.urn)
        run.note_failure(refused)
    if goal.import_id:
        text = "it was imported and still says `import_`, so it may not be replaced; remove that from the program"
        if not run.dry_run:
            raise PlanError(f"{new.urn}: {text}")
        run.reporter.tell("warning", text, new.urn)


def _delete(state: ResourceState, number: int) -> Step:
    """Something that waited for its deletion already is simply deleted."""
    return Delete(number, is_replacement=not state.delete, leaves_pending=not state.delete)


def _is_gone(run: Run, number: int) -> bool:
    """Say whether a resource was deleted by a run that failed before it made the replacement."""
    return run.ledger.states[number].pending_replacement


def _condemn(run: Run, number: int) -> None:
    run.tally.deleted.add(run.ledger.states[number].urn)
    run.tally.condemned.add(number)
    run.deletions[number] = asyncio.Event()
    if _is_gone(run, number):
        run.deletions[number].set()


async def _dependents(run: Run, number: int) -> list[int]:
    """Condemn, and return in order, what is replaced because this resource is: each after what it depends on.

    What the program has registered in this run cannot depend on what it registers only now.
    """
    root = run.ledger.states[number]
    if number >= run.ledger.base_size:
        return []
    replaced = {root.urn}
    found: list[int] = []
    for other in run.base_index.dependents_of(number):
        if other not in run.ledger.states:
            continue
        state = run.ledger.states[other]
        is_replaced = not _is_settled(run, other) and await _is_replaced_too(run, state, replaced)
        if is_replaced and not _is_settled(run, other):
            _condemn_dependent(run, other, root)
            replaced.add(state.urn)
            found.append(other)
    for other in run.base_index.bound_to(root.urn):
        if other in run.ledger.states and not _is_settled(run, other):
            _condemn_dependent(run, other, root)
            found.append(other)
    return found


def _is_settled(run: Run, number: int) -> bool:
    return number in run.tally.condemned or run.tally.is_decided(run.ledger.states[number].urn)


def _condemn_dependent(run: Run, number: int, root: ResourceState) -> None:
    state = run.ledger.states[number]
    if state.protect and not state.delete:
        raise PlanError(
            f"{state.urn} would have to be deleted before {root.urn} is replaced, and is protected",
            hint="Take `protect` from it in the program and run `up`, or unprotect it in the state.",
        )
    _condemn(run, number)


async def _is_replaced_too(run: Run, state: ResourceState, replaced: set[str]) -> bool:
    if not state.custom or state.external:
        return False
    if state.provider.rpartition("::")[0] in replaced or state.deleted_with in replaced:
        return True
    inputs = _with_unknowns(state, replaced)
    if inputs == state.inputs:
        return False
    provider = run.provider_of(state)
    assert provider is not None
    known = Known(state.urn, state.id, state.inputs, state.outputs)
    difference = await provider.diff(known, inputs, state.ignore_changes)
    difference = decisions.settled(difference, state.inputs, inputs, state.ignore_changes)
    return decisions.replaces(decisions.with_replace_on_changes(difference, state.replace_on_changes, ()))


def _with_unknowns(state: ResourceState, replaced: set[str]) -> Properties:
    """Return the inputs with everything unknown that comes from what is replaced."""
    named = state.property_dependencies
    return {key: UNKNOWN if replaced.intersection(named.get(key, ())) else value for key, value in state.inputs.items()}
