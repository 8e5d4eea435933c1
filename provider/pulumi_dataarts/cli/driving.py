"""What the operations ask of the engine: a plan that changes nothing, or the same carried out and recorded."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, chdir, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from pulumi_dataarts.cli import plans
from pulumi_dataarts.cli.policies import gates_of
from pulumi_dataarts.cli.progress import listening
from pulumi_dataarts.cli.wiring import Chosen, choose, cloud_folder
from pulumi_dataarts.errors import (
    AuthError,
    Cancelled,
    ConfigError,
    PlanError,
    ProgramFailed,
    ProvisionError,
    ResourceFailed,
    WaitTimeout,
)
from pulumi_dataarts.model.plans import Plan, Scope, StateMark

if TYPE_CHECKING:
    from pulumi_dataarts.engine.cancellation import Cancellation
    from pulumi_dataarts.engine.events import OnEvent, Outcome
    from pulumi_dataarts.engine.operations import Operation, Options
    from pulumi_dataarts.engine.program import Ahead, Program
    from pulumi_dataarts.model.journal import Journal
    from pulumi_dataarts.model.snapshots import Snapshot
    from pulumi_dataarts.release.definitions import Declared

# Where everything that failed did so for one of these reasons, the command ends with its exit code.
FAILURES: Mapping[int, type[ProvisionError]] = {kind.exit_code: kind for kind in (AuthError, ConfigError, WaitTimeout)}
REFUSALS = {**FAILURES, PlanError.exit_code: PlanError}
Kind = Literal["update", "refresh", "destroy"]


@dataclass(frozen=True)
class Wishes:
    """The flags that all operations share."""

    stack: str | None
    parallel: int = 32
    target: tuple[str, ...] = ()
    target_dependents: bool = False
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    target_replace: tuple[str, ...] = ()
    message: str = ""
    refresh: bool = False
    continue_on_error: bool = False
    expect_no_changes: bool = False
    diff: bool = False
    show_sames: bool = False
    suppress_outputs: bool = False
    as_json: bool = False
    report: Path | None = None
    summary: Path | None = None
    junit: Path | None = None
    event_log: Path | None = None
    max_delete: str = ""
    max_replace: str = ""
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.targets and self.exclude:
            raise click.UsageError("--target and --exclude are not for one command")

    @property
    def targets(self) -> tuple[str, ...]:
        """What alone is covered; everything where it is empty."""
        return (*self.target, *self.target_replace)

    @property
    def replaces(self) -> tuple[str, ...]:
        """What is made anew on demand."""
        return (*self.replace, *self.target_replace)

    @property
    def wants_fields(self) -> bool:
        """Whether more is asked for of what was done than counts, errors and outputs."""
        files = (self.report, self.summary, self.junit)
        return self.diff or self.show_sames or self.as_json or any(file is not None for file in files)

    @property
    def limits(self) -> dict[str, str]:
        """The thresholds that flags set, by name."""
        return {"max-delete": self.max_delete, "max-replace": self.max_replace}

    @property
    def scope(self) -> Scope:
        """The flags that decide what is covered, as a plan records them."""
        return Scope(
            targets=list(self.targets),
            target_dependents=self.target_dependents,
            excludes=list(self.exclude),
            replaces=list(self.replaces),
            refresh=self.refresh,
        )


def planned(chosen: Chosen, kind: Kind, wishes: Wishes) -> Plan:
    """Return the plan with what is in its way, having changed nothing.

    Raises:
        PlanError: the stack runs a release, and the environment lacks something that it needs.
        ResourceFailed, ProgramFailed, Cancelled: there is no whole plan; what failed was printed when it did.
    """
    from pulumi_dataarts.report.gates import checked

    _, plan = surveyed(chosen, kind, wishes)
    gates = gates_of(chosen, limits=wishes.limits, allowed=wishes.allow, is_update=kind == "update")
    return plan if kind == "refresh" else checked(plan, gates)


def surveyed(chosen: Chosen, kind: Kind, wishes: Wishes) -> tuple[Outcome, Plan]:
    """Return the plan and what it was made from, held against no gate. Raises as `planned`."""
    from pulumi_dataarts.backend import runs
    from pulumi_dataarts.cli.releasing import require_bound
    from pulumi_dataarts.model.snapshots import Snapshot

    with _program_of(chosen, kind) as ahead:
        notes = require_bound(chosen, kind, wishes.allow)
        loaded = runs.load(chosen.stack, chosen.keyring) if chosen.exists() else None
        base = loaded.snapshot if loaded else Snapshot()
        outcome, plan = _drive(chosen, kind, wishes, base, None, plans.state_mark(chosen, loaded), ahead)
    if not outcome.ok:
        _end(outcome, "Nothing was done: this was a preview.")
    return outcome, plan.model_copy(update={"warnings": [*plan.warnings, *notes]})


def performed(
    chosen: Chosen, kind: Kind, wishes: Wishes, *, against: StateMark | None = None, message: str = ""
) -> tuple[Outcome, Plan]:
    """Carry the operation out, record it, and return what came of it.

    Args:
        chosen: a stack that exists.
        kind: what to do.
        wishes: how.
        against: the state that the plan was checked against, where there was one.
        message: what it is for, for the history, where the flags say nothing.

    Raises:
        PlanError: the state is another one by now, or the release lacks something here; nothing was done.
    """
    from pulumi_dataarts.backend import runs
    from pulumi_dataarts.cli.releasing import require_bound

    with _program_of(chosen, kind) as ahead:
        require_bound(chosen, kind, wishes.allow)
        provider = chosen.file.provider
        config = chosen.config().stored
        with runs.open_run(chosen.stack, kind, keyring=chosen.keyring, provider=provider, note=_note) as run:
            if against is not None and run.found_digest != against.digest:
                raise PlanError("the state has changed since the plan was checked; nothing was done")
            outcome, plan = _drive(chosen, kind, wishes, run.base, run.journal, StateMark(digest=run.digest), ahead)
            result = "succeeded" if outcome.ok else "failed"
            record = runs.Outcome(result, dict(outcome.counts), message=wishes.message or message, config=config)
            run.close(outcome.snapshot, record)
    return outcome, plan


def declared(chosen: Chosen) -> tuple[Declared, ...]:
    """Return what a stack's program declares, everything under its logical name; nothing is done or looked at.

    Raises:
        ResourceFailed, ProgramFailed, Cancelled: the program did not get to its end; what failed was printed.
    """
    from pulumi_dataarts.engine.cancellation import Cancellation
    from pulumi_dataarts.model.bindings import KEY, LOGICAL
    from pulumi_dataarts.model.snapshots import Snapshot
    from pulumi_dataarts.release.definitions import Declared
    from pulumi_dataarts.report.planning import DYNAMIC

    operation = _operation(chosen, "update", Wishes(stack=None), dry_run=True)
    operation = replace(operation, config={**operation.config, KEY: LOGICAL})
    cancellation = Cancellation()
    mask = plans.mask_of(chosen)
    with listening(quiet=True, log=None, mask=mask) as on_event, _interruptible(cancellation, on_event.under_way):
        outcome = _run(operation, Snapshot(), None, on_event, cancellation)
    if not outcome.ok:
        _end(outcome, "No release was made.")
    return tuple(
        Declared(report.type.removeprefix(DYNAMIC), report.name, report.new.inputs)
        for report in outcome.reports
        if report.new is not None and report.type.startswith(DYNAMIC)
    )


def require_done(outcome: Outcome) -> None:
    """Raise what an outcome that is not good means."""
    if not outcome.ok:
        _end(outcome, "What was done is saved: mend the cause and run it again.")


def _program_of(chosen: Chosen, kind: Kind) -> AbstractContextManager[Ahead | None]:
    """Start the program that an operation will run: until it may go, there is much to import on both sides."""
    if kind != "update":
        return nullcontext()
    from pulumi_dataarts.engine.program import Ahead

    return Ahead(_program(chosen))


def _drive(
    chosen: Chosen,
    kind: Kind,
    wishes: Wishes,
    base: Snapshot,
    journal: Journal | None,
    state: StateMark,
    ahead: Ahead | None,
) -> tuple[Outcome, Plan]:
    from pulumi_dataarts.engine.cancellation import Cancellation

    mask = plans.mask_of(chosen)
    cancellation = Cancellation()
    operation = _operation(chosen, kind, wishes, dry_run=journal is None)
    quiet = journal is None or wishes.as_json
    heard = listening(quiet=quiet, log=wishes.event_log, mask=mask)
    with heard as on_event, _interruptible(cancellation, on_event.under_way):
        outcome = _run(operation, base, journal, on_event, cancellation, ahead)
    from pulumi_dataarts.report.planning import Context, plan_of

    context = Context(
        operation="preview" if journal is None and kind == "update" else kind,
        project=chosen.place.project.name,
        stack=chosen.stack.name,
        mask=mask,
        revision=plans.revision_of(chosen),
        state=state,
        scope=wishes.scope,
        made=plans.made_now(),
        whole=journal is None or wishes.wants_fields,
    )
    plan = plan_of(outcome, context)
    if journal is None:
        plan = plans.with_texts(chosen, plan, outcome, mask)
    return outcome, plan


def _run(
    operation: Operation,
    base: Snapshot,
    journal: Journal | None,
    on_event: OnEvent,
    cancellation: Cancellation,
    ahead: Ahead | None = None,
) -> Outcome:
    """Carry an operation out, in the program's folder: paths that a program gives are relative to it."""
    from pulumi_dataarts.engine.operations import run

    folder = operation.program if operation.program.is_dir() else operation.program.parent
    with chdir(folder) if folder.is_dir() else nullcontext():
        return run(operation, base, journal, on_event, cancellation, ahead=ahead)


