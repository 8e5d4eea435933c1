"""`dataarts release approve` and `dataarts release board`: who agrees, and what runs where."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pulumi_dataarts.cli import plans, promoting, releasing
from pulumi_dataarts.cli.driving import Wishes, planned
from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.wiring import Chosen, choose, matching, open_workplace
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.release.pins import pin_of

if TYPE_CHECKING:
    from pulumi_dataarts.release.board import Facts


@click.command()
@click.argument("text", metavar="RELEASE")
@click.option("--env", "stack", required=True, type=STACK, help="Where it may go.")
@click.option("--as", "who", required=True, metavar="NAME", help="Who says so. It is taken as said: nothing proves it.")
@click.option("--comment", "-m", default="", help="Why.")
def approve(text: str, stack: str, who: str, comment: str) -> None:
    """Record that somebody agrees to a release's going to an environment.

    \b
    dataarts release approve @staging --env prod --as ana
    """
    from pulumi_dataarts.release import rules
    from pulumi_dataarts.release.manifest import SHORT
    from pulumi_dataarts.release.records import Approval, rfc3339

    place = open_workplace()
    target = choose(stack, place)
    digest = releasing.resolve(text, place)
    if not who.strip():
        raise ConfigError("--as needs a name")
    asked = rules.read(target.config().texts.get(rules.KEY), stack)
    if asked.approvers and who not in asked.approvers:
        raise ConfigError(f"{who} is none of the approvers of {stack}", hint=f"They are {', '.join(asked.approvers)}.")
    now = rfc3339(datetime.now(UTC))
    records = promoting.line_of(target).records
    records.approve(Approval(release=digest, stack=stack, who=who, when=now, comment=comment))
    given = ", ".join(item.who for item in records.approvals(stack, digest))
    click.echo(f"release {digest[:SHORT]} for {stack} is approved by {given}")


@click.command()
@click.option("--html", "path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page.")
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")
@click.option("--refresh", "-r", is_flag=True, help="Look at every environment for drift now; the look is recorded.")
def board(path: Path | None, as_json: bool, refresh: bool) -> None:
    """Show what runs where: since when, how far behind, drift, verifications, approvals, and what has not ended.

    \b
    dataarts release board
    dataarts release board --refresh --html board.html
    """
    from pulumi_dataarts.release import boardviews
    from pulumi_dataarts.release.board import board as made
    from pulumi_dataarts.release.board import order

    place = open_workplace()
    chosen = [choose(name, place) for name in matching("*", place)]
    if refresh:
        for item in chosen:
            _look(item)
    facts = order([_facts(item) for item in chosen])
    found = made(place.project.name, plans.made_now(), releasing.store_of(place).list(), facts)
    if path:
        path.write_text(boardviews.html(found), encoding="utf-8")
        click.echo(f"wrote {path}", err=True)
    click.echo(found.model_dump_json(indent=2) if as_json else boardviews.terminal(found))


def _facts(chosen: Chosen) -> Facts:
    from pulumi_dataarts.release.board import Facts

    records, stack = promoting.line_of(chosen).records, chosen.stack.name
    return Facts(
        stack=stack,
        pin=pin_of(chosen.file) or "",
        promotions=records.promotions(stack),
        trials=records.trials(stack),
        look=records.last_look(stack),
        approvals=records.approvals(stack),
    )


def _look(chosen: Chosen) -> None:
    from pulumi_dataarts.release.records import Look, rfc3339

    if not chosen.exists():
        return
    plan = planned(chosen, "update", Wishes(stack=chosen.stack.name, refresh=True, allow=("bindings",)))
    drifted = [step.name for step in plan.drifted()]
    pending = [step.name for step in plan.changed() if not step.is_drift]
    now = rfc3339(datetime.now(UTC))
    look = Look(stack=chosen.stack.name, release=pin_of(chosen.file) or "", when=now, drifted=drifted, pending=pending)
    promoting.line_of(chosen).records.add_look(look)


COMMANDS: Final = {"approve": approve, "board": board}
