"""Stopping a run: politely, at once, and by killing the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pulumi_dataarts.engine.cancellation import Cancellation, Stage
from pulumi_dataarts.engine.events import Event, StepStarted
from pulumi_dataarts.errors import Cancelled
from tests.engine.projects import Project

pytestmark = pytest.mark.usefixtures("fresh_processes")

DEADLINE_S = 20


def processes_of(folder: Path) -> list[int]:
    """Return the processes that work in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_until_none(folder: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while processes_of(folder):
        assert time.monotonic() < deadline, f"still running: {processes_of(folder)}"


def is_first_step(event: Event) -> bool:
    return isinstance(event, StepStarted) and event.urn.endswith("::a")


def cancel_at_first_step(project: Project, times: int) -> None:
    """Cancel once the first thing is being made, and let that go on only then."""

    def on_event(event: Event) -> None:
        if is_first_step(event) and not (project.cloud / "go").exists():
            for _ in range(times):
                project.cancel.request()
            (project.cloud / "go").touch()

    project.on_event = on_event


PROGRAM = """
first = Thing("a", until="go")
Thing("b", up=first.arn)
"""


def test_what_runs_is_finished_and_recorded_and_nothing_begins(project: Project) -> None:
    cancel_at_first_step(project, 1)
    outcome = project.up(PROGRAM)
    assert outcome.cancelled
    assert isinstance(outcome.failure, Cancelled)
    assert project.state("a").id
    assert not list(project.cloud.glob("b-*"))
    assert not project.snapshot.pending
    assert project.texts() == []
    wait_until_none(project.folder)


def test_what_runs_is_left_pending_when_asked_twice(project: Project) -> None:
    project.on_event = lambda event: [project.cancel.request() for _ in "12"] if is_first_step(event) else None
    outcome = project.up("Thing('a', until='never')")
    assert outcome.cancelled
    assert [item.type for item in project.snapshot.pending] == ["creating"]
    wait_until_none(project.folder)


@pytest.mark.parametrize(
    "hang", ["while True: time.sleep(0.05)", "import subprocess; subprocess.run(['sleep', '600'])"]
)
def test_a_program_that_hangs_is_ended_with_all_it_started(project: Project, hang: str) -> None:
    project.on_event = lambda event: project.cancel.request()
    outcome = project.up(f"print('running')\n{hang}")
    assert outcome.cancelled
    wait_until_none(project.folder)


def test_a_cancelled_run_is_finished_by_the_next(project: Project) -> None:
    cancel_at_first_step(project, 1)
    project.up(PROGRAM)
    project.cancel = Cancellation()
    outcome = project.up(PROGRAM)
    assert outcome.counts == {"same": 2, "create": 1}


def test_a_run_may_be_cancelled_before_it_begins(project: Project) -> None:
    project.cancel.request()
    assert project.up("Thing('a')").cancelled
    assert project.snapshot.resources == ()


def test_stages_are_told_in_order_and_no_further_than_the_last() -> None:
    cancel, heard = Cancellation(), []
    stop = cancel.listen(heard.append)
    for _ in range(3):
        cancel.request()
    stop()
    cancel.request()
    assert heard == [Stage.NO_NEW_STEPS, Stage.AT_ONCE, Stage.AT_ONCE]
    late: list[Stage] = []
    cancel.listen(late.append)
    assert late == [Stage.AT_ONCE]


ENGINE = """
import sys
from pathlib import Path
from tests.engine.projects import make_project, Project
project = Project(Path(sys.argv[1]), Path(sys.argv[2]))
project.run("update")
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_an_engine_that_is_killed(project: Project, number: int) -> None:
    project.write("import subprocess\nchild = subprocess.Popen(['sleep', '600'])\nThing('a', until='never')")
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "provider")])
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE, project.folder, project.cloud], env=os.environ | {"PYTHONPATH": paths}
    )
    deadline = time.monotonic() + DEADLINE_S
    while not (project.cloud / "begun-a").exists():
        assert time.monotonic() < deadline
        assert engine.poll() is None
    assert len(processes_of(project.folder)) >= 3
    engine.send_signal(number)
    engine.wait()
    wait_until_none(project.folder)
