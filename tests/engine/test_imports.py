"""`ResourceOptions(import_=…)`: an object that exists becomes the program's, changed only where it is declared so."""

from __future__ import annotations

import pytest

from pulumi_dataarts.errors import PlanError, ResourceFailed
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.values import Secret
from tests.engine.projects import Project
from tests.engine.world import Program, World, things


def imported(**inputs: object):
    return things("a", inputs=inputs, import_id="x-1")


def standing(**properties: object) -> World:
    world = World()
    world.cloud.objects["x-1"] = {"default": "x", **properties}
    return world


def test_an_object_as_declared_is_taken_over_and_left_alone() -> None:
    world = standing(size=1)
    outcome = world.up(imported(size=1))
    assert outcome.ok, outcome.errors
    assert outcome.counts == {"create": 1, "import": 1}
    assert world.cloud.calls == ["read a", "check a", "diff a"]
    assert (world.state("a").id, world.state("a").import_id) == ("x-1", "x-1")
    assert world.state("a").outputs["size"] == 1
    assert world.up(imported(size=1)).counts == {"same": 2}
    assert world.up(things("a", inputs={"size": 1})).counts == {"same": 2}, "the option may go then"


def test_where_it_differs_it_is_changed_to_what_is_declared() -> None:
    world = standing(size=1)
    outcome = world.up(imported(size=2))
    assert outcome.ok, outcome.errors
    assert outcome.counts == {"create": 1, "import": 1, "update": 1}
    assert world.cloud.objects == {"x-1": {"default": "x", "size": 2}}
    assert world.names() == ["a"]


def test_a_preview_tells_the_same_and_changes_nothing() -> None:
    world = standing(size=1)
    planned = world.preview(imported(size=2))
    assert planned.counts == {"create": 1, "import": 1, "update": 1}
    assert world.snapshot.resources == ()
    assert world.cloud.objects["x-1"]["size"] == 1


def test_what_would_be_replaced_is_not_imported() -> None:
    world = standing(key="1")
    outcome = world.up(imported(key="2"))
    assert isinstance(outcome.failure, PlanError)
    assert "import_" in str(outcome.failure)
    assert "x-1" in world.cloud.objects


def test_an_object_that_is_not_there_is_an_error() -> None:
    world = World()
    outcome = world.up(imported(size=1))
    assert isinstance(outcome.failure, ResourceFailed)
    assert "no object with the id 'x-1'" in str(outcome.failure)
    assert world.names() == []
    assert not world.snapshot.pending


def test_another_object_takes_the_place_of_the_one_before() -> None:
    world = World()
    world.up(things("a", inputs={"size": 1}))
    world.cloud.objects["x-1"] = {"default": "x", "size": 1}
    outcome = world.up(imported(size=1))
    assert outcome.ok, outcome.errors
    assert outcome.counts == {"same": 1, "replace": 1}
    assert list(world.cloud.objects) == ["x-1"]
    assert all(not violations(moment) for moment in world.moments(world.snapshot))


@pytest.mark.parametrize("id", ["a-1", "x-1"])
def test_what_was_deleted_and_not_made_anew_gives_way_to_what_is_imported(id: str) -> None:
    """Its own id, too: somebody made another object of that name meanwhile."""
    world = World()
    world.up(things("a", inputs={"key": "1", "first": True}))
    world.cloud.failing = {("create", "a")}
    assert not world.up(things("a", inputs={"key": "2", "first": True})).ok
    assert world.state("a").pending_replacement
    world.cloud.failing = set()
    world.cloud.objects[id] = {"default": "x", "key": "3", "first": True}
    outcome = world.up(things("a", inputs={"key": "3", "first": True}, import_id=id))
    assert outcome.ok, outcome.errors
    assert (world.names(), world.state("a").id, list(world.cloud.objects)) == (["a"], id, [id])
    assert "delete a" not in world.cloud.calls
    assert all(not violations(moment) for moment in world.moments(world.snapshot))


def test_dependents_and_secrets_follow_what_was_imported() -> None:
    async def body(program: Program) -> None:
        first = await program.thing("a", {"size": 1, "key": Secret("k")}, import_id="x-1")
        await program.thing("b", uses={"up": first})

    world = standing(size=1, key="k", arn="arn:x-1")
    assert world.up(body).ok
    assert world.state("b").inputs["up"] == "arn:x-1"
    assert world.state("a").inputs["key"] == Secret("k")
    assert world.state("a").outputs["key"] == Secret("k")


def test_a_dynamic_provider_is_asked_by_the_id_alone(project: Project) -> None:
    (project.cloud / "x-1").write_text('{"name": "a", "size": 1}')
    outcome = project.up("Thing('a', size=2, opts=pulumi.ResourceOptions(import_='x-1'))")
    assert outcome.ok, project.texts()
    assert outcome.counts == {"create": 1, "import": 1, "update": 1}
    assert (project.state("a").id, project.state("a").outputs["size"]) == ("x-1", 2)
    assert project.run("destroy").ok
    assert not (project.cloud / "x-1").exists()


def test_a_provider_that_reads_without_inputs_says_that_it_cannot(project: Project) -> None:
    (project.cloud / "x-1").write_text("")
    outcome = project.up("Thing('a', opts=pulumi.ResourceOptions(import_='x-1'))")
    assert "cannot be imported from" in project.texts()[0]
    assert not outcome.ok
