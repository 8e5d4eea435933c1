"""The phases of an operation: refresh, the program's declarations, deletes; and its end, however it comes.

Source: pkg/resource/deploy/deployment_executor.go of the official engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from pulumi_dataarts.engine.builtin import Builtin
from pulumi_dataarts.engine.cancellation import Cancellation, Stage
from pulumi_dataarts.engine.children import OnLine
from pulumi_dataarts.engine.declarations import Declarations
from pulumi_dataarts.engine.deletes import delete_rest
from pulumi_dataarts.engine.dynamic import DynamicProvider
from pulumi_dataarts.engine.events import OnEvent, Outcome
from pulumi_dataarts.engine.following import following
from pulumi_dataarts.engine.hosts import HostPool
from pulumi_dataarts.engine.ledger import Ledger
from pulumi_dataarts.engine.operations import Clock, Operation
from pulumi_dataarts.engine.program import Starting
from pulumi_dataarts.engine.refreshes import refresh
from pulumi_dataarts.engine.registry import BUILTIN, DYNAMIC, Registry
from pulumi_dataarts.engine.reporting import Reporter
from pulumi_dataarts.engine.residents import ResidentPool
from pulumi_dataarts.engine.run import Halted, Run, bug_of, guarded
from pulumi_dataarts.engine.targets import Selection
from pulumi_dataarts.errors import Cancelled, ConfigError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.journal import Journal
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import Properties

# Where a program runs: entered once it has declared everything, left once it may end.
Declared = AbstractAsyncContextManager[None]


async def carry_out(
    operation: Operation,
    base: Snapshot,
    journal: Journal | None,
    starting: Starting | None,
    on_event: OnEvent,
    cancel: Cancellation,
    clock: Clock,
) -> Outcome:
    """Carry out an operation; `starting` is its program, None where none is run.

    Raises:
        Bug: the engine itself fails.
    """
    token = secrets.token_urlsafe(32)
    dry_run = operation.is_dry_run
    reporter = Reporter(on_event, counts_refreshes=operation.kind == "refresh")
    context = operation.context
    hosts = HostPool(context, token, reporter.printed("provider"), tracebacks=operation.options.tracebacks)
    say = _from_any_thread(reporter.printed("provider"))
    find = operation.residents.opened(say, dry_run=dry_run) if operation.residents else None
    residents = ResidentPool(find, operation.project, tracebacks=operation.options.tracebacks)
    builtin = Builtin(operation.stack_outputs, dry_run=dry_run)
    registry = Registry(
        {
            DYNAMIC: lambda config: DynamicProvider(hosts, residents, config, dry_run=dry_run),
            BUILTIN: lambda _: builtin,
        },
        dry_run=dry_run,
    )
    run = make_run(operation, Ledger(base, journal), registry, reporter, clock)
    declarations = Declarations(run, builtin)

    def start_ahead() -> None:
        if not residents.are_all(base.resources):
            hosts.start_ahead()

    program = following(run, declarations, starting, token, start_ahead) if starting else None
    work = asyncio.create_task(perform(operation, run, declarations, program))
    stop_listening = cancel.listen(_canceller(run, work, hosts, residents))
    try:
        await asyncio.wait({work})
    finally:
        stop_listening()
        await hosts.close()
    if run.bug is not None:
        raise bug_of(run.bug) from run.bug
    return outcome_of(run, base, {} if work.cancelled() else work.result())


async def perform(operation: Operation, run: Run, declarations: Declarations, program: Declared | None) -> Properties:
    """Go through the phases, as far as they go, and wait for everything that is under way.

    Returns:
        The stack's outputs, where the program gave any.
    """
    with contextlib.suppress(Halted):
        await guarded(run, _go_through(operation, run, program))
    await run.drained()
    outputs: Properties = {}
    with contextlib.suppress(Halted):
        outputs = await guarded(run, declarations.settle_stack_outputs())
        await guarded(run, run.ledger.flush())
    return outputs


async def _go_through(operation: Operation, run: Run, program: Declared | None) -> None:
    _require_known(run, run.selection.replaces.literals)
    if operation.kind == "refresh" or operation.options.refresh:
        await refresh(run)
        if run.is_failed:
            raise Halted
    else:
        _warn_of_pending(run)
    if operation.kind == "destroy":
        _require_known(run, run.selection.targets.literals)
        await delete_rest(run)
    elif program:
        async with program:
            run.require_going()
            await delete_rest(run)
            _require_known(run, run.selection.targets.literals)


def _require_known(run: Run, literals: set[str]) -> None:
    known = {state.urn for state in run.ledger.states.values()} | run.tally.registered
    for urn in sorted(literals - known - run.tally.deleted):
        raise ConfigError(f"there is no resource {urn} in the stack", hint="See `dataarts state list`.")


def _warn_of_pending(run: Run) -> None:
    pending = run.ledger.pending
    if not pending or run.dry_run:
        return
    listed = "\n".join(f"  {item.resource.urn}, interrupted while {item.type}" for item in pending)
    run.reporter.tell(
        "warning",
        f"{len(pending)} operations of an earlier run had no answer; what they did is not known:\n{listed}\n"
        "A refresh looks everything up that is in the state; look for creations that are not by yourself.",
    )


def make_run(operation: Operation, ledger: Ledger, registry: Registry, reporter: Reporter, clock: Clock) -> Run:
    """Return an operation's run, ready to begin."""
    options = operation.options
    context = operation.context
    return Run(
        context=context,
        continue_on_error=options.continue_on_error,
        ledger=ledger,
        registry=registry,
        selection=Selection(
            options.targets, options.excludes, options.replaces, with_dependents=options.target_dependents
        ),
        reporter=reporter,
        slots=asyncio.Semaphore(2 * context.parallel - 1),  # one where only one thing may happen at a time
        calls=asyncio.Semaphore(context.parallel),
        now=lambda: clock().isoformat().replace("+00:00", "Z"),
    )


