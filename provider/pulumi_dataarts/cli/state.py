"""Care of a stack's state: locks, protection, names, repair. What stands in the cloud is never touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import click

from pulumi_dataarts.backend import locks, repairs, runs
from pulumi_dataarts.cli.asking import Aliased, confirm, yes_option
from pulumi_dataarts.cli.kinds import STACK, URN
from pulumi_dataarts.cli.stack import existing, pick, stack_option
from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model import edits, urns
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot


@click.command()
@click.argument("given", metavar="[STACK]", required=False, type=STACK)
@stack_option
@yes_option
def cancel(given: str | None, name: str | None, yes: bool) -> None:
    """Remove the locks of a stack whose owner is gone.

    A run of dataarts takes over from dead processes of this machine by itself, and in a bucket from anybody whose lease
    has expired; this is for the rest. Whoever is still at work in a bucket cannot write any more afterwards.

    \b
    dataarts cancel --stack staging
    """
    target = existing(pick(given or name))
    held = locks.owners(target)
    if not held:
        click.echo(f"stack {target.name} is not locked")
        return
    for owner in held:
        click.echo(f"locked by {owner}", err=True)
    confirm("Is nobody at work there? Remove the locks?", yes=yes)
    locks.cancel(target)
    click.echo(f"removed {len(held)} lock(s)")


LATER = dict.fromkeys(("list", "show"), "pulumi_dataarts.cli.state_views")


@click.group(cls=Aliased, later=LATER, aliases={"remove": "delete", "rm": "delete", "ls": "list"})
@stack_option
def state(name: str | None) -> None:
    """Mend a stack's state by hand. The cloud is never touched.

    \b
    dataarts state list                what is in it
    dataarts state verify
    dataarts state delete URN          forget a resource
    dataarts state repair              bring a broken state back to its rules
    """


@state.command()
@stack_option
def verify(name: str | None) -> None:
    """Check every rule a state keeps. Exit 1, and what is wrong, if one is broken.

    \b
    dataarts state verify --stack prod
    """
    chosen = pick(name)
    loaded = runs.load(existing(chosen), chosen.keyring)
    click.echo(
        f"{len(loaded.snapshot.resources)} resources, {len(loaded.snapshot.pending)} pending: every rule is kept"
    )


@state.command()
@click.argument("named", metavar="[URN]...", nargs=-1, type=URN)
@stack_option
@yes_option
@click.option("--all", "everything", is_flag=True, help="Every resource of the stack.")
@click.option("--force", is_flag=True, help="Even if it is protected.")
@click.option("--target-dependents", is_flag=True, help="Forget what depends on it, too.")
def delete(
    named: tuple[str, ...], name: str | None, yes: bool, everything: bool, force: bool, target_dependents: bool
) -> None:
    """Forget resources (by URN, or by a name that only one has); what they are in the cloud stays.

    What was replaced and waits for its deletion is named by its id.

    An operation that a killed run left without an answer is forgotten by the URN of its resource.

    \b
    dataarts state delete load-orders
    dataarts state delete load-orders --target-dependents --yes
    """
    _require_some(named, everything)
    confirm(f"Forget {'everything' if everything else ', '.join(named)}? It stays in the cloud.", yes=yes)

    def forget(snapshot: Snapshot) -> Snapshot:
        if everything:
            return _emptied(snapshot, force=force)
        for urn in named:
            snapshot = _forgotten(snapshot, urn, force=force, dependents=target_dependents)
        return snapshot

    edit_by_hand(name, forget)


@state.command()
@click.argument("named", metavar="[URN]...", nargs=-1, type=URN)
@stack_option
@yes_option
@click.option("--all", "everything", is_flag=True, help="Every resource of the stack.")
def protect(named: tuple[str, ...], name: str | None, yes: bool, everything: bool) -> None:
    """Refuse to delete or replace resources until they are unprotected.

    \b
    dataarts state protect lake raw-zone
    dataarts state protect --all --stack prod --yes
    """
    _each(named, name, everything, lambda snapshot, urn: edits.protected(snapshot, urn, protect=True))


@state.command()
@click.argument("named", metavar="[URN]...", nargs=-1, type=URN)
@stack_option
@yes_option
@click.option("--all", "everything", is_flag=True, help="Every resource of the stack.")
def unprotect(named: tuple[str, ...], name: str | None, yes: bool, everything: bool) -> None:
    """Lift the protection of resources.

    \b
    dataarts state unprotect raw-zone
    """
    _each(named, name, everything, lambda snapshot, urn: edits.protected(snapshot, urn, protect=False))


@state.command()
@click.argument("named", metavar="[URN]...", nargs=-1, type=URN)
@stack_option
@yes_option
@click.option("--all", "everything", is_flag=True, help="Every resource of the stack.")
def taint(named: tuple[str, ...], name: str | None, yes: bool, everything: bool) -> None:
    """Have resources replaced by the next up, as the official CLI marks them.

    \b
    dataarts state taint load-orders            then `dataarts up` makes it anew
    """
    _each(named, name, everything, lambda snapshot, urn: edits.tainted(snapshot, urn, taint=True))


@state.command()
@click.argument("named", metavar="[URN]...", nargs=-1, type=URN)
@stack_option
@yes_option
@click.option("--all", "everything", is_flag=True, help="Every resource of the stack.")
def untaint(named: tuple[str, ...], name: str | None, yes: bool, everything: bool) -> None:
    """Take the marks of `taint` away.

    \b
    dataarts state untaint load-orders
    dataarts state untaint --all --yes
    """
    _each(named, name, everything, lambda snapshot, urn: edits.tainted(snapshot, urn, taint=False))


@state.command()
@click.argument("urn", type=URN)
@click.argument("new_name")
@stack_option
@yes_option
def rename(urn: str, new_name: str, name: str | None, yes: bool) -> None:
    """Give a resource another name in the state, as the program now calls it.

    \b
    dataarts state rename load-orders load-sales
    """
    confirm(f"Rename {urn} to {new_name} in the state?", yes=yes)
    edit_by_hand(name, lambda snapshot: edits.renamed(snapshot, urn, new_name))


@state.command()
@stack_option
@yes_option
def repair(name: str | None, yes: bool) -> None:
    """Bring a state that cannot be used back to its rules, and say what was done. The files as they were are kept.

    \b
    dataarts state repair
    dataarts state repair --stack prod --yes
    """
    chosen = pick(name)
    told = repairs.repair(existing(chosen), chosen.keyring, _note, lambda: datetime.now(UTC))
    for line in told or ["nothing to mend: every rule is kept"]:
        click.echo(line)


def _require_some(named: tuple[str, ...], everything: bool) -> None:
    if bool(named) == everything:
        raise click.UsageError("name URNs, or --all")


def _each(
    named: tuple[str, ...], name: str | None, everything: bool, edit: Callable[[Snapshot, str | None], Snapshot]
) -> None:
    """Edit the state for each resource that was named; without one, for all at once."""
    _require_some(named, everything)

    def change(snapshot: Snapshot) -> Snapshot:
        for urn in named or (None,):
            snapshot = edit(snapshot, urn)
        return snapshot

    edit_by_hand(name, change)


def _emptied(snapshot: Snapshot, *, force: bool) -> Snapshot:
    protected = [state.urn for state in snapshot.resources if state.protect]
    if protected and not force:
        raise PlanError(f"{protected[0]} is protected", hint="Unprotect it first, or use --force.")
    return replace(snapshot, resources=(), pending=())


def _forgotten(snapshot: Snapshot, urn: str, *, force: bool, dependents: bool) -> Snapshot:
    pending = tuple(item for item in snapshot.pending if not _is_of(item, urn))
    left = replace(snapshot, pending=pending)
    is_only_pending = pending != snapshot.pending and not any(_is_named(state.urn, urn) for state in left.resources)
    return left if is_only_pending else edits.without(left, urn, force=force, dependents=dependents)


def _is_of(item: PendingOperation, urn: str) -> bool:
    return _is_named(item.resource.urn, urn)


def _is_named(urn: str, given: str) -> bool:
    return given in (urn, urns.parse(urn).name)


def edit_by_hand(name: str | None, change: Callable[[Snapshot], Snapshot]) -> None:
    """Change a stack's state by hand, as an update of its history. Raises StackNotFound."""
    chosen = pick(name)
    with runs.open_run(existing(chosen), "import", keyring=chosen.keyring, note=_note) as run:
        run.close(change(run.base), runs.Outcome(message="state edited by hand"))


def _note(text: str) -> None:
    click.echo(f"note: {text}", err=True)
