"""`dataarts graph`: what depends on what, as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from pulumi_dataarts.backend import runs
from pulumi_dataarts.cli.plans import load
from pulumi_dataarts.cli.stack import existing, pick, stack_option
from pulumi_dataarts.cli.wiring import Chosen
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.plans import Plan, Step
from pulumi_dataarts.model.snapshots import ResourceState

_DYNAMIC = "pulumi-python:dynamic/"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path("graph.svg"))
@stack_option
@click.option("--plan", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Draw this saved plan.")
def graph(file: Path, name: str | None, plan: Path | None) -> None:
    """Draw a stack's resources, or a plan's, into FILE (graph.svg) as SVG.

    \b
    dataarts graph
    dataarts graph changes.svg --plan plan.json
    dataarts stack graph stack.dot                for Graphviz
    """
    from pulumi_dataarts.report.svg import render

    drawn = load(plan) if plan else _standing(pick(name))
    file.write_text(render(drawn), encoding="utf-8")
    click.echo(f"wrote {file}")


def _standing(chosen: Chosen) -> Plan:
    """Return a stack as a plan that changes nothing. Raises StackNotFound."""
    stack = existing(chosen)
    resources = runs.load(stack, chosen.keyring).snapshot.resources
    return Plan(
        tool="", operation="preview", project=stack.project, stack=stack.name, steps=list(map(_step, resources))
    )


def _step(item: ResourceState) -> Step:
    on = [pointer.urn for pointer in references(item) if pointer.field not in ("provider", "parent")]
    return Step(
        urn=item.urn,
        type=item.type.removeprefix(_DYNAMIC),
        name=urns.parse(item.urn).name,
        op="same",
        depends_on=list(dict.fromkeys(on)),
    )
