"""What the official CLI makes of our files, and we of its."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulumi_dataarts.backend import passphrase
from pulumi_dataarts.backend.blobs import Blobs, open_backend
from pulumi_dataarts.backend.configs import merge, read_stack_file, seal
from pulumi_dataarts.backend.projects import find_project
from pulumi_dataarts.backend.rekeying import either, reencrypt
from pulumi_dataarts.backend.repairs import repair
from pulumi_dataarts.backend.runs import Outcome, load, open_run
from pulumi_dataarts.backend.stacks import Stack, create_stack, find_stack, list_stacks, rename_stack
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.backend.workspaces import select_stack, selected_stack
from pulumi_dataarts.errors import LockHeld
from pulumi_dataarts.model.journal import Begin, Put
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from pulumi_dataarts.model.values import Secret
from tests.backend.conftest import TIME, die
from tests.model.states import provider, root, thing

pytestmark = [
    pytest.mark.official,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the official CLI is not on the PATH"),
]

KEYRING = passphrase.keyring(lambda: "pw")
PROVIDER = passphrase.provider_of("v1:hSpXhgZheyA=:v1:h2f/pQXjjZt94GT5:mXxCzZU/noepHhKV7V6HBwiiGBvzyw==")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("import pulumi\npulumi.export('a', 1)\n")
    return tmp_path


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": "file://./state",
        "PULUMI_CONFIG_PASSPHRASE": "pw",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    return open_backend("file://./state", cwd=folder)


@pytest.fixture
def ours(blobs: Blobs, folder: Path) -> Stack:
    """A stack of ours, with a run in its history."""
    stack = create_stack(blobs, "proj", "dev", PROVIDER, TIME)
    read_stack_file(folder / "Pulumi.dev.yaml", "proj").with_salt(str(PROVIDER.state["salt"])).save()
    child = thing("b", "a", inputs={"s": Secret({"word": "hunter2"})}, replace_with=(thing("a").urn,))
    with open_run(stack, "update", keyring=KEYRING) as run:
        run.close(Snapshot((root(), provider(), thing("a"), child)), Outcome(changes={"create": 2}, message="first"))
    return stack


def pulumi(folder: Path, environ: dict[str, str], *arguments: str, fails: bool = False) -> str:
    command = ["pulumi", *arguments, "--non-interactive"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_it_reads_our_state_and_decrypts_our_secrets(folder: Path, environ: dict[str, str], ours: Stack):
    exported = json.loads(pulumi(folder, environ, "stack", "export", "-s", "dev", "--show-secrets"))
    resources = exported["deployment"]["resources"]
    assert [item["urn"] for item in resources] == [state.urn for state in load(ours, KEYRING).snapshot.resources]
    assert resources[3]["inputs"]["s"]["plaintext"] == '{"word":"hunter2"}'
    assert (exported["version"], exported["features"]) == (4, ["replaceWith"])


def test_it_lists_our_stacks_and_our_history(folder: Path, environ: dict[str, str], ours: Stack):
    listed = json.loads(pulumi(folder, environ, "stack", "ls", "--json"))
    assert [(item["name"], item["resourceCount"]) for item in listed] == [("dev", 4)]
    history = json.loads(pulumi(folder, environ, "stack", "history", "-s", "dev", "--json"))
    assert [(item["kind"], item["message"], item["resourceChanges"]) for item in history] == [
        ("update", "first", {"create": 2})
    ]


def test_its_own_export_imported_again_is_the_same_to_us(folder: Path, environ: dict[str, str], ours: Stack):
    before = load(ours, KEYRING).snapshot
    (folder / "out.json").write_text(pulumi(folder, environ, "stack", "export", "-s", "dev"))
    pulumi(folder, environ, "stack", "import", "-s", "dev", "--file", "out.json")
    assert load(ours, KEYRING).snapshot == before


def test_a_killed_run_keeps_it_out_until_we_have_gone_on(folder: Path, environ: dict[str, str], ours: Stack):
    run = open_run(ours, "update", keyring=KEYRING)
    run.journal.append([Put(4, thing("c"))]).result(10)
    run.journal.append([Begin(1, PendingOperation("creating", thing("d")))]).result(10)
    die(run)
    assert "currently locked by 1 lock" in pulumi(folder, environ, "refresh", "-s", "dev", "--yes", fails=True)
    open_run(ours, "update", keyring=KEYRING).close(None, Outcome())
    exported = json.loads(pulumi(folder, environ, "stack", "export", "-s", "dev"))
    assert len(exported["deployment"]["resources"]) == 5
    assert exported["deployment"]["pending_operations"][0]["type"] == "creating"


def test_its_lock_keeps_us_out(folder: Path, environ: dict[str, str], ours: Stack):
    (folder / "__main__.py").write_text("import sys\nprint('here', flush=True)\nsys.stdin.read()\n")
    command = ["pulumi", "up", "-s", "dev", "--yes", "--skip-preview", "--non-interactive"]
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            while not ours.blobs.find(ours.locks_folder):
                assert process.poll() is None
            with pytest.raises(LockHeld, match=f"pid {process.pid}"):
                open_run(ours, "update", keyring=KEYRING)
        finally:
            process.terminate()


def test_what_each_creates_the_other_knows(folder: Path, environ: dict[str, str], blobs: Blobs):
    pulumi(folder, environ, "stack", "init", "prod")
    assert list_stacks(blobs) == [find_stack(blobs, "proj", "prod")]
    project = find_project(folder)
    assert selected_stack(environ, project, "file://./state") == "organization/proj/prod"
    create_stack(blobs, "proj", "qa", PROVIDER, TIME)
    select_stack(environ, project, "file://./state", "organization/proj/qa")
    listed = json.loads(pulumi(folder, environ, "stack", "ls", "--json"))
    assert [(item["name"], item["current"], item["resourceCount"]) for item in listed] == [
        ("prod", False, 0),
        ("qa", True, 0),
    ]


def test_configuration_goes_both_ways(folder: Path, environ: dict[str, str], blobs: Blobs):
    pulumi(folder, environ, "stack", "init", "dev")
    pulumi(folder, environ, "config", "set", "--secret", "theirs", "hunter2")
    pulumi(folder, environ, "config", "set", "--path", "o.list[0]", "7")
    path = folder / "Pulumi.dev.yaml"
    file = read_stack_file(path, "proj")
    vault = Vault(file.provider, KEYRING)
    file.with_value("ours", seal("hunter3", vault)).with_path("o.word", seal("hunter4", vault)).save()
    shown = json.loads(pulumi(folder, environ, "config", "--json", "--show-secrets"))
    texts = {key: item["value"] for key, item in shown.items()}
    assert texts == {"proj:o": '{"list":[7],"word":"hunter4"}', "proj:ours": "hunter3", "proj:theirs": "hunter2"}
    assert merge(find_project(folder), read_stack_file(path, "proj"), KEYRING).texts == texts


def test_a_stack_we_renamed_is_sound_to_it(folder: Path, environ: dict[str, str], ours: Stack):
    rename_stack(ours, "prod", KEYRING, TIME)
    shown = pulumi(folder, environ, "stack", "-s", "prod", "--show-urns")
    assert shown.count("urn:pulumi:prod::") == 4
    assert "urn:pulumi:dev::" not in shown


def test_a_stack_we_repaired_is_sound_to_it(folder: Path, environ: dict[str, str], ours: Stack):
    key = f"{ours.base}.json"
    document = json.loads(ours.blobs.read(key) or b"")
    document["checkpoint"]["latest"]["resources"].reverse()
    ours.blobs.write(key, json.dumps(document).encode())
    assert "integrity failure" in pulumi(folder, environ, "stack", "-s", "dev", "--show-urns", fails=True)
    assert repair(ours, KEYRING, [].append, lambda: datetime(2026, 11, 20, tzinfo=UTC))
    assert pulumi(folder, environ, "stack", "-s", "dev", "--show-urns").count("urn:pulumi:dev::") == 4


def test_a_stack_we_gave_another_passphrase_is_its_as_before(folder: Path, environ: dict[str, str], ours: Stack):
    changed = passphrase.new_provider("another")
    file = read_stack_file(folder / "Pulumi.dev.yaml", "proj")
    reencrypt(ours, file, changed, either(KEYRING, passphrase.keyring(lambda: "another")))
    environ = {**environ, "PULUMI_CONFIG_PASSPHRASE": "another"}
    assert "hunter2" in pulumi(folder, environ, "stack", "export", "--show-secrets", "--stack", "dev")
    pulumi(folder, environ, "config", "set", "--secret", "word", "x", "--stack", "dev")
    environ["PULUMI_CONFIG_PASSPHRASE"] = "pw"
    assert "incorrect passphrase" in pulumi(folder, environ, "config", "--stack", "dev", "--show-secrets", fails=True)