def _program(chosen: Chosen) -> Program:
    from pulumi_dataarts.engine.program import Program

    project, own = chosen.running.project, chosen.place.project
    folder, entry = project.program()
    if chosen.running.release:  # the children run in the release's folder; the embedded cloud is the project's
        os.environ.setdefault("DATAARTS_CLOUD_DATA", str(cloud_folder()))
    interpreter = interpreter_of(own.folder, own.runtime_options.get("virtualenv"))
    return Program(project.folder, folder if entry == "." else folder / entry, interpreter)


def _operation(chosen: Chosen, kind: Kind, wishes: Wishes, *, dry_run: bool) -> Operation:
    from pulumi_dataarts.cli.residents import residents_for
    from pulumi_dataarts.engine.operations import Operation

    program, config = _program(chosen), chosen.config()
    return Operation(
        kind=kind,
        dry_run=dry_run,
        project=chosen.running.project.name,
        stack=chosen.stack.name,
        root=program.root,
        program=program.program,
        interpreter=program.interpreter,
        residents=residents_for(program.interpreter),
        config=config.texts,
        secret_keys=frozenset(config.secret_keys),
        options=_options(wishes, chosen),
        stack_outputs=lambda reference: _other_outputs(chosen, reference),
    )


def _options(wishes: Wishes, chosen: Chosen) -> Options:
    from pulumi_dataarts.engine.operations import Options

    return Options(
        parallel=wishes.parallel,
        targets=wishes.targets,
        target_dependents=wishes.target_dependents,
        excludes=wishes.exclude,
        replaces=wishes.replaces,
        refresh=wishes.refresh or chosen.place.project.refresh == "always",
        continue_on_error=wishes.continue_on_error,
    )


