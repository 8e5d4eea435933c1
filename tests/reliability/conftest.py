"""These tests kill, fill and race processes: each of them is one of its own from the start."""

from __future__ import annotations

import sys

import pytest

from tests.forks import REAL


@pytest.fixture(autouse=True)
def _fresh_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is killed here has to be the process itself."""
    monkeypatch.setattr(sys, "executable", REAL)
