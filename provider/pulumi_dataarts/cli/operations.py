"""`preview`, `up`, `refresh`, `destroy`: their flags, what they ask, and in which order they go about it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pulumi_dataarts.backend import locks
from pulumi_dataarts.cli import plans as files
from pulumi_dataarts.cli.driving import Kind, Wishes, performed, planned, require_done
from pulumi_dataarts.cli.options import FILE, GATES, LOOKS, MANNER, REPORTS, SCOPE, with_options
from pulumi_dataarts.cli.policies import gates_of, refuse
from pulumi_dataarts.cli.showing import end, show, show_done
from pulumi_dataarts.cli.stack import existing, stack_option
from pulumi_dataarts.cli.wiring import RELEASE, Chosen, choose, choose_all, create, is_interactive
from pulumi_dataarts.errors import ChangesFound, ConfigError, PlanError
from pulumi_dataarts.model.plans import Plan

SKIP_PREVIEW = click.option("--skip-preview", "-f", is_flag=True, help="Do not show the plan first.")
shared_options = with_options([stack_option], SCOPE, MANNER, GATES, LOOKS, REPORTS)


@click.command()
@shared_options
@click.option("--save-plan", type=FILE, metavar="FILE", help="Save the plan, to be reviewed and carried out as it is.")
@click.option(
    "--engine",
    type=click.Choice(["embedded", "pulumi"]),
    default="embedded",
    help="Who plans: `pulumi` is the official CLI.",
)
def preview(name: str | None, save_plan: Path | None, engine: str, **flags: Any) -> None:
    """Show what an up would change, and change nothing.

    \b
    dataarts preview --diff
    dataarts preview --save-plan plan.json --report plan.html
    dataarts preview --stack 'prod-*' --summary plan.md     several stacks at once
    dataarts preview --refresh --expect-no-changes          is anything drifted?
    """
    wishes = Wishes(stack=name, **flags)
    made = [_planned_by(engine, chosen, wishes) for chosen in choose_all(wishes.stack)]
    if save_plan:
        for path in files.save(made, save_plan):
            click.echo(f"saved {path}", err=True)
    show(made, wishes)
    end(made, wishes)


@click.command()
@shared_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask; the plan is carried out as it is made.")
@SKIP_PREVIEW
@click.option(
    "--plan", "plan_path", type=FILE, metavar="FILE", help="Do exactly what this saved plan says, or nothing."
)
def up(name: str | None, yes: bool, skip_preview: bool, plan_path: Path | None, **flags: Any) -> None:
    """Create, update and delete until the stack is as the program says.

    \b
    dataarts up                           plan, ask, do
    dataarts up --yes                     without asking
    dataarts up --plan plan.json --yes    what was reviewed, or nothing
    dataarts up --refresh                 repair what was changed by hand
    """
    wishes = Wishes(stack=name, **flags)
    if plan_path:
        _carry_out(plan_path, wishes, yes=yes)
        return
    chosen = _created(choose(wishes.stack))
    _confirm(chosen, "update", wishes, yes=yes, skip_preview=skip_preview)
    _perform(chosen, "update", wishes)


@click.command()
@shared_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--preview-only", is_flag=True, help="Show what a refresh would find, and change nothing.")
@SKIP_PREVIEW
@click.option("--clear-pending-creates", is_flag=True, help="Forget creations that an earlier run did not end.")
def refresh(
    name: str | None, yes: bool, preview_only: bool, skip_preview: bool, clear_pending_creates: bool, **flags: Any
) -> None:
    """Look at everything in the cloud and bring the state up to date. The cloud is not changed.

    \b
    dataarts refresh --preview-only    what would be found
    dataarts refresh --yes
    """
    if clear_pending_creates and not preview_only:
        _without_pending(name, yes=yes)
    _other(Wishes(stack=name, **flags), "refresh", yes=yes, preview_only=preview_only, skip_preview=skip_preview)


@click.command()
@shared_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--preview-only", is_flag=True, help="Show what would be deleted, and delete nothing.")
@SKIP_PREVIEW
@click.option("--exclude-protected", is_flag=True, help="Leave protected resources, and what they need, without error.")
def destroy(
    name: str | None, yes: bool, preview_only: bool, skip_preview: bool, exclude_protected: bool, **flags: Any
) -> None:
    """Delete everything that the stack made. Protected and retained resources stay.

    \b
    dataarts destroy --preview-only           what would be deleted
    dataarts destroy --yes --stack staging
    """
    wishes = Wishes(stack=name, **flags)
    if exclude_protected:
        wishes = replace(wishes, exclude=(*wishes.exclude, *_protected(choose(wishes.stack))))
    _other(wishes, "destroy", yes=yes, preview_only=preview_only, skip_preview=skip_preview)


def _without_pending(name: str | None, *, yes: bool) -> None:
    from pulumi_dataarts.cli.asking import confirm
    from pulumi_dataarts.cli.state import edit_by_hand

    confirm("Forget what an earlier run began to create? What is there of it stays in the cloud.", yes=yes)
    edit_by_hand(name, lambda snapshot: replace(snapshot, pending=()))


def _protected(chosen: Chosen) -> list[str]:
    from pulumi_dataarts.backend import runs

    loaded = runs.load(existing(chosen), chosen.keyring)
    return [state.urn for state in loaded.snapshot.resources if state.protect and not state.delete]


def _planned_by(engine: str, chosen: Chosen, wishes: Wishes) -> Plan:
    if engine == "embedded":
        return planned(chosen, "update", wishes)
    from pulumi_dataarts.cli import official

    return official.planned(chosen, wishes)


def _other(wishes: Wishes, kind: Kind, *, yes: bool, preview_only: bool, skip_preview: bool) -> None:
    chosen = choose(wishes.stack)
    if preview_only:
        made = [planned(chosen, kind, wishes)]
        show(made, wishes)
        end(made, wishes)
        return
    _confirm(chosen, kind, wishes, yes=yes, skip_preview=skip_preview)
    _perform(chosen, kind, wishes)


def _confirm(chosen: Chosen, kind: Kind, wishes: Wishes, *, yes: bool, skip_preview: bool) -> None:
    """Show the plan and ask, unless that was waived; hold it against the gates in any case."""
    if not yes and not is_interactive():
        raise ConfigError(
            "nobody can be asked here", hint="Add --yes to go on without asking, or run `dataarts preview`."
        )
    gates = gates_of(chosen, limits=wishes.limits, allowed=wishes.allow, is_update=kind == "update")
    is_shown = not yes and not skip_preview
    if is_shown or not (gates.is_open or kind == "refresh"):
        plan = planned(chosen, kind, wishes)
        if is_shown:
            show([plan], wishes)
        refuse([plan])
    if not yes:
        click.confirm(f"Do this in {chosen.stack.name}?", abort=True, err=True)


def _carry_out(path: Path, wishes: Wishes, *, yes: bool) -> None:
    """Do what a saved plan says, if a plan made under the stack's lock right before is the same."""
    saved = files.load(path)
    wishes = _within(saved, wishes)
    chosen = choose(saved.stack)
    if not yes and not is_interactive():
        raise ConfigError("nobody can be asked here", hint="Add --yes: the plan has been reviewed.")
    fresh = _checked_under_lock(chosen, wishes, saved, path)
    if not yes:
        show([fresh], wishes)
        click.confirm(f"Do this in {chosen.stack.name}?", abort=True, err=True)
    if chosen.exists():
        _perform(chosen, "update", wishes, checked=fresh)
    else:
        _perform(_created(chosen), "update", wishes)