def interpreter_of(folder: Path, virtualenv: object) -> Path | None:
    """Return the interpreter of the virtual environment that Pulumi.yaml names, by the project's folder.

    None where it is not made (yet): then the interpreter of `dataarts` itself runs the program.
    """
    if not virtualenv:
        return None
    found = folder / str(virtualenv) / "bin" / "python"
    return found if found.exists() else None


def _other_outputs(chosen: Chosen, reference: str) -> dict[str, Any]:
    from pulumi_dataarts.cli.stack import outputs_of

    return outputs_of(choose(reference, chosen.place))


def _end(outcome: Outcome, hint: str) -> NoReturn:
    """Raise what an outcome that is not good means. What failed was printed when it did."""
    if outcome.cancelled:
        raise Cancelled("stopped; what was under way was finished and saved", hint="Run it again to go on.")
    failed = {report.urn for report in outcome.reports if report.error}
    failed |= {item.urn for item in outcome.diagnostics if item.severity == "error" and item.urn}
    if failed:
        codes = {report.exit_code for report in outcome.reports if report.error}
        kind = FAILURES.get(codes.pop(), ResourceFailed) if len(codes) == 1 else ResourceFailed
        raise kind(f"{len(failed)} resource(s) failed", hint=hint)
    failure = outcome.failure
    if failure is None or isinstance(failure, ProgramFailed):
        raise ProgramFailed("the program failed, so nothing was deleted", hint=hint)
    raise REFUSALS.get(failure.exit_code, ProvisionError)("this was not carried out to its end", hint=hint)


def _note(text: str) -> None:
    click.echo(f"note: {text}", err=True)


@contextmanager
def _interruptible(cancellation: Cancellation, under_way: Callable[[], str]) -> Iterator[None]:
    """Let Ctrl-C, or what ends a job in CI, ask for the next stage of cancellation; say what is being finished."""

    def on_signal(_number: int, _frame: object) -> None:
        polite = cancellation.request() == 1
        finishing = under_way() or "what is under way"
        click.echo(f"stopping: finishing {finishing}; again to stop at once" if polite else "stopping", err=True)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
