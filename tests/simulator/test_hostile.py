"""What no client of good will sends, over real sockets: each service says no in its own words, and goes on serving."""

from __future__ import annotations

import hmac
import socket
from base64 import b64encode
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from tests.simulator.cdm_calls import BASE

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

BROKEN = [b"{", b'{"a": NaN}', b'{"name": "\\ud800"}', b'{"a":' * 100_000, b"\xff\xfe"]


@pytest.mark.parametrize("body", BROKEN, ids=["cut", "nan", "half a character", "deep", "not utf-8"])
@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v3/auth/tokens", {"error"}),
        (f"{BASE}/job", {"code", "errCode", "message", "externalMessage"}),
        ("/v1/embedded/jobs", {"error_code", "error_msg"}),
        ("/v1.0/embedded/streaming/sql-jobs", {"error_code", "error_msg"}),
    ],
    ids=["iam", "cdm", "dlf", "dli"],
)
def test_a_body_that_is_no_json(http: httpx.Client, path: str, shape: set[str], body: bytes) -> None:
    answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json().keys()) == (400, shape)


@pytest.mark.parametrize("name", ["..%2F..%2Fetc", "..", "%00", "a%2Fb", "%ff", "%ED%A0%80", "." * 300])
@pytest.mark.parametrize("path", [f"{BASE}/job/", f"{BASE}/link/", "/v1/embedded/scripts/", "/v1/embedded/jobs/"])
def test_a_name_that_plays_tricks_is_one_that_is_not_there(
    cloud: RunningCloud, http: httpx.Client, path: str, name: str
) -> None:
    answer = raw(cloud, f"GET {path}{name} HTTP/1.1\r\nX-Auth-Token: {http.headers['X-Auth-Token']}\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("target", ["/bkt/..%2F..%2Fetc", "/..", "/bkt/%00", "/%2e%2e/x", "/bkt/" + "k" * 2000])
def test_a_key_that_plays_tricks_is_no_way_out(cloud: RunningCloud, target: str) -> None:
    date = formatdate(usegmt=True)
    signature = b64encode(hmac.digest(b"embedded", f"PUT\n\n\n{date}\n{target}".encode(), "sha1")).decode()
    key = f"Date: {date}\r\nAuthorization: OBS embedded:{signature}\r\n"
    answer = raw(cloud, f"PUT {target} HTTP/1.1\r\n{key}Content-Length: 1\r\n", b"x", obs=True)
    assert answer[9:12] in (b"400", b"404", b"405")


@pytest.mark.parametrize(
    "text",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_its_own_connection_alone(cloud: RunningCloud, http: httpx.Client, text: bytes) -> None:
    place = urlsplit(cloud.api)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as connection:
        connection.sendall(text)
        answered = connection.recv(64)
    assert answered == b"" or answered.split()[1].startswith(b"4")
    assert http.get("/v1.1/embedded/clusters").status_code == 200


def test_a_client_that_goes_in_the_middle_leaves_nothing(cloud: RunningCloud, http: httpx.Client) -> None:
    place = urlsplit(cloud.api)
    token = f"X-Auth-Token: {http.headers['X-Auth-Token']}"
    head = f"POST {BASE}/link HTTP/1.1\r\nHost: x\r\n{token}\r\nContent-Length: 99\r\n\r\n"
    with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
        connection.sendall(head.encode() + b'{"links": ')
    assert http.get("/v1.1/embedded/clusters").status_code == 200
    assert http.get(f"{BASE}/link/x").status_code == 400


def raw(cloud: RunningCloud, head: str, body: bytes = b"", *, obs: bool = False) -> bytes:
    """Send exactly this, and return the answer as it came."""
    place = urlsplit(cloud.obs if obs else cloud.api)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        connection.sendall(f"{head}Host: {place.netloc}\r\nConnection: close\r\n\r\n".encode() + body)
        return b"".join(iter(lambda: connection.recv(65536), b""))
