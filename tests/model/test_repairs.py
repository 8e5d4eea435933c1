from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.journal import Begin, Drop, End, Put
from pulumi_dataarts.model.repairs import join, repaired
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from tests.model.states import PROVIDER, shapes, thing, urn


@given(shapes())
def test_what_keeps_its_rules_is_left_as_it_is(snapshot: Snapshot):
    assert repaired(snapshot) == (snapshot, [])


@given(shapes(max_size=8), st.randoms(use_true_random=False), st.integers(0, 3))
def test_whatever_was_shuffled_and_lost_keeps_its_rules_again(snapshot: Snapshot, chance: random.Random, lost: int):
    shuffled = list(snapshot.resources)
    chance.shuffle(shuffled)
    mended, _ = repaired(Snapshot(tuple(shuffled[lost:]), snapshot.pending))
    assert violations(mended) == []
    assert {state.urn for state in mended.resources} == {state.urn for state in shuffled[lost:]}


def test_a_missing_reference_goes_and_is_told():
    mended, told = repaired(Snapshot((thing("b", "a", parent=urn("c"), property_dependencies={"k": (urn("a"),)}),)))
    assert mended.resources == (thing("b", property_dependencies={"k": ()}),)
    assert told == [
        f"{urn('b')}: parent no longer names {urn('c')}",
        f"{urn('b')}: dependencies no longer names {urn('a')}",
        f"{urn('b')}: propertyDependencies.k no longer names {urn('a')}",
    ]


def test_a_resource_moves_behind_what_it_needs_and_no_other_moves():
    mended, told = repaired(Snapshot((thing("b", "a"), thing("a"), thing("c"))))
    assert [state.urn for state in mended.resources] == [urn("a"), urn("b"), urn("c")]
    assert told == ["resources were moved behind what they depend on"]


def test_a_cycle_is_opened():
    mended, told = repaired(Snapshot((thing("a", "b"), thing("b", "a"), thing("c", "c"))))
    assert violations(mended) == []
    assert len(told) == 2


def test_a_long_chain_is_no_trouble():
    chain = [thing(f"r{number}", f"r{number + 1}") for number in range(3000)] + [thing("r3000")]
    mended, _ = repaired(Snapshot(tuple(chain)))
    assert violations(mended) == []


def test_what_only_a_person_can_decide_stays():
    two = Snapshot((thing("a", id="1"), thing("a", id="2")))
    assert repaired(two) == (two, [])
    orphan = Snapshot((thing("a", provider=f"{PROVIDER}::p1"),))
    assert repaired(orphan) == (orphan, [])
    assert repaired(Snapshot((thing("a"), thing("a"))))[0] == Snapshot((thing("a"),))


def test_joining_keeps_what_both_sides_made():
    theirs = Snapshot((thing("a", id="theirs"), thing("x")), (PendingOperation("creating", thing("p")),))
    begun = PendingOperation("creating", thing("c"))
    ours = [
        [Drop(0), Put(5, thing("a", id="ours"))],
        [Begin(1, begun)],
        [Put(6, thing("b", "a")), Put(7, thing("gone"))],
        [Begin(2, PendingOperation("deleting", thing("gone")))],
        [End(2), Drop(7)],
    ]
    joined, unknown = join(theirs, ours)
    assert [(state.urn[-1], state.id) for state in joined.resources] == [("a", "ours"), ("x", "id-x"), ("b", "id-b")]
    assert joined.pending == (*theirs.pending, begun)
    assert unknown == 1
