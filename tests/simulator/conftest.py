"""A caller of the embedded cloud that sees what travels, and the check that tests drive what they are named for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from pulumi_dataarts.simulator import cdm, coverage, dlf, dli, iam
from pulumi_dataarts.simulator.clock import ManualClock
from pulumi_dataarts.simulator.embedded import EmbeddedCloud
from pulumi_dataarts.simulator.routing import Router
from pulumi_dataarts.simulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.testing import RunningCloud

ROUTER = Router([*iam.routes(), *cdm.routes(), *dlf.routes(), *dli.routes()])
DRIVEN: dict[str, str] = json.loads((Path(__file__).parent / "driven.json").read_text())
SDK_AGENT = "huaweicloud-usdk-python/"
PASSWORD = {"user": {"domain": {"name": "embedded"}, "name": "embedded", "password": "embedded"}}
TOKEN_REQUEST = {
    "auth": {
        "identity": {"methods": ["password"], "password": PASSWORD},
        "scope": {"project": {"name": "embedded"}},
    }
}


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give a test that uses the shared cloud a new one, and see that it drives the routes it is named for."""
    name = f"tests/simulator/{request.path.name}::{request.node.originalname}"
    named = {route for route, test in DRIVEN.items() if test == name}
    if "cloud" not in request.fixturenames:
        assert not named, "a test that drives a route uses the fixture `cloud`"
        yield
        return
    cloud = request.getfixturevalue("cloud")
    cloud.reset()
    yield
    if named:
        assert not named - served_by_an_sdk(cloud), "the official SDK package drives what a test is named for"


def served_by_an_sdk(cloud: RunningCloud) -> set[str]:
    """Return the operations that an official SDK called with success; plain HTTP does where none has the call."""
    matches = [
        (ROUTER.match(asked.method, asked.path), asked.agent) for asked in cloud.requests() if asked.status < 400
    ]
    found = {(coverage.key(match[0]), agent) for match, agent in matches if match}
    return {name for name, agent in found if agent.startswith(SDK_AGENT) or name in coverage.NO_SDK}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud without sockets, where nothing takes time."""
    cloud = EmbeddedCloud(tmp_path_factory.mktemp("kernel"), Settings(boot_s=0, run_s=0, task_s=0), ManualClock())
    yield cloud
    cloud.close()


@pytest.fixture
def http(cloud: RunningCloud) -> Iterator[httpx.Client]:
    """A client with a token."""
    with httpx.Client(base_url=cloud.api, timeout=10) as client:
        token = client.post("/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
        client.headers["X-Auth-Token"] = token
        yield client
