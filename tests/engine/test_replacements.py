"""Replacements: what goes before what, and what goes with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pulumi_dataarts.engine.goals import Alias
from pulumi_dataarts.engine.providers import Made
from pulumi_dataarts.errors import ConfigError, ResourceFailed
from pulumi_dataarts.model import edits, urns
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.snapshots import CARRIER, Snapshot
from pulumi_dataarts.model.values import Properties
from tests.engine.world import Body, Cloud, Program, World, things, urn


def chain(key: str, **goal: object):
    """Return a program of two things, the second with the first's arn."""

    async def body(program: Program) -> None:
        first = await program.thing("a", {"key": key, "first": True}, **goal)
        await program.thing("b", {"size": 1}, uses={"up": first})

    return body


def test_the_new_is_made_before_the_old_goes() -> None:
    world = World()
    world.up(things("a", inputs={"key": "1"}))
    outcome = world.up(things("a", inputs={"key": "2"}))
    assert [call for call in world.cloud.calls if "check" not in call] == ["diff a", "create a", "delete a"]
    assert outcome.counts == {"same": 1, "replace": 1}
    assert world.names() == ["a"]


def test_with_delete_before_replace_the_old_goes_first() -> None:
    world = World()
    world.up(chain("1"))
    world.up(chain("2"))
    done = [call for call in world.cloud.calls if call.startswith(("create", "delete", "update"))]
    assert done == ["delete a", "create a", "update b"]


def test_the_option_of_the_program_is_stronger_than_the_providers_wish() -> None:
    world = World()
    world.up(things("a", inputs={"key": "1", "first": True}, delete_before_replace=False))
    world.up(things("a", inputs={"key": "2", "first": True}, delete_before_replace=False))
    assert [call for call in world.cloud.calls if call.startswith(("create", "delete"))] == ["create a", "delete a"]


def test_a_dependent_whose_own_key_would_change_is_deleted_before_what_it_depends_on() -> None:
    async def body(program: Program, key: str) -> None:
        first = await program.thing("a", {"key": key, "first": True})
        second = await program.thing("b", {"size": 1}, uses={"key": first})
        await program.thing("c", {"size": 1}, dependencies=(second.state.urn,))

    world = World()
    world.up(lambda program: body(program, "1"))
    world.up(lambda program: body(program, "2"))
    done = [call for call in world.cloud.calls if call.startswith(("create", "delete", "update"))]
    assert done == ["delete b", "delete a", "create a", "create b"]
    assert not violations(world.snapshot)


def test_what_is_deleted_with_another_resource_is_not_deleted_itself() -> None:
    async def body(program: Program, key: str) -> None:
        first = await program.thing("a", {"key": key, "first": True})
        await program.thing("b", {"size": 1}, deleted_with=first.state.urn)

    world = World()
    world.up(lambda program: body(program, "1"))
    world.up(lambda program: body(program, "2"))
    done = [call for call in world.cloud.calls if call.startswith(("create", "delete"))]
    assert done == ["delete a", "create a", "create b"]


def test_a_protected_dependent_stops_the_replacement_before_anything_is_deleted() -> None:
    async def body(program: Program, key: str) -> None:
        first = await program.thing("a", {"key": key, "first": True})
        await program.thing("b", {"size": 1}, uses={"key": first}, protect=True)

    world = World()
    world.up(lambda program: body(program, "1"))
    outcome = world.up(lambda program: body(program, "2"))
    assert not outcome.ok
    assert "protected" in outcome.errors[0]
    assert not [call for call in world.cloud.calls if call.startswith(("create", "delete"))]


def test_a_preview_shows_a_protected_replacement_and_goes_on() -> None:
    world = World()
    world.up(things("a", "b", inputs={"key": "1"}, protect=True))
    outcome = world.preview(things("a", "b", inputs={"key": "2"}, protect=True))
    assert not outcome.ok
    assert outcome.counts["replace"] == 2


def test_what_no_longer_depends_on_the_replaced_one_is_left_alone() -> None:
    async def before(program: Program) -> None:
        first = await program.thing("a", {"key": "1", "first": True})
        await program.thing("b", {"size": 1}, uses={"key": first})

    async def after(program: Program) -> None:
        await program.thing("b", {"key": "arn:a-1", "size": 1})
        await program.thing("a", {"key": "2", "first": True})

    world = World()
    world.up(before)
    world.up(after)
    assert [call for call in world.cloud.calls if call.startswith(("create", "delete"))] == ["delete a", "create a"]


