"""`dataarts up` is killed from outside, at any time, again and again; each time it goes on from what is there."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from pulumi_dataarts.model import urns
from tests.reliability.commands import Project, make_project
from tests.reliability.durable import pending_names
from tests.reliability.replays import SEED, replayed

KILLS = int(os.environ.get("KILLS", "200"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def require_whole(project: Project) -> None:
    """Everything in the cloud is in the state or known to be under way, and nothing is there twice."""
    state = project.state()
    ids = {item.id for item in state.resources}
    lost = [id for id in project.objects() if id not in ids and id.partition("~")[0] not in pending_names(state)]
    assert not lost
    names = [id.partition("~")[0] for id in project.objects()]
    assert len(names) == len(set(names)), "made twice"


def killed(project: Project, things: int, size: int, after_s: float) -> bool:
    """Start an up and kill it; say whether it was still at work."""
    project.wants(things, size, slow_s=0.05)
    with project.start("up", "--yes", "--parallel", "4", python=sys.executable) as process:
        began = len(project.calls())
        deadline = time.monotonic() + 60
        while process.poll() is None and len(project.calls()) == began and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(after_s)
        was_alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return was_alive


def survived(project: Project, kills: int) -> int:
    chance = random.Random(SEED)
    project.dataarts("stack", "init", "dev")
    alive = 0
    for number in range(kills):
        alive += killed(project, chance.randrange(10, 30), number, chance.uniform(0, 0.3))
        project.wait_until_alone()
        require_whole(project)
    project.wants(20, size=1000)
    project.dataarts("preview")
    project.dataarts("up", "--yes")
    require_whole(project)
    assert sorted(
        urns.parse(item.urn).name for item in project.state().resources if item.id and "Thing" in item.type
    ) == [f"t{number:02}" for number in range(20)]
    assert len(project.objects()) == 20
    project.dataarts("preview", "--expect-no-changes")
    return alive


def test_three_kills_leave_nothing_lost_repeated_blocked_or_running(project: Project, python: str) -> None:
    project.python = python  # What is killed is a process of its own; what follows need not be.
    with replayed(__file__, "test_three_kills_leave_nothing_lost_repeated_blocked_or_running"):
        assert survived(project, 3) >= 1, "some kill hits a run at work"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_kills_leave_nothing_lost_repeated_blocked_or_running(project: Project) -> None:
    with replayed(__file__, "test_many_kills_leave_nothing_lost_repeated_blocked_or_running", KILLS=KILLS):
        alive = survived(project, KILLS)
        print(f"{alive} of {KILLS} kills hit a run at work")
        assert alive >= KILLS / 2
