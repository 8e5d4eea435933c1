"""Performs steps: what each asks of a provider, and what it leaves in the state.

A begun operation is durable before the provider is called, and what came of it before anyone is told. In a preview
only what looks is called, and nothing is written.

Source: pkg/resource/deploy/step.go and step_executor.go of the official engine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from pulumi_dataarts.engine import hooks
from pulumi_dataarts.engine.decisions import equal
from pulumi_dataarts.engine.events import StepReport
from pulumi_dataarts.engine.marking import annotated, sealed
from pulumi_dataarts.engine.ownership import is_forgotten, others_begun, taken_over
from pulumi_dataarts.engine.providers import Known, Made, Provider
from pulumi_dataarts.engine.reports import report_of
from pulumi_dataarts.engine.run import Halted, Run
from pulumi_dataarts.engine.steps import Create, Delete, Forget, Import, Read, Same, Skip, Step, Update
from pulumi_dataarts.engine.wire import UNKNOWN_ID
from pulumi_dataarts.errors import OutcomeUnknown, PlanError, ProvisionError, ResourceFailed, StateError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.journal import Drop, End, Entry, Put
from pulumi_dataarts.model.snapshots import CARRIER, ResourceState

T = TypeVar("T")
# Differences in these alone need not be durable before the program goes on.
_INCIDENTAL = ("source_position", "rest", "init_errors")


class StepFailure(ResourceFailed):
    """A step failed, and that was told. `error` is a PlanError where the step was refused, not tried."""

    def __init__(self, error: ProvisionError) -> None:
        super().__init__(error.message, hint=error.hint)
        self.error = error


async def perform(run: Run, step: Step) -> ResourceState | None:
    """Perform one step and return the resource as it is then; None where it is gone.

    Raises:
        Halted: no new step may begin.
        StepFailure: it failed.
        StateError: what was done could not be written down.
    """
    run.require_going()
    report = report_of(run.ledger, step)
    try:
        state = await _perform(run, step, report)
    except StateError:
        raise
    except ProvisionError as error:
        run.reporter.failed(report, error)
        raise StepFailure(error) from error
    run.reporter.finished(replace(report, new=state))
    return state


async def _perform(run: Run, step: Step, report: StepReport) -> ResourceState | None:
    match step:
        case Same():
            return await _same(run, step)
        case Skip():
            return step.new
        case Delete():
            await _delete(run, step, report)
        case Forget():
            await run.ledger.write([Drop(step.old)])
        case Create() | Update() | Read() | Import():
            return _complete(await _made(run, step, report))
    return None


async def _made(run: Run, step: Create | Update | Read | Import, report: StepReport) -> ResourceState:
    match step:
        case Create():
            return await _create(run, step, report)
        case Update():
            return await _update(run, step, report)
        case Read():
            return await _read(run, step, report)
        case Import():
            return await _import(run, step, report)


@asynccontextmanager
async def _operation(run: Run, type: str, state: ResourceState, *, is_called: bool) -> AsyncIterator[list[Entry]]:
    """Begin an operation; within, fill the entries that end it. Without an answer it stays pending."""
    if not is_called or run.dry_run:
        yield []
        return
    operation = await run.ledger.begin(type, state)
    try:
        yield [End(operation)]
    except OutcomeUnknown:
        raise
    except (ProvisionError, Halted):
        await run.ledger.write([End(operation)])
        raise


async def _called(run: Run, report: StepReport, call: Callable[[], Awaitable[T]]) -> T:
    """Have a provider called when it is its turn; once one has failed, nobody has a turn any more.

    Raises:
        Halted: the run ended before. Nothing was asked.
    """
    async with run.calls:
        run.require_going()
        run.reporter.started(report)
        try:
            return await call()
        except ProvisionError:
            if not run.continue_on_error:
                run.halt()
            raise


async def _same(run: Run, step: Same) -> ResourceState:
    old = run.ledger.states[step.old]
    state = sealed(replace(step.new, id=old.id, outputs=old.outputs))
    if urns.is_provider_type(state.type) and not step.is_untargeted:
        run.registry.adopt(replace(state, inputs=old.inputs))
    if state == old:
        state = old
    run.ledger.append([Drop(step.old), Put(run.ledger.number_for(state.urn), state)])
    if replace(state, **{name: getattr(old, name) for name in _INCIDENTAL}) != old:
        await run.ledger.flush()
    return state


async def _create(run: Run, step: Create, report: StepReport) -> ResourceState:
    new = step.new
    await hooks.before(run, "BeforeCreate", new=new)
    others = [] if run.dry_run else await others_begun(run, new)
    async with _operation(run, "creating", new, is_called=_has_provider(new)) as entries:
        made = Made("", {})
        if provider := run.provider_of(new):
            create = partial(provider.create, new.urn, new.inputs, new.custom_timeouts.get("create", 0))
            made = await _called(run, report, partial(hooks.with_retries, run, "create", create, new=new))
        now = run.now()
        state = sealed(
            replace(new, id=made.id, outputs=made.outputs, init_errors=made.init_errors, created=now, modified=now)
        )
        entries += [*taken_over(run, state, step.old), *others]
        entries += [Put(run.ledger.number_for(state.urn), state), *_after_replacement(run, step)]
        await run.ledger.write(entries)
    if _is_complete(state):
        await hooks.after(run, "AfterCreate", new=state)
    return state


def _after_replacement(run: Run, step: Create) -> list[Entry]:
    if step.old is None:
        return []
    old = run.ledger.states[step.old]
    if step.marks_old:
        return [Put(step.old, replace(old, delete=True))]
    return [Drop(step.old)] if old.pending_replacement else []


async def _update(run: Run, step: Update, report: StepReport) -> ResourceState:
    old = run.ledger.states[step.old]
    new = replace(step.new, id=old.id, created=old.created, modified=old.modified)
    await hooks.before(run, "BeforeUpdate", old=old, new=new)
    async with _operation(run, "updating", new, is_called=_has_provider(new)) as entries:
        state = new
        if provider := run.provider_of(new):
            timeout_s = new.custom_timeouts.get("update", 0)
            update = partial(provider.update, _known(old), new.inputs, step.ignore_changes, timeout_s)
            tried = partial(hooks.with_retries, run, "update", update, old=old, new=new)
            made = await _called(run, report, tried)
            # What was left unfinished differs again the next time: the old inputs are what holds.
            inputs = old.inputs if made.init_errors else new.inputs
            state = replace(new, inputs=inputs, outputs=made.outputs, init_errors=made.init_errors, modified=run.now())
        state = sealed(state)
        await run.ledger.write([*entries, Drop(step.old), Put(run.ledger.number_for(state.urn), state)])
    if _is_complete(state):
        await hooks.after(run, "AfterUpdate", old=old, new=state)
    return state


def _is_complete(state: ResourceState) -> bool:
    """Say whether the hooks after a step are due. A component's are once it gives its outputs."""
    return state.custom and not state.init_errors


