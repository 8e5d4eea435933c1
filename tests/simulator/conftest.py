"""A caller of the embedded cloud that sees what travels: plain HTTP with a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.testing import RunningCloud

PASSWORD = {"user": {"domain": {"name": "embedded"}, "name": "embedded", "password": "embedded"}}
TOKEN_REQUEST = {
    "auth": {
        "identity": {"methods": ["password"], "password": PASSWORD},
        "scope": {"project": {"name": "embedded"}},
    }
}


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    """Give a test that uses the shared cloud a new one."""
    if "cloud" in request.fixturenames:
        request.getfixturevalue("cloud").reset()


@pytest.fixture
def http(cloud: RunningCloud) -> Iterator[httpx.Client]:
    """A client with a token."""
    with httpx.Client(base_url=cloud.api, timeout=10) as client:
        token = client.post("/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
        client.headers["X-Auth-Token"] = token
        yield client
