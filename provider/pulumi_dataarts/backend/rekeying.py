"""Having another passphrase, or another key service, encrypt a stack: its state and its file, each replaced whole.

The state goes first, then the file. A change that was cut off between the two leaves each readable with a passphrase of
its own; carried out again, with both at hand, it ends what it began.
"""

from __future__ import annotations

from pulumi_dataarts.backend import configs, locks, runs
from pulumi_dataarts.backend.configs import StackFile
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.backend.vaults import Crypter, Keyring, SecretsProvider, Vault
from pulumi_dataarts.errors import ConfigError


def reencrypt(
    stack: Stack, file: StackFile, provider: SecretsProvider, keyring: Keyring, note: locks.Note = lambda text: None
) -> StackFile:
    """Encrypt a stack's state and file anew, and return the file as it is then.

    Args:
        stack: one that exists.
        file: its configuration file.
        provider: who encrypts from now on.
        keyring: opens `provider`, and whatever encrypted so far (see `either`).
        note: hears of dead locks taken over and of unfinished runs continued.

    Raises:
        ConfigError: a secret cannot be decrypted, and nothing was changed; else as `runs.open_run`.
    """
    changed = resealed(file, provider, keyring)
    with runs.open_run(stack, "import", keyring=keyring, provider=provider, note=note) as run:
        run.close(None, runs.Outcome(message=f"secrets are encrypted by another {provider.type}"))
    changed.save()
    return changed


def resealed(file: StackFile, provider: SecretsProvider, keyring: Keyring) -> StackFile:
    """Return a stack's file with its secrets encrypted by another provider. Raises ConfigError for a foreign one."""
    own, other = Vault(file.provider, keyring), Vault(provider, keyring)
    configs.unseal(file.values, own, file.path)
    changed = file.with_provider(provider)
    for key, value in file.values.items():
        if configs.has_sealed(value):
            changed = changed.with_value(key, configs.resealed(value, own, other))
    return changed


def either(first: Keyring, second: Keyring) -> Keyring:
    """Return the keyring that opens what either opens; where neither does, it raises what the first one raised."""

    def open_provider(provider: SecretsProvider) -> Crypter:
        try:
            return first(provider)
        except ConfigError as refused:
            try:
                return second(provider)
            except ConfigError:
                raise refused from None

    return open_provider