def _within(saved: Plan, wishes: Wishes) -> Wishes:
    """Return the wishes with the plan's scope. Raises ConfigError where flags ask for another."""
    if wishes.scope != Wishes(stack=None).scope:
        raise ConfigError("a plan says itself what it covers", hint="Leave out --target, --replace and --refresh.")
    if wishes.stack not in (None, saved.stack):
        raise ConfigError(f"the plan is for stack {saved.stack!r}, not {wishes.stack!r}")
    scope = saved.scope
    return replace(
        wishes,
        target=tuple(scope.targets),
        target_dependents=scope.target_dependents,
        exclude=tuple(scope.excludes),
        replace=tuple(scope.replaces),
        refresh=scope.refresh,
    )


def _checked_under_lock(chosen: Chosen, wishes: Wishes, saved: Plan, path: Path) -> Plan:
    """Return the plan as it is made now. Raises PlanError where it is not the saved one, or a gate is in its way."""
    if not chosen.exists():
        fresh = planned(chosen, "update", wishes)
    elif chosen.stack.has_journal():
        raise PlanError("the stack has an unfinished run, which no plan covers", hint="Run `dataarts refresh` first.")
    else:
        with locks.locked(chosen.stack):
            fresh = planned(chosen, "update", wishes)
    files.refuse_moved(saved, fresh, path)
    refuse([fresh])
    return fresh


def _created(chosen: Chosen) -> Chosen:
    if chosen.exists():
        return chosen
    created = create(chosen)
    click.echo(f"created stack {created.stack.name}", err=True)
    return created


def _promotion(chosen: Chosen, kind: Kind, wishes: Wishes) -> AbstractContextManager[None]:
    """Return what takes a promotion that this up carries out to its end; nothing for a stack that is not pinned."""
    if RELEASE not in chosen.file.values:
        return nullcontext()
    from pulumi_dataarts.cli.promoting import continuing

    return continuing(chosen, kind, wishes)


def _perform(chosen: Chosen, kind: Kind, wishes: Wishes, checked: Plan | None = None) -> None:
    with _promotion(chosen, kind, wishes):
        outcome, plan = performed(chosen, kind, wishes, against=checked.state if checked else None)
        show_done(plan, wishes)
        require_done(outcome)
    if wishes.expect_no_changes and (plan.changed() or plan.drifted()):
        raise ChangesFound("no changes were expected, and there are some")
