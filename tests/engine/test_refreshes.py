"""Refresh: the state follows what is found."""

from __future__ import annotations

from pulumi_dataarts.model.integrity import violations
from tests.engine.world import Program, World, things


async def family(program: Program) -> None:
    first = await program.thing("a", {"size": 1})
    second = await program.thing("b", {"size": 1}, uses={"up": first})
    await program.thing("c", {"size": 1}, parent=first.state.urn, dependencies=(second.state.urn,))


def test_what_was_changed_by_hand_is_found() -> None:
    world = World()
    world.up(things("a", inputs={"size": 1}))
    world.cloud.objects["a-1"]["size"] = 7
    outcome = world.refresh()
    assert outcome.counts == {"same": 1, "update": 1}
    assert world.state("a").outputs["size"] == 7
    report = next(item for item in outcome.reports if item.name == "a")
    assert [(change.text, change.old, change.new) for change in report.changes] == [("size", 1, 7)]


def test_a_refresh_that_finds_nothing_writes_nothing() -> None:
    world = World()
    world.up(family)
    before = world.snapshot
    assert world.refresh().counts == {"same": 4}
    assert world.batches == []
    assert world.snapshot == before


def test_a_vanished_object_leaves_no_reference_behind() -> None:
    world = World()
    world.up(family)
    del world.cloud.objects["a-1"]
    outcome = world.refresh()
    assert outcome.counts["delete"] == 1
    assert world.names() == ["b", "c"]
    assert world.state("c").parent == ""
    assert world.state("b").dependencies == ()
    assert not violations(world.snapshot)


def test_what_cannot_be_looked_up_stays_and_the_rest_is_refreshed() -> None:
    world = World()
    world.up(things("a", "b", inputs={"size": 1}))
    world.cloud.objects["b-2"]["size"] = 9
    world.cloud.failing.add(("read", "a"))
    outcome = world.refresh()
    assert not outcome.ok
    assert world.state("a").outputs["size"] == 1
    assert world.state("b").outputs["size"] == 9


def test_an_up_with_refresh_repairs_what_was_changed_by_hand() -> None:
    world = World()
    world.up(things("a", inputs={"size": 1}))
    world.cloud.objects["a-1"]["size"] = 7
    outcome = world.up(things("a", inputs={"size": 1}), refresh=True)
    assert outcome.counts == {"same": 1, "update": 1}
    assert world.cloud.objects["a-1"]["size"] == 1


def test_a_preview_with_refresh_makes_again_what_vanished_and_changes_nothing() -> None:
    world = World()
    world.up(things("a"))
    world.cloud.objects.clear()
    before = world.snapshot
    outcome = world.preview(things("a"), refresh=True)
    assert outcome.counts == {"create": 1, "same": 1}
    assert world.snapshot == before


def test_a_failed_refresh_keeps_the_program_from_running() -> None:
    world = World()
    world.up(things("a"))
    world.cloud.failing.add(("read", "a"))
    outcome = world.up(things("a", "b"), refresh=True)
    assert not outcome.ok
    assert world.names() == ["a"]


def test_only_the_targets_are_refreshed() -> None:
    world = World()
    world.up(things("a", "b"))
    world.refresh(targets=(world.state("a").urn,))
    assert world.cloud.calls == ["read a", "diff a"]


def test_a_dry_refresh_tells_what_it_finds_and_writes_nothing() -> None:
    world = World()
    world.up(things("a", "b", inputs={"size": 1}))
    world.cloud.objects["a-1"]["size"] = 7
    del world.cloud.objects["b-2"]
    before = world.snapshot
    assert world.refresh(dry_run=True).counts == {"same": 1, "update": 1, "delete": 1}
    assert world.snapshot == before
    assert world.batches == []


def test_a_dry_destroy_tells_what_would_go_and_deletes_nothing() -> None:
    world = World()
    world.up(family)
    before = world.snapshot
    outcome = world.destroy(dry_run=True)
    assert outcome.counts == {"delete": 4}
    assert [item.name for item in outcome.reports if item.type.endswith("Thing")] == ["c", "b", "a"]
    assert (world.snapshot, len(world.cloud.objects)) == (before, 3)
