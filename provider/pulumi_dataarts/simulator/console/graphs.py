"""The picture of a job's nodes: columns by longest path, from left to right. Pure.

A node stands one column right of the last node that it follows. Within a column, order comes from the neighbours'
mean position, swept to and fro; an edge that crosses columns gets a waypoint in each, so that it passes between
nodes and not through them.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BOX_WIDTH: Final = 164
BOX_HEIGHT: Final = 46
_COLUMN_GAP: Final = 40
_ROW_GAP: Final = 18
_LANE_HEIGHT: Final = 8
_MARGIN: Final = 4
_SWEEPS: Final = 24
# A picture with more waypoints is a thicket anyway; edges then run straight.
_WAYPOINTS_MAX: Final = 1000

# A node's name, or a waypoint: the edge's two ends and the column it is in.
_Item: TypeAlias = str | tuple[str, str, int]
_Neighbours: TypeAlias = dict[_Item, list[_Item]]


@dataclass(frozen=True)
class Box:
    """A node's place: its column from 0, and its upper left corner."""

    name: str
    column: int
    x: float
    y: float


@dataclass(frozen=True)
class Edge:
    """An edge: the nodes it joins, and the `d` of an SVG path."""

    source: str
    target: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """A picture and its size."""

    boxes: Sequence[Box]
    edges: Sequence[Edge]
    width: float
    height: float


def draw(follows: Mapping[str, Iterable[str]]) -> Drawing:
    """Return the picture of nodes, given the names that each one follows.

    Raises:
        graphlib.CycleError: the nodes follow each other in a circle.
    """
    edges = [(before, name) for name, befores in follows.items() for before in dict.fromkeys(befores)]
    column_of = _columns(follows)
    chains = _chains(edges, column_of)
    columns = _filled(column_of, chains)
    befores, afters = _neighbours(chains)
    _order(columns, befores, afters)
    middles = _place(columns, befores, afters)
    top = min((middles[item] - _height(item) / 2 for item in middles), default=0.0) - _MARGIN
    middles = {item: middle - top for item, middle in middles.items()}
    bottom = max((middles[item] + _height(item) / 2 for item in middles), default=0.0)
    boxes = [Box(name, at, _left(at), middles[name] - BOX_HEIGHT / 2) for name, at in column_of.items()]
    drawn = [Edge(chain[0], chain[-1], _path(chain, middles, column_of)) for chain in chains]  # type: ignore[arg-type]
    return Drawing(boxes, drawn, _left(len(columns)) - _COLUMN_GAP + _MARGIN, bottom + _MARGIN)


def _columns(follows: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Return each node's column: the length of the longest path that leads to it."""
    column_of: dict[str, int] = {}
    for name in TopologicalSorter(follows).static_order():
        column_of[name] = max((column_of[before] + 1 for before in follows[name]), default=0)
    return {name: column_of[name] for name in follows}


def _chains(edges: list[tuple[str, str]], column_of: dict[str, int]) -> list[list[_Item]]:
    """Return each edge as the items it passes: its source, a waypoint in each column between, its target."""
    spans = [range(column_of[source] + 1, column_of[target]) for source, target in edges]
    if sum(map(len, spans)) > _WAYPOINTS_MAX:
        return [[source, target] for source, target in edges]
    return [
        [source, *((source, target, column) for column in span), target]
        for (source, target), span in zip(edges, spans, strict=True)
    ]


def _filled(column_of: dict[str, int], chains: list[list[_Item]]) -> list[list[_Item]]:
    """Return the items of each column, in the order in which they came."""
    columns: list[list[_Item]] = [[] for _ in range(max(column_of.values(), default=-1) + 1)]
    for name, column in column_of.items():
        columns[column].append(name)
    for chain in chains:
        for item in chain[1:-1]:
            columns[item[2]].append(item)  # type: ignore[index]
    return columns


def _neighbours(chains: list[list[_Item]]) -> tuple[_Neighbours, _Neighbours]:
    befores: _Neighbours = {}
    afters: _Neighbours = {}
    for chain in chains:
        for left, right in pairwise(chain):
            befores.setdefault(right, []).append(left)
            afters.setdefault(left, []).append(right)
    return befores, afters


def _order(columns: list[list[_Item]], befores: _Neighbours, afters: _Neighbours) -> None:
    """Sort each column by where its items' neighbours stand, to and fro."""
    rank = {item: float(place) for column in columns for place, item in enumerate(column)}
    for sweep in range(_SWEEPS):
        is_rightward = sweep % 2 == 0
        neighbours = befores if is_rightward else afters
        for column in columns if is_rightward else columns[::-1]:
            column.sort(key=lambda item: _mean(neighbours.get(item, []), rank, rank[item]))
            rank |= {item: float(place) for place, item in enumerate(column)}


def _place(columns: list[list[_Item]], befores: _Neighbours, afters: _Neighbours) -> dict[_Item, float]:
    """Return the middle of each item, near its neighbours' and clear of those above and below."""
    middles: dict[_Item, float] = {}
    for column in columns:
        _spread(column, dict.fromkeys(column, 0.0), middles)
    for sweep in range(_SWEEPS):
        is_rightward = sweep % 2 == 0
        neighbours = befores if is_rightward else afters
        for column in columns if is_rightward else columns[::-1]:
            wanted = {item: _mean(neighbours.get(item, []), middles, middles[item]) for item in column}
            _spread(column, wanted, middles)
    return middles


def _spread(column: list[_Item], wanted: dict[_Item, float], middles: dict[_Item, float]) -> None:
    """Place a column's items in order, as near to what they want as the distances between them allow."""
    down, up = _pushed(column, wanted), _pushed(column[::-1], {item: -at for item, at in wanted.items()})
    for item in column:
        middles[item] = (down[item] - up[item]) / 2


def _pushed(column: list[_Item], wanted: dict[_Item, float]) -> dict[_Item, float]:
    placed: dict[_Item, float] = {}
    edge = float("-inf")
    for item in column:
        placed[item] = max(wanted[item], edge + _height(item) / 2)
        edge = placed[item] + _height(item) / 2 + _ROW_GAP
    return placed


def _mean(items: list[_Item], value_of: Mapping[_Item, float], default: float) -> float:
    return sum(value_of[item] for item in items) / len(items) if items else default


def _height(item: _Item) -> float:
    return BOX_HEIGHT if isinstance(item, str) else _LANE_HEIGHT


def _left(column: int) -> float:
    return _MARGIN + column * (BOX_WIDTH + _COLUMN_GAP)


def _path(chain: list[_Item], middles: dict[_Item, float], column_of: dict[str, int]) -> str:
    """Return a path from the right side of the first box to the left side of the last."""
    source, target = column_of[str(chain[0])], column_of[str(chain[-1])]
    x, y = _left(source) + BOX_WIDTH, middles[chain[0]]
    parts = [f"M{x:g} {y:g}"]
    for item in chain[1:]:
        column = target if isinstance(item, str) else item[2]
        entry, height = _left(column), middles[item]
        bend = (x + entry) / 2
        parts.append(f"C{bend:g} {y:g} {bend:g} {height:g} {entry:g} {height:g}")
        if not isinstance(item, str):
            parts.append(f"H{entry + BOX_WIDTH:g}")
        x, y = entry + BOX_WIDTH, height
    return "".join(parts)