def test_a_replacement_that_failed_after_the_delete_is_finished_by_the_next_run() -> None:
    world = World()
    world.up(chain("1"))
    world.cloud.failing.add(("create", "a"))
    assert not world.up(chain("2")).ok
    assert world.state("a").pending_replacement
    world.cloud.failing.clear()
    assert world.up(chain("2")).ok
    assert "delete a" not in world.cloud.calls
    assert world.names() == ["a", "b"]


def test_a_pending_replacement_that_is_no_longer_wanted_is_forgotten() -> None:
    world = World()
    world.up(things("a", inputs={"key": "1", "first": True}))
    world.cloud.failing.add(("create", "a"))
    world.up(things("a", inputs={"key": "2", "first": True}))
    world.cloud.failing.clear()
    outcome = world.up()
    assert outcome.ok
    assert world.names() == []
    assert not world.cloud.calls


def test_an_old_one_that_could_not_be_deleted_is_tried_again() -> None:
    world = World()
    world.up(things("a", inputs={"key": "1"}))
    world.cloud.failing.add(("delete", "a"))
    assert not world.up(things("a", inputs={"key": "2"})).ok
    assert world.names() == ["a", "-a"]
    world.cloud.failing.clear()
    assert world.up(things("a", inputs={"key": "2"})).ok
    assert world.names() == ["a"]
    assert len(world.cloud.objects) == 1


@pytest.mark.parametrize("option", ["replaces", "taint"])
def test_a_resource_is_replaced_on_demand(option: str) -> None:
    world = World()
    world.up(things("a"))
    if option == "taint":
        resources = [replace(item, taint=item.urn == urn("a")) for item in world.snapshot.resources]
        world.snapshot = Snapshot(tuple(resources))
        outcome = world.up(things("a"))
    else:
        outcome = world.up(things("a"), replaces=(urn("a"),))
    assert outcome.counts["replace"] == 1
    assert outcome.reports[2].replace_keys == ("id",)
    assert not world.state("a").taint


def test_replace_on_changes_works_where_the_provider_leaves_the_comparison_to_the_engine() -> None:
    world = World()
    world.up(things("a", inputs={"size": 1, "undecided": True}, replace_on_changes=("size",)))
    outcome = world.up(things("a", inputs={"size": 2, "undecided": True}, replace_on_changes=("size",)))
    assert outcome.counts["replace"] == 1


def test_a_moved_trigger_replaces_and_a_new_one_does_not() -> None:
    world = World()
    world.up(things("a"))
    assert "replace" not in world.up(things("a", replacement_trigger=1)).counts
    assert world.up(things("a", replacement_trigger=2)).counts["replace"] == 1
    assert "replace" not in world.up(things("a", replacement_trigger=2)).counts


def test_an_object_that_another_resource_took_over_is_not_deleted_with_the_one_before() -> None:
    """A resource that is renamed without an alias finds its object by name; so does one that is moved."""
    world = World()
    world.up(things("a", inputs={"called": "lake"}))
    outcome = world.up(things("b", inputs={"called": "lake"}))
    assert outcome.ok
    assert outcome.counts == {"same": 1, "create": 1}
    assert world.names() == ["b"]
    assert list(world.cloud.objects) == ["lake"]
    assert f"is that of {urn('b')} now" in outcome.warnings[0]


def test_what_was_taken_over_before_a_crash_is_not_deleted_after_it() -> None:
    world = World()
    world.up(things("a", inputs={"called": "lake"}))
    base = world.snapshot
    world.up(things("b", inputs={"called": "lake"}))
    world.snapshot = next(moment for moment in world.moments(base) if len(moment.resources) == 4)
    assert world.names() == ["b", "-a"]
    world.up(things("b", inputs={"called": "lake"}))
    assert (world.names(), list(world.cloud.objects)) == (["b"], ["lake"])


