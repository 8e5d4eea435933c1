"""Any program, any failure, any moment: what must hold of the state whatever happens.

Programs are drawn with their dependencies, options and edits; providers fail as they are told. After each run, and at
every moment of its journal at which it could have been killed, the state must be one that the next run can start from.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_dataarts.engine.declarations import Registered
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.snapshots import Snapshot
from tests.engine.world import TYPE, Body, Program, World

NAMES = ("a", "b", "c", "d", "e")


@dataclass(frozen=True)
class Declared:
    """One declaration of a drawn program; what it names is declared before it."""

    name: str
    inputs: dict[str, Any]
    uses: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)


@st.composite
def declarations(draw: st.DrawFn, name: str, earlier: list[str]) -> Declared:
    uses = (
        draw(st.dictionaries(st.sampled_from(["key", "up"]), st.sampled_from(earlier), max_size=1)) if earlier else {}
    )
    inputs = {"size": draw(st.integers(0, 1)), "first": draw(st.booleans())}
    if "key" not in uses:
        inputs["key"] = draw(st.integers(0, 1))
    named = {}
    if earlier:
        kinds = st.sampled_from(["parent", "deleted_with", "replace_with", "dependencies"])
        named = draw(st.dictionaries(kinds, st.sampled_from(earlier), max_size=2))
    options = {"retain_on_delete": True} if draw(st.integers(0, 5)) == 0 else {}
    return Declared(name, inputs, uses, options, named)


@st.composite
def programs(draw: st.DrawFn) -> list[Declared]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    return [draw(declarations(name, names[:number])) for number, name in enumerate(names)]


def body_of(program: list[Declared]) -> Body:
    """Return a program that declares everything at once, each thing as soon as what it names is there."""

    async def body(declaring: Program) -> None:
        tasks: dict[str, asyncio.Future[Registered]] = {}

        async def declare(item: Declared) -> Registered:
            urns = {kind: (await tasks[name]).state.urn for kind, name in item.named.items()}
            lists = {kind: (urns.pop(kind),) for kind in ("replace_with", "dependencies") if kind in urns}
            uses = {key: await tasks[name] for key, name in item.uses.items()}
            return await declaring.thing(item.name, item.inputs, uses=uses, **item.options, **urns, **lists)

        for item in program:
            tasks[item.name] = asyncio.ensure_future(declare(item))
        for result in await asyncio.gather(*tasks.values(), return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    return body


failures = st.sets(
    st.tuples(st.sampled_from(["create", "update", "delete", "read"]), st.sampled_from(NAMES)), max_size=2
)
operations = st.sampled_from(["up", "up", "up", "preview", "refresh", "destroy"])
edits = st.tuples(operations, programs(), failures, st.booleans(), st.sampled_from([1, 4]))


def require_sound(world: World, base: Snapshot) -> None:
    assert not violations(world.snapshot)
    for moment in world.moments(base):
        assert not violations(moment)


@given(st.lists(edits, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_run_leaves_a_sound_state_whatever_fails_and_whenever_it_is_killed(steps: list[Any]) -> None:
    world = World()
    for operation, program, failing, goes_on, parallel in steps:
        world.cloud.failing = failing
        base = world.snapshot
        options = {"continue_on_error": goes_on, "parallel": parallel}
        if operation in ("up", "preview"):
            getattr(world, operation)(body_of(program), **options)
        else:
            getattr(world, operation)(**options)
        require_sound(world, base)


@given(programs(), programs(), failures)
@settings(max_examples=40, deadline=None)
def test_the_next_run_finishes_what_a_failed_one_began(
    first: list[Declared], second: list[Declared], failing: set[tuple[str, str]]
) -> None:
    world = World()
    world.up(body_of(first))
    world.cloud.failing = failing
    world.up(body_of(second))
    world.cloud.failing = set()
    assert world.up(body_of(second)).ok
    settled = world.up(body_of(second))
    assert set(settled.counts) == {"same"}
    assert sorted(world.names()) == sorted(item.name for item in second)
    assert {state.id for state in world.snapshot.resources if state.type == TYPE} <= set(world.cloud.objects)


@given(programs(), programs())
@settings(max_examples=40, deadline=None)
def test_an_up_does_nothing_that_the_preview_did_not_tell(first: list[Declared], second: list[Declared]) -> None:
    """What depends on a changed resource is previewed as changed too, and may turn out to be the same."""
    world = World()
    world.up(body_of(first))
    planned = {(item.op, item.urn) for item in world.preview(body_of(second)).reports}
    for item in world.up(body_of(second)).reports:
        milder = {"same": ("update", "create-replacement"), "update": ("create-replacement",)}.get(item.op, ())
        assert planned & {(op, item.urn) for op in (item.op, *milder)}


@given(programs(), st.data())
@settings(max_examples=40, deadline=None)
def test_a_run_that_was_killed_is_continued_by_the_next(program: list[Declared], data: st.DataObject) -> None:
    world = World()
    world.up(body_of(program))
    moments = world.moments(Snapshot())
    world.snapshot = data.draw(st.sampled_from(moments))
    assert world.up(body_of(program)).ok
    assert sorted(world.names()) == sorted(item.name for item in program)
    assert world.destroy().ok
    assert world.snapshot.resources == ()


@given(programs())
@settings(max_examples=40, deadline=None)
def test_a_destroy_leaves_nothing_but_what_is_retained(program: list[Declared]) -> None:
    world = World()
    world.up(body_of(program))
    spared = {state.id for state in world.snapshot.resources if state.retain_on_delete or state.deleted_with}
    assert world.destroy().ok
    assert world.snapshot.resources == ()
    assert world.cloud.objects.keys() <= spared
