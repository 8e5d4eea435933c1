"""The embedded cloud as the client of DataArts Factory sees it, emptied before each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lives import open_at

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture(scope="session")
def _opened(cloud: RunningCloud) -> tuple[Session, list[str]]:
    said: list[str] = []
    return open_at(cloud, said), said


@pytest.fixture
def session(_opened: tuple[Session, list[str]], cloud: RunningCloud) -> Session:
    """A session with an empty cloud; one for all tests, since an S3 client takes long to make."""
    cloud.reset()
    _opened[1].clear()
    return _opened[0]


@pytest.fixture
def said(_opened: tuple[Session, list[str]], session: Session) -> list[str]:
    """What the session told people since the test began."""
    return _opened[1]