async def _delete(run: Run, step: Delete, report: StepReport) -> None:
    old = run.ledger.states[step.old]
    await hooks.before(run, "BeforeDelete", old=old)
    if old.protect and not step.is_replacement:
        raise PlanError(
            f"{old.urn} cannot be deleted, because it is protected",
            hint="Take `protect` from it in the program and run `up`, or unprotect it in the state; "
            "if it was renamed or moved, give it an alias.",
        )
    is_called = not is_forgotten(run, step.old) and _is_deleted_by_provider(run, old)
    async with _operation(run, "deleting", old, is_called=is_called and _has_provider(old)) as entries:
        if is_called and not run.dry_run and (provider := run.provider_of(old)):
            await _called(run, report, partial(_deleted, run, provider, old))
        left = replace(old, pending_replacement=True)
        await run.ledger.write([*entries, Put(step.old, left) if step.leaves_pending else Drop(step.old)])
    await hooks.after(run, "AfterDelete", old=old)


async def _deleted(run: Run, provider: Provider, old: ResourceState) -> None:
    delete = partial(provider.delete, _known(old), old.custom_timeouts.get("delete", 0))
    try:
        await hooks.with_retries(run, "delete", delete, old=old)
    except ResourceFailed:
        if old.delete:
            run.reporter.tell(
                "warning",
                f"{old.id} was replaced and waits for its deletion, which each run tries again; "
                f"`dataarts state delete {old.id}` forgets it, and leaves it in the cloud",
                old.urn,
            )
        raise


