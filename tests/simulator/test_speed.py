"""What a read costs: the processor time of a cloud in a process of its own, one kind of read after another.

A thousand reads a second of each kind is the promise. It is measured as the server's processor time for each of them,
which what else the machine does moves less than the clock; `-s` shows both.

    python -m pytest -n 0 -m slow -s tests/simulator/test_speed.py
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from pulumi_dataarts.simulator import lifecycle
from pulumi_dataarts.simulator.status import Status
from tests.simulator.cdm_calls import BASE, job, make_links
from tests.simulator.conftest import TOKEN_REQUEST
from tests.simulator.test_fuzz import DLF_JOB

JOBS = 200
READS = 600
ROUNDS = 4
A_SECOND = 1000
KINDS = {
    "CDM clusters": "/v1.1/embedded/clusters",
    "CDM link": f"{BASE}/link/mysql",
    "CDM job": f"{BASE}/job/job1",
    "CDM jobs, 10 a page": f"{BASE}/job/all?page_size=10",
    "CDM status": f"{BASE}/job/job1/status",
    "CDM submissions": f"{BASE}/submissions?jname=job1",
    "Factory job": "/v1/embedded/jobs/job1",
    "Factory jobs, 10 a page": "/v1/embedded/jobs?limit=10",
    "Factory scripts, 10 a page": "/v1/embedded/scripts?limit=10",
    "Flink job": "/v1.0/embedded/streaming/jobs/1",
    "Flink jobs, 10 a page": "/v1.0/embedded/streaming/jobs?limit=10",
    "IAM projects": "/v3/projects",
}


def fill(status: Status) -> str:
    """Fill a cloud, and return a token."""
    with httpx.Client(base_url=status.api) as http:
        token = http.post("/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
        http.headers["X-Auth-Token"] = token
        make_links(http)
        for number in range(JOBS):
            name = f"job{number}"
            http.post(f"{BASE}/job", json=job(name)).raise_for_status()
            http.post("/v1/embedded/jobs", json={**DLF_JOB, "name": name}).raise_for_status()
            http.post("/v1/embedded/scripts", json={"name": name, "type": "Shell", "content": "ls"}).raise_for_status()
            http.post("/v1.0/embedded/streaming/sql-jobs", json={"name": name}).raise_for_status()
        http.put(f"{BASE}/job/job1/start").raise_for_status()
    return str(token)


def processor_s(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def read(status: Status, path: str, token: str) -> None:
    """Read so many times over one connection, with as little work on this side as there can be."""
    place = urlsplit(status.api)
    request = f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nX-Auth-Token: {token}\r\n\r\n".encode()
    with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
        for _ in range(READS):
            connection.sendall(request)
            answer = connection.recv(65536)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), answer
            missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) - len(body)
            while missing > 0:
                missing -= len(connection.recv(65536))


@pytest.mark.slow
def test_each_kind_of_read_can_be_answered_a_thousand_times_a_second(tmp_path: Path) -> None:
    status, slow = lifecycle.start(tmp_path), {}
    try:
        token = fill(status)
        for kind, path in KINDS.items():
            costs = []
            for _ in range(ROUNDS):
                before, began = processor_s(status.pid), time.perf_counter()
                read(status, path, token)
                costs.append((processor_s(status.pid) - before, time.perf_counter() - began))
            processor, clock = (READS / min(cost) for cost in zip(*costs, strict=True))
            print(f"{kind:28} {processor:6.0f} a second of its processor, {clock:6.0f} by the clock, one at a time")
            if processor < A_SECOND:
                slow[kind] = processor
    finally:
        lifecycle.stop(tmp_path)
    assert not slow
