"""One run on a stack: locked, continued from whatever the last one left, journalled, and folded into the checkpoint.

The order is what keeps a killed run from losing anything: a batch is durable before its future is done; the checkpoint
is written and durable before the journal that led to it goes; the lock file goes last. A run that is killed therefore
leaves its lock and its journal: the official CLI refuses the stack, and the next run of ours folds the journal and goes
on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from pulumi_dataarts.backend import checkpoint, journals, locks
from pulumi_dataarts.backend.blobs import Log
from pulumi_dataarts.backend.checkpoint import Checkpoint
from pulumi_dataarts.backend.history import Update, write_update
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.stacks import Stack, pack, prepare, read_checkpoint
from pulumi_dataarts.backend.vaults import Keyring, SecretsProvider, Vault
from pulumi_dataarts.errors import Corrupt, StateError, TooNew
from pulumi_dataarts.model.graphs import without_aliases
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.invariants import Witness
from pulumi_dataarts.model.journal import Batch, Fold, Journal
from pulumi_dataarts.model.snapshots import Snapshot

# Below this a journal is never folded in the midst of a run: a fold checks and writes the whole state, and everybody
# waits for it.
JOURNAL_MIN_BYTES: Final = 8 << 20
_READS_MAX: Final = 5

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Loaded:
    """A stack's state as it is now, the journal of an unfinished run included.

    `key`, `digest` and `size_bytes` are the checkpoint file's; `is_unfinished` says that a journal added to it.
    """

    checkpoint: Checkpoint
    key: str
    digest: str
    size_bytes: int
    is_unfinished: bool

    @property
    def snapshot(self) -> Snapshot:
        """The resources and pending operations."""
        return self.checkpoint.snapshot


@dataclass(frozen=True)
class Outcome:
    """How a run ended, for the stack's history. `changes` counts resources by operation."""

    result: str = "succeeded"
    changes: dict[str, int] = field(default_factory=dict)
    message: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)


def load(stack: Stack, keyring: Keyring) -> Loaded:
    """Read a stack's state, and check it. Nothing is locked or written.

    Raises:
        StackNotFound, Corrupt, TooNew, ConfigError: as `read_checkpoint`, `checkpoint.read` and `journals.recover`.
    """
    for _ in range(_READS_MAX):
        key, data = read_checkpoint(stack)
        try:
            return _load(stack, key, data, keyring)
        except TooNew as error:
            raise TooNew(f"{key} in {stack.blobs.url}: {error.message}", hint=error.hint) from error
        except Corrupt as error:
            # A run under way may have replaced the checkpoint after we read it, and before we read the journal.
            if stack.blobs.read(key) == data:
                raise _refused(stack, key, error.message) from error
    raise StateError(f"stack {stack.name!r} changes too fast to be read", hint="Try again when its run has ended.")


def _load(stack: Stack, key: str, data: bytes, keyring: Keyring) -> Loaded:
    digest = checkpoint.digest(data)
    base = checkpoint.read(data, keyring)
    recovered = journals.recover(stack.blobs.read_log(stack.journal_key), base, digest, keyring)
    current = recovered or base
    current = replace(current, snapshot=without_aliases(current.snapshot))
    if found := violations(current.snapshot):
        raise Corrupt("\n".join(["it breaks its rules:", *found]))
    return Loaded(current, key, digest, len(data), is_unfinished=recovered is not None)


def open_run(
    stack: Stack,
    kind: str,
    *,
    keyring: Keyring,
    provider: SecretsProvider | None = None,
    note: locks.Note = lambda text: None,
    clock: Clock = lambda: datetime.now(UTC),
) -> Run:
    """Lock a stack and start a run on it, after folding in what a killed run left.

    Args:
        stack: one that exists.
        kind: `update`, `refresh`, `destroy` or `import`, for the history.
        keyring: opens the state's secrets provider, and `provider`.
        provider: who encrypts from now on, as the stack's configuration says; by default who did so far.
        note: hears of dead locks taken over and of unfinished runs continued.
        clock: the time, in UTC.

    Raises:
        LockHeld: somebody else works on the stack; else as `load`.
    """
    prepare(stack.blobs)
    lock = locks.acquire(stack, clock(), note)
    stack = lock.stack
    try:
        loaded = load(stack, keyring)
        same_provider = provider is None or provider == loaded.checkpoint.provider
        codec = loaded.checkpoint.codec if same_provider else Codec(Vault(provider, keyring))
        run = Run(stack, kind, loaded, codec, lock, clock)
        if loaded.is_unfinished:
            run.settle()
            note(f"continued the unfinished run before: {len(loaded.snapshot.pending)} operations had no answer yet")
        stack.blobs.delete_log(stack.journal_key)
    except BaseException:
        lock.release()
        raise
    return run


