"""One writer per stack: the official lock files, honoured both ways, and below them a lock that ends with its holder.

A lock file says who works on the stack; any other one in the stack's folder refuses us, as ours refuses the official
CLI. Below it, each of our runs holds a lock of its own kind: on a folder one of the kernel's, which ends with the
process whatever kills it; in a bucket a lease, which expires. Whoever has that knows that any lock file of ours is that
of a dead run, and takes it over. The file of the dead run stays in place until ours stands, so that nobody slips in
between.

Source: pkg/backend/diy/lock.go of the official CLI.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from pulumi_dataarts.backend.owners import OURS, Owner, is_running, own, read_owner
from pulumi_dataarts.backend.properties import dumps
from pulumi_dataarts.errors import LockHeld, StateError

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from pulumi_dataarts.backend.blobs import Blobs
    from pulumi_dataarts.backend.stacks import Stack

Note = Callable[[str], None]


class Guard(Protocol):
    """What only one of our runs holds at a time. `blobs` refuses to write once it is held no more."""

    @property
    def blobs(self) -> Blobs:
        """The backend, for the holder to write through."""
        ...

    def require(self) -> None:
        """Make sure that it is held still. Raises LockHeld."""
        ...

    def release(self) -> None:
        """Let the next one have it."""
        ...


@dataclass(frozen=True)
class _KernelGuard:
    blobs: Blobs
    kernel_lock: BaseFileLock

    def require(self) -> None:
        """The kernel takes it from nobody who lives."""

    def release(self) -> None:
        self.kernel_lock.release()


class Lock:
    """A stack's lock, held until `release`. `stack` is the one to write through: it refuses once the lock is lost."""

    def __init__(self, stack: Stack, key: str, guard: Guard) -> None:
        self.stack = replace(stack, blobs=guard.blobs)
        self._unguarded = stack
        self._key = key
        self._guard = guard

    def require(self) -> None:
        """Make sure that nobody took the stack meanwhile. Raises LockHeld."""
        self._guard.require()

    def release(self) -> None:
        """Let others work on the stack. While a journal is left, only us: the file stays, and we take it over."""
        try:
            if not self._unguarded.has_journal():
                self._unguarded.blobs.delete(self._key)
        finally:
            self._guard.release()


def acquire(stack: Stack, now: datetime, note: Note) -> Lock:
    """Lock a stack, taking over from those who are dead; `note` hears of each.

    Raises:
        LockHeld: somebody works on it who is alive, or may be.
    """
    guard = _guard(stack, now, note)
    key = f"{stack.locks_folder}{OURS}{uuid4()}.json"
    try:
        dead = _dead_owners(stack)
        stack.blobs.write(key, dumps(own(now)).encode())
        try:
            _refuse_others(stack, {key, *(owner.key for owner in dead)})
        except LockHeld:
            stack.blobs.delete(key)
            raise
        for owner in dead:
            stack.blobs.delete(owner.key)
            if stack.blobs.folder is None and not owner.is_gone:
                continue  # It lives, perhaps, and lost its lease: that was told.
            note(f"took over the lock of {owner}: that process is gone")
    except BaseException:
        guard.release()
        raise
    return Lock(stack, key, guard)


def owners(stack: Stack) -> list[Owner]:
    """Return who has lock files on a stack."""
    found = ((item.key, stack.blobs.read(item.key)) for item in stack.blobs.find(stack.locks_folder))
    return [read_owner(key, data) for key, data in found if data is not None]


@contextmanager
def locked(stack: Stack, note: Note = lambda text: None) -> Iterator[Stack]:
    """Hold a stack's lock for what is done at once, through the stack that this gives. Raises as `acquire`."""
    lock = acquire(stack, datetime.now(UTC), note)
    try:
        yield lock.stack
    finally:
        lock.release()


def cancel(stack: Stack) -> list[Owner]:
    """Remove every lock of a stack, and return whose they were. In a bucket a run of ours can write no more then."""
    found = owners(stack)
    for owner in found:
        stack.blobs.delete(owner.key)
    if stack.blobs.folder is None:
        from pulumi_dataarts.backend import leases

        leases.revoke(stack)
    return found


def _guard(stack: Stack, now: datetime, note: Note) -> Guard:
    if stack.blobs.folder is None:
        from pulumi_dataarts.backend import leases

        return leases.acquire(stack, now, note)
    return _kernel_guard(stack)


def _dead_owners(stack: Stack) -> list[Owner]:
    """Return whose lock files may be taken over. The guard is ours by now."""
    found = owners(stack)
    is_dead = _is_dead_here if stack.blobs.folder is not None else _is_dead_in_a_bucket
    alive = [owner for owner in found if not is_dead(owner)]
    if alive:
        raise _held(stack, alive)
    return found


def _is_dead_here(owner: Owner) -> bool:
    if owner.hostname != socket.gethostname():
        return False
    return owner.is_ours or not is_running(owner.pid, owner.started)


def _is_dead_in_a_bucket(owner: Owner) -> bool:
    # Of the official CLI's owners nobody knows which machine they are on: host names repeat.
    return owner.is_ours or owner.is_gone


def _refuse_others(stack: Stack, known: set[str]) -> None:
    others = [owner for owner in owners(stack) if owner.key not in known]
    if others:
        raise _held(stack, others)


def _kernel_guard(stack: Stack) -> _KernelGuard:
    from filelock import FileLock, Timeout

    assert stack.blobs.folder is not None
    path = stack.blobs.folder / stack.kernel_lock_key
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise _held(stack, owners(stack)) from None
    except OSError as error:
        raise StateError(f"cannot lock {path}: {error.strerror}") from error
    return _KernelGuard(stack.blobs, lock)


def _held(stack: Stack, held_by: list[Owner]) -> LockHeld:
    named = ", ".join(map(str, held_by)) or "a run that is starting or ending"
    return LockHeld(
        f"stack {stack.name!r} is locked by {named}",
        hint=f"Wait for it to end. If it cannot be alive: `dataarts cancel --stack {stack.name}`.",
    )
