"""Brings the state up to date with what the providers find: all resources side by side, before anything else.

Source: pkg/resource/deploy/deployment_executor.go and step.go of the official engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pulumi_dataarts.engine.decisions import equal, settled
from pulumi_dataarts.engine.events import StepReport
from pulumi_dataarts.engine.marking import sealed
from pulumi_dataarts.engine.providers import Difference, Known, Live, Provider
from pulumi_dataarts.engine.run import Run
from pulumi_dataarts.errors import ConfigError, ProvisionError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.diffs import diff
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.journal import Drop, Entry, Put
from pulumi_dataarts.model.snapshots import ResourceState

_INVERTED = {"add": "delete", "delete": "add"}


async def refresh(run: Run) -> None:
    """Read every resource of the base that takes part, then mend what the vanished ones leave behind.

    One that cannot be read stays as it was, and the run fails once all are read.
    """
    _require_known(run)
    found: dict[int, ResourceState | None] = dict(run.ledger.base())
    numbers = _selected(run)
    results = await asyncio.gather(*(run.spawn(_refreshed(run, number)) for number in numbers))
    found |= dict(zip(numbers, results, strict=True))
    entries: list[Entry] = [Drop(number) for number, state in found.items() if state is None]
    mended = _mended({number: state for number, state in found.items() if state is not None})
    entries += [Put(number, state) for number, state in mended.items() if state is not run.ledger.states[number]]
    if entries:
        await run.ledger.write(entries)
    run.ledger.index_base()


def _require_known(run: Run) -> None:
    known = {state.urn for _, state in run.ledger.base()}
    for urn in (run.selection.targets.literals | run.selection.excludes.literals) - known:
        raise ConfigError(f"there is no resource {urn} in the stack", hint="See `dataarts state list`.")


def _selected(run: Run) -> list[int]:
    selection = run.selection
    return [number for number, state in run.ledger.base() if not selection.is_constrained or selection.takes_in(state)]


async def _refreshed(run: Run, number: int) -> ResourceState | None:
    """Return a resource as it is found, itself where nothing was, None where it is gone."""
    old = run.ledger.states[number]
    if not old.custom or urns.is_provider_type(old.type) or old.pending_replacement:
        run.reporter.finished(_report(old, old, Difference(changes=False)))
        return old
    async with run.calls:
        run.require_going()
        report = _report(old, old, Difference(changes=False))
        run.reporter.started(report)
        try:
            provider = run.provider_of(old)
            assert provider is not None
            new, difference = await _looked_up(run, provider, old)
        except ProvisionError as error:
            run.reporter.failed(report, error)
            run.note_failure(error)
            return old
    run.reporter.finished(_report(old, new, difference))
    return new


async def _looked_up(run: Run, provider: Provider, old: ResourceState) -> tuple[ResourceState | None, Difference]:
    timeout_s = old.custom_timeouts.get("read", 0)
    live = await provider.read(Known(old.urn, old.id, old.inputs, old.outputs), timeout_s)
    if not live.id or live.outputs is None:
        return None, Difference(changes=True)
    new = _updated(run, old, live)
    if old.external:
        return new, Difference(changes=not equal(new.outputs, old.outputs))
    # What an `up` would change now is what was changed by hand, the other way round.
    known = Known(new.urn, new.id, new.inputs, new.outputs)
    difference = await provider.diff(known, old.inputs, old.ignore_changes)
    return new, _inverted(settled(difference, new.inputs, old.inputs, old.ignore_changes))


def _updated(run: Run, old: ResourceState, live: Live) -> ResourceState:
    if live.init_errors:
        text = "\n".join(["the object is not what it should be:", *live.init_errors])
        run.reporter.tell("warning", text, old.urn)
    inputs = old.inputs if live.inputs is None else live.inputs
    assert live.outputs is not None
    new = sealed(replace(old, id=live.id, inputs=inputs, outputs=live.outputs, init_errors=live.init_errors))
    if equal(new.inputs, old.inputs) and equal(new.outputs, old.outputs):
        return old if new == old else new
    return replace(new, modified=run.now())


def _inverted(difference: Difference) -> Difference:
    """Let additions be deletions: what the cloud has and the program has not was added there."""
    kinds = {}
    for path, kind in (difference.paths or {}).items():
        name, separator, rest = kind.partition("-")
        kinds[path] = f"{_INVERTED.get(name, name)}{separator}{rest}"
    return replace(difference, paths=kinds)


def _report(old: ResourceState, new: ResourceState | None, difference: Difference) -> StepReport:
    result = "delete" if new is None else "update" if difference.changes else "same"
    return StepReport(
        urn=old.urn,
        type=old.type,
        name=urns.parse(old.urn).name,
        op="refresh",
        old=old,
        new=new,
        changes=tuple(diff(old.outputs, new.outputs, with_internal=False)) if new else (),
        paths=dict(difference.paths or {}),
        effects=difference.effects,
        reasons=difference.reasons,
        result=result,
    )


def _mended(states: dict[int, ResourceState]) -> dict[int, ResourceState]:
    """Take references to vanished resources away. A child of a vanished parent has none from then on."""
    present: set[str] = set()
    mended = {}
    for number, state in states.items():
        mended[number] = _without(state, present)
        present.add(state.urn)
    everything = present
    return {number: _with_parent(state, everything) for number, state in mended.items()}


def _without(state: ResourceState, present: set[str]) -> ResourceState:
    if all(item.urn in present for item in references(state) if item.field not in ("parent", "provider")):
        return state
    return replace(
        state,
        dependencies=_present(state.dependencies, present),
        property_dependencies={
            key: kept for key, named in state.property_dependencies.items() if (kept := _present(named, present))
        },
        deleted_with=state.deleted_with if state.deleted_with in present else "",
        replace_with=_present(state.replace_with, present),
    )


def _with_parent(state: ResourceState, present: set[str]) -> ResourceState:
    return state if not state.parent or state.parent in present else replace(state, parent="")


def _present(named: Iterable[str], present: set[str]) -> tuple[str, ...]:
    return tuple(urn for urn in named if urn in present)
