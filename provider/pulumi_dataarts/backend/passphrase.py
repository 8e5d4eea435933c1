"""Secrets encrypted with a passphrase, as the official CLI does: the same salt, key and texts, in both directions.

Key: PBKDF2-HMAC-SHA256, 1,000,000 rounds, 32 bytes. Value: `v1:<nonce>:<ciphertext and tag>`, AES-256-GCM, base64.
A salt is stored as `v1:<salt>:<the word "pulumi", encrypted>`, which is how a wrong passphrase is told.

Source: sdk/go/common/resource/config/crypt.go and pkg/secrets/passphrase/manager.go of the official CLI.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from pulumi_dataarts.backend.vaults import Crypter, Keyring, SecretsProvider
from pulumi_dataarts.errors import ConfigError

TYPE: Final = "passphrase"
KEY_BYTES: Final = 32
_ROUNDS: Final = 1_000_000
_CANARY: Final = "pulumi"


class PassphraseCrypter:
    """AES-256-GCM with a key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)

    def encrypt(self, text: str) -> str:
        """Return `v1:<nonce>:<ciphertext and tag>`, with a fresh nonce."""
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, text.encode(), None)
        return f"v1:{_text(nonce)}:{_text(sealed)}"

    def decrypt(self, text: str) -> str:
        """Return the plain text; `ValueError` where the ciphertext is malformed or of another key."""
        from cryptography.exceptions import InvalidTag

        version, *parts = text.split(":")
        if version != "v1" or len(parts) != 2:
            raise ValueError("a ciphertext is not of the form v1:<nonce>:<text>")
        nonce, sealed = (b64decode(part, validate=True) for part in parts)
        try:
            return self._cipher.decrypt(nonce, sealed, None).decode()
        except InvalidTag:
            raise ValueError("a ciphertext was changed, or made with another passphrase") from None


def new_provider(phrase: str) -> SecretsProvider:
    """Return a passphrase provider with a fresh salt."""
    salt = os.urandom(8)
    canary = PassphraseCrypter(_key(phrase, salt)).encrypt(_CANARY)
    return provider_of(f"v1:{_text(salt)}:{canary}")


def provider_of(salt: str) -> SecretsProvider:
    """Return the provider that a stack file's `encryptionsalt` stands for."""
    return SecretsProvider(TYPE, {"salt": salt})


def open_crypter(phrase: str, salt: str) -> PassphraseCrypter:
    """Open the crypter of a stored salt.

    Raises:
        ConfigError: the passphrase is wrong, or the salt malformed.
    """
    version, _, rest = salt.partition(":")
    encoded, _, canary = rest.partition(":")
    if version != "v1" or not canary:
        raise ConfigError(
            "the encryption salt is malformed",
            hint="Restore `encryptionsalt` in the stack's file from version control.",
        )
    try:
        crypter = PassphraseCrypter(_key(phrase, b64decode(encoded, validate=True)))
        crypter.decrypt(canary)
    except ValueError:
        raise ConfigError(
            "incorrect passphrase",
            hint="Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one the stack was made with.",
        ) from None
    return crypter


def read_passphrase(environ: Mapping[str, str], prompt: Callable[[], str] | None = None) -> str:
    """Return the passphrase: the variable if set (an empty one counts), else the file, else the prompt.

    Raises:
        ConfigError: there is none, or the file cannot be read.
    """
    if (phrase := environ.get("PULUMI_CONFIG_PASSPHRASE")) is not None:
        return phrase
    if path := environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"cannot read PULUMI_CONFIG_PASSPHRASE_FILE: {error}") from error
    if prompt is not None:
        return prompt()
    raise ConfigError(
        "a passphrase is needed to read or write this stack's secrets",
        hint="Set PULUMI_CONFIG_PASSPHRASE (it may be empty) or PULUMI_CONFIG_PASSPHRASE_FILE.",
    )


def keyring(phrase: Callable[[], str]) -> Keyring:
    """Return the keyring that opens passphrase providers, and those of key services that are installed.

    The passphrase is asked for at the first secret.
    """

    def open_provider(provider: SecretsProvider) -> Crypter:
        salt = provider.state.get("salt")
        if provider.type == TYPE and isinstance(salt, str):
            return open_crypter(phrase(), salt)
        from pulumi_dataarts.backend import keyservices

        if provider.type == keyservices.TYPE:
            return keyservices.open_crypter(provider)
        raise ConfigError(
            f"secrets provider {provider.type!r} is not supported",
            hint="Only passphrases and key services are: `pulumi stack change-secrets-provider` converts a stack.",
        )

    return open_provider


@lru_cache(maxsize=16)
def _key(phrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    return PBKDF2HMAC(SHA256(), length=KEY_BYTES, salt=salt, iterations=_ROUNDS).derive(phrase.encode())


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
