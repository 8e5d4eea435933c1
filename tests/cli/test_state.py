"""`dataarts state …` and `dataarts cancel`: mending by hand, typed as with the official CLI."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from pulumi_dataarts.backend import locks, runs
from pulumi_dataarts.model.journal import Begin
from pulumi_dataarts.model.snapshots import PendingOperation
from tests.backend.conftest import die
from tests.cli.commands import Folder
from tests.cli.samples import typed
from tests.cli.states import CHECKPOINT, KEYRING, resources, stack_of, with_state
from tests.model.states import thing, urn


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return with_state(tmp_path)


def lock(folder: Folder, **more: object) -> None:
    content = {"pid": 1, "username": "ann", "hostname": "elsewhere", "timestamp": "2026-11-20T15:14:05Z", **more}
    stack = stack_of(folder)
    stack.blobs.write(f"{stack.locks_folder}0d9e4eb4.json", json.dumps(content).encode())


def test_what_others_depend_on_is_forgotten_only_with_them(folder: Folder):
    assert "--target-dependents" in typed(folder, "state", "delete", urn("a"), "--yes", code=5).err
    assert "--yes" in typed(folder, "state", "delete", "b", code=2).err
    typed(folder, "state", "delete", "a", "--target-dependents", "-y")
    assert [*resources(folder)] == ["proj-dev"]


def test_several_can_be_forgotten_at_once_or_all(folder: Folder):
    typed(folder, "state", "rm", "b", "a", "--yes")
    assert [*resources(folder)] == ["proj-dev"]
    typed(folder, "state", "remove", "--all", "--yes")
    assert resources(folder) == {}
    typed(folder, "state", "delete", "--yes", code=2)
    typed(folder, "state", "delete", "x", "--all", "--yes", code=2)


def test_an_unknown_name_is_told_and_nothing_changes(folder: Folder):
    before = resources(folder)
    assert "no resource x" in typed(folder, "state", "delete", "b", "x", "--yes", code=2).err
    assert resources(folder) == before, "all or none"


def test_a_protected_resource_is_forgotten_only_by_force(folder: Folder):
    typed(folder, "state", "protect", urn("b"), "a", "--yes")
    assert [state.protect for state in resources(folder).values()] == [False, True, True]
    assert "protected" in typed(folder, "state", "delete", "b", "--yes", code=5).err
    assert "protected" in typed(folder, "state", "delete", "--all", "--yes", code=5).err
    typed(folder, "state", "unprotect", "a", "-s", "dev")
    assert [state.protect for state in resources(folder).values()] == [False, False, True]
    typed(folder, "state", "protect", "--all")
    assert all(state.protect for state in resources(folder).values())
    typed(folder, "state", "unprotect", "--all")
    assert not any(state.protect for state in resources(folder).values())
    typed(folder, "state", "protect", "--all")
    typed(folder, "state", "delete", "b", "--yes", "--force")
    assert "b" not in resources(folder)
    typed(folder, "state", "protect", code=2)


def test_a_renamed_resource_is_followed_by_who_points_at_it(folder: Folder):
    typed(folder, "state", "rename", "a", "z", "--yes")
    assert resources(folder)["b"].dependencies == (urn("z"),)
    assert resources(folder)["z"].id == "id-a"
    assert "exists already" in typed(folder, "state", "rename", "z", "b", "--yes", code=2).err
    assert "--yes" in typed(folder, "state", "rename", "z", "y", code=2).err


def test_a_tainted_resource_is_marked_for_replacement(folder: Folder):
    typed(folder, "state", "taint", "a", urn("b"))
    assert [state.taint for state in resources(folder).values()] == [False, True, True]
    typed(folder, "state", "untaint", "a")
    assert [state.taint for state in resources(folder).values()] == [False, False, True]
    assert "no resource that could be replaced" in typed(folder, "state", "taint", "proj-dev", code=2).err
    typed(folder, "state", "untaint", "--all")
    assert not any(state.taint for state in resources(folder).values())


def test_a_state_is_listed_with_what_is_special_and_a_resource_shown_without_its_secrets(folder: Folder):
    typed(folder, "state", "protect", "a")
    lines = typed(folder, "state", "list").out.splitlines()
    assert lines[1:] == [f"{urn('a')}  [protected]", urn("b")]
    rows = json.loads(typed(folder, "state", "ls", "--json").out)
    assert [row["id"] for row in rows] == ["", "id-a", "id-b"]
    shown = json.loads(typed(folder, "state", "show", "proj-dev").out)
    assert shown["outputs"]["word"] == "[secret]"
    assert json.loads(typed(folder, "state", "show", "b").out)["dependencies"] == [urn("a")]
    assert "hunter2" in typed(folder, "state", "show", "proj-dev", "--show-secrets").out


def test_what_a_killed_run_began_can_be_forgotten(folder: Folder):
    run = runs.open_run(stack_of(folder), "update", keyring=KEYRING)
    run.journal.append([Begin(0, PendingOperation("creating", thing("late", id="")))]).result(10)
    die(run)
    assert "1 pending" in typed(folder, "state", "verify").out
    typed(folder, "state", "delete", "late", "--yes")
    assert "0 pending" in typed(folder, "state", "verify").out
    assert len(resources(folder)) == 3


def test_verify_says_what_is_wrong_and_repair_mends_it(folder: Folder):
    path = folder.path / CHECKPOINT
    document = json.loads(path.read_text())
    document["checkpoint"]["latest"]["resources"].reverse()
    path.write_text(json.dumps(document))
    said = typed(folder, "state", "verify", code=1).err
    assert f"dependencies names {urn('a')}, which comes after it" in said
    assert "dataarts state repair" in said
    assert "moved behind" in typed(folder, "state", "repair", "--yes").out
    assert "every rule is kept" in typed(folder, "state", "verify").out
    assert "nothing to mend" in typed(folder, "state", "repair").out


def test_repair_takes_the_backup_of_a_file_that_is_cut_off_and_keeps_the_pieces(folder: Folder):
    typed(folder, "state", "protect", "a")
    path = folder.path / CHECKPOINT
    torn = path.read_bytes()[:100]
    path.write_bytes(torn)
    assert ".bak" in typed(folder, "state", "repair").out
    assert not resources(folder)["a"].protect, "the state before"
    kept = list((folder.path / ".state/.pulumi/backups/proj/dev").glob("*.broken.json"))
    assert [item.read_bytes() for item in kept] == [torn]


def test_cancel_removes_the_locks_and_says_whose_they_were(folder: Folder):
    assert "not locked" in typed(folder, "cancel", "dev").out
    lock(folder)
    said = typed(folder, "state", "protect", "a", code=1).err
    assert "locked by ann@elsewhere (pid 1) since 2026-11-20T15:14:05Z" in said
    assert "dataarts cancel --stack dev" in said
    assert "--yes" in typed(folder, "cancel", code=2).err
    assert "ann@elsewhere" in typed(folder, "cancel", "--yes").err
    assert locks.owners(stack_of(folder)) == []
    typed(folder, "state", "protect", "a")


def test_the_lock_of_a_dead_process_of_this_machine_needs_no_cancel(folder: Folder):
    lock(folder, hostname=socket.gethostname(), pid=2**22 + 1)
    assert "took over the lock" in typed(folder, "state", "protect", "a").err
    lock(folder, hostname=socket.gethostname(), pid=os.getpid())
    typed(folder, "state", "protect", "a", code=1)


def test_a_stack_that_does_not_exist(folder: Folder):
    for arguments in (["state", "verify"], ["state", "repair"], ["cancel"], ["stack", "output"], ["config"]):
        said = typed(folder, *arguments, "--stack", "qa", code=6).err
        assert "dev" in said, "it names those there are"
