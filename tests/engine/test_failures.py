"""What fails, what goes on, and what is remembered of it."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import Future

import pytest

from pulumi_dataarts.engine.ledger import Ledger
from pulumi_dataarts.errors import PlanError, ResourceFailed, StateError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.journal import Batch, Begin, End
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot
from tests.engine.world import TYPE, Program, World, things, urn


async def fan(program: Program) -> None:
    first = await program.thing("a", {"size": 1})
    await asyncio.gather(
        program.thing("b", {"size": 1}, uses={"up": first}),
        program.thing("c", {"size": 1}),
        return_exceptions=True,
    )


async def settled() -> None:
    """Let everything go as far as it can: nothing here waits for anything but the loop, and for what is held."""
    for _ in range(500):
        await asyncio.sleep(0)


def test_a_failed_create_lets_nothing_new_begin_and_deletes_nothing() -> None:
    world = World()
    world.up(things("old"))
    world.cloud.failing.add(("create", "a"))
    outcome = world.up(fan)
    assert isinstance(outcome.failure, ResourceFailed)
    assert world.names() == ["old"]
    assert not world.snapshot.pending


def test_what_runs_beside_a_failure_is_finished_and_recorded() -> None:
    async def body(program: Program) -> None:
        world.cloud.held["slow"] = asyncio.Event()
        slow = asyncio.ensure_future(program.thing("slow"))
        await settled()
        asyncio.get_running_loop().call_later(0.02, world.cloud.held["slow"].set)
        await program.thing("a")
        await slow

    world = World()
    world.cloud.failing.add(("create", "a"))
    outcome = world.up(body)
    assert not outcome.ok
    assert world.names() == ["slow"]


def begun(world: World) -> list[str]:
    entries = [entry for batch in world.batches for entry in batch]
    return [urns.parse(entry.pending.resource.urn).name for entry in entries if isinstance(entry, Begin)]


@pytest.mark.parametrize(("parallel", "called", "prepared"), [(1, "a", "a"), (2, "ab", "abc"), (3, "abc", "abcde")])
def test_what_is_prepared_but_not_called_when_the_run_ends_is_ended(parallel: int, called: str, prepared: str) -> None:
    """While some steps are with their providers, the next are written down; never more than that."""

    async def body(program: Program) -> None:
        world.cloud.held |= {name: asyncio.Event() for name in "abcdef"}
        declared = [asyncio.ensure_future(program.thing(name)) for name in "abcdef"]
        await settled()
        seen.append([call.removeprefix("create ") for call in world.cloud.calls if call.startswith("create ")])
        for held in world.cloud.held.values():
            held.set()
        await asyncio.gather(*declared, return_exceptions=True)

    seen: list[list[str]] = []
    world = World()
    world.cloud.failing.add(("held create", "a"))
    outcome = world.up(body, parallel=parallel)
    assert not outcome.ok
    assert seen == [list(called)]
    assert begun(world) == list(prepared)
    assert world.names() == list(called[1:])
    assert not world.snapshot.pending
    assert [report.name for report in outcome.reports if report.error] == ["a"]


def test_continuing_on_error_leaves_out_only_what_depends_on_it() -> None:
    world = World()
    world.up(things("old"))
    world.cloud.failing.add(("create", "a"))
    outcome = world.up(fan, continue_on_error=True)
    assert not outcome.ok
    assert world.names() == ["c"]
    assert "create b" not in world.cloud.calls


def test_the_program_is_told_that_a_resource_failed() -> None:
    told = []

    async def body(program: Program) -> None:
        told.append((await program.thing("a")).is_failed)
        told.append((await program.thing("b")).is_failed)

    world = World()
    world.cloud.failing.add(("create", "a"))
    world.up(body, continue_on_error=True)
    assert told == [True, False]


def test_a_failed_delete_stops_the_groups_after_it() -> None:
    async def body(program: Program) -> None:
        first = await program.thing("a")
        second = await program.thing("b", uses={"up": first})
        await program.thing("c", uses={"up": second})

    world = World()
    world.up(body)
    world.cloud.failing.add(("delete", "b"))
    assert not world.up().ok
    assert world.names() == ["a", "b"]
    assert "delete a" not in world.cloud.calls


def test_a_protected_resource_keeps_only_what_it_depends_on() -> None:
    async def body(program: Program) -> None:
        first = await program.thing("a")
        await program.thing("b", uses={"up": first}, protect=True)
        await program.thing("c")

    world = World()
    world.up(body)
    outcome = world.destroy()
    assert not outcome.ok
    assert world.names() == ["a", "b"]


def test_all_mistakes_of_a_check_are_told_and_nothing_is_made() -> None:
    world = World()
    outcome = world.up(things("a", inputs={"size": -1}))
    assert "size: may not be negative" in outcome.errors[0]
    assert not world.cloud.objects


def test_an_object_that_exists_but_is_not_ready_is_remembered_and_tried_again() -> None:
    world = World()
    world.cloud.unready["a"] = "no route"
    assert not world.up(things("a", inputs={"size": 1})).ok
    assert world.state("a").init_errors == ("no route",)
    assert world.state("a").id in world.cloud.objects
    world.cloud.unready.clear()
    assert world.up(things("a", inputs={"size": 1})).counts == {"same": 1, "update": 1}
    assert world.state("a").init_errors == ()


def test_an_update_that_was_not_finished_differs_again() -> None:
    world = World()
    world.up(things("a", inputs={"size": 1}))
    world.cloud.unready["a"] = "no route"
    world.up(things("a", inputs={"size": 2}))
    assert world.state("a").inputs["size"] == 1


def test_two_resources_of_one_name_are_refused() -> None:
    outcome = World().up(things("a", "a"))
    assert isinstance(outcome.failure, PlanError)
    assert f"{urn('a')} is declared twice" in outcome.errors[0]


def test_one_error_is_told_once_however_many_wait_for_it() -> None:
    async def body(program: Program) -> None:
        await asyncio.gather(program.thing("a"), program.thing("b"), return_exceptions=True)

    world = World(config={"pulumi:disable-default-providers": '["*"]'})
    outcome = world.up(body)
    assert all("pulumi-python" in text for text in outcome.errors)
    assert not outcome.ok


def test_a_write_that_fails_when_nobody_waits_for_it_is_no_noise() -> None:
    """Whoever ends the run hears of it; the event loop need not print a traceback besides."""

    class Full:
        def append(self, batch: Batch) -> Future[None]:
            failed: Future[None] = Future()
            failed.set_exception(StateError("the disk is full"))
            return failed

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
        ledger = Ledger(Snapshot(), Full())
        ledger.append([Begin(0, PendingOperation("creating", ResourceState(urn("a"), TYPE, custom=True)))])
        for _ in range(3):
            await asyncio.sleep(0)
        with pytest.raises(StateError):
            await ledger.flush()
        ledger.append([End(0)])
        for _ in range(3):
            await asyncio.sleep(0)
        del ledger
        gc.collect()

    noise: list[object] = []
    asyncio.run(scenario())
    assert noise == []
