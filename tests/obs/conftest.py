"""A session with a fresh embedded cloud, and boto3 of one's own to play the colleague at the console."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.lives import open_at

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture(scope="session")
def opened(cloud: RunningCloud) -> tuple[Session, list[str]]:
    """One session for all tests, since boto3 takes its time to begin; and what it tells people."""
    told: list[str] = []
    return open_at(cloud, told), told


@pytest.fixture
def said(opened: tuple[Session, list[str]]) -> list[str]:
    """What the session told people in this test."""
    opened[1].clear()
    return opened[1]


@pytest.fixture
def session(cloud: RunningCloud, opened: tuple[Session, list[str]], monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session with a cloud that holds nothing; botocore does not really wait between its attempts."""
    cloud.reset()
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    return opened[0]


@pytest.fixture
def console(session: Session) -> Any:
    """The S3 client, for what others do behind our back."""
    return session.obs()


@pytest.fixture
def bucket(console: Any) -> str:
    """A bucket that somebody else made."""
    console.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "cn-north-4"})
    return "lake"
