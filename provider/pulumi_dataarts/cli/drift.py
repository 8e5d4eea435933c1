"""`dataarts drift`: what was changed outside, over all stacks, without changing anything."""

from __future__ import annotations

from typing import Any

import click

from pulumi_dataarts.cli.driving import Wishes, planned
from pulumi_dataarts.cli.operations import LOOKS, REPORTS, with_options
from pulumi_dataarts.cli.showing import show
from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import choose, matching, open_workplace
from pulumi_dataarts.errors import ChangesFound, ProvisionError
from pulumi_dataarts.model.plans import Plan


@click.command()
@with_options([stack_option], LOOKS, REPORTS)
@click.option("--parallel", "-p", type=click.IntRange(min=1), default=32, show_default=True, envvar="PULUMI_PARALLEL")
def drift(name: str | None, **flags: Any) -> None:
    """Report what was changed outside, in all stacks or those that match; exit 7 if anything was.

    Nothing is changed, the state neither. What the program declares and no up has done yet is told apart.

    \b
    dataarts drift
    dataarts drift --stack 'prod-*' --report drift.html --junit drift.xml
    """
    wishes = Wishes(stack=name, refresh=True, **flags)
    made, failed = _looked(name or "*", wishes)
    if made:
        show(made, wishes)
    for plan in made:
        if not plan.drifted():
            click.echo(f"{plan.stack}: nothing was changed outside", err=True)
    for error in failed[1:]:
        click.echo(f"error: {error}", err=True)
    if failed:
        raise failed[0]
    if found := [plan.stack for plan in made if plan.drifted()]:
        raise ChangesFound(f"changed outside: {', '.join(found)}", hint="`dataarts up --refresh` sets it back.")


def _looked(pattern: str, wishes: Wishes) -> tuple[list[Plan], list[ProvisionError]]:
    """Look at each stack that exists; one that cannot be looked at does not hide what the others have.

    Nothing is going to be carried out, so nothing is refused.
    """
    place = open_workplace()
    made, failed = [], []
    for name in matching(pattern, place):
        try:
            chosen = choose(name, place)
            if chosen.exists():
                made.append(planned(chosen, "update", wishes).model_copy(update={"violations": []}))
        except ProvisionError as error:
            failed.append(error)
    return made, failed
