"""A run is killed at every durable step and around every provider call; then a preview, an up and a preview follow.

Nothing may be unreadable, lost, made twice or blocked, and the last preview is empty. The fast tests try a spread of
steps; `make slow` tries all, and kills the run after that as well.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.world import Body, Program
from tests.reliability.crashing import Points, survive
from tests.reliability.durable import Durable, FolderCloud, ids_in, pending_names
from tests.reliability.replays import SEED, replayed

ONLY = int(os.environ.get("CRASH_AT", "0"))
STEPS_MAX = 5000
RECOVERY_STEPS = 60


def declaring(size: int, key: int = 0, number: int = 40) -> Body:
    """Return a program of things in fours, each four declared at once and using one of the four before."""

    async def body(program: Program) -> None:
        earlier = None
        for start in range(0, number, 4):
            uses = {"up": earlier} if earlier else {}
            names = [f"t{place:02}" for place in range(start, min(start + 4, number))]
            inputs = {"size": size, "key": key}
            made = await asyncio.gather(*(program.thing(name, inputs, uses=uses) for name in names))
            earlier = made[0]

    return body


@dataclass(frozen=True)
class Scenario:
    """What stands before, what is killed, and how many things stand when it was done at last."""

    before: Body | None
    run: Callable[[Durable], object]
    preview: Callable[[Durable], set[str]]
    left: int


def _ops(world: Durable, body: Body | None) -> set[str]:
    return set((world.preview(body) if body else world.destroy(dry_run=True)).counts)


def _up(before: Body | None, after: Body, left: int) -> Scenario:
    return Scenario(before, lambda world: world.up(after), lambda world: _ops(world, after), left)


SCENARIOS = {
    "few": _up(None, declaring(1, number=4), 4),
    "create": _up(None, declaring(1), 40),
    "update": _up(declaring(1, number=20), declaring(2, number=20), 20),
    "replace": _up(declaring(1, 1, number=10), declaring(1, 2, number=10), 10),
    "shrink": _up(declaring(1, number=20), declaring(1, number=8), 8),
    "destroy": Scenario(declaring(1, number=20), lambda w: w.destroy(), lambda w: _ops(w, None) - {"same"}, 0),
    "refresh": Scenario(declaring(1, number=20), lambda w: w.refresh(), lambda w: _ops(w, declaring(1, number=20)), 20),
}


def prepared(folder: Path, scenario: Scenario) -> Path:
    base = folder / "base"
    base.mkdir()
    world = Durable(base)
    if scenario.before:
        assert world.up(scenario.before).ok
    return base


def crashed(folder: Path, scenario: Scenario, fatal: int) -> bool:
    """Kill the scenario's run at a step; say whether it came that far."""

    def body(points: Points) -> None:
        world = Durable(folder, cloud=FolderCloud(folder / "cloud", points.reach))
        points.reached = 0
        scenario.run(world)

    return not survive(body, Points(fatal))


def require_recovery(folder: Path, scenario: Scenario) -> None:
    """Preview, run, preview: whatever the crash left, nothing is lost, repeated or blocked."""
    world = Durable(folder)
    state = world.load()
    known = set(ids_in(state)) | {id for id in world.there if id.partition(".")[0] in pending_names(state)}
    assert set(world.there) <= known, f"lost: {set(world.there) - known}"
    scenario.preview(world)
    assert scenario.run(world).ok
    assert ids_in(world.load()) == sorted(world.there), "what the state has is what there is"
    assert len(world.there) == scenario.left, "nothing was made twice"
    assert scenario.preview(world) <= {"same"}, "and nothing is left to do"
    assert world.load().pending == (), "no operation is without an answer"


def fatal_steps(stride: int, first: int) -> Iterator[int]:
    return iter([ONLY]) if ONLY else iter(range(first, STEPS_MAX, stride))


def crashed_again(name: str, folder: Path, fatal: int) -> bool:
    """Kill the run that goes on from a crash, at a step that follows from where the first one was."""
    return crashed(folder, SCENARIOS[name], random.Random(f"{name} {fatal}").randrange(1, RECOVERY_STEPS))


def tried(name: str, folder: Path, stride: int, *, first: int = 1, again: bool = False) -> list[bool]:
    """Return, for each step at which the run was killed, whether the run after it was killed as well."""
    scenario = SCENARIOS[name]
    base = prepared(folder, scenario)
    seconds = []
    for fatal in fatal_steps(stride, first):
        copy = folder / "copy"
        shutil.copytree(base, copy)
        if not crashed(copy, scenario, fatal):
            shutil.rmtree(copy)
            break
        seconds.append(again and crashed_again(name, copy, fatal))
        with replayed(__file__, f"{_test(again)}[{name}]", CRASH_AT=fatal):
            require_recovery(copy, scenario)
        shutil.rmtree(copy)
    return seconds


def _test(again: bool) -> str:
    more = "_and_killed_again" if again else ""
    return f"test_a_run_killed_at_every_step{more}_is_continued"


# A twentieth of all steps; the strides have no common factor with what a resource takes. They begin anywhere.
@pytest.mark.parametrize(("name", "stride"), [("create", 61), ("replace", 29), ("destroy", 31)])
def test_a_run_killed_at_a_spread_of_steps_is_continued(name: str, stride: int, tmp_path: Path) -> None:
    assert len(tried(name, tmp_path, stride, first=1 + SEED % stride)) >= (1 if ONLY else 3)


def test_a_run_killed_at_a_spread_of_steps_and_killed_again_is_continued(tmp_path: Path) -> None:
    assert ONLY or any(tried("few", tmp_path, 19, first=1 + SEED % 19, again=True))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_at_every_step_is_continued(name: str, tmp_path: Path) -> None:
    count = len(tried(name, tmp_path, 1))
    print(f"{name}: killed at each of {count} steps")
    assert count >= (1 if ONLY else 20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_at_every_step_and_killed_again_is_continued(name: str, tmp_path: Path) -> None:
    seconds = tried(name, tmp_path, 3, again=True)
    print(f"{name}: killed at {len(seconds)} steps, and {sum(seconds)} times again")
    assert ONLY or sum(seconds) >= len(seconds) / 2 >= 3
