from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.model.graphs import Graph, references, rewired_values, without_aliases
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot
from pulumi_dataarts.model.values import RESOURCE_REFERENCE, SIGNATURE, Secret
from tests.model.states import PROVIDER, provider, shapes, thing, urn

COMPONENT = "urn:pulumi:dev::proj::my:mod:Group::g"


def component(**more: str) -> ResourceState:
    return ResourceState(urn=COMPONENT, type="my:mod:Group", custom=False, **more)


def test_every_kind_of_reference_is_an_edge():
    bases = [provider(), *(thing(name) for name in "abcde")]
    pointing = thing(
        "x",
        "a",
        property_dependencies={"k": (urn("b"),)},
        parent=urn("c"),
        deleted_with=urn("d"),
        replace_with=(urn("e"),),
        provider=f"{PROVIDER}::p1",
    )
    assert Graph([*bases, pointing]).dependencies_of(6) == {0, 1, 2, 3, 4, 5}


def test_depending_on_a_component_is_depending_on_its_earlier_children():
    resources = [
        component(),
        thing("child", parent=COMPONENT),
        thing("grandchild", parent=urn("child")),
        replace(thing("user"), dependencies=(COMPONENT,)),
        thing("late", parent=COMPONENT),
    ]
    graph = Graph(resources)
    assert graph.dependencies_of(3) == {0, 1, 2}
    assert graph.children_of(COMPONENT) == [1, 2, 4]
    assert graph.dependencies_of(4) == {0}, "a child depends on its parent, not on its siblings"


def test_dependents_are_found_through_others():
    resources = [thing("a"), thing("b", "a"), thing("c"), thing("d", "b"), thing("e", parent=urn("a"))]
    graph = Graph(resources)
    assert graph.dependents_of(0) == [1, 3, 4]
    assert graph.dependents_of(0, with_children=False) == [1, 3]


def test_deletes_go_in_groups_from_the_leaves():
    resources = [thing("a"), thing("b", "a"), thing("c", "a"), thing("d", "b", "c")]
    assert Graph(resources).delete_order(range(4)) == [[3], [1, 2], [0]]


def test_only_the_condemned_order_each_other():
    resources = [thing("a"), thing("b", "a"), thing("c", "b")]
    assert Graph(resources).delete_order([0, 2]) == [[0, 2]]


def test_a_replacement_is_told_from_what_it_replaces():
    resources = [thing("a"), thing("b", "a"), thing("a", id="old", delete=True), thing("b", "a", id="old", delete=True)]
    assert Graph(resources).delete_order([2, 3]) == [[3], [2]]


@given(shapes(max_size=8), st.data())
def test_no_group_depends_on_an_earlier_one(snapshot: Snapshot, data: st.DataObject):
    places = range(len(snapshot.resources))
    condemned = data.draw(st.sets(st.sampled_from(places)) if snapshot.resources else st.just(set()))
    graph = Graph(snapshot.resources)
    order = graph.delete_order(condemned)
    assert sorted(place for group in order for place in group) == sorted(condemned)
    deleted: set[int] = set()
    for group in order:
        deleted |= set(group)
        for place in condemned - deleted:
            assert not graph.dependencies_of(place) & deleted, "something left needs what is gone"


def test_a_renamed_resource_is_named_anew_by_all_others():
    old, user = thing("old"), thing("user", "old", property_dependencies={"k": (urn("old"),)})
    renamed = replace(thing("new"), aliases=(old.urn,))
    written = without_aliases(Snapshot((renamed, user), (PendingOperation("updating", user),)))
    assert [item.aliases for item in written.resources] == [(), ()]
    assert {item.urn for item in references(written.resources[1])} == {urn("new")}
    assert written.pending[0].resource == written.resources[1]
    assert violations(written) == []


def test_a_child_moves_with_a_renamed_component():
    before = "urn:pulumi:dev::proj::my:mod:Team::g"
    child = ResourceState(
        urn="urn:pulumi:dev::proj::my:mod:Team$a:b:C::x", type="a:b:C", custom=True, id="1", parent=before
    )
    written = without_aliases(Snapshot((replace(component(), aliases=(before,)), child)))
    assert written.resources[1].urn == "urn:pulumi:dev::proj::my:mod:Group$a:b:C::x"
    assert written.resources[1].parent == COMPONENT


def test_without_aliases_nothing_is_rebuilt():
    snapshot = Snapshot((thing("a"), thing("b", "a")))
    assert without_aliases(snapshot) is snapshot


def test_resource_references_inside_values_are_renamed():
    reference = {SIGNATURE: RESOURCE_REFERENCE, "urn": "old", "id": "1"}
    renamed = rewired_values({"a": [Secret(reference)], "b": "old"}, lambda name: name.replace("old", "new"))
    assert renamed == {"a": [Secret({**reference, "urn": "new"})], "b": "old"}
