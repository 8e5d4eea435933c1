"""A program's files are its sources and nothing else, whoever looks, wherever they lie."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from pulumi_dataarts.backend.projects import read_project
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.release.archive import pack
from pulumi_dataarts.release.manifest import Provenance
from pulumi_dataarts.release.sources import release_of
from pulumi_dataarts.release.tree import program_files

SOURCES = {
    "Pulumi.yaml": "name: sample\nruntime: python\nmain: stacks\n",
    "stacks/__main__.py": "import pulumi\n",
    "stacks/orders/lake.py": "x = 1\n",
    "stacks/bundles/orders/jobs/daily.job": "{}\n",
    "stacks/data/keep.csv": "kept\n",
    "stacks/Zoe.py": "",
    "stacks/änderung.py": "y = 'ü'\n",
}
OTHERS = {
    "Pulumi.dev.yaml": "config: {}\n",
    "README.md": "outside of the program\n",
    ".gitignore": "*.log\nsecret/\n/stacks/generated\n",
    "stacks/.env": "TOKEN=x\n",
    "stacks/.venv/pyvenv.cfg": "",
    "stacks/env/pyvenv.cfg": "",
    "stacks/env/lib/site.py": "",
    "stacks/__pycache__/lake.cpython-311.pyc": "",
    "stacks/orders/lake.pyc": "",
    "stacks/debug.log": "",
    "stacks/secret/key.pem": "",
    "stacks/generated/x.py": "",
    "stacks/data/.gitignore": "*.csv\n!keep.csv\n",
    "stacks/data/big.csv": "",
}
MADE = Provenance(created="2026-11-01T00:00:00Z")


def project(folder: Path, *, order: int = 0, others: bool = True) -> Path:
    """Write the project, its files in some order, and return its Pulumi.yaml."""
    files = list(({**SOURCES, **OTHERS} if others else SOURCES).items())
    random.Random(order).shuffle(files)
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "Pulumi.yaml"


def test_sources_are_in_and_what_is_none_is_out(tmp_path: Path):
    found = program_files(read_project(project(tmp_path)))
    assert {name: data.decode() for name, data in found.items()} == SOURCES


def test_differently_ordered_touched_and_copied_trees_make_equal_archives(tmp_path: Path):
    first = project(tmp_path / "first", order=1)
    second = project(tmp_path / "second", order=2, others=False)
    for path in (tmp_path / "second").rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o755)
    shutil.copytree(tmp_path / "first", tmp_path / "third" / "deeper")
    third = tmp_path / "third" / "deeper" / "Pulumi.yaml"
    releases = [release_of(read_project(path), [], MADE) for path in (first, second, third)]
    archives = {pack(release.manifest.content, release.files) for release in releases}
    assert len(archives) == 1
    assert len({release.manifest.digest for release in releases}) == 1


def test_one_changed_letter_is_another_release(tmp_path: Path):
    path = project(tmp_path)
    before = release_of(read_project(path), [], MADE).manifest.digest
    (tmp_path / "stacks/orders/lake.py").write_text("x = 2\n")
    assert release_of(read_project(path), [], MADE).manifest.digest != before


def test_a_program_beside_pulumi_yaml_leaves_the_stacks_files_out(tmp_path: Path):
    path = project(tmp_path)
    path.write_text("name: sample\nruntime: python\n")
    found = program_files(read_project(path))
    assert "Pulumi.dev.yaml" not in found
    assert "README.md" in found
    assert not [name for name in found if name.startswith((".", "stacks/."))]


def test_a_link_is_refused_since_it_may_lead_anywhere(tmp_path: Path):
    path = project(tmp_path)
    (tmp_path / "stacks/hosts").symlink_to("/etc/hosts")
    with pytest.raises(ConfigError, match="hosts is a link"):
        program_files(read_project(path))


def test_a_program_outside_of_the_project_or_absent_is_refused(tmp_path: Path):
    path = project(tmp_path / "project")
    path.write_text("name: sample\nruntime: python\nmain: ../elsewhere\n")
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ConfigError, match="outside of the project"):
        program_files(read_project(path))
    path.write_text("name: sample\nruntime: python\nmain: nowhere\n")
    with pytest.raises(ConfigError, match="no program at"):
        program_files(read_project(path))
