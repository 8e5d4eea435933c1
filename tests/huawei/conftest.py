"""Sessions of the huawei room: with a staged server, and time that takes no time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import Endpoints, Settings
from tests.huawei.servers import Stage, staged
from tests.huawei.times import Ticking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A server that answers as it is told."""
    with staged() as stage:
        yield stage


@pytest.fixture
def clock() -> Ticking:
    """Time that passes only when somebody waits."""
    return Ticking()


@pytest.fixture
def told() -> list[str]:
    """The lines that were said to people."""
    return []


@pytest.fixture
def open_at(clock: Ticking, told: list[str]) -> Callable[..., Session]:
    """Open a session whose services are all at one URL."""

    def opened(url: str, **settings: Any) -> Session:
        given = {"access_key": "AKEXAMPLE", "secret_key": "canary-SKEXAMPLE"} | settings
        endpoints = Endpoints(cdm=url, dlf=url, dli=url, iam=url, obs=url)
        return Session(Settings("cn-north-4", "p1", endpoints, **given), clock=clock, say=told.append)

    return opened
