"""Knowing that a secret changed without keeping it."""

from __future__ import annotations

import pytest

from pulumi_dataarts.lifecycle.fingerprints import fingerprint, matches


def test_a_fingerprint_matches_its_value_and_no_other() -> None:
    mark = fingerprint("hunter2-canary")
    assert matches("hunter2-canary", mark)
    assert not matches("hunter2-canarz", mark)


def test_the_same_value_has_another_fingerprint_each_time_and_shows_nothing() -> None:
    first, second = fingerprint("hunter2-canary"), fingerprint("hunter2-canary")
    assert first != second
    assert "hunter2" not in first


@pytest.mark.parametrize("broken", ["", "v1", "v1:", "v1:zz", "v2:00:00", "no fingerprint at all"])
def test_a_malformed_fingerprint_matches_nothing(broken: str) -> None:
    assert not matches("x", broken)
