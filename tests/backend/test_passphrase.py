from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.backend.passphrase import (
    PassphraseCrypter,
    keyring,
    new_provider,
    open_crypter,
    provider_of,
    read_passphrase,
)
from pulumi_dataarts.backend.vaults import SecretsProvider, Vault
from pulumi_dataarts.errors import ConfigError

VECTORS = [
    ("password", "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ=="),
    ("abc123", "v1:4iF78gb0nF0=:v1:Co6IbTWYs/UdrjgY:FSrAWOFZnj9ealCUDdJL7LrUKXX9BA=="),
    ("123abc", "v1:C7H2a7/Ietk=:v1:yfAd1zOi6iY9DRIB:dumdsr+H89VpHIQWdB01XEFqYaYjAg=="),
]
FIXED = PassphraseCrypter(b"k" * 32)


@pytest.mark.parametrize(("phrase", "salt"), VECTORS)
def test_the_official_salts_open(phrase: str, salt: str):
    crypter = open_crypter(phrase, salt)
    assert crypter.decrypt(crypter.encrypt("x")) == "x"


def test_a_wrong_passphrase_is_told_with_a_hint():
    with pytest.raises(ConfigError, match="incorrect passphrase") as raised:
        open_crypter("password", VECTORS[2][1])
    assert "PULUMI_CONFIG_PASSPHRASE" in raised.value.hint
    assert "password" not in raised.value.message


@pytest.mark.parametrize("salt", ["", "v1:abc", "v2:4iF78gb0nF0=:v1:a:b", "v1:!!!:v1:a:b", "v1:4iF78gb0nF0=:v1:a"])
def test_a_malformed_salt_is_refused(salt: str):
    with pytest.raises(ConfigError):
        open_crypter("abc123", salt)


def test_a_new_salt_opens_with_its_passphrase_alone():
    salt = str(new_provider("right").state["salt"])
    assert salt.count(":") == 4
    open_crypter("right", salt)
    with pytest.raises(ConfigError):
        open_crypter("wrong", salt)


@given(st.text())
def test_decrypting_undoes_encrypting(text: str):
    assert FIXED.decrypt(FIXED.encrypt(text)) == text


def test_the_same_text_is_never_encrypted_alike():
    assert FIXED.encrypt("x") != FIXED.encrypt("x")


@pytest.mark.parametrize("damage", ["v1:only", "v2:a:b", "text", "v1:AAAA:AAAA", "v1:****:AAAA"])
def test_a_malformed_ciphertext_is_refused(damage: str):
    with pytest.raises(ValueError, match=r"."):
        FIXED.decrypt(damage)


def test_a_changed_ciphertext_is_refused():
    sealed = FIXED.encrypt("secret")
    with pytest.raises(ValueError, match="changed"):
        FIXED.decrypt(sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:])


def test_a_key_is_derived_once_in_a_process():
    phrase, salt = VECTORS[0]
    open_crypter(phrase, salt)
    before = time.process_time()
    for _ in range(100):
        open_crypter(phrase, salt)
    assert time.process_time() - before < 0.1


def test_the_variable_wins_even_when_it_is_empty(tmp_path: Path):
    file = tmp_path / "phrase"
    file.write_text("  from the file\n")
    both = {"PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}
    assert read_passphrase(both) == ""
    assert read_passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}) == "from the file"
    assert read_passphrase({}, prompt=lambda: "typed") == "typed"


def test_no_passphrase_is_a_mistake_that_names_the_variable(tmp_path: Path):
    with pytest.raises(ConfigError) as raised:
        read_passphrase({})
    assert "PULUMI_CONFIG_PASSPHRASE" in raised.value.hint
    with pytest.raises(ConfigError, match="cannot read"):
        read_passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "none")})


def test_another_secrets_provider_is_refused_by_name():
    with pytest.raises(ConfigError, match="awskms"):
        keyring(lambda: "x")(SecretsProvider("awskms"))


def test_a_vault_asks_for_the_passphrase_only_when_there_is_a_secret():
    asked: list[str] = []

    def phrase() -> str:
        asked.append("now")
        return "password"

    vault = Vault(provider_of(VECTORS[0][1]), keyring(phrase))
    assert asked == []
    first = vault.seal("x")
    assert (vault.seal("x"), vault.unseal(first)) == (first, "x")
    assert asked == ["now"]


def test_a_vault_keeps_the_ciphertext_it_unsealed():
    provider = provider_of(VECTORS[0][1])
    sealed = Vault(provider, keyring(lambda: "password")).seal("x")
    other = Vault(provider, keyring(lambda: "password"))
    other.unseal(sealed)
    assert other.seal("x") == sealed


def test_a_stack_without_a_provider_takes_no_secret():
    with pytest.raises(ConfigError, match="no secrets provider"):
        Vault(None, keyring(lambda: "x")).seal("x")
