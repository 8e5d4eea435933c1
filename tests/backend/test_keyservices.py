"""Stacks whose data key a key service keeps: in the official CLI's form, by whatever service is installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from io import StringIO
from pathlib import Path

import pytest

from pulumi_dataarts.backend import keyservices, passphrase
from pulumi_dataarts.backend.configs import read_stack_file
from pulumi_dataarts.backend.vaults import SecretsProvider, Vault
from pulumi_dataarts.errors import ConfigError
from tests.cli.commands import Folder
from tests.cli.samples import typed
from tests.cli.states import with_state

URL = "scramble://team/key-1"


class Scramble:
    """A key service that turns each byte over, with a header that says which key it was."""

    def __init__(self, url: str) -> None:
        self._head = url.encode() + b"\n"

    def encrypt(self, key: bytes) -> bytes:
        return self._head + bytes(255 - byte for byte in key)

    def decrypt(self, encrypted: bytes) -> bytes:
        if not encrypted.startswith(self._head):
            raise ConfigError("the key service refuses: another key")
        return bytes(255 - byte for byte in encrypted.removeprefix(self._head))


def nobody() -> str:
    raise AssertionError("no passphrase is asked for")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("scramble", f"{__name__}:Scramble", keyservices.GROUP)

    def entry_points(**chosen: str) -> EntryPoints:
        return EntryPoints([point]).select(**chosen)

    monkeypatch.setattr(keyservices, "entry_points", entry_points)


def test_a_secret_is_sealed_under_a_key_that_only_the_service_gives_out(installed: None) -> None:
    provider = keyservices.new_provider(URL)
    assert (provider.type, provider.state["url"]) == ("cloud", URL)
    sealed = Vault(provider, passphrase.keyring(nobody)).seal("hunter2")
    assert sealed.startswith("v1:")
    assert Vault(provider, passphrase.keyring(nobody)).unseal(sealed) == "hunter2"
    assert "hunter2" not in sealed + str(provider)


@pytest.mark.parametrize("key", ["no base 64!", "AAAA"], ids=["malformed", "another key"])
def test_a_key_that_is_not_the_services_is_refused(installed: None, key: str) -> None:
    with pytest.raises(ConfigError, match="malformed|refuses"):
        keyservices.open_crypter(keyservices.provider_of(URL, key))


def test_a_service_that_is_not_installed_is_named(installed: None) -> None:
    with pytest.raises(ConfigError, match=r"no key service 'awskms' is installed \(there is scramble\)"):
        keyservices.open_crypter(keyservices.provider_of("awskms://x", "AAAA"))
    with pytest.raises(ConfigError, match="'service' is not supported"):
        passphrase.keyring(nobody)(SecretsProvider("service"))


def test_the_stacks_file_names_the_service_as_the_official_cli_does(installed: None, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config:\n  p:a: 1\n")
    read_stack_file(path, "p").with_provider(keyservices.provider_of(URL, "AAAA")).save()
    assert path.read_text() == f"config:\n  p:a: 1\nsecretsprovider: {URL}\nencryptedkey: AAAA\n"
    assert read_stack_file(path, "p").provider == keyservices.provider_of(URL, "AAAA")


def test_a_stack_may_do_without_a_passphrase(installed: None, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    typed(folder, "stack", "init", "prod", "--secrets-provider", URL)
    typed(folder, "config", "set", "--secret", "word", "hunter2")
    assert typed(folder, "config", "get", "word").out == "hunter2\n"
    assert "hunter2" not in (tmp_path / "Pulumi.prod.yaml").read_text()
    typed(folder, "stack", "rename", "main")
    assert '"type":"cloud"' in (tmp_path / ".state/.pulumi/stacks/p/main.json").read_text()
    assert "URL of a key service" in typed(folder, "stack", "init", "x", "--secrets-provider", "no", code=2).err


def test_a_stack_goes_from_a_passphrase_to_a_key_service_and_back(
    installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_state(tmp_path)
    typed(folder, "config", "set", "--secret", "password", "hunter3")
    typed(folder, "stack", "change-secrets-provider", URL)
    file = (tmp_path / "Pulumi.dev.yaml").read_text()
    assert "encryptedkey" in file
    assert "encryptionsalt" not in file
    assert typed(Folder(tmp_path), "config", "get", "password").out == "hunter3\n"
    monkeypatch.setattr("sys.stdin", StringIO("back\n"))
    typed(folder, "stack", "change-secrets-provider", "passphrase")
    file = (tmp_path / "Pulumi.dev.yaml").read_text()
    assert "encryptedkey" not in file
    assert "secretsprovider" not in file
    assert typed(Folder(tmp_path, {"PULUMI_CONFIG_PASSPHRASE": "back"}), "config", "get", "password").out == "hunter3\n"
