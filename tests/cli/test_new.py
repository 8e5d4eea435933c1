"""`dataarts new`: what it writes runs at once, is formatted and typed, and passes its own tests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from jsonschema import Draft202012Validator

from pulumi_dataarts.cli.new import TEMPLATE
from tests.cli.commands import Folder
from tests.cli.samples import typed

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

KINDS = list(TEMPLATE)
LINES_MAX = 60


def made(path: Path, kind: str, *flags: str) -> Folder:
    """Write a template into a folder of its name, and return that folder."""
    typed(Folder(path), "new", kind, "--template", kind, "--yes", *flags)
    return Folder(path / kind)


def checked(*command: str, cwd: Path) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_is_formatted_and_short(tmp_path: Path) -> None:
    for kind in KINDS:
        program = (made(tmp_path, kind).path / "__main__.py").read_text()
        assert sum(bool(line.strip()) for line in program.splitlines()) < LINES_MAX, kind
    checked("ruff", "format", "--check", "--isolated", ".", cwd=tmp_path)
    checked("ruff", "check", "--isolated", "--select", "E,F,I,B,UP,SIM,ANN", ".", cwd=tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_its_stack_files_pass_the_schema_that_it_writes_for_editors(tmp_path: Path, kind: str) -> None:
    folder = made(tmp_path, kind).path
    validator = Draft202012Validator(json.loads((folder / ".dataarts/config.schema.json").read_text()))
    for stack in TEMPLATE[kind].stacks:
        text = (folder / f"Pulumi.{stack}.yaml").read_text()
        assert text.startswith("# yaml-language-server: $schema=.dataarts/config.schema.json\n")
        assert list(validator.iter_errors(yaml.safe_load(text))) == []
    slip = {"config": {"dataarts:enpoint": "embedded"}}
    assert list(validator.iter_errors(slip))


def test_a_secret_is_encrypted_with_a_salt_of_its_own(tmp_path: Path) -> None:
    first, second = (made(tmp_path, kind).path / "Pulumi.dev.yaml" for kind in ("lake", "ingest"))
    salts = {re.search(r"encryptionsalt: v1:(.+?):", file.read_text()) for file in (first, second)}
    assert len({salt.group(1) for salt in salts if salt}) == 2
    assert typed(Folder(first.parent), "config", "get", "databasePassword").out == "sample\n"


def test_workflows_name_every_stack(tmp_path: Path) -> None:
    preview = made(tmp_path, "promotion", "--ci", "github").path / ".github/workflows/dataarts-preview.yml"
    assert "stack: [dev, staging, prod]" in preview.read_text()
    assert (made(tmp_path, "empty", "--ci", "gitlab").path / ".gitlab-ci.yml").is_file()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    said = typed(Folder(tmp_path), "new", "--yes", code=2)
    assert "is not empty (notes.txt)" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    assert "cannot be a project's name" in typed(Folder(tmp_path), "new", "x", "--yes", "--name", "a b", code=2).err


def test_the_list_tells_them_apart(tmp_path: Path) -> None:
    listed = typed(Folder(tmp_path), "new", "--list").out
    assert [line.split()[0] for line in listed.splitlines()] == KINDS


def test_a_new_lake_previews_at_once(tmp_path: Path, dataarts_cloud: RunningCloud) -> None:
    folder = made(tmp_path, "lake")
    folder.environment.update(dataarts_cloud.environment)
    assert {step["op"] for step in folder.plan().values()} == {"create"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_its_own_tests_pass_and_its_types_hold(tmp_path: Path, kind: str) -> None:
    folder = made(tmp_path, kind)
    folder.dataarts("preview")
    folder.dataarts("cloud", "stop")
    checked("pytest", "-q", "-p", "no:cacheprovider", cwd=folder.path)
    checked("mypy", "--strict", "__main__.py", "tests", cwd=folder.path)
