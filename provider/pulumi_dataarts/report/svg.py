"""The dependency graph of a plan as a file of its own: the picture of the HTML report, with its colours."""

from __future__ import annotations

from typing import Final

from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.report.graph import HEIGHT, WIDTH, draw
from pulumi_dataarts.report.html import asset, environment

_NAMESPACE: Final = "http://www.w3.org/2000/svg"


def render(plan: Plan) -> str:
    """Return the picture. Nothing in it is loaded from elsewhere; names are escaped."""
    picture = (
        environment()
        .get_template("picture.svg.j2")
        .render(
            drawing=draw(plan),
            anchors={},
            box=(WIDTH, HEIGHT),
            xmlns=_NAMESPACE,
            style_in_picture=asset("report.css"),
        )
    )
    return f"{picture.strip()}\n"