def test_what_is_protected_is_refused_before_it_is_moved_and_not_lost_when_it_was() -> None:
    """A preview, which cannot know what a create finds, refuses: an alias is due. A run deletes nothing protected."""
    world = World()
    world.up(things("a", inputs={"called": "lake"}, protect=True))
    refused = world.preview(things("b", inputs={"called": "lake"}))
    assert (refused.ok, "give it an alias" in str(refused.failure)) == (False, True)
    outcome = world.up(things("b", inputs={"called": "lake"}))
    assert (outcome.ok, world.names(), list(world.cloud.objects)) == (True, ["b"], ["lake"])
    assert f"is that of {urn('b')} now" in outcome.warnings[0]


def live_holders(snapshot: Snapshot, id: str) -> list[str]:
    return [urns.parse(state.urn).name for state in snapshot.resources if state.id == id and not state.delete]


@pytest.mark.parametrize("protect", [False, True])
def test_an_object_is_one_resource_s_at_every_moment_and_where_the_run_fails(protect: bool) -> None:
    world = World()
    world.up(things("a", inputs={"called": "lake"}, protect=protect))
    base = world.snapshot
    world.cloud.failing = {("create", "c")}
    assert not world.up(things("b", "c", inputs={"called": "lake"})).ok
    assert all(live_holders(moment, "lake") in (["a"], ["b"]) for moment in world.moments(base))
    assert world.names() == ["b", "-a"]
    world.cloud.failing = set()
    world.up(things("b", inputs={"called": "lake"}))
    assert (world.names(), list(world.cloud.objects)) == (["b"], ["lake"])


def test_an_object_outlives_the_resource_that_had_it_before_in_a_destroy_too() -> None:
    world = World()
    world.up(things("a", inputs={"called": "lake"}))
    world.up(things("b", inputs={"called": "lake"}, protect=True), targets=(urn("b"),))
    assert world.names() == ["b", "-a"]
    assert not world.destroy().ok
    assert (world.names(), list(world.cloud.objects)) == (["b"], ["lake"])


@pytest.mark.parametrize("operation", ["up", "destroy"])
def test_an_object_outlives_who_took_it_over_when_that_is_forgotten_by_hand(operation: str) -> None:
    """The entry that had it before is still there, as others may name it; it leaves the object alone."""
    world = World()
    world.up(things("a", inputs={"called": "lake"}))
    world.cloud.failing = {("create", "c")}
    world.up(things("b", "c", inputs={"called": "lake"}))
    world.snapshot = edits.without(world.snapshot, urn("b"), force=False, dependents=False)
    assert (world.names(), violations(world.snapshot)) == (["-a"], [])
    assert getattr(world, operation)().ok
    assert (world.names(), list(world.cloud.objects)) == ([], ["lake"])


def test_what_was_replaced_is_deleted_though_a_reading_of_it_is_forgotten() -> None:
    world = World()
    world.up(things("a", inputs={"called": "lake"}))
    seen, old = world.state("a"), replace(world.state("a"), delete=True)
    others = (state for state in world.snapshot.resources if state is not seen)
    world.snapshot = Snapshot((*others, old, replace(seen, urn=urn("b"), external=True)))
    world.snapshot = edits.without(world.snapshot, "b", force=False, dependents=False)
    assert world.up().ok
    assert world.cloud.objects == {}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_that_are_declared_for_one_object_keep_it_both_and_that_is_told(order: tuple[str, ...]) -> None:
    world = World()
    world.up(things("a", inputs={"called": "lake"}))
    outcome = world.up(things(*order, inputs={"called": "lake"}))
    assert (outcome.ok, sorted(world.names())) == (True, ["a", "b"])
    assert len(outcome.warnings) == (1 if order[0] == "a" else 0)


def test_ids_that_a_provider_repeats_tell_nothing() -> None:
    world = World()
    world.up(things("a", "b", inputs={"called": "0"}))
    world.cloud.failing = {("create", "d")}
    world.up(things("c", "d", inputs={"called": "0"}))
    assert world.names() == ["c", "a", "b"]


def test_objects_of_other_providers_are_others_whatever_their_ids() -> None:
    world = World()
    world.up(things("a", inputs={"called": "lake", CARRIER: "one"}))
    assert world.up(things("b", inputs={"called": "lake", CARRIER: "other"})).counts["delete"] == 1
    assert "delete a" in world.cloud.calls


