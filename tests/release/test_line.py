"""The orders pipeline from dev to staging to prod and back: three workspaces, three clusters, a review in prod.

Then a fault at each call of a promotion in turn, and a kill at each: whatever happens, the next command ends with one
of the two releases, whole.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.release.line import LEFT, Moment, Orders, orders_lake

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200), pytest.mark.xdist_group("line")]
STEP = int(os.environ.get("STEP", "1"))
"""Every call by default; `STEP=9` tries each ninth."""
LOOK_EVERY = 10
"""Every so many trials the whole environment is looked at by a preview, too."""
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
    assert any(key.endswith("cdm.Job-orders-full/job.json") for key in second.restore_point)

    staging.typed("rollback", "prod", "--restore-point", "2", "--yes")
    assert staging.forms("prod") == {True}, "the jobs as they were, though the release is the plain one"
    assert staging.pin("prod") == two.plain
    staging.typed("rollback", "prod", "--yes")
    staging.require_whole("prod", two.plain, edited=False)
    staging.typed("rollback", "prod", "--yes", "--to", two.edited)
    back = staging.require_whole("prod", two.edited, edited=True)
    assert back.kind == "rollback"
    assert "rollback 5 to release" in staging.typed("stack", "history", "--stack", "prod").out
    board = staging.typed("release", "board", "--refresh").out
    assert "prod" in board
    assert "0 behind" not in board


@dataclass(frozen=True)
class Crossing:
    """A promotion of staging from one release to the other, undisturbed: what is there before and after it."""

    orders: Orders
    two: Two
    before: Moment
    old: dict[str, Any]
    new: dict[str, Any]
    calls: Counter[str]

    @property
    def command(self) -> tuple[str, ...]:
        return (*PROMOTE, "--release", self.two.edited)

    @property
    def points(self) -> list[tuple[str, int]]:
        """Every call, as the endpoint it goes to, and how many of that endpoint come before."""
        return [(service, number) for service, count in sorted(self.calls.items()) for number in range(count)][::STEP]

    def judge(self, turn: int) -> str:
        """Let the next command come, every second time a rollback, and return how it ended.

        That is `old` or `new`, whole; anything else names what is of neither.
        """
        opened = self.orders.records.open_promotion("staging")
        if opened is not None:
            command = ("rollback", "staging", "--yes") if turn % 2 else self.command
            self.orders.typed(*command)
        found = self.orders.standing("staging")
        now = {name: value for name, value in found.items() if not name.startswith(LEFT)}
        assert len(found) - len(now) <= 1
        end = "new" if now["records"][0] == self.two.edited else "old"
        whole = self.new if end == "new" else self.old
        if torn := sorted(name for name in now.keys() | whole.keys() if now.get(name) != whole.get(name)):
            return f"{end}, but {', '.join(torn)} ({self.points[turn]})"
        if turn % LOOK_EVERY == 0:
            self.orders.typed("preview", "--stack", "staging", "--refresh", "--expect-no-changes")
        return end


@pytest.fixture(scope="module")
def crossing(staging: Orders, two: Two) -> Crossing:
    if staging.pin("staging") != two.plain:
        staging.typed(*PROMOTE, "--release", two.plain)
    before, old = staging.keep(), staging.standing("staging")
    asked = len(staging.cloud.requests())
    staging.typed(*PROMOTE, "--release", two.edited)
    calls = Counter(str(request.service) for request in staging.cloud.requests()[asked:])
    new = staging.standing("staging")
    assert old != new
    return Crossing(staging, two, before, old, new, calls)


FAULTS: dict[str, dict[str, Any]] = {
    "outage": {"kind": "status", "status": 403, "times": -1},
    "refused": {"kind": "status", "status": 403, "times": 1},
    "lost": {"kind": "drop-after-commit", "times": 1},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_at_any_call_ends_in_one_of_the_two_releases(crossing: Crossing, fault: dict[str, Any]) -> None:
    orders, stages, ends = crossing.orders, Counter[str](), Counter[str]()
    for turn, (service, number) in enumerate(crossing.points):
        orders.put_back(crossing.before)
        orders.cloud.fault(**fault, service=service, skip=number)
        code = orders.code_of(*crossing.command)
        orders.cloud._cloud.faults.clear()
        opened = orders.records.open_promotion("staging")
        stages[f"stopped when {opened.stage}" if opened else "done" if code == 0 else "refused"] += 1
        ends[crossing.judge(turn)] += 1
    print(f"\n{crossing.calls.total()} calls, {ends.total()} faults: {dict(stages)}; ends: {dict(ends)}")
    assert ends.keys() <= {"old", "new"}


def test_a_kill_at_any_call_ends_in_one_of_the_two_releases(crossing: Crossing) -> None:
    orders, stages, ends = crossing.orders, Counter[str](), Counter[str]()
    for turn, (service, number) in enumerate(crossing.points):
        orders.put_back(crossing.before)
        is_killed = orders.kill(*crossing.command, service=service, number=number)
        opened = orders.records.open_promotion("staging")
        stages[f"killed when {opened.stage}" if opened else "killed before" if is_killed else "ended before"] += 1
        ends[crossing.judge(turn)] += 1
    print(f"\n{crossing.calls.total()} calls, {ends.total()} kills: {dict(stages)}; ends: {dict(ends)}")
    assert ends.keys() <= {"old", "new"}
