"""What the engine and its journal cost per resource, as a ratio of processor time to a fixed piece of work.

The provider is in memory, so what is measured is ours: decisions, steps, events, journal, checkpoint. A try is set
against the reference just before and just after it, and of all tries the median counts: what else the machine does, and
how fast its processor is at the moment, moves that little.

    python -m pytest -n 0 -s tests/engine/test_cost.py      prints the ratios
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, median
from typing import Final

import pytest

from tests.engine.world import Cloud, things
from tests.reliability.durable import Durable

pytestmark = pytest.mark.xdist_group("cost")  # what is measured is measured once

FEW: Final = 40
MANY: Final = 4 * FEW
TRIES: Final = {FEW: 7, MANY: 3}
ALLOWED: Final = 1.8
"""Times what is recorded: a cost that doubles is above it, what a busy machine does is below."""
RECORDED: Final = {"up": 4.0, "preview": 1.2, "up-noop": 2.3, "refresh": 1.2, "destroy": 1.5}
"""Of `reference()`, per resource. Whoever makes a phase cheaper lowers its figure."""


def reference() -> None:
    """A piece of work of the engine's kind: dicts, strings, JSON."""
    document = {f"name-{number}": {"value": number, "list": [number] * 5} for number in range(20)}
    for _ in range(5):
        document = json.loads(json.dumps(document))


def cpu_s(work: Callable[[], object]) -> float:
    """Return the processor time that this process spends on it."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def reference_s() -> float:
    return min(cpu_s(reference) for _ in range(8))


def phases(folder: Path, count: int) -> dict[str, float]:
    """Run each operation on so many resources; return what one resource costs, in seconds."""
    world, program = Durable(folder, cloud=Cloud()), things(*(f"thing-{number}" for number in range(count)))
    took = {
        "up": cpu_s(lambda: world.up(program)),
        "preview": cpu_s(lambda: world.preview(program)),
        "up-noop": cpu_s(lambda: world.up(program)),
        "refresh": cpu_s(world.refresh),
        "destroy": cpu_s(world.destroy),
    }
    assert world.names() == []
    return {phase: seconds / count for phase, seconds in took.items()}


def ratios(folder: Path, count: int) -> dict[str, float]:
    """Return the cost of a resource in each phase, as a multiple of the reference."""
    tries = []
    for number in range(TRIES[count]):
        home = folder / f"{count}-{number}"
        home.mkdir()
        before_s = reference_s()
        took = phases(home, count)
        unit_s = mean((before_s, reference_s()))
        tries.append({phase: seconds / unit_s for phase, seconds in took.items()})
    return {phase: median(found[phase] for found in tries) for phase in RECORDED}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, dict[str, float]]]:
    """The ratios for few and for many resources; the collector is off, as what it costs depends on other tests."""
    gc.collect()
    gc.disable()
    try:
        yield {count: ratios(tmp_path_factory.mktemp("cost"), count) for count in (FEW, MANY)}
    finally:
        gc.enable()


@pytest.mark.parametrize("phase", RECORDED)
def test_no_phase_costs_much_more_than_recorded(measured: dict[int, dict[str, float]], phase: str) -> None:
    ratio = measured[FEW][phase]
    print(f"{phase}: {ratio:.2f} of the reference a resource, recorded {RECORDED[phase]:.2f}")
    assert ratio < ALLOWED * RECORDED[phase]


@pytest.mark.parametrize("phase", RECORDED)
def test_a_resource_costs_the_same_among_many(measured: dict[int, dict[str, float]], phase: str) -> None:
    few, many = measured[FEW][phase], measured[MANY][phase]
    print(f"{phase}: {few:.2f} among {FEW}, {many:.2f} among {MANY}")
    assert many < ALLOWED * few
