"""Drafts: what the patch says, git and patch make of the files."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.report.writeback.drafts import Draft

texts = st.text("ab \t\r\n\u2028é", max_size=30)


@given(texts, texts)
def test_git_makes_of_the_old_text_the_new_one(old: str, new: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a folder" / "file.sql"
        path.parent.mkdir()
        path.write_bytes(old.encode())
        draft = Draft(Path(folder))
        draft.write(path, new)
        (Path(folder) / "p").write_bytes(draft.patch().encode())
        if old != new:
            subprocess.run(["git", "apply", "--whitespace=nowarn", "p"], cwd=folder, check=True, capture_output=True)
        assert path.read_bytes() == new.encode()


def test_a_file_that_goes_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "gone.job"
    path.write_text("{}")
    draft = Draft(tmp_path)
    draft.remove(path)
    assert draft.changed() == ["gone.job"]
    (tmp_path / "p").write_text(draft.patch())
    subprocess.run(["git", "apply", "p"], cwd=tmp_path, check=True)
    assert not path.exists()
    with pytest.raises(ConfigError, match="goes with another change"):
        draft.write(path, "x")


def test_no_secret_gets_into_a_file_and_no_file_outside_is_written(tmp_path: Path) -> None:
    path = tmp_path / "project" / "a.sql"
    path.parent.mkdir()
    path.write_text("select 1")
    (tmp_path / "other").write_text("x")
    draft = Draft(tmp_path / "project", lambda text: text.replace("hunter2", "[secret]"))
    with pytest.raises(ConfigError, match="in clear"):
        draft.write(path, "select 'hunter2'")
    with pytest.raises(ConfigError, match="outside of the project"):
        draft.write(tmp_path / "other", "y")
    assert draft.patch() == ""
