"""A promotion cut off anywhere is continued or taken back by the next command: every point is tried.

The environment is a value here, and the second half of an up may be missing. The points are before and after each write
to the store and each thing done to the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from pulumi_dataarts.backend.blobs import Listed, LocalBlobs
from pulumi_dataarts.errors import ConfigError, LockHeld, PlanError, ResourceFailed
from pulumi_dataarts.release import promotion
from pulumi_dataarts.release.records import BoundConfig, Promotion, Records
from pulumi_dataarts.release.trials import Trial

R1, R2, R3 = "1" * 64, "2" * 64, "3" * 64
SMALL, LARGE = BoundConfig(values={"queue": "small"}), BoundConfig(values={"queue": "large"})


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Points:
    """Counts what can come in between, and lets the process end, or a call fail, at one of them."""

    fatal: int = 0
    error: Callable[[], BaseException] = Killed
    reached: int = 0

    def reach(self) -> None:
        self.reached += 1
        if self.reached == self.fatal:
            raise self.error()


class Blobs:
    """A store in memory that outlives processes; its writes are points."""

    url, folder = "memory:", None

    def __init__(self, kept: dict[str, bytes], points: Points) -> None:
        self.kept, self.points = kept, points

    def read(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def write(self, key: str, data: bytes) -> None:
        self.points.reach()
        self.kept[key] = data
        self.points.reach()

    def find(self, prefix: str) -> list[Listed]:
        return [Listed(key, 0.0) for key in sorted(self.kept) if key.startswith(prefix)]


@dataclass
class World:
    """What outlives a process: config, the two halves of the environment, and the exports that were made."""

    pinned: str = R1
    bound: str = "small"
    halves: list[str] = field(default_factory=lambda: [R1, R1])
    good: bool = True


@dataclass
class Environment:
    """Acts on the world, and may be cut off."""

    world: World
    points: Points

    def export(self, _promotion: Promotion) -> Mapping[str, bytes]:
        self.points.reach()
        return {"jobs.json": f"{self.world.halves}".encode()}

    def pin(self, promotion: Promotion) -> None:
        self.points.reach()
        self.world.pinned, self.world.bound = promotion.release, promotion.bindings.values["queue"]
        self.points.reach()

    def bindings(self) -> BoundConfig:
        return BoundConfig(values={"queue": self.world.bound})

    def up(self, _promotion: Promotion) -> None:
        self.points.reach()
        self.world.halves[0] = self.world.pinned
        self.points.reach()
        self.world.halves[1] = self.world.pinned
        self.points.reach()

    def verify(self) -> list[Trial]:
        self.points.reach()
        return [Trial(name="it", kind="cdm", passed=self.world.good, said="", seconds=0)]


@dataclass
class Desk:
    """Where commands are typed, each in a process of its own."""

    kept: dict[str, bytes] = field(default_factory=dict)
    world: World = field(default_factory=World)

    def line(self, points: Points) -> promotion.Line:
        return promotion.Line(Records(cast("Any", Blobs(self.kept, points)), "orders"))

    @property
    def records(self) -> Records:
        return self.line(Points()).records

    def intent(self, kind: Any, release: str, bindings: BoundConfig) -> promotion.Intent:
        now = self.records.current("prod")
        previous, before = (now.release, now.bindings) if now else (R1, SMALL)
        return promotion.Intent(kind, "prod", "staging", release, previous, bindings, before, "ana")

    def promote(self, release: str, bindings: BoundConfig = LARGE, points: Points | None = None) -> Promotion:
        points = points or Points()
        line, environment = self.line(points), Environment(self.world, points)
        opened = promotion.to_continue(line.records.open_promotion("prod"), release)
        opened = opened or line.begin(self.intent("promotion", release, bindings))
        return line.carry_on(opened, environment)

    def roll_back(self, release: str = "", points: Points | None = None) -> Promotion:
        points = points or Points()
        line, environment = self.line(points), Environment(self.world, points)
        opened = line.records.open_promotion("prod")
        if opened is None or opened.kind != "rollback":
            before = promotion.way_back(line.records.promotions("prod"), release)
            opened = line.begin(self.intent("rollback", *before))
        return line.carry_on(opened, environment)

    def require_whole(self, release: str, bound: str) -> None:
        """The environment, its config and the records say the same, and nothing is open."""
        assert self.world == World(release, bound, [release, release], self.world.good)
        current = self.records.current("prod")
        assert current is not None
        assert (current.release, current.bindings.values["queue"]) == (release, bound)
        assert self.records.open_promotion("prod") is None
        assert all(item.ended for item in self.records.promotions("prod"))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def points_of_a_promotion() -> int:
    points = Points()
    Desk().promote(R2, points=points)
    return points.reached


ENDS = {"killed": Killed, "failed": lambda: ResourceFailed("1 resource(s) failed")}


@pytest.mark.parametrize("error", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("then", ["promote", "rollback"])
def test_cut_off_anywhere_it_is_one_of_the_two_releases_after_the_next_command(
    then: str, error: Callable[[], BaseException]
) -> None:
    count = points_of_a_promotion()
    assert count > 15
    for fatal in range(1, count + 1):
        desk = Desk()
        desk.promote(R1, SMALL)
        with pytest.raises((Killed, ResourceFailed)):
            desk.promote(R2, points=Points(fatal, error))
        is_done = desk.records.current("prod").release == R2  # type: ignore[union-attr]
        if then == "promote":
            desk.promote(R2)
            desk.require_whole(R2, "large")
        elif is_done or desk.records.open_promotion("prod"):
            desk.roll_back()
            desk.require_whole(R1, "small")
        else:
            desk.require_whole(R1, "small")
            assert fatal == 1, "only what was killed before its intent stood leaves nothing"


def test_a_rollback_cut_off_anywhere_is_continued() -> None:
    points = Points()
    first = Desk()
    first.promote(R1, SMALL)
    first.promote(R2)
    first.roll_back(points=points)
    for fatal in range(1, points.reached + 1):
        desk = Desk()
        desk.promote(R1, SMALL)
        with pytest.raises(Killed):
            desk.promote(R2, points=Points(9))
        with pytest.raises(Killed):
            desk.roll_back(points=Points(fatal))
        if desk.records.open_promotion("prod"):
            desk.roll_back()
        desk.require_whole(R1, "small")


def test_what_stood_is_exported_before_it_is_overwritten(desk: Desk) -> None:
    desk.promote(R1, SMALL)
    done = desk.promote(R2)
    [key] = done.restore_point
    assert desk.records.blobs.read(key) == f"{[R1, R1]}".encode()


def test_a_continued_promotion_keeps_the_export_from_before(desk: Desk) -> None:
    desk.promote(R1, SMALL)
    with pytest.raises(Killed):
        desk.promote(R2, points=Points(13))
    assert desk.world.halves == [R2, R1]
    [key] = desk.promote(R2).restore_point
    assert desk.records.blobs.read(key) == f"{[R1, R1]}".encode()


def test_another_release_does_not_push_in(desk: Desk) -> None:
    desk.promote(R1, SMALL)
    with pytest.raises(ResourceFailed):
        desk.promote(R2, points=Points(10, ENDS["failed"]))
    with pytest.raises(PlanError, match="promotion 2 of prod to 222222222222, begun by ana") as refused:
        desk.promote(R3)
    assert "dataarts promote staging prod" in refused.value.hint
    assert "dataarts rollback prod" in refused.value.hint
    opened = desk.records.open_promotion("prod")
    assert opened is not None
    assert opened.error == "1 resource(s) failed"


def test_a_failed_verification_is_recorded_and_can_be_rolled_back(desk: Desk) -> None:
    desk.promote(R1, SMALL)
    desk.world.good = False
    assert desk.promote(R2).result == "unverified"
    desk.require_whole(R2, "large")
    assert not desk.records.trials("prod")[0].passed
    desk.world.good = True
    assert desk.roll_back().result == "succeeded"
    desk.require_whole(R1, "small")


def test_a_rollback_goes_to_what_the_environment_has_run_and_nowhere_else(desk: Desk) -> None:
    desk.promote(R1, SMALL)
    desk.promote(R2)
    desk.promote(R3)
    desk.roll_back(R1)
    desk.require_whole(R1, "small")
    desk.roll_back()
    desk.require_whole(R3, "large")
    with pytest.raises(ConfigError, match="never ran release 444444444444"):
        desk.roll_back("4" * 64)
    assert desk.records.open_promotion("prod") is None


def test_one_promotes_at_a_time(tmp_path: Path) -> None:
    line = promotion.Line(Records(LocalBlobs(tmp_path), "orders"))
    with line.held("prod"):
        with pytest.raises(LockHeld, match="somebody promotes into prod"), line.held("prod"):
            pass
        with line.held("staging"):
            pass
    with line.held("prod"):
        pass
