"""`dataarts rollback`: an environment back to a release it has run, with the bindings it had then; or to jobs kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pulumi_dataarts.cli import promoting, releasing
from pulumi_dataarts.cli.asking import confirm, yes_option
from pulumi_dataarts.cli.driving import Wishes, planned
from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.options import DIFF, PARALLEL
from pulumi_dataarts.cli.policies import refuse
from pulumi_dataarts.cli.showing import show
from pulumi_dataarts.cli.wiring import Chosen, choose, open_workplace
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.release.pins import pin_of

if TYPE_CHECKING:
    from pulumi_dataarts.release.promotion import Line
    from pulumi_dataarts.release.records import BoundConfig, Promotion


@click.command()
@click.argument("stack", type=STACK)
@click.option("--to", "text", metavar="RELEASE", help="One that the stack has run. [default: the one before]")
@click.option(
    "--restore-point",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="Load the jobs that were kept as N instead.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@click.option("--allow", multiple=True, metavar="POLICY", help="Go on in spite of this policy.")
@DIFF
@PARALLEL
@yes_option
def rollback(stack: str, text: str | None, number: int | None, dry_run: bool, yes: bool, **flags: object) -> None:
    """Go back to the release before, with the bindings it had, previewed like any change.

    A promotion that was cut off is taken back; a rollback that was cut off is continued. With --restore-point the jobs
    stand again as they did before a promotion overwrote them, edits by hand included, and the release stays: a look
    shows them as changed outside (`dataarts release restore-points STACK`).

    \b
    dataarts rollback staging
    dataarts rollback prod --to 3f9a
    dataarts rollback prod --restore-point 4 --dry-run
    """
    if number is not None:
        from pulumi_dataarts.cli import restoring

        if text:
            raise ConfigError("--to and --restore-point lead to two ends", hint="Take one of them.")
        restoring.load(stack, number, dry_run=dry_run, yes=yes)
        return
    from pulumi_dataarts.cli import promotion_views
    from pulumi_dataarts.release.manifest import SHORT
    from pulumi_dataarts.release.promotion import way_back

    place = open_workplace()
    chosen, wishes = choose(stack, place), Wishes(stack=stack, refresh=True, **flags)  # type: ignore[arg-type]
    line = promoting.line_of(chosen)
    opened = line.records.open_promotion(stack)
    begun = opened if opened is not None and opened.kind == "rollback" else None
    if begun:
        release, config = begun.release, begun.bindings
    else:
        wished = releasing.resolve(text, place) if text else ""
        release, config = way_back(line.records.promotions(stack), wished)
    plan = planned(promoting.as_of(chosen, release, config), "update", wishes)
    click.echo(promotion_views.describe_rollback(chosen, release, config, opened))
    show([promotion_views.as_part(plan)], wishes)
    refuse([plan])
    if dry_run:
        return
    confirm(f"{'Continue to go' if begun else 'Go'} back to {release[:SHORT]} in {stack}?", yes=yes)
    environment = promoting.StackEnvironment(chosen, wishes, plan)
    with line.held(stack, lambda note: click.echo(f"note: {note}", err=True)) as held:
        promoting.require_unmoved(chosen, held, opened, plan, release)
        done = held.carry_on(begun or _begun(held, chosen, release, config, opened, plan.digest), environment)
    promoting.conclude(done)


def _begun(
    line: Line, chosen: Chosen, release: str, config: BoundConfig, opened: Promotion | None, plan: str
) -> Promotion:
    now = promoting.bound_config(chosen.file)
    return line.begin(
        promoting.intent(
            kind="rollback",
            chosen=chosen,
            source="",
            release=release,
            bindings=config,
            previous=opened.previous if opened else pin_of(chosen.file) or "",
            previous_bindings=opened.previous_bindings if opened else now,
            plan=plan,
        )
    )
