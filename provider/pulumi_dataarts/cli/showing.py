"""What is printed and written of plans, and how a command ends for what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pulumi_dataarts.cli import plans as files
from pulumi_dataarts.cli.policies import refuse
from pulumi_dataarts.cli.progress import look_of
from pulumi_dataarts.errors import ChangesFound

if TYPE_CHECKING:
    from pulumi_dataarts.cli.driving import Wishes
    from pulumi_dataarts.model.plans import Plan


def show(plans: Sequence[Plan], wishes: Wishes) -> None:
    """Print plans that were previewed, and write the reports that were asked for."""
    from pulumi_dataarts.report import terminal

    if wishes.as_json:
        click.echo(files.as_json(plans))
    else:
        look = look_of(all_fields=wishes.diff, sames=wishes.show_sames)
        click.echo("\n\n".join(terminal.render(plan, look) for plan in plans))
    write_reports(plans, wishes)


def show_done(plan: Plan, wishes: Wishes) -> None:
    """Print what came of a plan that was carried out, and write the reports that were asked for."""
    from pulumi_dataarts.report import terminal

    look = look_of(all_fields=wishes.diff, sames=wishes.show_sames)
    if wishes.as_json:
        click.echo(files.as_json([plan]))
    else:
        is_whole = wishes.diff or wishes.show_sames
        click.echo(terminal.render(plan, look, done=True) if is_whole else terminal.summary(plan, look, done=True))
        if not wishes.suppress_outputs and plan.outputs and plan.operation == "update":
            click.echo(terminal.outputs(plan, look))
    write_reports([plan], wishes)


def write_reports(plans: Sequence[Plan], wishes: Wishes) -> None:
    """Write the reports: one HTML page a stack, one Markdown and one JUnit file for all."""
    if wishes.report:
        from pulumi_dataarts.report import html

        for plan in plans:
            path = wishes.report if len(plans) == 1 else files.with_stack(wishes.report, plan)
            path.write_text(html.render(plan), encoding="utf-8")
    if wishes.summary:
        from pulumi_dataarts.report import markdown

        wishes.summary.write_text(markdown.render(plans), encoding="utf-8")
    if wishes.junit:
        from pulumi_dataarts.report import junit

        wishes.junit.write_text(junit.render(plans), encoding="utf-8")


def end(plans: Sequence[Plan], wishes: Wishes) -> None:
    """Raise PlanError where a gate is in the way, ChangesFound where none were expected."""
    refuse(plans)
    if wishes.expect_no_changes and any(plan.changed() or plan.drifted() for plan in plans):
        raise ChangesFound("no changes were expected, and there are some")
