"""How a declaration becomes a resource: identity, inheritance, providers, secrets, previews."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pulumi_dataarts.engine.goals import Alias
from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from pulumi_dataarts.model.values import UNKNOWN, Properties, Secret
from tests.engine.world import COMPONENT, ROOT, Program, World, things, urn


def calls(world: World, *operations: str) -> list[str]:
    return [call for call in world.cloud.calls if call.split()[0] in operations]


def test_an_unchanged_program_changes_nothing() -> None:
    world = World()
    world.up(things("a", "b", inputs={"size": 1}))
    before = world.snapshot
    outcome = world.up(things("a", "b", inputs={"size": 1}))
    assert outcome.counts == {"same": 3}
    assert world.snapshot == before


@pytest.mark.parametrize("alias", [Alias(name="a"), Alias(urn=urn("a"))], ids=["object", "urn"])
def test_a_renamed_resource_keeps_its_object(alias: Alias) -> None:
    world = World()
    world.up(things("a"))
    id = world.state("a").id
    outcome = world.up(things("b", aliases=(alias,)))
    assert outcome.counts == {"same": 2}
    assert world.state("b").id == id
    assert not calls(world, "create", "delete")


def test_a_resource_below_a_renamed_group_needs_no_alias_of_its_own() -> None:
    async def body(program: Program, name: str, *aliases: Alias) -> None:
        group = await program.group(name, aliases=aliases)
        inner = await program.group(f"{name}-inner", parent=group.state.urn)
        await program.thing(f"{name}-inner-a", parent=inner.state.urn)

    world = World()
    world.up(lambda program: body(program, "g"))
    outcome = world.up(lambda program: body(program, "h", Alias(name="g")))
    assert outcome.counts == {"same": 4}
    assert not violations(world.snapshot)


def test_a_run_that_fails_after_a_rename_leaves_no_dangling_reference() -> None:
    async def before(program: Program) -> None:
        group = await program.group("g")
        await program.thing("a", parent=group.state.urn)

    async def after(program: Program) -> None:
        await program.group("h", aliases=(Alias(name="g"),))
        await program.thing("bad", {"size": -1})

    world = World()
    world.up(before)
    assert not world.up(after).ok
    assert not violations(world.snapshot)
    assert world.names() == ["a"]


def test_an_alias_that_is_a_declared_resource_is_refused() -> None:
    async def body(program: Program) -> None:
        await program.thing("a")
        await program.thing("b", aliases=(Alias(name="a"),))

    world = World()
    world.up(things("a"))
    outcome = world.up(body)
    assert isinstance(outcome.failure, PlanError)
    assert "alias" in outcome.errors[0]


def test_a_child_takes_over_what_its_parent_says_of_protection_and_retention() -> None:
    async def body(program: Program) -> None:
        group = await program.group("g", protect=True, retain_on_delete=True)
        await program.thing("a", parent=group.state.urn)
        await program.thing("b", parent=group.state.urn, protect=False)

    world = World()
    world.up(body)
    assert world.state("a").protect
    assert world.state("a").retain_on_delete
    assert not world.state("b").protect


def test_a_group_hands_its_providers_on_to_everything_below() -> None:
    async def body(program: Program) -> None:
        reference = await program.provider("east", {"region": "east"})
        group = await program.group("g", providers={"pulumi-python": reference})
        inner = await program.group("i", parent=group.state.urn)
        await program.thing("a", parent=inner.state.urn)
        await program.thing("b")

    world = World(config={"proj:region": "x"})
    world.up(body)
    assert urns.parse(world.state("a").provider.rpartition("::")[0]).name == "east"
    assert urns.parse(world.state("b").provider.rpartition("::")[0]).name == "default"
    assert {"region": "east"} in world.providers
    assert {"proj:region": "x"} in world.providers


def test_a_resource_that_moves_to_another_provider_is_not_replaced() -> None:
    async def body(program: Program, name: str) -> None:
        reference = await program.provider(name, {"region": name})
        await program.thing("a", provider=reference)

    world = World()
    world.up(lambda program: body(program, "east"))
    outcome = world.up(lambda program: body(program, "west"))
    assert "replace" not in outcome.counts
    assert not violations(world.snapshot)


def test_a_changed_config_updates_the_default_provider_and_nothing_else() -> None:
    world = World(config={"proj:region": "x"})
    world.up(things("a"))
    provider = world.state("default")
    world.config = {"proj:region": "y", "proj:key": "s"}
    world.secret_keys = frozenset({"proj:key"})
    outcome = world.up(things("a"))
    assert outcome.counts == {"same": 2}
    assert world.state("default").id == provider.id
    assert world.state("default").outputs == {"proj:region": "y", "proj:key": Secret("s")}


def test_a_looked_up_object_is_external_and_never_deleted() -> None:
    async def body(program: Program) -> None:
        await program.read("g", "a-1")

    world = World()
    world.up(things("a"))
    kept = world.snapshot
    assert world.up(body).counts == {"same": 1, "delete": 1}
    assert world.state("g").external
    world.snapshot = replace(kept, resources=world.snapshot.resources)
    world.cloud.objects["a-1"] = {}
    assert world.up().counts == {"same": 1, "discard": 1}
    assert not calls(world, "delete")
    assert world.names() == []


def test_what_was_looked_up_and_is_now_declared_is_made_anew() -> None:
    async def body(program: Program) -> None:
        await program.read("a", "x-1")

    world = World()
    world.cloud.objects["x-1"] = {"size": 1}
    world.up(body)
    outcome = world.up(things("a"))
    assert outcome.counts["replace"] == 1
    assert "x-1" in world.cloud.objects
    assert world.names() == ["a"]


def test_secrets_stay_secret_in_what_a_provider_echoes() -> None:
    inputs = {"password": Secret("p4ss"), "deep": {"key": Secret("k3y"), "name": "n"}, "list": [Secret("l1st"), 1]}
    world = World()
    world.up(things("a", inputs=inputs, additional_secret_outputs=("arn",)))
    outputs = world.state("a").outputs
    assert outputs["password"] == Secret("p4ss")
    assert outputs["deep"] == {"key": Secret("k3y"), "name": "n"}
    assert outputs["list"] == Secret(["l1st", 1])
    assert isinstance(outputs["arn"], Secret)
    assert all(text not in repr(world.events) for text in ("p4ss", "k3y", "l1st"))


def test_ignored_changes_are_taken_back_before_the_provider_sees_them() -> None:
    world = World()
    world.up(things("a", inputs={"tags": [{"v": 1}, {"v": 2}], "size": 1}))
    options = {"ignore_changes": ("tags[*].v", "size")}
    outcome = world.up(things("a", inputs={"tags": [{"v": 8}, {"v": 9}], "size": 5}, **options))
    assert outcome.counts == {"same": 2}
    assert world.state("a").inputs["tags"] == [{"v": 1}, {"v": 2}]
    assert world.state("a").ignore_changes == options["ignore_changes"]


def test_a_preview_makes_nothing_and_leaves_what_it_cannot_know_unknown() -> None:
    seen = {}

    async def body(program: Program) -> None:
        first = await program.thing("a", {"size": 1})
        second = await program.thing("b", uses={"up": first})
        seen.update(id=first.state.id, inputs=second.state.inputs)

    world = World()
    outcome = world.preview(body)
    assert outcome.ok
    assert outcome.counts == {"create": 3}
    assert outcome.snapshot == Snapshot()
    assert not calls(world, "create")
    assert seen == {"id": "", "inputs": {"default": "x", "up": UNKNOWN}}


def test_a_preview_tells_what_an_up_then_does() -> None:
    async def body(program: Program) -> None:
        first = await program.thing("a", {"key": "2", "size": 2})
        await program.thing("b", uses={"up": first})
        await program.thing("new")

    async def former(program: Program) -> None:
        first = await program.thing("a", {"key": "1", "size": 1})
        await program.thing("b", uses={"up": first})
        await program.thing("gone")

    world = World()
    world.up(former)
    planned = world.preview(body)
    done = world.up(body)
    assert [(item.op, item.urn) for item in planned.reports] == [(item.op, item.urn) for item in done.reports]
    assert planned.counts == done.counts
    assert [change.text for change in done.reports[2].changes] == ["key", "size"]


def test_outputs_of_a_failed_program_are_added_to_the_old_ones() -> None:
    async def before(program: Program) -> None:
        await program.export(x=1, y=1)

    async def after(program: Program) -> None:
        await program.export(y=2)
        await program.thing("bad", {"size": -1})

    world = World()
    assert world.up(before).outputs == {"x": 1, "y": 1}
    assert world.up(after).outputs == {"x": 1, "y": 2}
    assert next(state for state in world.snapshot.resources if state.urn == ROOT).outputs == {"x": 1, "y": 2}


def test_a_group_keeps_its_old_outputs_until_it_gives_new_ones() -> None:
    async def body(program: Program, value: int) -> None:
        await program.group("g", {"value": value})

    world = World()
    world.up(lambda program: body(program, 1))
    world.up(lambda program: body(program, 2))
    group = next(state for state in world.snapshot.resources if state.type == COMPONENT)
    assert group.outputs == {"value": 2}


def test_operations_that_had_no_answer_are_told_of_and_creations_carried_on() -> None:
    world = World()
    world.up(things("a"))
    lost = replace(world.state("a"), urn=urn("lost"), id="")
    pending = (PendingOperation("creating", lost), PendingOperation("updating", world.state("a")))
    world.snapshot = replace(world.snapshot, pending=pending)
    outcome = world.up(things("a"))
    assert outcome.ok
    assert urn("lost") in outcome.warnings[0]
    assert world.snapshot.pending == (PendingOperation("creating", lost),)


@pytest.mark.parametrize(
    ("now", "is_kept"),
    [
        ({"key": "1", "size": 1}, False),
        ({"key": "1", "size": 2}, False),
        ({"key": "2", "size": 1}, True),
        ({"key": "2", "size": 1, "first": True}, False),
    ],
)
def test_a_creation_without_an_answer_is_settled_by_one_that_would_have_found_its_object(
    now: Properties, is_kept: bool
) -> None:
    """What is made under another name says nothing of the object that a killed run may have left."""
    world = World()
    world.up(things("a", inputs={"key": "1", "size": 1}))
    begun = PendingOperation("creating", replace(world.state("a"), id="", outputs={}))
    rest = tuple(state for state in world.snapshot.resources if state.urn != urn("a"))
    world.snapshot = Snapshot(rest, (begun,))
    assert world.preview(things("a", inputs=now)).ok
    outcome = world.up(things("a", inputs=now))
    assert outcome.ok
    assert world.snapshot.pending == ((begun,) if is_kept else ())
    assert ("--clear-pending-creates" in "\n".join(outcome.warnings)) is is_kept


def test_each_call_is_told_the_timeout_of_its_kind() -> None:
    world = World()
    timeouts = {"create": 60.0, "update": 5400.0, "delete": 30.0}
    for size in (1, 2):
        world.up(things("a", inputs={"size": size}, custom_timeouts=timeouts))
    world.destroy()
    assert world.cloud.timeouts == [("create", 60), ("update", 5400), ("delete", 30)]


@pytest.mark.parametrize("timeout", ["create", "update", "delete"])
def test_fields_of_a_newer_state_are_carried_along(timeout: str) -> None:
    world = World()
    world.up(things("a", custom_timeouts={timeout: 5}))
    strange = [replace(item, rest={"fromTheFuture": [1]}) for item in world.snapshot.resources]
    world.snapshot = Snapshot(tuple(strange))
    world.up(things("a", custom_timeouts={timeout: 6}))
    assert world.state("a").rest == {"fromTheFuture": [1]}
    assert world.state("a").custom_timeouts == {timeout: 6}