def _from_any_thread(on_line: OnLine) -> Callable[[str], None]:
    """Return what takes a text for people from any thread, and has the run's own thread hear its lines."""
    loop = asyncio.get_running_loop()

    def say(text: str) -> None:
        for line in text.splitlines():
            loop.call_soon_threadsafe(on_line, "stderr", line)

    return say


def _canceller(
    run: Run, work: asyncio.Task[Properties], hosts: HostPool, residents: ResidentPool
) -> Callable[[Stage], None]:
    loop = asyncio.get_running_loop()

    def stop(stage: Stage) -> None:
        run.is_cancelled = True
        run.halt()
        run.is_abandoned = stage is Stage.AT_ONCE
        residents.cancel()
        if stage is Stage.NO_NEW_STEPS:
            run.spawn(hosts.cancel())
        else:
            for task in (work, *run.tasks):
                task.cancel()

    def stop_soon(stage: Stage) -> None:
        loop.call_soon_threadsafe(stop, stage)

    return stop_soon


def outcome_of(run: Run, base: Snapshot, outputs: Properties) -> Outcome:
    """Return what became of a run that has ended."""
    snapshot = base if run.dry_run else run.ledger.snapshot()
    failure = run.failure
    if failure is None and run.is_cancelled:
        failure = Cancelled("the run was cancelled", hint="What was under way is in the state; run it again to go on.")
    return Outcome(
        ok=failure is None,
        cancelled=run.is_cancelled,
        snapshot=snapshot,
        outputs=outputs or _outputs_of(snapshot),
        counts=dict(run.reporter.counts),
        reports=tuple(run.reporter.reports),
        diagnostics=tuple(run.reporter.diagnostics),
        failure=failure,
    )


def _outputs_of(snapshot: Snapshot) -> Properties:
    """Return the outputs that the stack has where no program gave any in this run."""
    stacks = (state for state in snapshot.resources if urns.qualified_type(state.urn) == urns.ROOT_TYPE)
    return next((state.outputs for state in stacks), {})
