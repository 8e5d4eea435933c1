"""Bad input: told what is wrong, with the documented exit code; the file is left, and a copy to mend it from."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.samples import typed
from tests.cli.states import CHECKPOINT, with_state
from tests.reliability.commands import Project, make_project

STATE = ".state/.pulumi/stacks/sample/dev.json"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A stack with three things, run twice, so that there is a state before the state."""
    project = make_project(tmp_path)
    project.wants(3)
    project.dataarts("up", "--yes")
    project.wants(3, size=2)
    project.dataarts("up", "--yes")
    return project


def _corrupt(text: str) -> str:
    return text.replace('"custom":true', '"custom":tr', 1)


def _truncated(text: str) -> str:
    return text[: len(text) // 2]


def _empty(text: str) -> str:
    return ""


def _newer(text: str) -> str:
    return text.replace('"version":3', '"version":9', 1)


def _foreign(text: str) -> str:
    return json.dumps({"format_version": "1.0", "terraform_version": "1.11.4", "resources": []})


def _tampered(text: str) -> str:
    return text.replace('"version":"v3.260.0"', '"version":"v3.999.0"')


def _edited(change: Callable[[list[dict[str, object]]], None]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        document = json.loads(text)
        change(document["checkpoint"]["latest"]["resources"])
        return json.dumps(document, separators=(",", ":"))

    return edit


def _cycle(resources: list[dict[str, object]]) -> None:
    resources[-2]["dependencies"], resources[-1]["dependencies"] = [resources[-1]["urn"]], [resources[-2]["urn"]]


def _twice(resources: list[dict[str, object]]) -> None:
    resources.append({**resources[-1], "id": "t02~another"})


def _dangling(resources: list[dict[str, object]]) -> None:
    resources[-1]["parent"] = "urn:pulumi:dev::proj::a:b:C::nobody"


@pytest.mark.parametrize(
    ("damage", "said", "mended"),
    [
        pytest.param(_corrupt, "not JSON", True, id="corrupt"),
        pytest.param(_truncated, "not JSON", True, id="truncated"),
        pytest.param(_empty, "not JSON", True, id="empty"),
        pytest.param(_newer, "9", False, id="newer"),
        pytest.param(_foreign, "checkpoint", True, id="foreign"),
        pytest.param(_tampered, "magic", True, id="tampered"),
        pytest.param(_edited(_cycle), "which comes after it", True, id="cycle"),
        pytest.param(_edited(_twice), "2 live resources", False, id="duplicate-urn"),
        pytest.param(_edited(_dangling), "which is missing", True, id="dangling"),
    ],
)
def test_a_state_that_cannot_be_used(tmp_path: Path, damage: Callable[[str], str], said: str, mended: bool) -> None:
    folder = with_state(tmp_path)
    typed(folder, "state", "protect", "a")
    path = tmp_path / CHECKPOINT
    path.write_text(damage(path.read_text()))
    broken = path.read_bytes()
    for command in (["preview"], ["up", "--yes"], ["destroy", "--yes"], ["stack", "export"], ["state", "verify"]):
        told = typed(folder, *command, code=1).err
        assert said in told
        assert "dev.json" in told
        assert path.read_bytes() == broken, "it is left as it is"
    assert json.loads(path.with_name("dev.json.bak").read_text())["version"] == 3, "the state before is there"
    typed(folder, "state", "repair", code=0 if mended else 1)
    typed(folder, "state", "verify", code=0 if mended else 1)


@pytest.mark.slow
def test_a_mended_state_is_run_on(project: Project) -> None:
    path = project.folder / STATE
    path.write_text(_truncated(path.read_text()))
    assert "not JSON" in project.dataarts("up", "--yes", code=1)
    assert len(project.objects()) == 3
    project.dataarts("state", "repair")
    project.dataarts("up", "--yes", "--refresh")
    assert len(project.objects()) == 3
    project.dataarts("preview", "--expect-no-changes")


@pytest.mark.slow
def test_a_locked_stack_is_left_to_its_owner(project: Project) -> None:
    owner = {
        "pid": os.getpid(),
        "username": "ann",
        "hostname": socket.gethostname(),
        "timestamp": "2026-11-20T15:14:05Z",
    }
    folder = project.folder / ".state/.pulumi/locks/organization/sample/dev"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "0d9e4eb4.json").write_text(json.dumps(owner))
    project.wants(1)
    told = project.dataarts("up", "--yes", code=1)
    assert f"ann@{socket.gethostname()} (pid {os.getpid()})" in told
    assert "dataarts cancel --stack dev" in told
    assert len(project.objects()) == 3
    project.dataarts("preview")
    project.dataarts("cancel", "--yes")
    project.dataarts("up", "--yes")
    assert len(project.objects()) == 1


@pytest.mark.slow
def test_a_wrong_passphrase(project: Project) -> None:
    before = (project.folder / STATE).read_bytes()
    project.environment["PULUMI_CONFIG_PASSPHRASE"] = "canary-wrong"
    told = project.dataarts("up", "--yes", code=2)
    assert "incorrect passphrase" in told
    assert "canary-wrong" not in told
    assert (project.folder / STATE).read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        pytest.param("raise ValueError('the program is wrong')", 1, "the program is wrong", id="raises"),
        pytest.param("import sys; sys.exit(3)", 1, "", id="exits"),
        pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 1, "", id="is-killed"),
        pytest.param("def f(:", 1, "SyntaxError", id="no-python"),
    ],
)
def test_a_program_that_does_not_end_well_deletes_nothing(project: Project, program: str, code: int, said: str) -> None:
    (project.folder / "__main__.py").write_text(program)
    told = project.dataarts("up", "--yes", code=code)
    assert said in told
    assert len(project.objects()) == 3
    assert len([item for item in project.state().resources if "~" in item.id]) == 3


@pytest.mark.slow
def test_a_program_that_hangs_is_cancelled(project: Project) -> None:
    (project.folder / "__main__.py").write_text("import time\nprint('hanging', flush=True)\ntime.sleep(3600)\n")
    with project.start("up", "--yes") as process:
        assert process.stderr is not None
        while "hanging" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 8
    assert len(project.objects()) == 3
    project.wait_until_alone()


def prints(project: Project, megabytes: int) -> int:
    """Run a program that prints so much; return how many megabytes of memory the command took at most."""
    (project.folder / "__main__.py").write_text(
        f"import sys\nline = 'x' * 1023\nfor _ in range({megabytes} * 1024):\n    print(line)\n" + _PROGRAM
    )
    measured = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, "-m", "pulumi_dataarts.cli", "up", "--yes"], stderr=subprocess.DEVNULL)
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", measured], cwd=project.folder, env=project.environment, capture_output=True, text=True
    )
    code, used = done.stdout.split()[-2:]
    assert code == "0", done.stdout[-2000:]
    return int(used)


_PROGRAM = (Path(__file__).parent / "project" / "__main__.py").read_text()


@pytest.mark.slow
def test_a_program_that_prints_20_megabytes_takes_no_memory_for_it(project: Project) -> None:
    assert prints(project, 20) < 200
    assert len(project.objects()) == 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_program_that_prints_200_megabytes_takes_no_memory_for_it(project: Project) -> None:
    assert prints(project, 200) < 200
    assert len(project.objects()) == 3
