"""A cloud in a process of its own: started once, found again, killed without loss, ended cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.simulator import lifecycle
from pulumi_dataarts.simulator.status import Status
from tests.forks import REAL
from tests.simulator.cdm_calls import BASE, link, make_job, make_links, read_job
from tests.simulator.conftest import TOKEN_REQUEST
from tests.simulator.sdk import buckets, signed_by_obs

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = ["-m", "pulumi_dataarts.simulator"]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder whose cloud, if one was started, is ended."""
    folder = tmp_path / "cloud"
    yield folder
    lifecycle.stop(folder)


def caller(status: Status) -> httpx.Client:
    """Return a client with a token."""
    token = httpx.post(f"{status.api}/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
    return httpx.Client(base_url=status.api, headers={"X-Auth-Token": token})


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *COMMAND, *arguments], capture_output=True, text=True, check=False)


def wait_for_death(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if is_dead(pid):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} still runs")


def is_dead(pid: int) -> bool:
    """Say whether a process has ended, whoever its parent is: a forked one has its minder."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(("moment", "is_there"), [("before", False), ("after", True)])
def test_a_killed_cloud_has_committed_or_not_as_it_was_told(data: Path, moment: str, is_there: bool) -> None:
    first = lifecycle.start(data)
    fault = {"kind": "kill", "method": "POST", "path": "*/cdm/job", "moment": moment}
    lifecycle.call(data, "POST", "faults", fault)
    with caller(first) as http:
        make_links(http)
        with pytest.raises(httpx.HTTPError):
            make_job(http)
    wait_for_death(first.pid)
    with caller(lifecycle.start(data)) as http:
        assert (http.get(f"{BASE}/job/orders").status_code == 200) is is_there
        assert lifecycle.call(data, "GET", "faults") == {"faults": []}


@pytest.mark.parametrize(("moment", "status"), [("before", 404), ("after", 200)])
def test_the_process_is_killed_by_a_write_to_obs_too(data: Path, moment: str, status: int) -> None:
    first = lifecycle.start(data)
    httpx.put(f"{first.obs}/bkt", auth=signed_by_obs)
    lifecycle.call(data, "POST", "faults", {"kind": "kill", "service": "obs", "moment": moment})
    with pytest.raises(httpx.HTTPError):
        httpx.put(f"{first.obs}/bkt/k", auth=signed_by_obs, content=b"x")
    wait_for_death(first.pid)
    assert httpx.get(f"{lifecycle.start(data).obs}/bkt/k", auth=signed_by_obs).status_code == status


def test_everything_outlives_a_kill_and_the_urls_stay(data: Path) -> None:
    first = lifecycle.start(data)
    with caller(first) as http:
        make_links(http)
        make_job(http)
        http.put(f"{BASE}/job/orders/start")
    s3 = buckets(first)
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="kept", Key="k", Body=b"1")["VersionId"]

    os.kill(first.pid, signal.SIGKILL)
    wait_for_death(first.pid)
    assert lifecycle.status(data) is None

    second = lifecycle.start(data)
    assert (second.api, second.obs, second.data) == (first.api, first.obs, str(data.resolve()))
    assert second.pid != first.pid
    with caller(second) as http:
        assert read_job(http)["status"] in {"BOOTING", "RUNNING", "SUCCEEDED"}
        assert http.post(f"{BASE}/link", json=link("mysql")).json()["errCode"] == "Cdm.0315"
    assert buckets(second).get_object(Bucket="kept", Key="k")["VersionId"] == version


def test_the_commands_print_one_line_of_json(data: Path) -> None:
    started = run("start", "--data", str(data))
    assert started.returncode == 0, started.stderr
    status = json.loads(started.stdout)
    assert list(status) == ["api", "obs", "pid", "data"]
    assert json.loads(run("start", "--data", str(data)).stdout) == status
    assert json.loads(run("status", "--json", "--data", str(data)).stdout) == status
    assert json.loads((data / "cloud.json").read_text()) == status

    assert run("stop", "--data", str(data)).returncode == 0
    assert not (data / "cloud.json").exists()
    nothing = run("status", "--data", str(data))
    assert (nothing.returncode, nothing.stdout) == (1, "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(status["api"])


def test_two_starts_at_once_make_one_cloud(data: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: run("start", "--data", str(data)), range(4)))
    assert len({outcome.stdout for outcome in outcomes}) == 1
    assert [outcome.returncode for outcome in outcomes] == [0] * 4


def test_a_reset_makes_a_new_cloud_whether_or_not_it_runs(data: Path) -> None:
    for stopped in (False, True):
        status = lifecycle.start(data)
        with caller(status) as http:
            make_links(http)
        if stopped:
            lifecycle.stop(data)
        lifecycle.reset(data)
        with caller(lifecycle.start(data)) as http:
            assert http.get(f"{BASE}/link/mysql").status_code == 400


def test_a_taken_port_is_left_to_its_owner(data: Path) -> None:
    data.mkdir()
    with socket.socket() as one, socket.socket() as two:
        for squatter in (one, two):
            squatter.bind(("127.0.0.1", 0))
            squatter.listen()
        taken = [squatter.getsockname()[1] for squatter in (one, two)]
        (data / "ports.json").write_text(json.dumps(taken))
        status = lifecycle.start(data)
    assert not {urlsplit(url).port for url in (status.api, status.obs)} & set(taken)


def serve(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [REAL, *COMMAND, "serve", "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def first_line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_it_is_and_ends_cleanly(data: Path, number: int) -> None:
    with serve(data) as process:
        status = first_line(process)
        assert status["pid"] == process.pid
        assert lifecycle.status(data) == Status(**status)
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert not (data / "cloud.json").exists()


def test_a_folder_is_served_once(data: Path) -> None:
    with serve(data) as process:
        first_line(process)
        second = run("serve", "--data", str(data))
        process.terminate()
    assert second.returncode == 2
    assert "served by another process" in second.stderr


def test_a_cloud_that_cannot_start_shows_the_end_of_its_log(data: Path) -> None:
    data.mkdir()
    (data / "cloud.sqlite").write_bytes(b"this is no database, " * 100)
    with pytest.raises(ProvisionError, match="not a database"):
        lifecycle.start(data)


def test_a_status_file_of_a_dead_process_is_not_believed(data: Path) -> None:
    data.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    Status("http://127.0.0.1:9", "http://127.0.0.1:9", dead.pid, str(data)).write()
    assert lifecycle.status(data) is None
    assert lifecycle.stop(data) is False
    assert not (data / "cloud.json").exists()


def test_stopping_what_never_was(data: Path) -> None:
    assert lifecycle.stop(data) is False
    assert lifecycle.status(data) is None
