"""Two who promote into one environment from different machines: a lease in the bucket, with owner and expiry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_dataarts.backend import leases, owners
from pulumi_dataarts.backend.s3 import Object, S3Blobs, open_s3
from pulumi_dataarts.errors import LockHeld
from pulumi_dataarts.release.promotion import Intent, Line
from pulumi_dataarts.release.records import BoundConfig, Records
from tests.backend.buckets import running_buckets

INTENT = Intent("promotion", "prod", "staging", "1" * 64, "", BoundConfig(), BoundConfig(), "ana")


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    with running_buckets() as buckets:
        for name, value in buckets.environment.items():
            monkeypatch.setenv(name, value)
        yield Line(Records(open_s3(buckets.url("state-releases")), "orders"))


def test_one_is_refused_until_the_others_lease_expires_and_the_first_can_write_no_more(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LockHeld), line.held("prod") as first:
        begun = first.begin(INTENT)
        refused = pytest.raises(LockHeld, match=r"somebody promotes into prod: .* its lease expires in \d+ s")
        with refused, line.held("prod"):
            pass
        with line.held("staging"):
            pass
        expire(monkeypatch)
        noted: list[str] = []
        with line.held("prod", noted.append) as second:
            assert second.records.open_promotion("prod") == begun
            second.abandon(begun)
        assert any("it expired" in text for text in noted)
        first.abandon(begun)
    assert line.records.open_promotion("prod") is None


def expire(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour pass, for the bucket and for whoever holds a lease there; the holder is on another machine."""
    look, clock_s = S3Blobs.look, leases.clock_s

    def aged(blobs: S3Blobs, key: str) -> Object | None:
        found = look(blobs, key)
        return found and found._replace(age_s=found.age_s + 3600)

    monkeypatch.setattr(S3Blobs, "look", aged)
    monkeypatch.setattr(leases, "clock_s", lambda: clock_s() + 3600)
    monkeypatch.setattr(owners, "machine", lambda: "another")
