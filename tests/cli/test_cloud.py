"""`dataarts cloud`: what the commands say and do to a cloud that runs."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner, Result

from pulumi_dataarts.cli.cloud import cloud as command
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.simulator import lifecycle
from pulumi_dataarts.simulator.faults import KINDS
from pulumi_dataarts.simulator.testing import RunningCloud, running_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLUSTERS = "/v1.1/embedded/clusters"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud in this process that the commands find in its folder."""
    with running_cloud(tmp_path / "cloud") as cloud:
        cloud.status.write()
        yield cloud


def log(cloud: RunningCloud, *arguments: str) -> list[str]:
    return CliRunner().invoke(command, ["log", "--data", cloud.status.data, *arguments]).output.splitlines()


def fault(cloud: RunningCloud, verb: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["fault", verb, "--data", cloud.status.data, *arguments])


def armed(cloud: RunningCloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{cloud.api}/_embedded/faults").json()["faults"]
    return found


def test_a_fault_is_added_as_its_options_say(running: RunningCloud) -> None:
    told = fault(running, "add", "--on", "POST */cdm/job", "--times", "3", "--kind", "drop-after-commit")
    expected = "drop-after-commit on POST */cdm/job (api), 3 times: does everything, then closes the connection"
    assert (told.exit_code, told.output) == (0, f"fault 1: {expected}\n")
    [found] = armed(running)
    assert (found["method"], found["path"], found["times"]) == ("POST", "*/cdm/job", 3)


def test_a_fault_by_chance_is_listed_with_its_seed(running: RunningCloud) -> None:
    fault(running, "add", "--kind", "throttle", "--retry-after", "2", "--probability", "0.25", "--seed", "7")
    rule, effect = "throttle on * * (api), once, 25% of them (seed 7)", "answers 429 and does nothing, Retry-After 2"
    expected = f"   1  {rule}: {effect}\n"
    assert fault(running, "ls").output == expected
    [found] = json.loads(fault(running, "ls", "--json").output)
    assert (found["retry_after"], found["seed"]) == (2, 7)


def test_faults_are_removed_one_by_one_or_all(running: RunningCloud) -> None:
    for _ in range(4):
        fault(running, "add", "--kind", "status")
    assert fault(running, "rm", "1", "3").exit_code == 0
    assert [found["id"] for found in armed(running)] == [2, 4]
    assert isinstance(fault(running, "rm", "9").exception, ConfigError)
    assert fault(running, "rm").exit_code == 2
    assert fault(running, "rm", "--all").exit_code == 0
    assert armed(running) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_can_be_armed(running: RunningCloud, kind: str) -> None:
    assert fault(running, "add", "--kind", kind).exit_code == 0
    assert [found["kind"] for found in armed(running)] == [kind]


def test_the_log_shows_the_last_requests_and_what_struck_them(running: RunningCloud) -> None:
    running.fault("drop-before", path="*/clusters")
    with pytest.raises(httpx.HTTPError):
        httpx.get(running.api + CLUSTERS)
    httpx.get(running.api + CLUSTERS)
    lines = log(running)
    assert [line.split(None, 1)[1] for line in lines] == [
        f"---  GET    {CLUSTERS}  [drop-before]",
        f"401  GET    {CLUSTERS}",
    ]
    [last] = log(running, "-n", "1", "--json")
    assert json.loads(last)["status"] == 401


def test_a_log_that_is_followed_shows_what_comes(running: RunningCloud) -> None:
    arguments = ["cloud", "log", "-f", "-n", "0", "--data", running.status.data]
    process = subprocess.Popen(
        [sys.executable, "-m", "pulumi_dataarts.cli", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for _ in range(20):
            httpx.get(running.api + CLUSTERS)
            if process.poll() is None and CLUSTERS in (first := _line(process.stdout)):
                break
        assert f"401  GET    {CLUSTERS}" in first
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _line(stream: Any) -> str:
    ready, _, _ = select.select([stream], [], [], 1.0)
    return stream.readline() if ready else ""


@pytest.mark.parametrize("arguments", [["log"], ["fault", "ls"], ["snapshot", "x.cloud"]])
def test_a_cloud_that_is_not_there_is_said_to_be(tmp_path: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(command, [*arguments, "--data", str(tmp_path / "none")])
    assert isinstance(result.exception, ConfigError)
    assert str(tmp_path / "none") in str(result.exception)


def test_a_snapshot_is_restored_and_a_running_cloud_started_again(tmp_path: Path) -> None:
    data, file = tmp_path / "cloud", tmp_path / "before.cloud"
    first = lifecycle.start(data)
    try:
        lifecycle.call(data, "POST", "clusters", {"id": "kept"})
        invoke = CliRunner().invoke
        assert invoke(command, ["snapshot", "--data", str(data), str(file)]).exit_code == 0
        lifecycle.call(data, "DELETE", "clusters/kept")
        told = invoke(command, ["restore", "--data", str(data), str(file)])
        assert told.output == f"embedded cloud: as in {file}, at {first.api}\n"
        assert "kept" in lifecycle.call(data, "GET", "clusters")["clusters"]
        assert isinstance(invoke(command, ["snapshot", "--data", str(data), str(file)]).exception, ConfigError)
    finally:
        lifecycle.stop(data)


def test_a_file_that_is_no_snapshot_changes_nothing(running: RunningCloud, tmp_path: Path) -> None:
    other = tmp_path / "other.cloud"
    other.write_bytes(b"not a database, but long enough to be looked at" * 50)
    result = CliRunner().invoke(command, ["restore", "--data", running.status.data, str(other)])
    assert isinstance(result.exception, ConfigError)
    assert httpx.get(running.api + CLUSTERS).status_code == 401


def serve(tmp_path: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """Serve in a process of its own; return its status line and what it said on standard error."""
    command = [sys.executable, "-m", "pulumi_dataarts.cli", "cloud", "serve", "--data", str(tmp_path), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.terminate()
    return json.loads(line or "{}"), process.communicate(timeout=30)[1]


def test_it_serves_on_loopback_and_says_nothing_unless_told_otherwise(tmp_path: Path) -> None:
    status, said = serve(tmp_path)
    assert status["api"].startswith("http://127.0.0.1:")
    assert said == ""


def test_another_address_is_warned_about(tmp_path: Path) -> None:
    status, said = serve(tmp_path, "--host", "0.0.0.0")
    assert status["api"].startswith("http://127.0.0.1:")
    assert "can be reached from other machines" in said


def test_a_port_that_is_taken_and_settings_that_are_wrong_are_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, said = serve(tmp_path, "--port", str(taken.getsockname()[1]))
    assert status == {}
    assert "cannot be had" in said
    (tmp_path / "settings.json").write_text('{"boot": 1}')
    status, said = serve(tmp_path)
    assert status == {}
    assert "boot" in said


def test_the_settings_of_a_folder_are_used(tmp_path: Path) -> None:
    data = tmp_path / "cloud"
    data.mkdir()
    (data / "settings.json").write_text('{"clusters": {"prod": "cdm-prod"}, "review": ["prod"], "run_s": 2}')
    lifecycle.start(data)
    try:
        settings = lifecycle.call(data, "GET", "settings")
    finally:
        lifecycle.stop(data)
    assert (settings["clusters"], settings["review"], settings["run_s"]) == ({"prod": "cdm-prod"}, ["prod"], 2)
    assert "secret_key" not in settings


@pytest.mark.parametrize(
    "arguments", [["fault", "add"], ["fault", "rm"], ["log"], ["snapshot"], ["restore"], ["serve"]]
)
def test_the_help_has_an_example(arguments: list[str]) -> None:
    shown = CliRunner().invoke(command, [*arguments, "--help"]).output
    assert f"dataarts cloud {' '.join(arguments)} " in shown
