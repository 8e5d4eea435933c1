"""Care of a stack's state: locks, protection, names, repair. What stands in the cloud is never touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import click

from pulumi_dataarts.backend import locks, repairs, runs
from pulumi_dataarts.cli.stack import existing, stack_option
from pulumi_dataarts.cli.wiring import choose
from pulumi_dataarts.model import edits
from pulumi_dataarts.model.snapshots import Snapshot

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@click.command()
@stack_option
@yes_option
def cancel(name: str | None, yes: bool) -> None:
    """Remove the locks of a stack whose owner is gone.

    A run of dataarts takes over the locks of dead processes of this machine by itself; this is for those of others.
    """
    chosen = choose(name)
    target = existing(chosen)
    held = locks.owners(target)
    if not held:
        click.echo(f"stack {target.name} is not locked")
        return
    for owner in held:
        click.echo(f"locked by {owner}", err=True)
    if not yes:
        click.confirm("Is nobody at work there? Remove the locks?", abort=True, err=True)
    locks.cancel(target)
    click.echo(f"removed {len(held)} lock(s)")


@click.group()
def state() -> None:
    """Mend a stack's state by hand. The cloud is never touched.

    \b
    dataarts state verify
    dataarts state delete URN          forget a resource
    dataarts state repair              bring a broken state back to its rules
    """


@state.command()
@stack_option
def verify(name: str | None) -> None:
    """Check every rule a state keeps. Exit 1, and what is wrong, if one is broken."""
    loaded = runs.load(existing(choose(name)), choose(name).keyring)
    click.echo(
        f"{len(loaded.snapshot.resources)} resources, {len(loaded.snapshot.pending)} pending: every rule is kept"
    )


@state.command()
@click.argument("urn")
@stack_option
@yes_option
@click.option("--force", is_flag=True, help="Even if it is protected.")
@click.option("--target-dependents", is_flag=True, help="Forget what depends on it, too.")
def delete(urn: str, name: str | None, yes: bool, force: bool, target_dependents: bool) -> None:
    """Forget a resource (a URN, or a name that only one has); what it is in the cloud stays."""
    if not yes:
        click.confirm(f"Forget {urn}? It stays in the cloud.", abort=True, err=True)
    _edit(name, lambda snapshot: edits.without(snapshot, urn, force=force, dependents=target_dependents))


@state.command()
@click.argument("urn", required=False)
@stack_option
@click.option("--all", "everything", is_flag=True, help="Every resource of the stack.")
def protect(urn: str | None, name: str | None, everything: bool) -> None:
    """Refuse to delete or replace a resource until it is unprotected."""
    _edit(name, lambda snapshot: edits.protected(snapshot, _one_or_all(urn, everything), protect=True))


@state.command()
@click.argument("urn", required=False)
@stack_option
@click.option("--all", "everything", is_flag=True, help="Every resource of the stack.")
def unprotect(urn: str | None, name: str | None, everything: bool) -> None:
    """Lift the protection of a resource."""
    _edit(name, lambda snapshot: edits.protected(snapshot, _one_or_all(urn, everything), protect=False))


@state.command()
@click.argument("urn")
@click.argument("new_name")
@stack_option
@yes_option
def rename(urn: str, new_name: str, name: str | None, yes: bool) -> None:
    """Give a resource another name in the state, as the program now calls it."""
    if not yes:
        click.confirm(f"Rename {urn} to {new_name} in the state?", abort=True, err=True)
    _edit(name, lambda snapshot: edits.renamed(snapshot, urn, new_name))


@state.command()
@stack_option
def repair(name: str | None) -> None:
    """Bring a state that cannot be used back to its rules, and say what was done. The files as they were are kept."""
    chosen = choose(name)
    told = repairs.repair(existing(chosen), chosen.keyring, _note, lambda: datetime.now(UTC))
    for line in told or ["nothing to mend: every rule is kept"]:
        click.echo(line)


def _one_or_all(urn: str | None, everything: bool) -> str | None:
    if bool(urn) == everything:
        raise click.UsageError("name one URN, or --all")
    return urn


def _edit(name: str | None, change: Callable[[Snapshot], Snapshot]) -> None:
    chosen = choose(name)
    with runs.open_run(existing(chosen), "import", keyring=chosen.keyring, note=_note) as run:
        run.close(change(run.base), runs.Outcome(message="state edited by hand"))


def _note(text: str) -> None:
    click.echo(f"note: {text}", err=True)
