"""The dependency graph as a picture: layers by longest path, order within a layer by barycentre. Pure geometry.

What others depend on stands left of them. In a large stack only what changes is drawn, with its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pulumi_dataarts.model.plans import Operation, Plan, Step
from pulumi_dataarts.report.wording import ROOT, SYMBOLS, by_gravity, cut_middle, is_shown, one_line, short_type

ALL_MAX: Final = 60
"""Up to so many resources are all drawn."""
DRAWN_MAX: Final = 120
WIDTH, HEIGHT = 190, 40
GAP_X, GAP_Y = 56, 12
MARGIN: Final = 8
_SWEEPS: Final = 4
_LABEL_MAX: Final = 24


@dataclass(frozen=True)
class Node:
    """A box: its upper left corner, and what is written in it."""

    urn: str
    x: int
    y: int
    label: str
    type: str
    op: Operation
    symbol: str


@dataclass(frozen=True)
class Edge:
    """A curve from what is depended on to what depends on it, as an SVG path."""

    path: str
    is_changed: bool


@dataclass(frozen=True)
class Drawing:
    """The picture. `left_out` counts resources that are not drawn."""

    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int
    left_out: int


def draw(plan: Plan) -> Drawing:
    """Return the picture of a plan's resources. Components are drawn only where others depend on them."""
    steps = {step.urn: step for step in plan.steps if step.type != ROOT}
    depended = {urn for step in steps.values() for urn in step.depends_on}
    candidates = {
        urn: step for urn, step in steps.items() if step.depends_on or urn in depended or step.type.count(":") == 1
    }
    chosen = _chosen(candidates)
    links = {urn: [on for on in step.depends_on if on in chosen] for urn, step in chosen.items()}
    layers = _layers(links)
    routes = _routes(layers, links)
    columns = _ordered(layers, routes)
    places = _places(columns)
    nodes = [_node(chosen[urn], *places[urn]) for column in columns for urn in column if urn in chosen]
    edges = [Edge(_curve([places[stop] for stop in route]), is_shown(chosen[route[-1]])) for route in routes]
    tallest = max((len(column) for column in columns), default=0)
    return Drawing(
        nodes,
        edges,
        width=2 * MARGIN + len(columns) * (WIDTH + GAP_X) - GAP_X if columns else 0,
        height=2 * MARGIN + tallest * (HEIGHT + GAP_Y) - GAP_Y if tallest else 0,
        left_out=len(candidates) - len(chosen),
    )


def _chosen(steps: Mapping[str, Step]) -> dict[str, Step]:
    if len(steps) <= ALL_MAX:
        return dict(steps)
    changed = [step.urn for step in by_gravity(steps.values())][:DRAWN_MAX]
    wanted = dict.fromkeys(changed)
    neighbours = {on for urn in changed for on in steps[urn].depends_on if on in steps}
    neighbours |= {urn for urn, step in steps.items() if wanted.keys() & set(step.depends_on)}
    for urn in sorted(neighbours - wanted.keys())[: DRAWN_MAX - len(wanted)]:
        wanted[urn] = None
    return {urn: step for urn, step in steps.items() if urn in wanted}


def _layers(links: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the resources by the length of the longest path that leads to them."""
    depth: dict[str, int] = {}
    for urn in links:
        _measure(urn, links, depth)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for urn in links:
        layers[depth[urn]].append(urn)
    return layers


def _measure(start: str, links: Mapping[str, Sequence[str]], depth: dict[str, int]) -> None:
    """Find the depth of a resource and of all below it, without recursion; a cycle counts from where it was met."""
    stack, opened = [start], set[str]()
    while stack:
        urn = stack[-1]
        open_below = [on for on in links[urn] if on not in depth and on not in opened]
        opened.add(urn)
        if open_below:
            stack += open_below
        else:
            depth[urn] = max((depth.get(on, -1) + 1 for on in links[urn]), default=0)
            stack.pop()


def _routes(layers: list[list[str]], links: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return each link as a route with a stop in every layer it passes, and give those stops their places.

    A stop is a place in a layer that no box takes, so that no line runs through a box.
    """
    depth = {urn: place for place, layer in enumerate(layers) for urn in layer}
    routes = []
    for urn, below in links.items():
        for on in below:
            stops = [f"{on} > {urn} @ {between}" for between in range(depth[on] + 1, depth[urn])]
            for between, stop in enumerate(stops, start=depth[on] + 1):
                layers[between].append(stop)
            routes.append([on, *stops, urn])
    return routes


def _ordered(layers: list[list[str]], routes: Sequence[Sequence[str]]) -> list[list[str]]:
    """Sweep forth and back, placing each stop at the mean of its neighbours in the layer before."""
    before: dict[str, list[str]] = {stop: [] for layer in layers for stop in layer}
    after: dict[str, list[str]] = {stop: [] for layer in layers for stop in layer}
    for route in routes:
        for left, right in pairwise(route):
            before[right].append(left)
            after[left].append(right)
    for sweep in range(_SWEEPS):
        neighbours = before if sweep % 2 == 0 else after
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            ranks = {stop: place for column in layers for place, stop in enumerate(column)}
            layer.sort(key=lambda stop: (_mean((ranks[other] for other in neighbours[stop]), ranks[stop]), ranks[stop]))
    return layers


def _mean(values: Iterable[int], otherwise: int) -> float:
    found = list(values)
    return sum(found) / len(found) if found else float(otherwise)


def _places(columns: Sequence[Sequence[str]]) -> dict[str, tuple[int, int]]:
    tallest = max((len(column) for column in columns), default=0)
    places = {}
    for depth, column in enumerate(columns):
        top = MARGIN + (tallest - len(column)) * (HEIGHT + GAP_Y) // 2
        for place, urn in enumerate(column):
            places[urn] = (MARGIN + depth * (WIDTH + GAP_X), top + place * (HEIGHT + GAP_Y))
    return places


def _node(step: Step, x: int, y: int) -> Node:
    return Node(
        urn=step.urn,
        x=x,
        y=y,
        label=cut_middle(one_line(step.name), _LABEL_MAX),
        type=cut_middle(short_type(step.type), _LABEL_MAX),
        op=step.op,
        symbol=SYMBOLS[step.op].strip(),
    )


def _curve(places: Sequence[tuple[int, int]]) -> str:
    """Return the path from the right side of the first box to the left side of the last, straight through stops."""
    x, y = places[0][0] + WIDTH, places[0][1] + HEIGHT // 2
    path = f"M{x} {y}"
    for place, (left, top) in enumerate(places[1:], start=1):
        middle = top + HEIGHT // 2
        bend = (left - x) // 2
        path += f"C{x + bend} {y} {left - bend} {middle} {left} {middle}"
        x, y = left, middle
        if place < len(places) - 1:
            x += WIDTH
            path += f"H{x}"
    return path
