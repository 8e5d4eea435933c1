"""The orders pipeline from dev to staging to prod and back: three workspaces, three clusters, a review in prod.

Then a fault at each call of a promotion in turn, and a kill at each: whatever happens, the next command ends with one
of the two releases, whole.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cli.commands import OURS
from tests.release.line import Orders, orders_lake

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200), pytest.mark.xdist_group("line")]
STEP = int(os.environ.get("STEP", "1"))
"""Every call by default; `STEP=9` tries each ninth."""
PROMOTE = ("promote", "dev", "staging", "--yes", "--allow", "source-release", "--allow", "verifications")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:
    with orders_lake(tmp_path_factory.mktemp("line")) as running:
        yield running


@dataclass(frozen=True)
class Two:
    """Two releases that differ in a CDM job and in a script; the second is the edited one."""

    plain: str
    edited: str

    def digest(self, *, edited: bool) -> str:
        return self.edited if edited else self.plain


@pytest.fixture(scope="module")
def two(orders: Orders) -> Two:
    plain = orders.release("the first", edited=False)
    return Two(plain, orders.release("counts ones", edited=True))


@pytest.fixture(scope="module")
def staging(orders: Orders, two: Two) -> Orders:
    """Staging runs the first release; dev runs the second."""
    orders.typed(*PROMOTE, "--release", two.plain)
    orders.require_whole("staging", two.plain, edited=False)
    return orders


def test_from_dev_to_prod_and_back(staging: Orders, two: Two) -> None:
    staging.typed("verify", "--stack", "dev")
    staging.typed("promote", "dev", "staging", "--yes")
    staging.require_whole("staging", two.edited, edited=True)
    refused = staging.typed("promote", "staging", "prod", "--yes", code=5)
    assert "approvals: 0 of 1: nobody" in refused.err
    assert staging.pin("prod") == ""
    staging.typed("release", "approve", "@staging", "--env", "prod", "--as", "ana")
    staging.typed("promote", "staging", "prod", "--yes")
    first = staging.require_whole("prod", two.edited, edited=True)
    assert first.source == "staging"
    assert all(verdict.passed for verdict in first.gates)
    assert all(trial.passed for trial in first.trials)

    staging.typed(*PROMOTE, "--release", two.plain)
    staging.typed("promote", "staging", "prod", "--yes", "--allow", "approvals")
    second = staging.require_whole("prod", two.plain, edited=False)
    assert [verdict.gate for verdict in second.gates if verdict.allowed] == ["approvals"]
    assert any(key.endswith("orders_daily.zip") for key in second.restore_point)
    assert any("orders_full.json" in key for key in second.restore_point)

    staging.typed("rollback", "prod", "--yes")
    back = staging.require_whole("prod", two.edited, edited=True)
    assert back.kind == "rollback"
    assert "rollback 3 to release" in staging.typed("stack", "history", "--stack", "prod").out
    board = staging.typed("release", "board", "--refresh").out
    assert "prod" in board
    assert "0 behind" not in board


def calls_of_a_promotion(orders: Orders, release: str) -> Counter[str]:
    """Return how many calls a promotion makes of each endpoint, `api` and `obs`."""
    before = len(orders.cloud.requests())
    orders.typed(*PROMOTE, "--release", release)
    return Counter(str(request.service) for request in orders.cloud.requests()[before:])


FAULTS = {
    "outage": {"kind": "status", "status": 403, "times": -1},
    "lost": {"kind": "drop-after-commit", "times": 1},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_at_any_call_ends_in_one_of_the_two_releases(
    staging: Orders, two: Two, fault: dict[str, object]
) -> None:
    edited = staging.pin("staging") == two.edited
    calls = calls_of_a_promotion(staging, two.digest(edited=not edited))
    edited = not edited
    ends: dict[str, int] = {}
    points = [(service, number) for service, count in sorted(calls.items()) for number in range(count)]
    for turn, (service, number) in enumerate(points[::STEP]):
        goal = two.digest(edited=not edited)
        staging.cloud.fault(**fault, service=service, skip=number)  # type: ignore[arg-type]
        done = try_promotion(staging, goal)
        staging.cloud._cloud.faults.clear()
        opened = staging.records.open_promotion("staging")
        end = "done" if done == 0 else "refused before anything was done" if opened is None else opened.stage
        ends[end] = ends.get(end, 0) + 1
        if opened is not None and turn % 2:
            staging.typed("rollback", "staging", "--yes")
        elif done:
            staging.typed(*PROMOTE, "--release", goal)
        edited = staging.pin("staging") == two.edited
        staging.require_whole("staging", two.digest(edited=edited), edited=edited)
    print(f"{len(points)} calls, {sum(ends.values())} faults: {ends}")


def try_promotion(orders: Orders, release: str) -> int:
    from contextlib import chdir, redirect_stderr, redirect_stdout
    from io import StringIO
    from unittest.mock import patch

    from pulumi_dataarts.cli.__main__ import main

    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {**clean, "PULUMI_HOME": str(orders.folder.path / ".home"), **orders.folder.environment}
    with (
        patch.dict(os.environ, environment, clear=True),
        chdir(orders.folder.path),
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()),
    ):
        return main([*PROMOTE, "--release", release])


def test_a_kill_at_any_call_ends_in_one_of_the_two_releases(staging: Orders, two: Two) -> None:
    edited = staging.pin("staging") == two.edited
    count = calls_of_a_promotion(staging, two.digest(edited=not edited)).total()
    edited = not edited
    stages: dict[str, int] = {}
    for number in range(1, count, STEP):
        goal = two.digest(edited=not edited)
        kill(staging, goal, number)
        opened = staging.records.open_promotion("staging")
        stage = opened.stage if opened else "nothing open"
        stages[stage] = stages.get(stage, 0) + 1
        if opened is not None and number // STEP % 2:
            staging.typed("rollback", "staging", "--yes")
        elif opened is not None or staging.pin("staging") != goal:
            staging.typed(*PROMOTE, "--release", goal)
        edited = staging.pin("staging") == two.edited
        staging.require_whole("staging", two.digest(edited=edited), edited=edited)
    print(f"{count} calls, {sum(stages.values())} kills: {stages}")


def kill(orders: Orders, release: str, number: int) -> None:
    """Start a promotion, and kill it and its children when it has made so many calls."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    before = len(orders.cloud.requests())
    with subprocess.Popen(
        [sys.executable, "-m", "pulumi_dataarts.cli", *PROMOTE, "--release", release],
        cwd=orders.folder.path,
        env={**clean, "PULUMI_HOME": str(orders.folder.path / ".home"), **orders.folder.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        while process.poll() is None and len(orders.cloud.requests()) - before < number:
            time.sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
