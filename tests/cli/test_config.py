"""`dataarts config …`, typed as with the official CLI."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
import yaml

from tests.cli.commands import Folder
from tests.cli.samples import typed
from tests.cli.states import with_state


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return with_state(tmp_path)


def values(folder: Folder, stack: str = "dev") -> dict[str, object]:
    document = yaml.safe_load((folder.path / f"Pulumi.{stack}.yaml").read_text())
    found: dict[str, object] = document.get("config") or {}
    return found


def test_the_list_hides_secrets_and_the_projects_own_name(folder: Folder):
    typed(folder, "config", "set", "--secret", "password", "hunter2")
    typed(folder, "config", "set", "other:key", "v")
    shown = typed(folder, "config").out.split()
    assert shown == ["other:key", "v", "password", "[secret]", "region", "cn-north-4", "servers", '[{"port":80}]']
    rows = json.loads(typed(folder, "config", "--json").out)
    assert rows["proj:password"] == {"secret": True}
    assert rows["proj:servers"]["objectValue"] == [{"port": 80}]
    assert json.loads(typed(folder, "config", "-j", "--show-secrets").out)["proj:password"]["value"] == "hunter2"


def test_set_stores_texts_and_by_path_or_type_what_they_stand_for(folder: Folder):
    typed(folder, "config", "set", "plain", "80")
    typed(folder, "config", "set", "--path", "o.list[0]", "80")
    typed(folder, "config", "set", "--path", 'o["a.b"]', "true")
    typed(folder, "config", "set", "typed", "2", "--type", "int")
    found = values(folder)
    assert (found["proj:plain"], found["proj:typed"]) == ("80", 2)
    assert found["proj:o"] == {"list": [80], "a.b": True}
    assert "is no int" in typed(folder, "config", "set", "typed", "x", "--type", "int", code=2).err


def test_a_secret_is_never_in_clear_in_the_file(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", StringIO("hunter2\n"))
    typed(folder, "config", "set", "--secret", "password")
    typed(folder, "config", "set", "--secret", "--path", "db.password", "hunter3")
    text = (folder.path / "Pulumi.dev.yaml").read_text()
    assert "hunter" not in text
    assert typed(folder, "config", "get", "password").out == "hunter2\n"
    assert typed(folder, "config", "get", "--path", "db.password").out == "hunter3\n"
    assert json.loads(typed(folder, "config", "get", "password", "--json").out) == {"value": "hunter2", "secret": True}


def test_what_looks_like_a_secret_is_not_stored_in_clear_by_accident(folder: Folder):
    assert "--secret" in typed(folder, "config", "set", "mysqlPassword", "x", code=2).err
    typed(folder, "config", "set", "mysqlPassword", "x", "--plaintext")
    assert values(folder)["proj:mysqlPassword"] == "x"
    typed(folder, "config", "set", "k", "x", "--plaintext", "--secret", code=2)


def test_standard_input_loses_its_last_line_feeds_unless_raw(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    for arguments, stored in (([], "a\nb"), (["--raw"], "a\nb\n\n")):
        monkeypatch.setattr("sys.stdin", StringIO("a\nb\n\n"))
        typed(folder, "config", "set", "text", *arguments)
        assert values(folder)["proj:text"] == stored


def test_rm_by_key_and_by_path(folder: Folder):
    typed(folder, "config", "rm", "--path", "servers[0].port")
    assert values(folder)["proj:servers"] == [{}]
    typed(folder, "config", "remove", "region")
    typed(folder, "config", "rm", "nope")
    assert "proj:region" not in values(folder)
    typed(folder, "config", "set-all", "--plaintext", "x=1", "--plaintext", "y=a=b", "--secret", "z=hunter2")
    assert (values(folder)["proj:x"], values(folder)["proj:y"]) == ("1", "a=b")
    assert typed(folder, "config", "get", "z").out == "hunter2\n"
    typed(folder, "config", "rm-all", "x", "y", "z")
    assert list(values(folder)) == ["proj:servers"]
    typed(folder, "config", "set-all", "--plaintext", "x", code=2)
    typed(folder, "config", "rm-all", code=2)


def test_get_of_what_is_not_there_names_what_is_near(folder: Folder):
    said = typed(folder, "config", "get", "regoin", code=2).err
    assert "Did you mean proj:region?" in said
    assert "Traceback" not in typed(folder, "config", "get", "--path", "servers[", code=2).err


def test_cp_encrypts_secrets_for_the_other_stack(folder: Folder):
    typed(folder, "config", "set", "--secret", "password", "hunter2")
    typed(folder, "config", "cp", "--dest", "prod", code=6)
    typed(folder, "stack", "init", "prod", "--no-select")
    typed(folder, "config", "cp", "region", "--dest", "prod", "-s", "dev")
    assert values(folder, "prod") == {"proj:region": "cn-north-4"}
    typed(folder, "config", "copy", "-d", "prod", "-s", "dev")
    assert typed(folder, "config", "get", "password", "-s", "prod").out == "hunter2\n"
    assert values(folder, "prod")["proj:password"] != values(folder)["proj:password"]
    typed(folder, "config", "set", "--path", "servers[0].port", "81", "-s", "prod")
    typed(folder, "config", "cp", "--path", "servers[0].port", "-d", "prod", "-s", "dev")
    assert values(folder, "prod")["proj:servers"] == [{"port": 80}]
    for arguments in (["nope"], ["--path", "servers[7]"]):
        typed(folder, "config", "cp", *arguments, "-d", "prod", "-s", "dev", code=2)
    assert "Name another" in typed(folder, "config", "cp", "-d", "dev", "-s", "dev", code=2).err


def test_refresh_takes_the_configuration_of_the_last_update(folder: Folder):
    before = (folder.path / "Pulumi.dev.yaml").read_text()
    typed(folder, "config", "set", "region", "elsewhere")
    typed(folder, "config", "set", "new", "x")
    typed(folder, "state", "protect", "a")
    changed = (folder.path / "Pulumi.dev.yaml").read_text()
    assert "Pulumi.dev.yaml.bak" in typed(folder, "config", "refresh").err
    assert yaml.safe_load((folder.path / "Pulumi.dev.yaml").read_text()) == yaml.safe_load(before)
    assert (folder.path / "Pulumi.dev.yaml.bak").read_text() == changed
    (folder.path / "Pulumi.dev.yaml.bak").unlink()
    (folder.path / "Pulumi.dev.yaml").unlink()
    typed(folder, "config", "refresh", "--force", "--stack", "dev")
    assert yaml.safe_load((folder.path / "Pulumi.dev.yaml").read_text()) == yaml.safe_load(before)
    assert not (folder.path / "Pulumi.dev.yaml.bak").exists()
    typed(folder, "stack", "init", "qa")
    assert "no update yet" in typed(folder, "config", "refresh", "--stack", "qa", code=2).err
