from __future__ import annotations

import gzip
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_dataarts.backend import checkpoint, history, locks, stacks
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.runs import Outcome, load, open_run
from pulumi_dataarts.backend.stacks import Stack, create_stack, find_stack, list_stacks, parse_reference
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.errors import ConfigError, Corrupt, LockHeld, StackNotFound, StateError, TooNew
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.journal import Put
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import RESOURCE_REFERENCE, SIGNATURE, Secret
from tests.backend.conftest import PROVIDER, TIME, keyring
from tests.backend.test_runs import killed
from tests.model.states import PROJECT, provider, root, thing, urn
from tests.model.states import PROVIDER as PROVIDER_URN

UPDATE = history.Update("update", 100, 160, "succeeded", config={"proj:k": "v"}, changes={"create": 2})


def save(stack: Stack, snapshot: Snapshot) -> None:
    with open_run(stack, "update", keyring=keyring) as run:
        run.close(snapshot, Outcome())


def test_a_new_backend_is_marked_with_its_layout(blobs: LocalBlobs):
    create_stack(blobs, PROJECT, "dev", PROVIDER, TIME)
    assert blobs.read(".pulumi/meta.yaml") == b"version: 1\n"
    assert blobs.read(".pulumi/stacks/proj/dev.json") is not None


def test_a_backend_without_projects_is_refused(blobs: LocalBlobs):
    blobs.write(".pulumi/stacks/dev.json", b"{}")
    with pytest.raises(StateError, match="without projects") as raised:
        create_stack(blobs, PROJECT, "dev", PROVIDER, TIME)
    assert "pulumi state upgrade" in raised.value.hint


def test_a_later_layout_is_refused(blobs: LocalBlobs):
    blobs.write(".pulumi/meta.yaml", b"version: 2\n")
    with pytest.raises(TooNew, match="2"):
        create_stack(blobs, PROJECT, "dev", PROVIDER, TIME)


def test_stacks_are_listed_and_what_lies_beside_them_is_not(blobs: LocalBlobs, stack: Stack):
    create_stack(blobs, "other", "prod", PROVIDER, TIME)
    create_stack(blobs, PROJECT, "qa", PROVIDER, TIME)
    for key in ("dev.json.bak", "dev.journal", "dev.pulumi-tags", "odd name.json", "deeper/x.json"):
        blobs.write(f".pulumi/stacks/proj/{key}", b"")
    assert [(item.project, item.name) for item in list_stacks(blobs)] == [
        ("other", "prod"),
        ("proj", "dev"),
        ("proj", "qa"),
    ]
    assert [item.name for item in list_stacks(blobs, PROJECT)] == ["dev", "qa"]


def test_a_stack_called_like_anothers_file_is_no_file_of_it(blobs: LocalBlobs, stack: Stack):
    create_stack(blobs, PROJECT, "dev.journal.x", PROVIDER, TIME)
    create_stack(blobs, PROJECT, "dev.json", PROVIDER, TIME)
    assert not stack.has_journal()
    assert stack.checkpoint_key() == f"{stack.base}.json"


def test_a_stack_that_is_not_there_is_told_with_those_that_are(blobs: LocalBlobs, stack: Stack):
    assert find_stack(blobs, PROJECT, "dev") == stack
    with pytest.raises(StackNotFound) as raised:
        find_stack(blobs, PROJECT, "prod")
    assert "dev" in raised.value.hint
    assert raised.value.exit_code == 6
    with pytest.raises(StackNotFound):
        load(Stack(blobs, PROJECT, "prod"), keyring)


def test_a_stack_is_created_once(blobs: LocalBlobs, stack: Stack):
    with pytest.raises(ConfigError, match="already exists"):
        create_stack(blobs, PROJECT, "dev", PROVIDER, TIME)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("dev", ("proj", "dev")),
        ("organization/dev", ("proj", "dev")),
        ("organization/other/dev", ("other", "dev")),
    ],
)
def test_a_stack_is_named_as_with_the_official_cli(text: str, named: tuple[str, str]):
    assert parse_reference(text, "proj") == named


@pytest.mark.parametrize("text", ["", "a b", "../x", "me/dev", "organization/p/q/dev", "organization//", "x" * 101])
def test_what_cannot_be_a_stacks_name_is_refused(text: str):
    with pytest.raises(ConfigError):
        parse_reference(text, "proj")


