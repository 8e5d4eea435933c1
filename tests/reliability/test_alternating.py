"""One stack, worked on by the embedded engine and the official CLI in turn: neither finds a thing to complain of.

The official CLI goes first and last; it is on the PATH, or the test is skipped.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.forks import REAL
from tests.reliability.commands import Project, make_project
from tests.reliability.replays import SEED, replayed

OPERATIONS = 10

pytestmark = [
    pytest.mark.official,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the official CLI is not on the PATH"),
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return at_home(make_project(tmp_path), tmp_path)


def at_home(project: Project, folder: Path) -> Project:
    """Give a project a backend that both engines use, and the official one this interpreter."""
    (folder / "state").mkdir()
    project.environment |= {
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": os.pathsep.join([str(Path(REAL).parent), os.environ["PATH"]]),
    }
    return project


def pulumi(project: Project, *arguments: str) -> str:
    command = ["pulumi", *arguments, "--non-interactive"]
    done = subprocess.run(
        command, cwd=project.folder, env=project.environment, capture_output=True, text=True, check=False, timeout=110
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{said}"
    assert "warning" not in said.lower(), said
    return said


def require_nothing_to_do(project: Project) -> None:
    """Both engines, in both orders of looking, see the same as what is there."""
    project.dataarts("preview", "--expect-no-changes")
    pulumi(project, "preview", "--expect-no-changes", "--diff")
    pulumi(project, "preview", "--refresh", "--expect-no-changes")
    project.dataarts("preview", "--refresh", "--expect-no-changes")


def exported(project: Project) -> list[str]:
    """Return the live URNs, as each of the two exports them."""
    ours = json.loads(project.dataarts("stack", "export").partition("\nnote")[0])
    theirs = json.loads(pulumi(project, "stack", "export"))
    lists = [[item["urn"] for item in document["deployment"].get("resources", ())] for document in (ours, theirs)]
    assert lists[0] == lists[1]
    assert not theirs["deployment"].get("pending_operations")
    return lists[0]


def test_ten_operations_in_turn_leave_no_difference(project: Project) -> None:
    chance = random.Random(SEED)
    pulumi(project, "stack", "init", "dev")
    for number in range(OPERATIONS):
        things, group = chance.randrange(1, 9), chance.random() < 0.5
        operation = chance.choice(["up", "up", "up", "refresh", "destroy"]) if number % 5 else "up"
        if operation == "up":
            project.wants(things, size=number, group=group)
        command = [operation, "--yes", *(["--skip-preview"] if operation == "up" else [])]
        with replayed(__file__, "test_ten_operations_in_turn_leave_no_difference"):
            pulumi(project, *command) if number % 2 == 0 else project.dataarts(*command)
            if operation == "up":
                require_nothing_to_do(project)
                assert len(project.objects()) == things
            exported(project)
    project.dataarts("destroy", "--yes")
    assert project.objects() == []
    pulumi(project, "stack", "rm", "dev", "--yes")
