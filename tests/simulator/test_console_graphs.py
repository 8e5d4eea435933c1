"""The picture of a job's nodes: columns by longest path, nothing on top of anything."""

from __future__ import annotations

import re
from graphlib import CycleError
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.console.graphs import BOX_HEIGHT, BOX_WIDTH, Drawing, draw

DIAMOND = {"begin": [], "left": ["begin"], "right": ["begin"], "end": ["left", "right", "begin"]}
Graph = dict[str, list[str]]


@st.composite
def graphs(make: st.DrawFn) -> Graph:
    """Nodes that follow earlier ones only, told in any order."""
    count = make(st.integers(1, 9))
    follows = {
        f"n{number}": [f"n{before}" for before in range(number) if make(st.booleans())] for number in range(count)
    }
    return {name: follows[name] for name in make(st.permutations(sorted(follows)))}


def test_a_node_stands_right_of_the_last_one_it_follows() -> None:
    columns = {box.name: box.column for box in draw(DIAMOND).boxes}
    assert columns == {"begin": 0, "left": 1, "right": 1, "end": 2}


def test_an_edge_that_crosses_a_column_passes_between_its_nodes() -> None:
    drawing = draw(DIAMOND)
    [path] = [edge.path for edge in drawing.edges if (edge.source, edge.target) == ("begin", "end")]
    # The straight piece through the middle column: "… x y H x".
    lane = float(re.findall(r" ([\d.]+)H", path)[0])
    spans = [(box.y, box.y + BOX_HEIGHT) for box in drawing.boxes if box.column == 1]
    assert all(not top < lane < bottom for top, bottom in spans)


def test_neighbours_are_ordered_so_that_their_edges_do_not_cross() -> None:
    drawing = draw({"a": [], "b": [], "of_b": ["b"], "of_a": ["a"]})
    height = {box.name: box.y for box in drawing.boxes}
    assert (height["a"] < height["b"]) == (height["of_a"] < height["of_b"])


def test_a_single_chain_is_a_straight_line() -> None:
    assert len({box.y for box in draw({"a": [], "b": ["a"], "c": ["b"]}).boxes}) == 1


def test_a_thicket_is_drawn_too() -> None:
    names = [f"n{number}" for number in range(60)]
    drawing = draw({name: names[:place] for place, name in enumerate(names)})
    assert len(drawing.edges) == 60 * 59 / 2


def test_nodes_in_a_circle_cannot_be_drawn() -> None:
    with pytest.raises(CycleError):
        draw({"a": ["b"], "b": ["a"]})


@given(graphs())
def test_every_column_is_the_longest_path_to_it(follows: Graph) -> None:
    columns = {box.name: box.column for box in draw(follows).boxes}
    assert all(
        column == max((columns[before] + 1 for before in follows[name]), default=0) for name, column in columns.items()
    )


@given(graphs())
def test_no_two_nodes_overlap_and_all_are_inside(follows: Graph) -> None:
    drawing = draw(follows)
    assert not [pair for pair in combinations(drawing.boxes, 2) if pair[0].x == pair[1].x and _touch(*pair)]
    assert all(_is_inside(box.x, box.y, drawing) for box in drawing.boxes)
    assert all(_is_inside(box.x + BOX_WIDTH, box.y + BOX_HEIGHT, drawing) for box in drawing.boxes)


@given(graphs())
def test_every_edge_joins_its_two_nodes(follows: Graph) -> None:
    drawing = draw(follows)
    boxes = {box.name: box for box in drawing.boxes}
    assert {(edge.source, edge.target) for edge in drawing.edges} == {
        (before, name) for name, befores in follows.items() for before in befores
    }
    for edge in drawing.edges:
        numbers = [float(number) for number in re.findall(r"[\d.]+", edge.path)]
        source, target = boxes[edge.source], boxes[edge.target]
        assert numbers[:2] == pytest.approx([source.x + BOX_WIDTH, source.y + BOX_HEIGHT / 2], rel=1e-4)
        assert numbers[-2:] == pytest.approx([target.x, target.y + BOX_HEIGHT / 2], rel=1e-4)


def _touch(one: object, other: object) -> bool:
    return abs(one.y - other.y) < BOX_HEIGHT  # type: ignore[attr-defined]


def _is_inside(x: float, y: float, drawing: Drawing) -> bool:
    return 0 <= x <= drawing.width and 0 <= y <= drawing.height
