"""States as released versions wrote them: each opens, is run on, and keeps what it has; a newer one is not touched.

A file in `formats` is never written anew: a change of the format adds one.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_dataarts.backend import passphrase, runs
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.runs import Outcome, load, open_run
from pulumi_dataarts.backend.stacks import Stack, prepare
from pulumi_dataarts.errors import StateError, TooNew
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import Secret

FORMATS = Path(__file__).parent / "formats"
KEYRING = passphrase.keyring(lambda: "p")


def placed(folder: Path, *names: str) -> Stack:
    """Return a stack whose files are these fixtures."""
    stack = Stack(LocalBlobs(folder), "proj", "dev")
    prepare(stack.blobs)
    for name in names:
        ending = name.removeprefix("v3").removeprefix("v4")
        stack.blobs.write(f"{stack.base}{ending}", (FORMATS / name).read_bytes())
    return stack


def words(snapshot: Snapshot) -> dict[str, object]:
    return {state.urn.rpartition("::")[2]: state.inputs.get("word") for state in snapshot.resources}


def files(stack: Stack) -> dict[str, bytes | None]:
    return {item.key: stack.blobs.read(item.key) for item in stack.blobs.find("") if "/dataarts/" not in item.key}


@pytest.mark.parametrize("name", ["v3.json", "v3.json.gz", "v4.json"])
def test_a_released_checkpoint_opens_and_keeps_what_it_has(name: str, tmp_path: Path) -> None:
    stack = placed(tmp_path, name)
    before = load(stack, KEYRING).snapshot
    assert words(before)["b"] == Secret("hunter2")
    assert [*words(before)] == ["proj-dev", "default", "a", "b"]
    assert bool(before.resources[3].replace_with) == (name == "v4.json")
    open_run(stack, "update", keyring=KEYRING).close(None, Outcome())
    assert load(stack, KEYRING).snapshot == before
    assert load(stack, KEYRING).key.endswith(name.removeprefix("v3").removeprefix("v4")), "in the same form"


def test_a_released_journal_is_folded(tmp_path: Path) -> None:
    stack = placed(tmp_path, "v3.json", "v3.journal")
    loaded = load(stack, KEYRING).snapshot
    assert words(loaded)["c"] == Secret("hunter3")
    assert [item.resource.urn.rpartition("::")[2] for item in loaded.pending] == ["d"]
    with open_run(stack, "update", keyring=KEYRING) as run:
        assert run.base == loaded
    assert not stack.has_journal()


def test_the_official_clis_checkpoint_opens_and_is_run_on(tmp_path: Path) -> None:
    stack = placed(tmp_path)
    stack.blobs.write(f"{stack.base}.json", (FORMATS / "official-3.260.json").read_bytes())
    before = load(stack, KEYRING).snapshot
    assert before.resources[0].outputs == {"word": Secret("hunter2")}
    assert [state.id.partition("~")[0] for state in before.resources if "~" in state.id] == ["t00", "t01", "t02"]
    open_run(stack, "update", keyring=KEYRING).close(None, Outcome())
    assert load(stack, KEYRING).snapshot == before


def _newer_version(stack: Stack) -> None:
    document = json.loads(stack.blobs.read(f"{stack.base}.json") or b"")
    stack.blobs.write(f"{stack.base}.json", json.dumps({**document, "version": 5}).encode())


def _newer_feature(stack: Stack) -> None:
    document = json.loads(stack.blobs.read(f"{stack.base}.json") or b"")
    newer = {**document, "version": 4, "features": ["timeTravel"]}
    stack.blobs.write(f"{stack.base}.json", json.dumps(newer).encode())


def _newer_journal(stack: Stack) -> None:
    import zlib

    first, _, rest = (stack.blobs.read(stack.journal_key) or b"").partition(b"\n")
    text = first.partition(b" ")[2].replace(b'"journal":1', b'"journal":2')
    stack.blobs.write(stack.journal_key, b"%08x %s\n%s" % (zlib.crc32(text), text, rest))


def _newer_layout(stack: Stack) -> None:
    stack.blobs.write(".pulumi/meta.yaml", b"version: 2\n")


@pytest.mark.parametrize("change", [_newer_version, _newer_feature, _newer_journal, _newer_layout])
def test_a_newer_state_is_refused_by_name_and_left_as_it_is(change: object, tmp_path: Path) -> None:
    stack = placed(tmp_path, "v3.json", "v3.journal")
    change(stack)  # type: ignore[operator]
    before = files(stack)
    with pytest.raises(TooNew, match=r"5|timeTravel|2"):
        open_run(stack, "update", keyring=KEYRING)
    after = files(stack)
    assert {key: data for key, data in after.items() if "/locks/" not in key} == before
    if change is not _newer_layout:
        with pytest.raises(StateError):
            runs.load(stack, KEYRING)
