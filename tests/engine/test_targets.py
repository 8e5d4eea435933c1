"""Targets, excludes and what they draw in."""

from __future__ import annotations

import pytest

from pulumi_dataarts.engine.targets import Urns
from pulumi_dataarts.model.integrity import violations
from tests.engine.world import Program, World, things, urn


async def pair(program: Program, size: int) -> None:
    first = await program.thing("a", {"size": size})
    await program.thing("b", {"size": size}, uses={"up": first})
    await program.thing("c", {"size": size})


def updated(world: World) -> list[str]:
    return sorted(call.split()[1] for call in world.cloud.calls if call.startswith("update"))


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (urn("a"), True),
        ("urn:pulumi:dev::proj::*::a", False),
        ("urn:pulumi:dev::proj::**::a", True),
        ("**", True),
        ("urn:pulumi:dev::proj::pulumi-python:dynamic/*:Thing::a", True),
        (urn("*"), True),
        (urn("b*"), False),
    ],
)
def test_a_star_stays_within_a_part_and_two_stars_do_not(pattern: str, matches: bool) -> None:
    assert (urn("a") in Urns([pattern])) is matches


def test_only_targets_are_changed() -> None:
    world = World()
    world.up(lambda program: pair(program, 1))
    outcome = world.up(lambda program: pair(program, 2), targets=(urn("a"),))
    assert outcome.ok
    assert updated(world) == ["a"]
    assert world.state("b").inputs["size"] == 1
    assert world.cloud.calls.count("check b") == 0


def test_dependents_of_targets_come_along_when_asked_for() -> None:
    world = World()
    world.up(lambda program: pair(program, 1))
    world.up(lambda program: pair(program, 2), targets=(urn("a"),), target_dependents=True)
    assert updated(world) == ["a", "b"]


def test_excludes_are_left_alone() -> None:
    world = World()
    world.up(lambda program: pair(program, 1))
    world.up(lambda program: pair(program, 2), excludes=(urn("a"),))
    assert updated(world) == ["b", "c"]


def test_a_new_resource_outside_the_targets_is_not_made_nor_remembered() -> None:
    world = World()
    world.up(things("a"))
    outcome = world.up(things("a", "new"), targets=(urn("a"),))
    assert outcome.ok
    assert world.names() == ["a"]


def test_a_target_that_depends_on_a_new_untargeted_resource_is_refused() -> None:
    world = World()
    outcome = world.up(lambda program: pair(program, 1), targets=(urn("b"),))
    assert not outcome.ok
    assert urn("a") in outcome.errors[0]
    assert not world.cloud.objects


def test_what_left_the_program_is_kept_when_it_is_no_target() -> None:
    world = World()
    world.up(lambda program: pair(program, 1))
    world.up(things("c"), targets=(urn("c"),))
    assert sorted(world.names()) == ["a", "b", "c"]
    assert not violations(world.snapshot)


def test_an_untargeted_resource_keeps_dependencies_that_left_the_program() -> None:
    async def after(program: Program) -> None:
        await program.thing("b", {"size": 1})
        await program.thing("c", {"size": 2})

    world = World()
    world.up(lambda program: pair(program, 1))
    outcome = world.up(after, targets=(urn("c"),))
    assert outcome.ok
    assert not violations(world.snapshot)
    assert all(not violations(moment) for moment in world.moments(world.snapshot)[-1:])
    assert sorted(world.names()) == ["a", "b", "c"]


def test_destroying_a_target_with_dependents_is_refused_unless_they_go_too() -> None:
    world = World()
    world.up(lambda program: pair(program, 1))
    refused = world.destroy(targets=(urn("a"),))
    assert not refused.ok
    assert len(world.cloud.objects) == 3
    assert world.destroy(targets=(urn("a"),), target_dependents=True).ok
    assert world.names() == ["c"]


def test_a_destroy_keeps_what_the_excluded_depend_on() -> None:
    world = World()
    world.up(lambda program: pair(program, 1))
    assert world.destroy(excludes=(urn("b"),)).ok
    assert sorted(world.names()) == ["a", "b"]
    assert not violations(world.snapshot)


@pytest.mark.parametrize("kind", ["targets", "replaces"])
def test_an_unknown_urn_is_an_error(kind: str) -> None:
    world = World()
    world.up(things("a"))
    outcome = world.up(things("a"), **{kind: (urn("nobody"),)})
    assert not outcome.ok
    assert "nobody" in outcome.errors[0]