def test_what_is_replaced_on_demand_goes_first_where_its_provider_says_so() -> None:
    world = World()
    world.up(things("a", inputs={"called": "lake", "first": True}))
    world.up(things("a", inputs={"called": "lake", "first": True}), replaces=(urn("a"),))
    assert [call for call in world.cloud.calls if call.startswith(("create", "delete"))] == ["delete a", "create a"]
    assert list(world.cloud.objects) == ["lake"]


class Strict(Cloud):
    """A cloud where a name that is taken is refused."""

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        if not self.dry_run and inputs.get("called") in self.objects:
            raise ResourceFailed(f"{inputs['called']} exists already")
        return await super().create(urn, inputs, timeout_s)


def moved(cluster: str, size: int = 1, *, first: bool = True) -> Body:
    """Return a program of a thing and of one that uses it; another cluster makes both anew, and their names others."""

    async def body(program: Program) -> None:
        inputs = {"key": cluster, "size": size, "first": first}
        before = {"delete_before_replace": False}
        lower = await program.thing("a", {**inputs, "called": f"{cluster}/a"}, **before)
        await program.thing("b", {**inputs, "called": f"{cluster}/b"}, uses={"up": lower}, **before)

    return body


def left_behind() -> World:
    """Return a stack that moved from one cluster to another, and could not delete what it had on the first."""
    world = World(cloud=Strict())
    world.up(moved("one", first=False))
    world.cloud.failing = {("delete", "b")}
    assert not world.up(moved("two", first=False)).ok
    world.cloud.failing = set()
    assert world.names() == ["a", "b", "-a", "-b"]
    return world


def test_what_waits_for_its_deletion_goes_first_where_its_name_is_needed_again() -> None:
    """Dependents first, once; the official engine is refused the new one in every run."""
    world = left_behind()
    assert world.preview(moved("one", 2)).ok
    assert world.up(moved("one", 2)).ok
    calls = [call for call in world.cloud.calls if call.startswith(("create", "delete"))]
    assert calls == ["delete b", "delete a", "create a", "create b", "delete b", "delete a"]
    assert (world.names(), sorted(world.cloud.objects)) == (["a", "b"], ["one/a", "one/b"])
    assert world.preview(moved("one", 2)).counts == {"same": 3}


def test_what_waits_for_its_deletion_is_known_by_the_alias_of_who_needs_its_name() -> None:
    def alone(key: str, **more: Any) -> Body:
        inputs = {"key": key, "called": key, "first": bool(more)}
        return things("b" if more else "a", inputs=inputs, delete_before_replace=False, **more)

    world = World(cloud=Strict())
    world.up(alone("one"))
    world.cloud.failing = {("delete", "a")}
    assert not world.up(alone("two")).ok
    world.cloud.failing = set()
    world.cloud.objects["one"] = {"key": "edited"}
    assert world.up(alone("one", aliases=(Alias(name="a"),))).ok
    assert (world.names(), list(world.cloud.objects)) == (["b"], ["one"])


def test_what_waits_for_its_deletion_stays_until_the_end_where_nothing_says_that_it_is_in_the_way() -> None:
    world = left_behind()
    assert world.up(moved("three", first=False)).ok
    calls = [call for call in world.cloud.calls if call.startswith(("create", "delete"))]
    assert calls[:2] == ["create a", "create b"]
    assert sorted(world.cloud.objects) == ["three/a", "three/b"]


def test_who_waits_for_a_deletion_that_fails_is_told_the_way_out_and_it_is_one() -> None:
    world = left_behind()
    world.cloud.failing = {("delete", "b")}
    outcome = world.up(moved("two", first=False))
    assert not outcome.ok
    assert "`dataarts state delete one/b` forgets it" in "\n".join(outcome.warnings)
    with pytest.raises(ConfigError, match="several objects: two/b, one/b, which waits for its deletion"):
        edits.without(world.snapshot, "b", force=False, dependents=False)
    world.snapshot = edits.without(world.snapshot, "one/b", force=False, dependents=False)
    assert world.up(moved("two", first=False)).ok
    assert (world.names(), sorted(world.cloud.objects)) == (["a", "b"], ["one/b", "two/a", "two/b"])
