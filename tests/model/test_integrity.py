from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot
from tests.model.states import PROVIDER, provider, root, shapes, thing, urn


@given(shapes())
def test_a_well_formed_snapshot_has_no_violations(snapshot: Snapshot):
    assert violations(snapshot) == []


BROKEN = {
    "a dependency that is missing": ([thing("b", "a")], "which is missing"),
    "a dependency that comes later": ([thing("b", "a"), thing("a")], "comes after it"),
    "a cycle": ([thing("a", "b"), thing("b", "a")], "comes after it"),
    "itself": ([thing("a", "a")], "comes after it"),
    "a parent that comes later": ([thing("b", parent=urn("a")), thing("a")], "parent names"),
    "a property dependency": ([thing("b", property_dependencies={"k": (urn("a"),)})], "propertyDependencies.k"),
    "deletedWith": ([thing("b", deleted_with=urn("a"))], "deletedWith names"),
    "replaceWith": ([thing("b", replace_with=(urn("a"),))], "replaceWith names"),
    "an unknown provider": ([thing("a", provider=f"{PROVIDER}::p1")], "is unknown"),
    "a provider of another id": ([provider("p2"), thing("a", provider=f"{PROVIDER}::p1")], "is unknown"),
    "a provider that comes later": ([thing("a", provider=f"{PROVIDER}::p1"), provider()], "is unknown"),
    "a provider without id": ([provider("")], "without an id"),
    "two live ones": ([thing("a"), thing("a")], "2 live resources"),
    "a component with an id": ([replace(root(), id="x")], "has the id"),
    "a type that is not the URN's": ([replace(thing("a"), type="x:y:Z")], "does not fit"),
    "no type": ([replace(thing("a"), type="")], "type is missing"),
    "no URN": ([ResourceState(urn="", type="t", custom=True)], "not a URN"),
}


@pytest.mark.parametrize(("resources", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_named(resources: list[ResourceState], told: str):
    found = violations(Snapshot(tuple(resources)))
    assert len(found) == 1, found
    assert told in found[0]


def test_what_waits_for_its_delete_may_share_the_urn():
    assert (
        violations(Snapshot((thing("a"), thing("a", id="old", delete=True), thing("a", id="older", delete=True)))) == []
    )


def test_a_dependency_may_be_one_that_waits_for_its_delete():
    assert violations(Snapshot((thing("a", delete=True), thing("b", "a")))) == []


def test_what_waits_for_its_replacement_may_have_lost_its_provider():
    assert violations(Snapshot((thing("a", provider=f"{PROVIDER}::p1", pending_replacement=True),))) == []


def test_every_violation_is_named_at_once():
    assert len(violations(Snapshot((thing("a", "x"), thing("b", "y"), thing("b"))))) == 3


def test_an_unknown_kind_of_pending_operation_is_a_violation():
    assert "'dancing'" in violations(Snapshot(pending=(PendingOperation("dancing", thing("a")),)))[0]
