"""Bundles as people keep them, and the archive built from them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pulumi_dataarts import dlf
from pulumi_dataarts.dlf.bundle import from_zip
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.errors import ConfigError
from tests.dlf.samples import edited, orders, write_source


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a bundle in it, and the program's directory as the working directory."""
    (tmp_path / "Pulumi.yaml").write_text("name: test\n")
    program = tmp_path / "program"
    program.mkdir()
    monkeypatch.chdir(program)
    write_source(program / "orders", orders())
    return program / "orders"


def test_a_directory_is_the_bundle_it_was_written_from(source: Path) -> None:
    assert read_source(source) == orders()


def test_an_archive_is_the_bundle_too(source: Path, tmp_path: Path) -> None:
    archive = tmp_path / "orders.zip"
    archive.write_bytes(orders().to_zip())
    assert read_source(archive) == orders()


@pytest.mark.parametrize("suffix", [".sql", ".py", ".sh"])
def test_a_scripts_code_lies_beside_it(source: Path, suffix: str) -> None:
    (source / "scripts" / "clean_orders.sql").rename(source / "scripts" / f"clean_orders{suffix}")
    assert read_source(source).scripts["clean_orders"]["content"] == "select 1"


def test_code_may_stand_in_the_definition_instead(source: Path) -> None:
    (source / "scripts" / "clean_orders.sql").unlink()
    definition = source / "scripts" / "clean_orders.script"
    definition.write_text(json.dumps({**json.loads(definition.read_text()), "content": "select 3"}))
    assert read_source(source).scripts["clean_orders"]["content"] == "select 3"


def test_line_ends_and_hidden_files_make_no_difference(source: Path) -> None:
    (source / "scripts" / "clean_orders.sql").write_bytes(b"\xef\xbb\xbfselect\r\n1")
    (source / "jobs" / ".keep").write_text("")
    (source / "README.md").write_text("hello")
    assert read_source(source).scripts["clean_orders"]["content"] == "select\n1"


def broken(source: Path) -> None:
    scripts = source / "scripts"
    (source / "jobs" / "notes.txt").write_text("")
    (scripts / "lonely.sql").write_text("select 1")
    (scripts / "clean_orders.py").write_text("print()")
    definition = scripts / "sum_orders.script"
    definition.write_text(json.dumps({**json.loads(definition.read_text()), "content": "select 3"}))


def test_every_mistake_in_a_directory_is_told(source: Path) -> None:
    broken(source)
    with pytest.raises(ConfigError) as caught:
        read_source("orders")
    assert str(caught.value).splitlines() == [
        "orders/jobs/notes.txt: only *.job belong here",
        "orders/scripts/lonely.sql: lonely.script is missing beside it",
        "orders/scripts/clean_orders.script: its content lies in clean_orders.sql and in clean_orders.py",
        "orders/scripts/sum_orders.script: has content, and so does sum_orders.sql",
    ]


def test_a_link_is_not_followed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (source / "jobs" / "secret.job").symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigError, match=r"jobs/secret\.job: is a link"):
        read_source(source)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_definition_that_is_not_json_is_told_by_its_path(source: Path, text: str) -> None:
    (source / "scripts" / "clean_orders.script").write_text(text)
    with pytest.raises(ConfigError, match=r"scripts/clean_orders\.script: "):
        read_source(source)


def test_a_missing_bundle_is_told(source: Path) -> None:
    with pytest.raises(ConfigError, match="bundle nowhere: cannot be read: No such file or directory"):
        read_source("nowhere")


def test_a_pack_is_named_by_its_content_and_lies_in_the_project(source: Path, tmp_path: Path) -> None:
    path = dlf.pack("orders")
    content = Path(path).read_bytes()
    assert path == f"../.build/{hashlib.sha256(content).hexdigest()}.zip"
    assert Path(path).resolve().parent == tmp_path / ".build"
    assert from_zip(content) == orders()
    assert (tmp_path / ".build" / ".gitignore").read_text() == "*\n"


def test_equal_sources_have_an_equal_pack_and_others_another(source: Path) -> None:
    first = dlf.pack(source)
    assert dlf.pack(source) == first
    assert dlf.pack(first) == first, "a zip is written anew in the same form"
    write_source(source, edited(orders(), clean_orders="select 2"))
    assert dlf.pack(source) != first


def test_a_bundle_with_mistakes_is_not_packed(source: Path, tmp_path: Path) -> None:
    broken(source)
    with pytest.raises(ConfigError):
        dlf.pack(source)
    assert not (tmp_path / ".build").exists()
