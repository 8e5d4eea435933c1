"""Finding the project's own cloud, and starting it where nothing answers."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.embedded import NEEDED, EmbeddedCloud, data_folder, locate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.huawei.servers import Stage


def test_the_folder_is_beside_the_nearest_project_file(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "stacks" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "project" / "Pulumi.yaml").touch()
    assert data_folder({}, inner) == tmp_path / "project" / ".cloud"
    assert data_folder({"DATAARTS_CLOUD_DATA": "/elsewhere"}, inner).as_posix() == "/elsewhere"


def test_outside_of_a_project_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no Pulumi.yaml in .* or above it\n .*DATAARTS_CLOUD_DATA"):
        data_folder({}, tmp_path)


def test_a_cloud_that_answers_is_used_as_it_is(tmp_path: Path, stage: Stage) -> None:
    (tmp_path / "cloud.json").write_text(json.dumps({"api": stage.url, "obs": stage.url + "/", "pid": 1}))
    assert locate({"DATAARTS_CLOUD_DATA": str(tmp_path)}) == EmbeddedCloud(stage.url, stage.url)


@pytest.mark.parametrize("left_behind", ['{"api": "http://127.0.0.1:9", "obs": "http://127.0.0.1:9"}', "{", "[]"])
def test_what_a_dead_cloud_left_behind_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_behind: str
) -> None:
    (tmp_path / "cloud.json").write_text(left_behind)
    commands = _record(monkeypatch, stdout='starting\n{"api": "http://a", "obs": "http://b", "pid": 7}\n')
    assert locate({"DATAARTS_CLOUD_DATA": str(tmp_path)}) == EmbeddedCloud("http://a", "http://b")
    assert commands == [
        [sys.executable, "-m", "pulumi_dataarts.simulator", "start", "--data", str(tmp_path)],
    ]


def test_a_cloud_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _record(monkeypatch, returncode=1, stderr="trace\nthe folder is not writable\n")
    with pytest.raises(ConfigError, match=r"did not start: .*the folder is not writable\n .*dataarts cloud"):
        locate({"DATAARTS_CLOUD_DATA": str(tmp_path)})


def test_without_the_extra_its_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "moto" else object())
    with pytest.raises(ConfigError, match=r"needs moto\n .*pip install 'pulumi-dataarts\[cloud\]'"):
        locate({"DATAARTS_CLOUD_DATA": str(tmp_path)})


def test_the_real_cloud_starts_and_is_found_again(tmp_path: Path) -> None:
    environment = {"DATAARTS_CLOUD_DATA": str(tmp_path)}
    try:
        started = locate(environment)
        assert locate(environment) == started
    finally:
        stop = [sys.executable, "-m", "pulumi_dataarts.simulator", "stop", "--data", str(tmp_path)]
        subprocess.run(stop, check=True, env=dict(os.environ), capture_output=True)


def _record(monkeypatch: pytest.MonkeyPatch, **done: Any) -> list[list[str]]:
    commands: list[list[str]] = []
    result = SimpleNamespace(**({"returncode": 0, "stdout": "", "stderr": ""} | done))

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        commands.append(command)
        return result

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_what_it_needs_is_what_the_extra_brings(request: pytest.FixtureRequest) -> None:
    settings = tomllib.loads((request.config.rootpath / "pyproject.toml").read_text(encoding="utf-8"))
    brought = settings["project"]["optional-dependencies"]["cloud"]
    assert {re.split(r"[\[>=]", name)[0].lower() for name in brought} == set(NEEDED)
