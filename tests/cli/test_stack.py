"""`dataarts stack …`, typed as with the official CLI."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from pulumi_dataarts.backend import runs
from pulumi_dataarts.backend.s3 import open_s3
from pulumi_dataarts.model.journal import Put
from tests.backend.buckets import Buckets, running_buckets
from tests.backend.conftest import die
from tests.cli.commands import Folder
from tests.cli.samples import typed
from tests.cli.states import CHECKPOINT, KEYRING, checkpoint, resources, stack_of, with_state
from tests.model.states import thing


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return with_state(tmp_path)


def names(folder: Folder) -> list[str]:
    return [row["name"] for row in json.loads(typed(folder, "stack", "ls", "--json").out)]


def test_init_creates_selects_and_can_copy_the_configuration_of_another(folder: Folder):
    typed(folder, "config", "set", "--secret", "password", "hunter2")
    typed(folder, "stack", "init", "prod", "--copy-config-from", "dev")
    rows = {row["name"]: row for row in json.loads(typed(folder, "stack", "ls", "--json").out)}
    assert (rows["prod"]["current"], rows["dev"]["current"]) == (True, False)
    assert (rows["prod"]["resourceCount"], rows["dev"]["resourceCount"]) == (0, 3)
    assert typed(folder, "config", "get", "password").out == "hunter2\n"
    texts = [(folder.path / f"Pulumi.{name}.yaml").read_text() for name in ("dev", "prod")]
    assert all("hunter2" not in text for text in texts)
    assert texts[0] != texts[1], "each has its own salt"
    typed(folder, "stack", "init", "-s", "qa", "--no-select")
    assert typed(folder, "stack", "--show-name").out == "prod\n"


def test_an_existing_name_a_malformed_one_and_none_are_refused(folder: Folder):
    assert "already exists" in typed(folder, "stack", "init", "dev", code=2).err
    assert "the form is" in typed(folder, "stack", "init", "a/b/c/d", code=2).err
    assert "up to 100 letters" in typed(folder, "stack", "init", "a b", code=2).err
    for arguments in (["init"], ["select"], ["init", "x", "-s", "y"]):
        assert len(typed(folder, "stack", *arguments, code=2).err.splitlines()) == 1


def test_ls_has_the_official_columns_and_knows_projects_and_tags(folder: Folder):
    lines = typed(folder, "stack", "ls").out.splitlines()
    assert lines[0].split() == ["NAME", "LAST", "UPDATE", "RESOURCE", "COUNT"]
    assert lines[1].split()[0] == "dev"
    assert lines[1].split()[-1] == "3"
    assert typed(folder, "stack", "list", "--output", "json", "--project", "other").out == "[]\n"
    typed(folder, "stack", "tag", "set", "team", "data")
    assert json.loads(typed(folder, "stack", "ls", "-j", "-t", "team=data").out)[0]["name"] == "dev"
    assert json.loads(typed(folder, "stack", "ls", "-j", "-t", "team=x").out) == []
    (folder.path / CHECKPOINT).write_text("{")
    assert "unreadable" in typed(folder, "stack", "ls").out, "one that is broken does not hide the others"


def test_select_and_unselect(folder: Folder):
    typed(folder, "stack", "select", "qa", code=6)
    typed(folder, "stack", "select", "qa", "--create")
    assert typed(folder, "stack", "--show-name").out == "qa\n"
    typed(folder, "stack", "select", "--stack", "dev")
    assert typed(folder, "stack", "--show-name").out == "dev\n"
    typed(folder, "stack", "select", "qa")
    typed(folder, "stack", "unselect")
    assert typed(folder, "stack", "--show-name").out == "dev\n", "the one with a file is the default"
    typed(folder, "stack", "unselect")


def test_a_stack_shows_its_resources_and_outputs(folder: Folder):
    shown = typed(folder, "stack", "--show-urns", "-i").out
    assert "URN: urn:pulumi:dev::proj::pulumi-python:dynamic/test:Thing::b" in shown
    assert "ID: id-a" in shown
    assert "hunter2" not in shown
    assert "hunter2" in typed(folder, "stack", "--show-secrets").out


def test_outputs_in_every_form(folder: Folder):
    assert typed(folder, "stack", "output", "url").out == "http://x\n"
    assert typed(folder, "stack", "output", "list").out == '[1,"two words"]\n'
    assert json.loads(typed(folder, "stack", "output", "--json").out)["word"] == "[secret]"
    assert json.loads(typed(folder, "stack", "output", "-j", "--show-secrets").out)["word"] == "hunter2"
    assert typed(folder, "stack", "-s", "dev", "output", "word").out == "[secret]\n"
    lines = typed(folder, "stack", "output", "--shell").out
    said = subprocess.run(["sh", "-c", f'{lines}printf %s "$list"'], capture_output=True, text=True, check=True)
    assert said.stdout == '[1,"two words"]'
    assert "url" in typed(folder, "stack", "output", "nope", code=2).err
    typed(folder, "stack", "output", "--json", "--shell", code=2)


def test_history_in_pages_and_as_the_official_json(folder: Folder):
    for _ in range(2):
        typed(folder, "state", "protect", "a")
    rows = json.loads(typed(folder, "stack", "history", "--json").out)
    assert [row["kind"] for row in rows] == ["import", "import", "update"]
    assert rows[-1]["message"] == "the first"
    assert rows[-1]["config"]["proj:servers"] == {
        "value": '[{"port":80}]',
        "objectValue": [{"port": 80}],
        "secret": False,
    }
    assert rows[-1]["startTime"].endswith(".000Z")
    second = json.loads(typed(folder, "stack", "hist", "--output", "json", "--page-size", "2", "--page", "2").out)
    assert [row["kind"] for row in second] == ["update"]
    assert "3 create" in typed(folder, "stack", "history", "--full-dates").out


def test_the_graph_has_dependencies_and_parents(folder: Folder):
    typed(folder, "stack", "graph", "g.dot")
    text = (folder.path / "g.dot").read_text()
    assert text.count(" -> ") == 2
    assert 'Resource1 -> Resource2 [color="#246C60"]' in text
    assert 'Resource0 -> Resource2 [color="#AA6639"]' in text
    typed(folder, "stack", "graph", "g.dot", "--short-node-name", "--ignore-parent-edges", "--dot-fragment", "node [];")
    text = (folder.path / "g.dot").read_text()
    assert 'Resource1 [label="a"];' in text
    assert text.count(" -> ") == 1
    assert text.splitlines()[1].strip() == "node [];"


def test_tags(folder: Folder):
    typed(folder, "stack", "tag", "set", "owner", "data")
    typed(folder, "stack", "tag", "set", "a", "b")
    assert json.loads(typed(folder, "stack", "tag", "ls", "--json").out) == {"owner": "data", "a": "b"}
    assert typed(folder, "stack", "tag", "list").out.split() == ["a", "b", "owner", "data"]
    assert typed(folder, "stack", "tag", "get", "owner").out == "data\n"
    typed(folder, "stack", "tag", "remove", "owner")
    typed(folder, "stack", "tag", "rm", "a")
    assert "none" in typed(folder, "stack", "tag", "get", "owner", code=2).err


def test_rm_asks_refuses_a_stack_with_resources_and_takes_the_file_with_it(folder: Folder):
    assert "still has 3 resources" in typed(folder, "stack", "rm", "dev", "--yes", code=2).err
    assert "--yes" in typed(folder, "stack", "rm", "--force", code=2).err
    backups = folder.path / ".state/.pulumi/backups/proj/dev"
    typed(folder, "stack", "select", "dev")
    typed(folder, "stack", "rm", "--force", "-y", "--preserve-config")
    assert (folder.path / "Pulumi.dev.yaml").exists()
    assert list(backups.iterdir())
    assert names(folder) == []
    typed(folder, "stack", "init", "dev")
    typed(folder, "stack", "remove", "dev", "--yes", "--remove-backups")
    assert not (folder.path / "Pulumi.dev.yaml").exists()
    assert not list(backups.iterdir())
    typed(folder, "stack", "rm", "dev", "--yes", code=6)


def test_rename_takes_urns_file_history_and_selection_along(folder: Folder):
    typed(folder, "stack", "select", "dev")
    typed(folder, "stack", "rename", "prod")
    assert names(folder) == ["prod"]
    assert typed(folder, "stack", "--show-name").out == "prod\n"
    assert (folder.path / "Pulumi.prod.yaml").exists()
    assert {state.urn.split("::")[0] for state in resources(folder, "prod").values()} == {"urn:pulumi:prod"}
    assert len(json.loads(typed(folder, "stack", "history", "--json").out)) == 2
    typed(folder, "stack", "init", "dev")
    assert "already exists" in typed(folder, "stack", "rename", "prod", "-s", "dev", code=2).err


def test_what_is_exported_can_be_imported(folder: Folder):
    before = resources(folder)
    typed(folder, "stack", "export", "--file", "out.json")
    assert "hunter2" not in (folder.path / "out.json").read_text()
    typed(folder, "state", "delete", "b", "--yes")
    typed(folder, "stack", "import", "--file", "out.json")
    assert resources(folder) == before
    clear = typed(folder, "stack", "export", "--show-secrets").out
    (folder.path / "clear.json").write_text(clear)
    assert '"plaintext": "\\"hunter2\\""' in clear
    typed(folder, "stack", "import", "--file", "clear.json")
    assert resources(folder) == before
    assert "hunter2" not in (folder.path / CHECKPOINT).read_text()


def test_an_import_that_is_none_is_refused(folder: Folder):
    before = (folder.path / CHECKPOINT).read_bytes()
    (folder.path / "bad.json").write_text("{")
    assert "not JSON" in typed(folder, "stack", "import", "--file", "bad.json", code=1).err
    (folder.path / "bad.json").write_text("{}")
    assert "deployment" in typed(folder, "stack", "import", "--file", "bad.json", code=1).err
    typed(folder, "stack", "import", "--file", "missing.json", code=2)
    assert (folder.path / CHECKPOINT).read_bytes() == before


def test_a_foreign_or_broken_import_needs_force_and_is_mended(folder: Folder):
    document = json.loads(typed(folder, "stack", "export").out)
    document["deployment"]["resources"].reverse()
    (folder.path / "odd.json").write_text(json.dumps(document))
    assert "--force" in typed(folder, "stack", "import", "--file", "odd.json", code=1).err
    said = typed(folder, "stack", "import", "--file", "odd.json", "--force").err
    assert "moved behind what they depend on" in said
    assert {*resources(folder)} == {"proj-dev", "a", "b"}


def test_an_unreadable_state_is_explained_exported_raw_and_replaced_by_force(folder: Folder):
    exported = typed(folder, "stack", "export").out
    (folder.path / "good.json").write_text(exported)
    broken = (folder.path / CHECKPOINT).read_bytes()[:-40]
    (folder.path / CHECKPOINT).write_bytes(broken)
    said = typed(folder, "stack", "export", code=1).err
    assert CHECKPOINT.partition("/")[2] in said
    assert "stack export --raw" in said
    assert "state repair" in said
    typed(folder, "stack", "export", "--raw", "--file", "raw.json")
    assert (folder.path / "raw.json").read_bytes() == broken
    assert "--force" in typed(folder, "stack", "import", "--file", "good.json", code=1).err
    said = typed(folder, "stack", "import", "--file", "good.json", "--force").err
    assert "backups" in said
    assert [*resources(folder)] == ["proj-dev", "a", "b"]
    kept = [path.read_bytes() for path in (folder.path / ".state/.pulumi/backups/proj/dev").glob("*.broken.json")]
    assert kept == [broken]


def test_migrate_to_a_bucket_and_back(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    before = resources(folder)
    run = runs.open_run(stack_of(folder), "update", keyring=KEYRING)
    run.journal.append([Put(3, thing("late"))]).result(10)
    die(run)
    with running_buckets() as buckets:
        url = _bucket(buckets, monkeypatch, folder)
        typed(folder, "stack", "migrate", url)
        there = runs.load(replace(stack_of(folder), blobs=open_s3(url)), KEYRING).snapshot
        assert [state.urn.rpartition("::")[2] for state in there.resources] == ["late", *before]
        assert "has a stack dev already" in typed(folder, "stack", "migrate", url, code=2).err
        folder.environment["PULUMI_BACKEND_URL"] = url
        typed(folder, "state", "delete", "late", "--yes")
        assert len(json.loads(typed(folder, "stack", "history", "--json").out)) == 3
        typed(folder, "stack", "migrate", f"file://{folder.path}/again")
    folder.environment["PULUMI_BACKEND_URL"] = "file://again"
    assert json.loads(typed(folder, "stack", "ls", "--json").out)[0]["resourceCount"] == 3
    assert typed(folder, "stack", "output", "word", "--show-secrets").out == "hunter2\n"


def _bucket(buckets: Buckets, monkeypatch: pytest.MonkeyPatch, folder: Folder) -> str:
    for name, value in buckets.environment.items():
        monkeypatch.setenv(name, value)
    folder.environment.update(buckets.environment)
    return buckets.url("state-migrated")


def test_a_wrong_passphrase_says_so_and_changes_nothing(folder: Folder):
    folder.environment["PULUMI_CONFIG_PASSPHRASE"] = "canary-wrong"
    before = (folder.path / CHECKPOINT).read_bytes()
    said = typed(folder, "stack", "output", code=2)
    assert "passphrase" in said.err
    assert "canary-wrong" not in said.text
    typed(folder, "state", "delete", "b", "--yes", code=2)
    assert (folder.path / CHECKPOINT).read_bytes() == before
    assert checkpoint(folder)["version"] == 3


def test_state_in_another_project_is_not_listed(folder: Folder):
    (folder.path / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    assert names(folder) == []
    assert [row["project"] for row in json.loads(typed(folder, "stack", "ls", "--all", "--json").out)] == ["proj"]


def test_the_passphrase_is_changed_in_place(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    typed(folder, "config", "set", "--secret", "password", "hunter3")
    monkeypatch.setattr("sys.stdin", StringIO("a new one\n"))
    said = typed(folder, "stack", "change-secrets-provider", "passphrase")
    assert "its state and Pulumi.dev.yaml" in said.out
    assert "incorrect passphrase" in typed(folder, "config", "get", "password", code=2).err
    changed = Folder(folder.path, {"PULUMI_CONFIG_PASSPHRASE": "a new one"})
    assert typed(changed, "config", "get", "password").out == "hunter3\n"
    assert "hunter2" in typed(changed, "stack", "output", "--show-secrets").out
    monkeypatch.setattr("sys.stdin", StringIO(""))
    assert "there is no new passphrase" in typed(changed, "stack", "change-secrets-provider", "default", code=2).err
    assert "encrypts nothing here" in typed(changed, "stack", "change-secrets-provider", "rot13", code=2).err
