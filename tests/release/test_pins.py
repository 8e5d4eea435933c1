"""A stack's release is one line of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_dataarts.backend.configs import read_stack_file
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.release.pins import pin_of, pinned

TEXT = """# The live environment.
config:
  dataarts:workspace: prod  # Europe
  dataarts:release: sha256:{}  # by hand
  # A comment between.
  sample:prefix: x
"""
ONE, TWO = "1" * 64, "2" * 64


def test_pinning_changes_one_line_and_no_comment(tmp_path: Path):
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(TEXT.format(ONE))
    file = read_stack_file(path, "sample")
    assert pin_of(file) == ONE
    pinned(file, TWO).save()
    assert path.read_text() == TEXT.format(TWO)
    assert pin_of(read_stack_file(path, "sample")) == TWO


def test_a_stack_without_the_line_runs_the_working_tree(tmp_path: Path):
    path = tmp_path / "Pulumi.prod.yaml"
    file = read_stack_file(path, "sample")
    assert pin_of(file) is None
    assert pin_of(pinned(file, ONE)) == ONE
    assert pin_of(pinned(pinned(file, ONE), None)) is None


@pytest.mark.parametrize("value", ["latest", "sha256:12", "2", f"{'a' * 64}", "[1]"])
def test_a_line_that_names_no_release_is_an_error_with_its_place(tmp_path: Path, value: str):
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(f"config:\n  dataarts:release: {value}\n")
    with pytest.raises(ConfigError, match=r"Pulumi.prod.yaml: dataarts:release is sha256:"):
        pin_of(read_stack_file(path, "sample"))
