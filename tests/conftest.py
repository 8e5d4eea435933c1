"""What every room's tests may use: an embedded cloud on real sockets."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.forks import REAL, quick_python
from tests.once import KEYS, remember

STAND_IN = "TESTS_PYTHON"

# A machine that is busy with something else is no failure: nothing here is judged by the clock.
settings.register_profile("ours", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("ours"), max_examples=400)
settings.load_profile("ours")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.testing import RunningCloud


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-update", action="store_true", help="Write the golden files anew; look at the difference."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start what processes are forked from, once for all workers."""
    if STAND_IN not in os.environ and not config.option.collectonly:
        once = ExitStack()
        config.add_cleanup(once.close)
        folder = Path(once.enter_context(TemporaryDirectory(prefix="dataarts-tests-")))
        os.environ[KEYS] = str(folder)
        os.environ[STAND_IN] = once.enter_context(quick_python(folder))
        once.callback(os.environ.pop, STAND_IN)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is there before the first test stays: the garbage collector need not look at it again and again."""
    if hasattr(session.config, "workerinput"):
        grouped = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group")]
        assert all("@" in name for name in grouped), "pytest-xdist does not keep together what belongs together"
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def python() -> Iterator[str]:
    """Processes that tests start as `sys.executable` are forked with everything imported, where that is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", os.environ[STAND_IN])
        remember()
        yield os.environ[STAND_IN]


@pytest.fixture
def fresh_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that kill or interrupt: each process is one of its own from the start."""
    monkeypatch.setattr(sys, "executable", REAL)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud in this process, one for each worker: `.api`, `.obs`, `.reset()`, `.fault(…)`, `.advance(…)`.

    It is shared: a test that minds what others left calls `cloud.reset()` first.
    """
    from pulumi_dataarts.simulator.testing import running_cloud

    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running
