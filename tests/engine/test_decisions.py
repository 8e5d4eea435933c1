"""What a difference means, and under which names a resource was known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from pulumi_dataarts.engine.base_index import BaseIndex
from pulumi_dataarts.engine.decisions import Verdict, equal, is_triggered, settled, verdict, with_replace_on_changes
from pulumi_dataarts.engine.goals import Alias, Goal
from pulumi_dataarts.engine.identities import Namespace, earlier_urns
from pulumi_dataarts.engine.marking import annotated
from pulumi_dataarts.engine.providers import Difference
from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model.graphs import Graph
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.model.values import UNKNOWN, Secret, has_secret, plain
from tests.model.states import properties, shapes, thing

NAMESPACE = Namespace("proj", "dev")
NOTHING, SOMETHING, REPLACED = Difference(False), Difference(True), Difference(True, ("key",))
GROUP = "urn:pulumi:dev::proj::my:index:Group::"


@pytest.mark.parametrize(
    ("difference", "old", "meant"),
    [
        (NOTHING, {}, Verdict.SAME),
        (SOMETHING, {}, Verdict.UPDATE),
        (REPLACED, {}, Verdict.REPLACE),
        (Difference(True, paths={"size": "update-replace"}), {}, Verdict.REPLACE),
        (Difference(False, ("key",)), {}, Verdict.SAME),
        (NOTHING, {"pending_replacement": True}, Verdict.REPLACE),
        (NOTHING, {"init_errors": ("unready",)}, Verdict.UPDATE),
    ],
)
def test_a_difference_and_what_was_left_unfinished_decide(
    difference: Difference, old: dict[str, Any], meant: Verdict
) -> None:
    assert verdict(difference, thing("a", **old), is_triggered=False) is meant


@pytest.mark.parametrize(
    ("wanted", "replaces"),
    [(["size"], ("size",)), (["*"], ("size",)), (["other"], ()), (["size.deep"], ()), ([], ())],
)
def test_replace_on_changes_names_changed_keys(wanted: list[str], replaces: tuple[str, ...]) -> None:
    difference = with_replace_on_changes(Difference(True, changed=("size",)), wanted, ())
    assert difference.replaces == replaces


def test_replace_on_changes_reaches_below_a_path_the_provider_names() -> None:
    difference = Difference(True, paths={"nodes[0].name": "update", "size": "add"})
    done = with_replace_on_changes(difference, ["nodes[*]"], ())
    assert done.paths == {"nodes[0].name": "update-replace", "size": "add"}


def test_a_plain_yes_of_the_provider_names_nothing_to_replace_on() -> None:
    assert with_replace_on_changes(SOMETHING, ["*"], ()).replaces == ()


def test_unfinished_resources_can_be_asked_to_be_replaced() -> None:
    done = with_replace_on_changes(NOTHING, ["#initerror"], ("unready",))
    assert (done.changes, done.replaces) == (True, ("#initerror",))


def test_a_malformed_path_is_told() -> None:
    with pytest.raises(PlanError, match="replace_on_changes"):
        with_replace_on_changes(SOMETHING, ["a["], ())


def test_an_open_difference_is_settled_by_comparing_inputs() -> None:
    old = {"size": 1, "tags": {"a": Secret("s")}, "gone": None}
    assert settled(Difference(None), old, {"size": 1, "tags": {"a": "s"}}, ()).changes is False
    settled_one = settled(Difference(None, ("key",)), old, {"size": 2, "tags": {"a": "t"}}, ())
    assert settled_one.changes is True
    assert settled_one.changed == ("size", "tags")
    assert settled_one.paths == {"size": "update", "tags.a": "update"}
    assert settled_one.replaces == ("key",)
    assert settled(Difference(None), old, {"size": 2, "tags": {"a": "s"}}, ("size",)).changes is False


@pytest.mark.parametrize(
    ("left", "right", "are_equal"),
    [
        ({"a": None}, {}, True),
        ({"a": Secret(1)}, {"a": 1}, False),
        ({"a": Secret({"b": None})}, {"a": Secret({})}, True),
        ([1, 2], [1], False),
        (True, 1, False),
        (1, 1.0, True),
    ],
)
def test_equality_minds_secrets_and_not_nulls(left: Any, right: Any, are_equal: bool) -> None:
    assert equal(left, right) is are_equal
    assert equal(right, left) is are_equal


@pytest.mark.parametrize(
    ("new", "old", "moved"),
    [(1, 1, False), (2, 1, True), (None, 1, False), (1, None, False), (UNKNOWN, 1, True), (Secret(1), 1, False)],
)
def test_a_trigger_moves_only_from_one_value_to_another(new: Any, old: Any, moved: bool) -> None:
    assert is_triggered(new, old) is moved


@given(properties, properties)
def test_marking_outputs_changes_no_value_and_leaks_no_secret_of_the_same_name(
    outputs: dict[str, Any], inputs: dict[str, Any]
) -> None:
    marked = annotated(outputs, inputs)
    assert plain(marked) == plain(outputs)
    for key, value in inputs.items():
        if isinstance(value, Secret) and key in outputs:
            assert isinstance(marked[key], Secret)


@given(properties)
def test_what_a_provider_echoes_is_as_secret_as_it_was(inputs: dict[str, Any]) -> None:
    assert has_secret(annotated(plain(inputs), inputs)) == has_secret(inputs)


@pytest.mark.parametrize(
    ("alias", "urn"),
    [
        (Alias(urn="urn:x"), "urn:x"),
        (Alias(name="old"), f"{GROUP.replace('Group::', 'Group$t:i:T::')}old"),
        (Alias(type="t:i:Old"), f"{GROUP.replace('Group::', 'Group$t:i:Old::')}a"),
        (Alias(has_no_parent=True), "urn:pulumi:dev::proj::t:i:T::a"),
        (Alias(project="other", stack="prod", has_no_parent=True), "urn:pulumi:prod::other::t:i:T::a"),
    ],
)
def test_what_an_alias_leaves_open_is_as_it_is_now(alias: Alias, urn: str) -> None:
    goal = Goal("t:i:T", "a", custom=False, parent=f"{GROUP}g", aliases=(alias,))
    assert earlier_urns(goal, NAMESPACE, {}) == [urn]


def test_a_childs_name_follows_the_earlier_name_of_its_parent() -> None:
    goal = Goal("t:i:T", "new-child", custom=False, parent=f"{GROUP}new")
    previous = {f"{GROUP}new": f"{GROUP}old"}
    assert earlier_urns(goal, NAMESPACE, previous) == ["urn:pulumi:dev::proj::my:index:Group$t:i:T::old-child"]


@given(shapes(max_size=6))
def test_dependents_looked_up_backwards_are_those_of_the_graph(snapshot: Snapshot) -> None:
    index = BaseIndex(enumerate(snapshot.resources))
    graph = Graph(snapshot.resources)
    for number in range(len(snapshot.resources)):
        assert index.dependents_of(number) == graph.dependents_of(number, with_children=False)


def test_a_resource_is_bound_to_what_it_is_replaced_or_deleted_with() -> None:
    states: list[ResourceState] = [thing("a"), thing("b", deleted_with=thing("a").urn), thing("c", "a")]
    assert BaseIndex(enumerate(states)).bound_to(states[0].urn) == [1]
