"""`preview`, `up`, `refresh`, `destroy`: what they ask of the engine, what they print, how they end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import click

from pulumi_dataarts.cli.progress import Progress, look_of
from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import Chosen, choose, create, is_interactive
from pulumi_dataarts.errors import Cancelled, ChangesFound, ConfigError, ProgramFailed, ResourceFailed

if TYPE_CHECKING:
    from pulumi_dataarts.engine.cancellation import Cancellation
    from pulumi_dataarts.engine.events import Outcome
    from pulumi_dataarts.engine.operations import Operation, Options
    from pulumi_dataarts.model.journal import Journal
    from pulumi_dataarts.model.plans import Plan
    from pulumi_dataarts.model.snapshots import Snapshot

Kind = Literal["update", "refresh", "destroy"]
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Wishes:
    """The flags that all operations share."""

    stack: str | None
    parallel: int
    target: tuple[str, ...]
    target_dependents: bool
    exclude: tuple[str, ...]
    replace: tuple[str, ...]
    refresh: bool
    continue_on_error: bool
    expect_no_changes: bool
    diff: bool
    show_sames: bool
    suppress_outputs: bool
    as_json: bool


def shared_options(command: Command) -> Command:
    """Add the flags that all operations share; they arrive as one `Wishes`."""
    for option in reversed(
        [
            stack_option,
            click.option(
                "--parallel",
                "-p",
                type=click.IntRange(min=1),
                default=32,
                show_default=True,
                envvar="PULUMI_PARALLEL",
                help="How many resources are worked on at once.",
            ),
            click.option(
                "--target", "-t", multiple=True, metavar="URN", help="Only this resource; `*` and `**` match."
            ),
            click.option("--target-dependents", is_flag=True, help="With --target: what depends on it, too."),
            click.option("--exclude", multiple=True, metavar="URN", help="Everything but this resource."),
            click.option("--replace", multiple=True, metavar="URN", help="Make this resource anew."),
            click.option("--refresh", "-r", is_flag=True, help="Look at what stands in the cloud first."),
            click.option(
                "--continue-on-error", is_flag=True, help="After a failure, go on with what does not depend on it."
            ),
            click.option("--expect-no-changes", is_flag=True, help="Exit 7 if there are any."),
            click.option("--diff", is_flag=True, help="Show every field that changes."),
            click.option("--show-sames", is_flag=True, help="List unchanged resources too."),
            click.option("--suppress-outputs", is_flag=True, help="Do not print the stack's outputs."),
            click.option("--json", "-j", "as_json", is_flag=True, help="Print the plan as JSON on standard output."),
        ]
    ):
        command = option(command)
    return command


@click.command()
@shared_options
def preview(name: str | None, **flags: Any) -> None:
    """Show what an up would change, and change nothing.

    \b
    dataarts preview --diff
    dataarts preview --refresh --expect-no-changes      is anything drifted?
    """
    wishes = Wishes(stack=name, **flags)
    chosen = choose(wishes.stack)
    _show(_dry(chosen, "update", wishes), wishes)


@click.command()
@shared_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask; the plan is carried out as it is made.")
@click.option("--skip-preview", "-f", is_flag=True, help="Do not show the plan first.")
def up(name: str | None, yes: bool, skip_preview: bool, **flags: Any) -> None:
    """Create, update and delete until the stack is as the program says.

    \b
    dataarts up                    plan, ask, do
    dataarts up --yes              without asking
    dataarts up --refresh          repair what was changed by hand
    """
    wishes = Wishes(stack=name, **flags)
    chosen = choose(wishes.stack)
    if not chosen.exists():
        chosen = create(chosen)
        click.echo(f"created stack {chosen.stack.name}", err=True)
    _confirm(chosen, "update", wishes, yes=yes, skip_preview=skip_preview)
    _perform(chosen, "update", wishes)


@click.command()
@shared_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--preview-only", is_flag=True, help="Show what a refresh would find, and change nothing.")
def refresh(name: str | None, yes: bool, preview_only: bool, **flags: Any) -> None:
    """Look at everything in the cloud and bring the state up to date. The cloud is not changed."""
    wishes = Wishes(stack=name, **flags)
    chosen = choose(wishes.stack)
    if preview_only:
        _show(_dry(chosen, "refresh", wishes), wishes)
        return
    _confirm(chosen, "refresh", wishes, yes=yes, skip_preview=False)
    _perform(chosen, "refresh", wishes)


@click.command()
@shared_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--preview-only", is_flag=True, help="Show what would be deleted, and delete nothing.")
def destroy(name: str | None, yes: bool, preview_only: bool, **flags: Any) -> None:
    """Delete everything that the stack made. Protected and retained resources stay."""
    wishes = Wishes(stack=name, **flags)
    chosen = choose(wishes.stack)
    if preview_only:
        _show(_dry(chosen, "destroy", wishes), wishes)
        return
    _confirm(chosen, "destroy", wishes, yes=yes, skip_preview=False)
    _perform(chosen, "destroy", wishes)


def _confirm(chosen: Chosen, kind: Kind, wishes: Wishes, *, yes: bool, skip_preview: bool) -> None:
    """Show the plan and ask, unless that was waived."""
    if yes:
        return
    if not is_interactive():
        raise ConfigError(
            "nobody can be asked here", hint="Add --yes to go on without asking, or run `dataarts preview`."
        )
    if not skip_preview:
        _show(_dry(chosen, kind, wishes), replace(wishes, expect_no_changes=False))
    click.confirm(f"Do this in {chosen.stack.name}?", abort=True, err=True)


def _dry(chosen: Chosen, kind: Kind, wishes: Wishes) -> Plan:
    """Return the plan, having changed nothing."""
    from pulumi_dataarts.backend import runs

    base = runs.load(chosen.stack, chosen.keyring).snapshot if chosen.exists() else _empty()
    return _run(chosen, kind, wishes, base, None)


def _perform(chosen: Chosen, kind: Kind, wishes: Wishes) -> None:
    from pulumi_dataarts.backend import runs

    provider = chosen.file.provider
    config = chosen.config().stored
    with runs.open_run(chosen.stack, kind, keyring=chosen.keyring, provider=provider, note=_note) as run:
        outcome, plan = _drive(chosen, kind, wishes, run.base, run.journal)
        run.close(outcome.snapshot, runs.Outcome(_result(outcome), dict(outcome.counts), config=config))
    _show(plan, wishes, done=True)
    if not outcome.ok:
        _end(outcome, "What was done is saved: mend the cause and run it again.")


def _run(chosen: Chosen, kind: Kind, wishes: Wishes, base: Snapshot, journal: Journal | None) -> Plan:
    outcome, plan = _drive(chosen, kind, wishes, base, journal)
    if not outcome.ok:
        _end(outcome, "Nothing was done: this was a preview.")
    return plan


def _drive(chosen: Chosen, kind: Kind, wishes: Wishes, base: Snapshot, journal: Journal | None) -> tuple[Outcome, Plan]:
    from pulumi_dataarts.engine.cancellation import Cancellation
    from pulumi_dataarts.engine.operations import run
    from pulumi_dataarts.report.planning import plan_of

    cancellation = Cancellation()
    progress = Progress(quiet=journal is None or wishes.as_json)
    with _interruptible(cancellation):
        outcome = run(
            _operation(chosen, kind, wishes, dry_run=journal is None), base, journal, progress.on_event, cancellation
        )
    project, stack = chosen.place.project.name, chosen.stack.name
    return outcome, plan_of(outcome, "preview" if journal is None else kind, project, stack)


def _operation(chosen: Chosen, kind: Kind, wishes: Wishes, *, dry_run: bool) -> Operation:
    from pulumi_dataarts.engine.operations import Operation

    project = chosen.place.project
    config = chosen.config()
    folder, entry = project.program()
    return Operation(
        kind=kind,
        dry_run=dry_run,
        project=project.name,
        stack=chosen.stack.name,
        root=project.folder,
        program=folder if entry == "." else folder / entry,
        interpreter=_interpreter(project.folder, project.runtime_options.get("virtualenv")),
        config=config.texts,
        secret_keys=frozenset(config.secret_keys),
        options=_options(wishes, chosen),
        stack_outputs=lambda reference: _other_outputs(chosen, reference),
    )


def _options(wishes: Wishes, chosen: Chosen) -> Options:
    from pulumi_dataarts.engine.operations import Options

    return Options(
        parallel=wishes.parallel,
        targets=wishes.target,
        target_dependents=wishes.target_dependents,
        excludes=wishes.exclude,
        replaces=wishes.replace,
        refresh=wishes.refresh or chosen.place.project.refresh == "always",
        continue_on_error=wishes.continue_on_error,
    )


def _interpreter(folder: Path, virtualenv: object) -> Path | None:
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


def _show(plan: Plan, wishes: Wishes, *, done: bool = False) -> None:
    """Print the plan or what came of it; raise ChangesFound where none were expected."""
    from pulumi_dataarts.report import terminal

    look = look_of(all_fields=wishes.diff, sames=wishes.show_sames)
    if wishes.as_json:
        click.echo(plan.model_dump_json(by_alias=True, indent=2))
    elif done:
        click.echo(terminal.summary(plan, look, done=True))
        if not wishes.suppress_outputs and plan.outputs and plan.operation == "update":
            click.echo(terminal.outputs(plan))
    else:
        click.echo(terminal.render(plan, look))
    if wishes.expect_no_changes and (plan.changed() or any(step.op == "refresh" for step in plan.steps)):
        raise ChangesFound("no changes were expected, and there are some")


def _end(outcome: Outcome, hint: str) -> NoReturn:
    """Raise what an outcome that is not good means. What failed was printed when it did."""
    if outcome.cancelled:
        raise Cancelled("stopped; what was under way was finished and saved", hint="Run it again to go on.")
    failed = {report.urn for report in outcome.reports if report.error}
    failed |= {item.urn for item in outcome.diagnostics if item.severity == "error" and item.urn}
    if failed:
        raise ResourceFailed(f"{len(failed)} resource(s) failed", hint=hint)
    raise ProgramFailed("the program failed, so nothing was deleted", hint=hint)


def _result(outcome: Outcome) -> str:
    return "succeeded" if outcome.ok else "failed"


def _empty() -> Snapshot:
    from pulumi_dataarts.model.snapshots import Snapshot

    return Snapshot()


def _note(text: str) -> None:
    click.echo(f"note: {text}", err=True)


@contextmanager
def _interruptible(cancellation: Cancellation) -> Iterator[None]:
    """Let Ctrl-C ask for the next stage of cancellation; the third ends the process."""

    def on_signal(_number: int, _frame: object) -> None:
        polite = cancellation.request() == 1
        click.echo("stopping: finishing what is under way; again to stop at once" if polite else "stopping", err=True)

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
