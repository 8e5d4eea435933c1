"""The picture of the dependency graph: boxes do not touch, lines go forward and through no box."""

from __future__ import annotations

import re
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.report.graph import ALL_MAX, DRAWN_MAX, HEIGHT, WIDTH, Drawing, Node, draw
from tests.report import samples


def _plan(edges: list[tuple[int, int]], size: int) -> Plan:
    names = [f"job-{number}" for number in range(size)]
    depends = {
        name: [samples.urn("cdm:Job", names[low]) for low, high in edges if names[high] == name] for name in names
    }
    return samples.plan(*(samples.step("cdm:Job", name, "update", depends_on=depends[name]) for name in names))


graphs = st.integers(1, 14).flatmap(
    lambda size: st.tuples(
        st.lists(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda e: e[0] < e[1]), max_size=25
        ),
        st.just(size),
    )
)


def _overlap(one: Node, other: Node) -> bool:
    return abs(one.x - other.x) < WIDTH and abs(one.y - other.y) < HEIGHT


def _straights(drawing: Drawing) -> list[tuple[int, int, int]]:
    """Return the straight pieces of all lines: from x, to x, at y."""
    found = []
    for edge in drawing.edges:
        for start, y, end in re.findall(r" (-?\d+) (-?\d+)H(-?\d+)", edge.path):
            found.append((int(start), int(end), int(y)))
    return found


@given(graphs)
def test_boxes_do_not_overlap_and_lines_go_forward(graph: tuple[list[tuple[int, int]], int]) -> None:
    edges, size = graph
    plan = _plan(edges, size)
    drawing = draw(plan)
    places = {node.urn: node for node in drawing.nodes}
    assert len(places) == size
    assert not any(_overlap(one, other) for one, other in combinations(drawing.nodes, 2))
    for step in plan.steps:
        assert all(places[on].x + WIDTH < places[step.urn].x for on in step.depends_on)
    assert all(node.x + WIDTH <= drawing.width and node.y + HEIGHT <= drawing.height for node in drawing.nodes)


@given(graphs)
def test_a_line_that_passes_a_layer_runs_through_no_box(graph: tuple[list[tuple[int, int]], int]) -> None:
    drawing = draw(_plan(*graph))
    for start, end, y in _straights(drawing):
        assert not any(
            node.x < end and start < node.x + WIDTH and node.y < y < node.y + HEIGHT for node in drawing.nodes
        )


def test_a_large_stack_is_drawn_as_what_changes_and_its_neighbours() -> None:
    drawing = draw(samples.large(1000, changed=12))
    assert len(drawing.nodes) < ALL_MAX
    assert drawing.left_out == 1000 - len(drawing.nodes)
    drawn = {node.urn for node in drawing.nodes}
    assert {samples.urn("cdm:Job", f"load-table-{number:04d}") for number in range(12)} <= drawn
    assert samples.urn("cdm:Job", "load-table-0012") in drawn


def test_however_much_changes_the_picture_stays_readable() -> None:
    assert len(draw(samples.large(1000)).nodes) <= DRAWN_MAX


def test_what_depends_on_itself_in_a_circle_is_drawn_all_the_same() -> None:
    one, other = samples.urn("cdm:Job", "a"), samples.urn("cdm:Job", "b")
    plan = samples.plan(
        samples.step("cdm:Job", "a", "update", depends_on=[other]),
        samples.step("cdm:Job", "b", "update", depends_on=[one]),
    )
    assert len(draw(plan).nodes) == 2
