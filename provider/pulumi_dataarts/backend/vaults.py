"""How secrets are sealed in files: the interface of a secrets provider, and a memory of what was sealed before.

An unchanged secret keeps its ciphertext, so that saving a state twice changes nothing, and one value costs one
encryption.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

from pulumi_dataarts.errors import ConfigError


class Crypter(Protocol):
    """Encrypts and decrypts texts. Any secrets provider is one of these."""

    def encrypt(self, text: str) -> str:
        """Return a ciphertext, as text."""
        ...

    def decrypt(self, text: str) -> str:
        """Return the plain text; `ValueError` where the ciphertext is malformed or was not made with this key."""
        ...


@dataclass(frozen=True)
class SecretsProvider:
    """Who encrypts a stack's secrets, as state and stack files name it, e.g. `passphrase` and its salt."""

    type: str
    state: Mapping[str, object] = field(default_factory=dict)


Keyring: TypeAlias = Callable[[SecretsProvider], Crypter]


class Vault:
    """A secrets provider that is opened at the first secret, and remembers what it sealed and unsealed.

    Not for two threads at once: whoever writes the state owns it.
    """

    def __init__(self, provider: SecretsProvider | None, keyring: Keyring) -> None:
        self.provider = provider
        self._keyring = keyring
        self._ciphertexts: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    @cached_property
    def _crypter(self) -> Crypter:
        if self.provider is None:
            raise ConfigError(
                "this stack has no secrets provider, so a secret cannot be stored",
                hint="Setting any secret gives it one: `dataarts config set --secret <key>`.",
            )
        return self._keyring(self.provider)

    def seal(self, text: str) -> str:
        """Encrypt a text, or return the ciphertext it had."""
        if text not in self._ciphertexts:
            self._ciphertexts[text] = self._crypter.encrypt(text)
        return self._ciphertexts[text]

    def unseal(self, ciphertext: str) -> str:
        """Decrypt a ciphertext and remember it. `ValueError` where it is not of this vault."""
        if ciphertext not in self._texts:
            text = self._crypter.decrypt(ciphertext)
            self._texts[ciphertext] = text
            self._ciphertexts.setdefault(text, ciphertext)
        return self._texts[ciphertext]
