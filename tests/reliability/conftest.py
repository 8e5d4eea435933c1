"""These tests kill, fill and race processes: each of them is one of its own from the start."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _fresh_processes(fresh_processes: None) -> None:
    """What is killed here has to be the process itself."""