class Run:
    """A run under way. `base` is the snapshot it starts from, `journal` takes what it does.

    `found_digest` is that of the checkpoint that was found, before what an unfinished run left was folded in.

    Use it as a context: a run that is left without `close`, by an exception, keeps what its journal has.
    """

    def __init__(self, stack: Stack, kind: str, loaded: Loaded, codec: Codec, lock: locks.Lock, clock: Clock) -> None:
        self.base = loaded.snapshot
        self.found_digest = self.digest = loaded.digest
        self._stack = stack
        self._kind = kind
        self._key = loaded.key
        self._extra = loaded.checkpoint.extra
        self._codec = codec
        self._lock = lock
        self._clock = clock
        self._start = clock()
        self._fold = Fold(self.base)
        self._log: Log | None = None
        self._log_bytes = 0
        self._fold_at_bytes = max(JOURNAL_MIN_BYTES, loaded.size_bytes)
        self._is_backed_up = False
        self._is_closed = False
        self._writer = journals.Writer(self._write_group)
        self.journal: Journal = self._writer

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_closed:
            self.close(None, Outcome(result="failed"))

    def close(self, snapshot: Snapshot | None, outcome: Outcome) -> str:
        """Make the snapshot the stack's state (by default what the journal leads to), and release the stack.

        Where that fails, the journal and the lock file stay, so that nothing is lost and the next run continues.

        Returns:
            The digest of the new checkpoint.

        Raises:
            Corrupt: the snapshot breaks a rule; StateError: it cannot be written, or somebody else wrote meanwhile.
        """
        self._is_closed = True
        try:
            self._writer.close()
            data = self._become(without_aliases(self._fold.snapshot() if snapshot is None else snapshot))
            self._drop_log()
            write_update(self._stack, self._update(outcome), data, time.time_ns())
        finally:
            self._close_log()
            self._lock.release()
        return self.digest

    def settle(self) -> None:
        """Write the state that the journal of a killed run led to, before this run adds to it."""
        blobs, key = self._stack.blobs, self._stack.journal_key
        self._log = blobs.continue_log(key, journals.whole(blobs.read_log(key)))
        self._become(self.base)
        self._is_backed_up = False
        self._drop_log()

    def _write_group(self, batches: list[Batch]) -> None:
        frame = journals.group(batches, self._codec)
        if self._log is None:
            frame = self._header() + frame
            self._log = self._stack.blobs.open_log(self._stack.journal_key)
        self._log.append(frame)
        for batch in batches:
            self._fold.apply(batch)
        self._log_bytes += len(frame)
        if self._log_bytes > self._fold_at_bytes:
            self._fold_at_bytes *= 2
            self._fold_midway()

    def _fold_midway(self) -> None:
        """Let the checkpoint take the journal's place, so that neither grows far beyond the state itself.

        Not while a rule is broken, as when something is still named by its alias: the journal can wait.
        """
        snapshot = self._fold.snapshot()
        if violations(snapshot):
            return
        self._become(snapshot)
        self._close_log()
        self._log = self._stack.blobs.open_log(self._stack.journal_key)
        header = self._header()
        self._log.append(header)
        self._log_bytes = len(header)

    def _header(self) -> bytes:
        return journals.header(self.digest, self._codec.vault.provider, self._fold.numbering())

    def _become(self, snapshot: Snapshot) -> bytes:
        """Replace the checkpoint, if it is still the one this run knows and the new one keeps the rules."""
        # What a broken journal could not take, only the one who closes the run knows of.
        begun = () if self._writer.is_broken else self._fold.begun()
        if found := violations(snapshot, Witness(begun=begun)):
            raise Corrupt(
                "\n".join([f"the new state of stack {self._stack.name!r} would break its rules:", *found]),
                hint="The state before stands, and the journal has the rest. `dataarts state repair` joins them.",
            )
        blobs = self._stack.blobs
        self._lock.require()
        data = checkpoint.write(self._stack.qualified, snapshot, self._codec, rfc3339(self._clock()), self._extra)
        current = blobs.read(self._key)
        if current is None or checkpoint.digest(current) != self.digest:
            raise StateError(
                f"the state of stack {self._stack.name!r} was changed by somebody else while this run was at work",
                hint="Nothing was overwritten. `dataarts state repair` joins the journal of this run with that state.",
            )
        if not self._is_backed_up:
            blobs.write(f"{self._key}.bak", current)
            self._is_backed_up = True
        stored = pack(self._key, data)
        if self._log is not None:
            self._log.append(journals.folded(checkpoint.digest(stored)))
        blobs.write(self._key, stored)
        self.digest = checkpoint.digest(stored)
        return data

    def _drop_log(self) -> None:
        if self._log is not None:
            self._close_log()
            self._stack.blobs.delete_log(self._stack.journal_key)
            self._log = None
            self._log_bytes = 0

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()

    def _update(self, outcome: Outcome) -> Update:
        return Update(
            kind=self._kind,
            start_s=int(self._start.timestamp()),
            end_s=int(self._clock().timestamp()),
            result=outcome.result,
            message=outcome.message,
            environment=outcome.environment,
            config=outcome.config,
            changes=outcome.changes,
        )


def rfc3339(moment: datetime) -> str:
    """Return a time as state files have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _refused(stack: Stack, key: str, reason: str) -> Corrupt:
    return Corrupt(
        f"the state of stack {stack.name!r} ({key} in {stack.blobs.url}) is not used: {reason}",
        hint=f"It was left as it is. {key}.bak has the state before; `dataarts state repair` mends what it can.",
    )
