"""Projects for tests that run whole programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.projects import Project, make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without a program yet."""
    return make_project(tmp_path, monkeypatch.setenv)
