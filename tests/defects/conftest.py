"""An empty embedded cloud, a session with it, and what was said and sent."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Call, Reply, Service
from tests.cdm.declarations import FILES, MYSQL
from tests.dli.conftest import Bundle
from tests.lives import Life, open_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture(scope="session")
def storage(cloud: RunningCloud) -> Any:
    """The S3 client: it takes long to make, and keeps nothing of a test."""
    return open_at(cloud, []).obs()


@pytest.fixture
def said() -> list[str]:
    """What the session tells people."""
    return []


@pytest.fixture
def session(cloud: RunningCloud, storage: Any, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session of its own with an empty cloud; waiting moves the clocks, nothing else does, and it takes no time."""
    cloud.reset()
    cloud.freeze()
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    opened = open_at(cloud, said)
    opened.once(("obs",), lambda: storage)
    yield opened
    cloud.reset()


@pytest.fixture
def beside(session: Session) -> Session:
    """Somebody else's hands in the same cloud."""
    return Session(session.settings, clock=session.clock, say=lambda _: None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every call that the client makes, whoever makes it."""
    calls: list[Call] = []
    send = Service.send

    def watched(service: Service, call: Call) -> Reply:
        calls.append(call)
        return send(service, call)

    monkeypatch.setattr(Service, "send", watched)
    return calls


@pytest.fixture
def links(session: Session) -> None:
    """The two links that `ORDERS` of tests/cdm needs."""
    for declared in (MYSQL, FILES):
        Life(LinkProvider, session).up(**declared)


@pytest.fixture
def flink(session: Session, tmp_path: Path) -> Bundle:
    """A source directory with the Flink jobs `orders` and `payments`, and a bucket for archives."""
    session.obs().create_bucket(Bucket="lake")
    made = Bundle(tmp_path, session)
    made.job("orders", checkpoint_mode=2)
    made.job("payments")
    return made