def _is_deleted_by_provider(run: Run, state: ResourceState) -> bool:
    is_gone_with_other = bool(state.deleted_with) and state.deleted_with in run.tally.deleted
    return not (state.external or state.retain_on_delete or is_gone_with_other)


async def _read(run: Run, step: Read, report: StepReport) -> ResourceState:
    new = step.new
    state = replace(new, outputs={})
    if new.id != UNKNOWN_ID and (provider := run.provider_of(new)):
        known = Known(new.urn, new.id, new.inputs, new.inputs)
        live = await _called(run, report, partial(provider.read, known, new.custom_timeouts.get("read", 0)))
        if live.outputs is None:
            raise ResourceFailed(f"{urns.parse(new.urn).name}: there is no object with the id {new.id!r}")
        state = replace(new, id=live.id or new.id, outputs=live.outputs, init_errors=live.init_errors)
    state = sealed(_with_times(run, state, step.old))
    entries: list[Entry] = [Put(run.ledger.number_for(state.urn), state)]
    if step.old is not None:
        marked = replace(run.ledger.states[step.old], delete=True)
        entries.insert(0, Put(step.old, marked) if step.is_replacement else Drop(step.old))
    await run.ledger.write(entries)
    return state


async def _import(run: Run, step: Import, report: StepReport) -> ResourceState:
    """Look an object up by its id alone; a dynamic provider is also told which one it is, by its own text."""
    new, name = step.new, urns.parse(step.new.urn).name
    provider = run.provider_of(new)
    assert provider is not None
    async with _operation(run, "importing", new, is_called=True) as entries:
        told = {key: value for key, value in new.inputs.items() if key == CARRIER}
        known = Known(new.urn, new.import_id, told, told)
        live = await _called(run, report, partial(provider.read, known, new.custom_timeouts.get("read", 0)))
        if not live.id or live.outputs is None:
            raise ResourceFailed(f"{name}: there is no object with the id {new.import_id!r} to import")
        if live.inputs is None:
            raise ResourceFailed(
                f"{name}: its provider cannot be imported from: it reads an object, and returns no inputs"
            )
        now, said = run.now(), new.inputs
        found = replace(new, id=live.id, inputs=annotated(live.inputs, said), outputs=annotated(live.outputs, said))
        state = sealed(replace(found, init_errors=live.init_errors, created=now, modified=now))
        entries += [*taken_over(run, state, step.old), Put(run.ledger.number_for(state.urn), state)]
        if step.old is not None:
            old = run.ledger.states[step.old]
            entries.append(Drop(step.old) if old.pending_replacement else Put(step.old, replace(old, delete=True)))
        await run.ledger.write(entries)
    return state


def _with_times(run: Run, state: ResourceState, number: int | None) -> ResourceState:
    if number is None:
        return state
    old = run.ledger.states[number]
    is_same = equal(state.inputs, old.inputs) and equal(state.outputs, old.outputs)
    return replace(state, created=old.created, modified=old.modified if is_same else run.now())


def _has_provider(state: ResourceState) -> bool:
    return state.custom and not urns.is_provider_type(state.type)


def _known(state: ResourceState) -> Known:
    return Known(state.urn, state.id, state.inputs, state.outputs)


def _complete(state: ResourceState) -> ResourceState:
    if state.init_errors:
        raise ResourceFailed("\n".join(["the object exists, but it is not what it should be:", *state.init_errors]))
    return state
