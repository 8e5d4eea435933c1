"""What a read costs: a cloud in a process of its own, one kind of read after another, against a bare server.

    python -m tests.simulator.speed

Each kind is read over several connections that are kept open, from one client that does as little as it can. Of the
server, its processor time for each read is told, which what else the machine does moves less than the clock, and the
reads a second by the clock. The bare server answers the same number of bytes, whatever is asked, in the same run: what
it costs more to route, check and answer a request is the ratio of the two.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pulumi_dataarts.simulator import lifecycle
from pulumi_dataarts.simulator.status import Status
from tests.simulator.cdm_calls import BASE, job, make_links
from tests.simulator.conftest import TOKEN_REQUEST
from tests.simulator.test_fuzz import DLF_JOB

JOBS, OBJECTS = 200, 200
CONNECTIONS, READS, ROUNDS = 4, 200, 10
API = {
    "CDM clusters": "/v1.1/embedded/clusters",
    "CDM link": f"{BASE}/link/mysql",
    "CDM job": f"{BASE}/job/job1",
    "CDM jobs, 10 a page": f"{BASE}/job/all?page_size=10",
    "CDM jobs, 100 a page": f"{BASE}/job/all?page_size=100",
    "CDM status": f"{BASE}/job/job1/status",
    "CDM submissions": f"{BASE}/submissions?jname=job1",
    "Factory job": "/v1/embedded/jobs/job1",
    "Factory jobs, 10 a page": "/v1/embedded/jobs?limit=10",
    "Factory scripts, 10 a page": "/v1/embedded/scripts?limit=10",
    "Flink job": "/v1.0/embedded/streaming/jobs/1",
    "Flink jobs, 10 a page": "/v1.0/embedded/streaming/jobs?limit=10",
    "IAM projects": "/v3/projects",
}
OBS = {
    "OBS object": ("GET", "/lake/orders/1.csv"),
    "OBS object's head": ("HEAD", "/lake/orders/1.csv"),
    "OBS bucket's head": ("HEAD", "/lake"),
    "OBS list, 10 a page": ("GET", "/lake?list-type=2&max-keys=10"),
    "OBS list, 100 a page": ("GET", "/lake?list-type=2&max-keys=100"),
    "OBS list, the older kind": ("GET", "/lake?max-keys=100"),
}


class Cost(NamedTuple):
    """What one kind of read costs: milliseconds of the server's processor, reads a second by the clock, its bytes."""

    processor_ms: float
    per_second: float
    size_bytes: int


@contextmanager
def full_cloud(data: Path) -> Iterator[tuple[Status, dict[str, bytes]]]:
    """Run a cloud with some of everything, and tell the request of each kind of read as it travels."""
    status = lifecycle.start(data)
    try:
        token = _fill(status)
        place = urlsplit(status.api).netloc
        told = {
            kind: f"GET {path} HTTP/1.1\r\nHost: {place}\r\nX-Auth-Token: {token}\r\n\r\n" for kind, path in API.items()
        }
        told |= {kind: _signed(status.obs, *asked) for kind, asked in OBS.items()}
        yield status, {kind: request.encode() for kind, request in told.items()}
    finally:
        lifecycle.stop(data)


@contextmanager
def bare_server(answer_bytes: int) -> Iterator[tuple[str, int]]:
    """Run the bare server in a process of its own, and tell its URL and its number."""
    command = [sys.executable, "-c", f"from tests.simulator.speed import serve; serve({answer_bytes})"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
    finally:
        process.kill()
        process.wait()


def serve(answer_bytes: int) -> None:
    """Answer whatever comes with so many bytes, with nothing between the loop and the socket."""
    answer = f"HTTP/1.1 200 OK\r\ncontent-length: {answer_bytes}\r\n\r\n".encode() + b"x" * answer_bytes

    class Bare(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            if data.endswith(b"\r\n\r\n"):
                self.transport.write(answer)  # type: ignore[attr-defined]

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


def cost(url: str, pid: int, request: bytes) -> Cost:
    """Return the least that a read cost in several rounds."""
    rounds = [_round(url, pid, request) for _ in range(ROUNDS)]
    return Cost(min(one.processor_ms for one in rounds), max(one.per_second for one in rounds), rounds[0].size_bytes)


def processor_s(pid: int) -> float:
    """Return the processor time of a process so far, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _round(url: str, pid: int, request: bytes) -> Cost:
    place = urlsplit(url)
    address = place.hostname or "", place.port or 0
    connections = [socket.create_connection(address, timeout=30) for _ in range(CONNECTIONS)]
    is_head, size_bytes = request.startswith(b"HEAD"), 0
    try:
        before, began = processor_s(pid), time.perf_counter()
        for _ in range(READS // CONNECTIONS):
            for connection in connections:
                connection.sendall(request)
            for connection in connections:
                size_bytes = _read(connection, is_head=is_head)
        spent, took = processor_s(pid) - before, time.perf_counter() - began
    finally:
        for connection in connections:
            connection.close()
    return Cost(spent / READS * 1000, READS / took, size_bytes)


def _read(connection: socket.socket, *, is_head: bool) -> int:
    """Read one answer to its end, and return the length of its body."""
    answer = connection.recv(1 << 18)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1 << 18)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), answer
    length = 0 if is_head else int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    missing = length - len(body)
    while missing > 0:
        missing -= len(connection.recv(1 << 18))
    return length


def _fill(status: Status) -> str:
    with httpx.Client(base_url=status.api, timeout=30) as http:
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
    with socket.create_connection((urlsplit(status.obs).hostname or "", urlsplit(status.obs).port or 0)) as connection:
        for target in ("/lake", *(f"/lake/orders/{number}.csv" for number in range(OBJECTS))):
            connection.sendall(_signed(status.obs, "PUT", target).encode())
            _read(connection, is_head=False)
    return str(token)


def _signed(url: str, method: str, target: str) -> str:
    request = AWSRequest(method, url + target, data=b"")
    S3SigV4Auth(Credentials("embedded", "embedded"), "s3", "cn-north-4").add_auth(request)
    headers = {"Host": urlsplit(url).netloc, "Content-Length": "0", **dict(request.headers.items())}
    return f"{method} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"


def main() -> None:
    """Print a table."""
    print(f"{'read':28} {'a second':>9} {'by the clock':>13} {'ms each':>8} {'bytes':>7} {'of the bare server':>19}")
    with tempfile.TemporaryDirectory() as data, full_cloud(Path(data)) as (status, requests):
        for kind, request in requests.items():
            measured = cost(status.obs if kind in OBS else status.api, status.pid, request)
            with bare_server(measured.size_bytes) as (url, pid):
                bare = cost(url, pid, request)
            share, each_ms = bare.processor_ms / measured.processor_ms, measured.processor_ms
            print(
                f"{kind:28} {1000 / each_ms:9.0f} {measured.per_second:13.0f} {each_ms:8.2f} {measured.size_bytes:7}"
                f" {share:18.0%}"
            )


if __name__ == "__main__":
    main()
