"""A project whose stack has a state, made without an engine."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pulumi_dataarts.backend import passphrase, runs
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import Secret
from tests.cli.commands import Folder
from tests.cli.samples import typed
from tests.model.states import root, thing

KEYRING = passphrase.keyring(lambda: "p")
CHECKPOINT = ".state/.pulumi/stacks/proj/dev.json"


def stack_of(folder: Folder, name: str = "dev") -> Stack:
    """Return the stack as the backend has it."""
    return Stack(LocalBlobs(folder.path / ".state"), "proj", name)


def resources(folder: Folder, name: str = "dev") -> dict[str, Any]:
    """Return the resources of the state by name."""
    snapshot = runs.load(stack_of(folder, name), KEYRING).snapshot
    return {state.urn.rpartition("::")[2]: state for state in snapshot.resources}


def checkpoint(folder: Folder) -> dict[str, Any]:
    """Return the state file as it is."""
    document: dict[str, Any] = json.loads((folder.path / CHECKPOINT).read_text())
    return document


def with_state(path: Path) -> Folder:
    """Return a folder with the project `proj` and its stack `dev`: a thing, and one that uses it, after one update."""
    shutil.copytree(_made(), path, dirs_exist_ok=True)
    return Folder(path, {"PULUMI_CONFIG_PASSPHRASE": "p"})


@cache
def _made() -> Path:
    folder = Folder(Path(mkdtemp()), {"PULUMI_CONFIG_PASSPHRASE": "p"})
    (folder.path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n")
    typed(folder, "stack", "init", "dev", "--no-select")
    typed(folder, "config", "set", "region", "cn-north-4")
    typed(folder, "config", "set", "--path", "servers[0].port", "80")
    outputs = {"url": "http://x", "word": Secret("hunter2"), "list": [1, "two words"]}
    first = thing("a", outputs={"size": 1})
    snapshot = Snapshot((replace(root(), outputs=outputs), first, thing("b", "a", parent=root().urn)))
    config = {"proj:region": "cn-north-4", "proj:servers": [{"port": 80}]}
    with runs.open_run(stack_of(folder), "update", keyring=KEYRING) as run:
        run.close(snapshot, runs.Outcome(changes={"create": 3}, message="the first", config=config))
    return folder.path
