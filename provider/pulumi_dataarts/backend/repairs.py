"""Mending a state that cannot be used: what is whole is kept, what is changed is told, the originals are kept aside."""

from __future__ import annotations

import time

from pulumi_dataarts.backend import checkpoint, journals, locks
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.runs import Clock, rfc3339
from pulumi_dataarts.backend.stacks import Stack, pack, read_checkpoint
from pulumi_dataarts.backend.vaults import Keyring, SecretsProvider, Vault
from pulumi_dataarts.errors import Corrupt
from pulumi_dataarts.model.graphs import without_aliases
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.repairs import repaired
from pulumi_dataarts.model.snapshots import Snapshot


def repair(stack: Stack, keyring: Keyring, note: locks.Note, clock: Clock) -> list[str]:
    """Mend a stack's state, and return what was done, a sentence each; empty where nothing was wrong.

    A checkpoint that is no JSON is replaced by its `.bak`; a journal that does not fit is joined by URN; references are
    mended. The files as they were go to the stack's backups.

    Raises:
        LockHeld: somebody works on the stack; TooNew, ConfigError: as `checkpoint.read`.
        Corrupt: something is wrong that only a person can decide.
    """
    with locks.locked(stack, note) as held:
        return _repair(held, keyring, rfc3339(clock()))


def override(
    stack: Stack, snapshot: Snapshot, *, keyring: Keyring, provider: SecretsProvider, note: locks.Note, clock: Clock
) -> None:
    """Put a snapshot in place of a state that cannot be used, journal included. Both go to the stack's backups.

    Raises:
        LockHeld: somebody works on the stack; Corrupt: the snapshot itself breaks a rule.
    """
    snapshot = without_aliases(snapshot)
    _refuse_broken(stack, snapshot)
    with locks.locked(stack, note) as held:
        key, data = read_checkpoint(held)
        codec = Codec(Vault(provider, keyring))
        content = checkpoint.write(held.qualified, snapshot, codec, rfc3339(clock()))
        _exchange(held, key, data, content)


def _repair(stack: Stack, keyring: Keyring, now: str) -> list[str]:
    key, data = read_checkpoint(stack)
    journal = stack.blobs.read_log(stack.journal_key)
    usable, told = _usable(stack, key, data, keyring)
    base = checkpoint.read(usable, keyring)
    current, lost = journals.salvage(journal, base, checkpoint.digest(usable), keyring)
    if current is not base:
        told.append("joined the journal of an unfinished run")
    mended, done = repaired(without_aliases(current.snapshot))
    told += [*lost, *done]
    _refuse_broken(stack, mended)
    if told or journal:
        _exchange(stack, key, data, checkpoint.write(stack.qualified, mended, current.codec, now, current.extra))
    return told


def _refuse_broken(stack: Stack, snapshot: Snapshot) -> None:
    if found := violations(snapshot):
        raise Corrupt(
            "\n".join([f"the state of stack {stack.name!r} needs a person to decide:", *found]),
            hint="Edit the state file's resources in a copy, and take it with `dataarts stack import --force`.",
        )


def _exchange(stack: Stack, key: str, data: bytes, content: bytes) -> None:
    """Write a new checkpoint, after the one it replaces and its journal are safe among the backups."""
    aside = f"{stack.backups_folder}{stack.name}.{time.time_ns()}"
    stack.blobs.write(f"{aside}.broken.json", data)
    if journal := stack.blobs.read_log(stack.journal_key):
        stack.blobs.write(f"{aside}.broken.journal", journal)
    stack.blobs.write(key, pack(key, content))
    stack.blobs.delete_log(stack.journal_key)


def _usable(stack: Stack, key: str, data: bytes, keyring: Keyring) -> tuple[bytes, list[str]]:
    """Return the checkpoint that can be read: the current one, else the one before."""
    try:
        checkpoint.read(data, keyring)
    except Corrupt:
        backup = stack.blobs.read(f"{key}.bak")
        if backup is None:
            raise
        return backup, [f"took the state from {key}.bak, as {key} cannot be read"]
    return data, []
