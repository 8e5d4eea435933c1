from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.model.journal import Batch, Begin, Drop, End, Fold, Put, fold
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from tests.model.states import shapes, thing

BASE = Snapshot((thing("a"), thing("b")))


@st.composite
def batches(draw: st.DrawFn, base_size: int = 2) -> list[Batch]:
    number = st.integers(0, base_size + 3)
    operation = st.integers(0, 4)
    state = st.builds(thing, st.sampled_from("abcd"))
    entry: st.SearchStrategy[Any] = (
        st.builds(Put, number, state)
        | st.builds(Drop, number)
        | st.builds(Begin, operation, st.builds(PendingOperation, st.just("creating"), state))
        | st.builds(End, operation)
    )
    return draw(st.lists(st.lists(entry, max_size=4), max_size=8))


def test_what_the_run_handled_stands_before_what_it_did_not():
    after = fold(BASE, [[Drop(0), Put(2, thing("a"))], [Put(3, thing("c"))]])
    assert [state.urn[-1] for state in after.resources] == ["a", "c", "b"]


def test_a_resource_of_the_base_keeps_its_place():
    after = fold(BASE, [[Put(0, thing("a", id="new"))]])
    assert [state.id for state in after.resources] == ["new", "id-b"]


def test_what_was_begun_and_not_ended_is_pending():
    pending = PendingOperation("deleting", thing("a"))
    assert fold(BASE, [[Begin(1, pending)]]).pending == (pending,)
    assert fold(BASE, [[Begin(1, pending)], [End(1), Drop(0)]]).pending == ()


def test_only_unanswered_creates_are_carried_on():
    create, update = PendingOperation("creating", thing("c")), PendingOperation("updating", thing("a"))
    assert fold(Snapshot(BASE.resources, (create, update)), []).pending == (create,)


def test_a_begun_create_is_settled_by_one_of_the_same_resource_that_ends_well():
    left = PendingOperation("creating", thing("c"))
    base = Snapshot(pending=(left, PendingOperation("creating", thing("d"))))
    begun = [Begin(0, PendingOperation("creating", thing("c", id="")))]
    assert len(fold(base, [begun, [End(0)]]).pending) == 2, "it failed: whether the first one took effect is still open"
    assert [item.resource.urn for item in fold(base, [begun, [End(0), Put(2, thing("c"))]]).pending] == [thing("d").urn]
    assert fold(base, [[Put(2, thing("c"))]]).pending == base.pending, "nothing was created"


@given(shapes(max_size=3), st.data())
def test_a_fold_resumed_in_its_midst_leads_to_the_same(base: Snapshot, data: st.DataObject):
    happened = data.draw(batches(len(base.resources)))
    cut = data.draw(st.integers(0, len(happened)))
    first = Fold(base)
    for batch in happened[:cut]:
        first.apply(batch)
    second = Fold(first.snapshot(), first.numbering())
    for batch in happened[cut:]:
        second.apply(batch)
    assert second.snapshot() == fold(base, happened)
    assert second.numbering().base_size == len(base.resources)
