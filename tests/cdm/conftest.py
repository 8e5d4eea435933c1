"""A session with the embedded cloud, CDM calls beside the client, and what was told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import resolve
from tests.cdm.declarations import FILES, MYSQL, ORDERS
from tests.cdm.stack import CloudClock, Stack

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture
def told() -> list[str]:
    """The lines that were said to people."""
    return []


@pytest.fixture
def session(cloud: RunningCloud, told: list[str]) -> Session:
    """A session of its own with a fresh cloud; waiting moves both clocks and takes no time."""
    cloud.reset()
    config: dict[str, Any] = {
        "dataarts:region": "embedded",
        "dataarts:projectId": "embedded",
        "dataarts:endpoint": cloud.api,
        "dataarts:endpoints": json.dumps({"obs": cloud.obs}),
        "dataarts:accessKey": "embedded",
        "dataarts:secretKey": "embedded",
    }
    return Session(resolve(config.get, {}), clock=CloudClock(cloud), say=told.append)


@pytest.fixture
def links(session: Session) -> None:
    """The two links that `ORDERS` needs."""
    for declared in (MYSQL, FILES):
        Stack(LinkProvider, session).up(**declared)


@pytest.fixture
def orders(links: None, session: Session) -> Stack:
    """A job that stands, as declared in `ORDERS`."""
    stack = Stack(JobProvider, session)
    stack.up(**ORDERS)
    return stack


@pytest.fixture
def beside(session: Session) -> Session:
    """Another session with the same cloud: somebody else's hands."""
    return Session(session.settings, clock=session.clock, say=lambda _: None)
