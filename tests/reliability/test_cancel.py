"""Ctrl-C: at first nothing new begins and all is saved; the second time nothing is waited for. The next run goes on."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.reliability.commands import Project, make_project
from tests.reliability.test_kills import require_whole

THINGS = 24
pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = make_project(tmp_path)
    project.wants(THINGS)
    project.dataarts("stack", "init", "dev")
    return project


def at_call(project: Project, process: subprocess.Popen[str], number: int) -> None:
    """Wait until so many calls have begun."""
    deadline = time.monotonic() + 60
    while len(project.calls()) < number:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


def interrupted(
    project: Project, command: str, number: int, times: int, by: signal.Signals = signal.SIGINT
) -> tuple[int, str, float]:
    """Start a command, interrupt it after so many calls; return its exit code, what it said, and when that was."""
    began = len(project.calls())
    with project.start(command, "--yes", "--parallel", "4") as process:
        at_call(project, process, began + number)
        asked_s = time.time()
        for _ in range(times):
            process.send_signal(by)
            time.sleep(0.1)
        out, err = process.communicate(timeout=60)
    return process.returncode, out + err, asked_s


def require_recovery(project: Project) -> None:
    project.wants(THINGS)
    require_whole(project)
    project.dataarts("up", "--yes")
    require_whole(project)
    assert len(project.objects()) == THINGS
    assert project.state().pending == ()
    project.dataarts("preview", "--expect-no-changes")


@pytest.mark.parametrize(
    ("command", "number", "by"), [("up", 1, signal.SIGINT), ("up", 10, signal.SIGTERM), ("destroy", 6, signal.SIGINT)]
)
def test_once_finishes_what_is_under_way_saves_it_and_begins_nothing(
    project: Project, command: str, number: int, by: signal.Signals
) -> None:
    if command == "destroy":
        project.dataarts("up", "--yes")
    project.wants(THINGS, slow_s=0.3)
    code, said, asked_s = interrupted(project, command, number, times=1, by=by)
    assert code == 8, said
    assert re.search(r"^stopping: finishing .+; again to stop at once$", said, re.MULTILINE), said
    late = [line for moment_s, line in project.calls() if moment_s > asked_s + 1]
    assert late == [], "no new call a second after it"
    state = project.state()
    assert state.pending == ()
    assert {item.id for item in state.resources if "~" in item.id} == set(project.objects()), "all is saved"
    require_recovery(project)


@pytest.mark.parametrize(("command", "number"), [("up", 3), ("destroy", 6)])
def test_twice_waits_for_nothing_and_the_next_run_goes_on(project: Project, command: str, number: int) -> None:
    if command == "destroy":
        project.dataarts("up", "--yes")
    project.wants(THINGS, slow_s=2)
    code, said, asked_s = interrupted(project, command, number, times=2)
    assert code == 8, said
    assert time.time() - asked_s < 30
    project.wait_until_alone()
    require_recovery(project)
