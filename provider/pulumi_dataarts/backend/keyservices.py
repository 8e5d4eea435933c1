"""Secrets under a data key that a key service keeps: an interface, for installed packages to fill.

A stack's file names the service (`secretsprovider: <scheme>://…`), and has the stack's data key as that encrypted it
(`encryptedkey`); the state's provider is of the type `cloud`, with the same two. Values are encrypted as with a
passphrase. All of this is the official CLI's form, so a service of the same scheme reads what that CLI wrote.

Which services there are is up to what is installed: an entry point of the group `pulumi_dataarts.key_services`, named
after the scheme, is called with the URL and returns a `KeyService`. None comes with this package.

Source: pkg/secrets/cloud/manager.go of the official engine.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from importlib.metadata import entry_points
from typing import Final, Protocol

from pulumi_dataarts.backend.passphrase import KEY_BYTES, PassphraseCrypter
from pulumi_dataarts.backend.vaults import Crypter, SecretsProvider
from pulumi_dataarts.errors import ConfigError

TYPE: Final = "cloud"
GROUP: Final = "pulumi_dataarts.key_services"


class KeyService(Protocol):
    """Encrypts and decrypts a stack's data key. Each call raises ConfigError where it is refused."""

    def encrypt(self, key: bytes) -> bytes:
        """Return a key as the service gives it out."""
        ...

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the key again."""
        ...


def find_service(url: str) -> KeyService:
    """Return the service that a URL names. Raises ConfigError where none of its scheme is installed."""
    scheme = url.partition("://")[0]
    for found in entry_points(group=GROUP, name=scheme):
        service: KeyService = found.load()(url)
        return service
    installed = ", ".join(sorted(found.name for found in entry_points(group=GROUP))) or "none"
    raise ConfigError(
        f"secrets provider {url}: no key service {scheme!r} is installed (there is {installed})",
        hint=f"Install the package that has it, as an entry point of the group {GROUP}; or convert the stack with "
        "`pulumi stack change-secrets-provider passphrase`.",
    )


def new_provider(url: str) -> SecretsProvider:
    """Return a provider with a fresh data key. Raises as `find_service`."""
    encrypted = find_service(url).encrypt(os.urandom(KEY_BYTES))
    return provider_of(url, b64encode(encrypted).decode("ascii"))


def provider_of(url: str, encrypted_key: str) -> SecretsProvider:
    """Return the provider that a stack file's `secretsprovider` and `encryptedkey` stand for."""
    return SecretsProvider(TYPE, {"url": url, "encryptedkey": encrypted_key})


def open_crypter(provider: SecretsProvider) -> Crypter:
    """Open the crypter of a provider of this type. Raises ConfigError, also where its key is malformed."""
    url, encrypted = (str(provider.state.get(name, "")) for name in ("url", "encryptedkey"))
    try:
        key = find_service(url).decrypt(b64decode(encrypted, validate=True))
        return PassphraseCrypter(key)
    except ValueError as error:
        raise ConfigError(f"secrets provider {url}: the stack's key is malformed: {error}") from error
