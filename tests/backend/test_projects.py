from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_dataarts.backend.projects import Project, find_project, full_key, read_project
from pulumi_dataarts.errors import ConfigError

FULL = """\
name: orders
description: a pipeline
runtime:
  name: python
  options:
    virtualenv: .venv
main: stacks
backend:
  url: file://./.state
stackConfigDir: config
options:
  refresh: always
config:
  region: cn-north-4
  workers:
    type: integer
    default: 3
  tags:
    type: array
    items: {type: array, items: {type: string}}
    default: [[a], [b, c]]
  token:
    type: string
    secret: true
  dataarts:endpoint:
    value: embedded
"""


def project(folder: Path, text: str) -> Project:
    (folder / "Pulumi.yaml").write_text(text)
    return read_project(folder / "Pulumi.yaml")


def test_all_that_a_project_says_is_read(tmp_path: Path):
    read = project(tmp_path, FULL)
    assert (read.name, read.description, read.refresh) == ("orders", "a pipeline", "always")
    assert (read.runtime, read.runtime_options) == ("python", {"virtualenv": ".venv"})
    assert read.backend_url == "file://./.state"
    assert read.stack_path("dev") == tmp_path / "config" / "Pulumi.dev.yaml"
    assert {key: item.value for key, item in read.config.items()} == {
        "orders:region": "cn-north-4",
        "orders:workers": 3,
        "orders:tags": [["a"], ["b", "c"]],
        "orders:token": None,
        "dataarts:endpoint": "embedded",
    }
    assert read.config["orders:tags"].type_name == "array<array<string>>"
    assert read.config["orders:token"].is_secret


def test_a_project_is_found_from_below(tmp_path: Path):
    project(tmp_path, "name: p\nruntime: python\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_project(below) == find_project(tmp_path)
    assert find_project(tmp_path).runtime == "python"


def test_no_project_is_told_with_a_way_out(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"no Pulumi\.yaml") as raised:
        find_project(tmp_path)
    assert "dataarts new" in raised.value.hint


def test_the_program_is_a_folder_or_a_file(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "app.py").write_text("")
    assert project(tmp_path, "name: p").program() == (tmp_path, ".")
    assert project(tmp_path, "name: p\nmain: sub").program() == (tmp_path / "sub", ".")
    assert project(tmp_path, "name: p\nmain: sub/app.py").program() == (tmp_path / "sub", "app.py")


def test_the_older_spelling_of_the_config_folder_is_understood(tmp_path: Path):
    read = project(tmp_path, "name: p\nconfig: stacks\n")
    assert (read.stack_path("dev"), read.config) == (tmp_path / "stacks" / "Pulumi.dev.yaml", {})


MALFORMED = {
    "no YAML": ("name: [", "line 1"),
    "no name": ("runtime: python", "no `name`"),
    "a list": ("- a", "a mapping belongs here"),
    "config is a list": ("name: p\nconfig: [a]", "`config` is a mapping"),
    "default and value": ("name: p\nconfig: {k: {default: 1, value: 2}}", "exclude each other"),
    "an array without items": ("name: p\nconfig: {k: {type: array}}", "needs `items`"),
    "a type that is none": ("name: p\nconfig: {k: {type: float}}", "'float' is unknown"),
    "a default of another type": ("name: p\nconfig: {k: {type: integer, default: x}}", "not of the type integer"),
    "a typed key of others": ("name: p\nconfig: {'aws:k': {type: string}}", "another namespace"),
    "a default for others": ("name: p\nconfig: {'aws:k': {default: x}}", "another namespace"),
    "a key that is none": ("name: p\nconfig: {'a:b:c': 1}", "not a configuration key"),
}


@pytest.mark.parametrize(("text", "told"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_project_is_told_with_its_file(tmp_path: Path, text: str, told: str):
    with pytest.raises(ConfigError, match=told) as raised:
        project(tmp_path, text)
    assert "Pulumi.yaml" in raised.value.message or "a:b:c" in raised.value.message


@pytest.mark.parametrize(
    ("key", "full"), [("k", "p:k"), ("aws:region", "aws:region"), ("aws:config:region", "aws:region")]
)
def test_a_key_without_namespace_is_the_projects(key: str, full: str):
    assert full_key(key, "p") == full


@pytest.mark.parametrize("key", ["", ":", "a:", ":b", "a:b:c", "a:b:c:d"])
def test_what_is_no_key_is_refused(key: str):
    with pytest.raises(ConfigError, match="not a configuration key"):
        full_key(key, "p")
