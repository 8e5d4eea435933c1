"""Another passphrase for a stack: everything is readable with it, and nothing is lost wherever it is cut off."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest

from pulumi_dataarts.backend import passphrase, runs
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.configs import StackFile, read_stack_file, seal, unseal
from pulumi_dataarts.backend.rekeying import either, reencrypt
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.backend.vaults import Keyring, Vault
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.values import Secret
from tests.cli.commands import Folder
from tests.cli.states import KEYRING, stack_of, with_state

OLD, NEW = KEYRING, passphrase.keyring(lambda: "new")
PROVIDER = passphrase.provider_of("v1:set4BZfiYPc=:v1:m/NA0g3f3etQn2G6:2zWx56OTkoSFJZAiIh/TOAkSBuU2pg==")
BOTH = either(OLD, NEW)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A stack with a secret output, and three secrets in its file, one of them inside an object."""
    folder = with_state(tmp_path)
    file = stack_file(folder)
    vault = Vault(file.provider or passphrase.new_provider("p"), OLD)
    assert vault.provider is not None
    file = file.with_provider(vault.provider).with_value("proj:password", seal("one", vault))
    file = file.with_value("proj:nested", {"list": [1, seal("two", vault)], "plain": "x"})
    file.save()
    file.path.write_text(f"# whose\n{file.path.read_text()}")
    return folder


def stack_file(folder: Folder) -> StackFile:
    return read_stack_file(folder.path / "Pulumi.dev.yaml", "proj")


def secrets(folder: Folder, keyring: Keyring) -> tuple[object, object]:
    """Return what of the state and of the file is secret, in clear."""
    file = stack_file(folder)
    clear = unseal(file.values, Vault(file.provider, keyring), file.path)
    root = runs.load(stack_of(folder), keyring).snapshot.resources[0]
    return root.outputs["word"], (clear["proj:password"], clear["proj:nested"])


ALL = (Secret("hunter2"), ("one", {"list": [1, "two"], "plain": "x"}))


def test_everything_is_readable_with_the_new_one_and_nothing_with_the_old(folder: Folder) -> None:
    assert secrets(folder, OLD) == ALL
    reencrypt(stack_of(folder), stack_file(folder), PROVIDER, BOTH)
    assert secrets(folder, NEW) == ALL
    assert stack_file(folder).text.startswith("# whose\n")
    with pytest.raises(ConfigError, match="incorrect passphrase"):
        secrets(folder, OLD)


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


@pytest.mark.parametrize("writes", range(8))
def test_cut_off_before_any_of_its_writes_it_is_ended_by_doing_it_again(folder: Folder, writes: int) -> None:
    left = [writes]

    def write(blobs: LocalBlobs, key: str, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        original(blobs, key, data)

    original = LocalBlobs.write
    with patch.object(LocalBlobs, "write", write), suppress(Killed):
        reencrypt(stack_of(folder), stack_file(folder), PROVIDER, BOTH)
    assert secrets(folder, BOTH) == ALL, "nothing is lost"
    reencrypt(stack_of(folder), stack_file(folder), passphrase.new_provider("new"), BOTH)
    assert secrets(folder, NEW) == ALL


def test_a_secret_that_cannot_be_read_stops_it_before_anything_is_changed(folder: Folder) -> None:
    file = stack_file(folder).with_value("proj:foreign", {"secure": "v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAA"})
    file.save()
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match="proj:foreign"):
        reencrypt(Stack(LocalBlobs(folder.path / ".state"), "proj", "dev"), file, PROVIDER, BOTH)
    assert before == {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