def test_a_stack_needs_a_project():
    with pytest.raises(ConfigError, match="no project"):
        parse_reference("dev", "")


def test_removing_a_stack_leaves_nothing_of_it(blobs: LocalBlobs, stack: Stack):
    save(stack, Snapshot((root(),)))
    stacks.write_tags(stack, {"a": "b"})
    stacks.remove_stack(stack)
    left = [item.key for item in blobs.find(".pulumi/") if not item.key.startswith(".pulumi/dataarts/")]
    assert left == [".pulumi/meta.yaml"]


def test_renaming_a_stack_renames_all_that_is_called_after_it(blobs: LocalBlobs, stack: Stack):
    reference = {SIGNATURE: RESOURCE_REFERENCE, "urn": urn("a"), "id": "1"}
    user = thing("b", "a", parent=root().urn, provider=f"{PROVIDER_URN}::p1", inputs={"r": Secret(reference)})
    save(stack, Snapshot((root(), provider(), thing("a"), user)))
    stacks.write_tags(stack, {"a": "b"})
    renamed = stacks.rename_stack(stack, "prod", keyring, TIME)
    loaded = load(renamed, keyring)
    assert loaded.snapshot.resources[0].urn == "urn:pulumi:prod::proj::pulumi:pulumi:Stack::proj-prod"
    last = loaded.snapshot.resources[3]
    assert all(":pulumi:prod::" in item.urn for item in references(last))
    assert last.provider.endswith("::default::p1")
    assert ":pulumi:prod::" in last.inputs["r"].value["urn"]
    assert stacks.read_tags(renamed) == {"a": "b"}
    assert len(list(history.read_updates(renamed))) == 1
    assert list_stacks(blobs) == [renamed]
    assert blobs.read(".pulumi/stacks/proj/dev.json.bak") is not None


def test_a_copied_stack_is_the_same_elsewhere(stack: Stack, tmp_path: Path):
    save(stack, Snapshot((root(), thing("a", inputs={"s": Secret("x")}))))
    stacks.write_tags(stack, {"a": "b"})
    elsewhere = LocalBlobs(tmp_path / "elsewhere")
    assert stacks.copy_stack(stack, elsewhere) == 6
    copied = find_stack(elsewhere, PROJECT, "dev")
    assert load(copied, keyring).digest == load(stack, keyring).digest
    assert list(history.read_updates(copied)) == list(history.read_updates(stack))
    assert stacks.read_tags(copied) == {"a": "b"}
    assert locks.owners(copied) == []
    with pytest.raises(ConfigError, match="already"):
        stacks.copy_stack(stack, elsewhere)


def test_a_stack_is_not_renamed_over_another(blobs: LocalBlobs, stack: Stack):
    create_stack(blobs, PROJECT, "prod", PROVIDER, TIME)
    with pytest.raises(ConfigError, match="already exists"):
        stacks.rename_stack(stack, "prod", keyring, TIME)


def test_a_broken_stack_is_not_renamed(stack: Stack):
    data = checkpoint.write(stack.qualified, Snapshot((thing("b", "a"),)), Codec(Vault(PROVIDER, keyring)), TIME)
    stack.blobs.write(f"{stack.base}.json", data)
    with pytest.raises(Corrupt, match="which is missing"):
        stacks.rename_stack(stack, "prod", keyring, TIME)
    assert list_stacks(stack.blobs) == [stack]


def test_a_stack_at_work_is_neither_removed_nor_renamed(stack: Stack):
    with open_run(stack, "update", keyring=keyring) as run:
        with pytest.raises(LockHeld):
            stacks.remove_stack(stack)
        with pytest.raises(LockHeld):
            stacks.rename_stack(stack, "prod", keyring, TIME)
        run.close(Snapshot((root(),)), Outcome())
    killed(stack, [[Put(1, thing("a"))]])
    with pytest.raises(StateError, match="unfinished run"):
        stacks.rename_stack(stack, "prod", keyring, TIME)
    assert len(load(stack, keyring).snapshot.resources) == 2
    assert len(locks.owners(stack)) == 1, "and the official CLI is still kept out"


