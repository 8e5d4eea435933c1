"""A release on disk is checked each time it is used, and the official CLI can work in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_dataarts.backend.projects import find_project, read_project
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.release.archive import Release
from pulumi_dataarts.release.folders import extract, unpacked
from tests.release.samples import release

RELEASE = release()
DIGEST = RELEASE.manifest.digest


def fetched(digest: str) -> Release:
    assert digest == DIGEST
    return RELEASE


def never(_digest: str) -> Release:
    raise AssertionError("asked for a release that is there")


def test_it_is_fetched_once_and_found_whole_after(tmp_path: Path):
    folder, manifest = unpacked(DIGEST, tmp_path / ".build", fetched)
    assert manifest == RELEASE.manifest
    assert find_project(folder).name == "sample"
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"made by running it")
    assert unpacked(DIGEST, tmp_path / ".build", never) == (folder, manifest)


@pytest.mark.parametrize("harm", ["changed", "added", "removed", "link", "mark", "other"])
def test_what_was_tampered_with_is_unpacked_anew(tmp_path: Path, harm: str):
    folder, _ = unpacked(DIGEST, tmp_path, fetched)
    main = folder / "__main__.py"
    if harm == "changed":
        main.write_text("import os\n")
    elif harm == "added":
        (folder / "pulumi.py").write_text("raise SystemExit\n")
    elif harm == "removed":
        main.unlink()
    elif harm == "link":
        (tmp_path / "same.py").write_bytes(main.read_bytes())
        main.unlink()
        main.symlink_to(tmp_path / "same.py")
    elif harm == "mark":
        (folder.parent / "release.json").write_text("{}")
    else:
        text = (folder.parent / "release.json").read_text()
        (folder.parent / "release.json").write_text(text.replace("import", "export").replace("sample", "samples"))
    unpacked(DIGEST, tmp_path, fetched)
    assert main.read_bytes() == b"import pulumi\n"
    assert not main.is_symlink()
    assert {path.name for path in folder.iterdir()} == {"Pulumi.yaml", "__main__.py"}
    unpacked(DIGEST, tmp_path, never)


def test_an_extracted_folder_points_to_the_projects_own_configuration_state_and_environment(tmp_path: Path):
    text = (
        "name: sample  # the project\nruntime:\n  name: python\n  options:\n    virtualenv: .venv\n"
        "backend:\n  url: file://.state\n"
    )
    made = release({"program/Pulumi.yaml": ("file", "Pulumi.yaml", text.encode())})
    home = tmp_path / "home"
    home.mkdir()
    (home / "Pulumi.yaml").write_text(text)
    extract(made, home / "out" / "prod", read_project(home / "Pulumi.yaml"), f"file://{home}/.state")
    found = read_project(home / "out" / "prod" / "Pulumi.yaml")
    assert found.stack_path("prod").resolve() == home / "Pulumi.prod.yaml"
    assert found.backend_url == f"file://{home}/.state"
    assert found.runtime_options["virtualenv"] == str(home / ".venv")
    assert "# the project" in found.path.read_text()
    with pytest.raises(ConfigError, match="not empty"):
        extract(made, home / "out" / "prod", read_project(home / "Pulumi.yaml"), "")