def test_a_gzipped_stack_is_read_and_stays_gzipped(blobs: LocalBlobs, stack: Stack):
    data = checkpoint.write(stack.qualified, Snapshot((root(),)), Codec(Vault(PROVIDER, keyring)), TIME)
    blobs.delete(f"{stack.base}.json")
    blobs.write(f"{stack.base}.json.gz", gzip.compress(data))
    assert [item.name for item in list_stacks(blobs)] == ["dev"]
    save(stack, Snapshot((root(), thing("a"))))
    assert blobs.read(f"{stack.base}.json") is None
    assert len(load(stack, keyring).snapshot.resources) == 2
    stored = blobs.read(f"{stack.base}.json.gz")
    assert stored is not None
    assert stored.startswith(b"\x1f\x8b")


def test_the_newest_of_two_variants_counts(blobs: LocalBlobs, stack: Stack):
    data = checkpoint.write(stack.qualified, Snapshot((root(),)), Codec(Vault(PROVIDER, keyring)), TIME)
    blobs.write(f"{stack.base}.json.gz", gzip.compress(data))
    os.utime(blobs.folder / f"{stack.base}.json", (1, 1))
    assert load(stack, keyring).key.endswith(".gz")


def test_zstd_is_refused_by_name(blobs: LocalBlobs, stack: Stack):
    blobs.delete(f"{stack.base}.json")
    blobs.write(f"{stack.base}.json.zst", b"(\xb5/\xfd")
    with pytest.raises(StateError, match="zstd"):
        load(stack, keyring)


BAD = {
    "torn": (b'{"version":3,"checkpoint":{"stack":"organization/proj/dev","latest":{"mani', Corrupt),
    "empty": (b"", Corrupt),
    "newer": (b'{"version":9,"checkpoint":{}}', TooNew),
}


@pytest.mark.parametrize(("data", "error"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_used_is_left_as_it_is(stack: Stack, data: bytes, error: type[Exception]):
    key = f"{stack.base}.json"
    stack.blobs.write(key, data)
    with pytest.raises(error):
        load(stack, keyring)
    with pytest.raises(error):
        open_run(stack, "update", keyring=keyring)
    assert stack.blobs.read(key) == data
    assert stack.blobs.find(stack.locks_folder) == []


def test_a_state_that_breaks_its_rules_is_refused_with_the_list_and_the_way_out(stack: Stack):
    broken = Snapshot((thing("b", "a"), replace(thing("c"), type="x:y:Z")))
    data = checkpoint.write(stack.qualified, broken, Codec(Vault(PROVIDER, keyring)), TIME)
    stack.blobs.write(f"{stack.base}.json", data)
    with pytest.raises(Corrupt) as raised:
        load(stack, keyring)
    assert "dependencies names" in raised.value.message
    assert "does not fit the URN" in raised.value.message
    assert "dev.json.bak" in raised.value.hint
    assert "dataarts state repair" in raised.value.hint


def test_tags_are_kept_in_the_official_form(stack: Stack):
    assert stacks.read_tags(stack) == {}
    stacks.write_tags(stack, {"owner": "data"})
    assert stack.blobs.read(stack.tags_key) == b'{"version":1,"tags":{"owner":"data"}}'
    assert stacks.read_tags(stack) == {"owner": "data"}
    stacks.write_tags(stack, {})
    assert stack.blobs.read(stack.tags_key) is None


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"tags":{}}', b'{"version":1,"tags":[]}'])
def test_damaged_tags_are_called_corrupt(stack: Stack, data: bytes):
    stack.blobs.write(stack.tags_key, data)
    with pytest.raises(Corrupt):
        stacks.read_tags(stack)


def test_the_history_has_the_newest_first(stack: Stack):
    for number in range(3):
        history.write_update(stack, replace(UPDATE, start_s=number), b"{}", 10**18 + number)
    assert [update.start_s for update in history.read_updates(stack)] == [2, 1, 0]
    assert next(history.read_updates(stack)) == replace(UPDATE, start_s=2)


def test_an_entry_has_its_checkpoint_and_a_backup(stack: Stack):
    history.write_update(stack, UPDATE, b"state", 17)
    assert stack.blobs.read(".pulumi/history/proj/dev/dev-17.checkpoint.json") == b"state"
    assert stack.blobs.read(".pulumi/backups/proj/dev/dev.17.json") == b"state"


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"kind":"update"}'])
def test_a_damaged_entry_is_called_corrupt(stack: Stack, data: bytes):
    stack.blobs.write(f"{stack.history_folder}dev-1.history.json", data)
    with pytest.raises(Corrupt):
        list(history.read_updates(stack))
