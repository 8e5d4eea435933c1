"""One writer per stack: the official lock files, honoured both ways, and below them a lock of the kernel's.

A lock file says who works on the stack; any other one in the stack's folder refuses us, as ours refuses the official
CLI. On a local backend each of our runs also holds a kernel lock, which ends with the process whatever kills it: a lock
file of ours that nobody holds is that of a dead run, and is taken over at once. The file of the dead run stays in place
until ours stands, so that nobody slips in between.

Source: pulumi-state.md section 2.2; reliability.md section 3.4.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from pulumi_dataarts.backend.properties import dumps
from pulumi_dataarts.errors import LockHeld, StateError

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from pulumi_dataarts.backend.stacks import Stack

_OURS: Final = "dataarts-"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE: Final = Path("/proc/self/ns/pid")

Note = Callable[[str], None]


@dataclass(frozen=True)
class Owner:
    """Who holds a lock. `machine` tells hosts of equal names apart; the official CLI does not write it."""

    key: str
    pid: int
    username: str
    hostname: str
    timestamp: str
    machine: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether this program wrote the lock."""
        return self.key.rpartition("/")[2].startswith(_OURS)

    def __str__(self) -> str:
        return f"{self.username}@{self.hostname} (pid {self.pid}) since {self.timestamp}"


class Lock:
    """A stack's lock, held until `release`."""

    def __init__(self, stack: Stack, key: str, kernel_lock: BaseFileLock | None) -> None:
        self._stack = stack
        self._key = key
        self._kernel_lock = kernel_lock

    def release(self) -> None:
        """Let others work on the stack. While a journal is left, only us: the file stays, and we take it over."""
        if not self._stack.has_journal():
            self._stack.blobs.delete(self._key)
        if self._kernel_lock is not None:
            self._kernel_lock.release()


def acquire(stack: Stack, now: datetime, note: Note) -> Lock:
    """Lock a stack, taking over the locks of dead processes of this host; `note` hears of each.

    Raises:
        LockHeld: somebody alive, or on another host, works on it.
    """
    kernel_lock = _kernel_lock(stack)
    key = f"{stack.locks_folder}{_OURS}{uuid4()}.json"
    try:
        dead = _dead_owners(stack)
        stack.blobs.write(key, dumps(_own(now)).encode())
        try:
            _refuse_others(stack, {key, *(owner.key for owner in dead)})
        except LockHeld:
            stack.blobs.delete(key)
            raise
    except BaseException:
        if kernel_lock is not None:
            kernel_lock.release()
        raise
    for owner in dead:
        stack.blobs.delete(owner.key)
        note(f"took over the lock of {owner}: that process is gone")
    return Lock(stack, key, kernel_lock)


def owners(stack: Stack) -> list[Owner]:
    """Return who holds locks on a stack."""
    found = ((item.key, stack.blobs.read(item.key)) for item in stack.blobs.find(stack.locks_folder))
    return [_read(key, data) for key, data in found if data is not None]


@contextmanager
def locked(stack: Stack, note: Note = lambda text: None) -> Iterator[None]:
    """Hold a stack's lock for what is done at once. Raises as `acquire`."""
    lock = acquire(stack, datetime.now(UTC), note)
    try:
        yield
    finally:
        lock.release()


def cancel(stack: Stack) -> list[Owner]:
    """Remove every lock of a stack, and return whose they were."""
    found = owners(stack)
    for owner in found:
        stack.blobs.delete(owner.key)
    return found


def _dead_owners(stack: Stack) -> list[Owner]:
    """Return whose locks may be taken over. The kernel lock, where there is one, is ours by now."""
    found = owners(stack)
    alive = [owner for owner in found if not _is_dead(owner, is_local=stack.blobs.folder is not None)]
    if alive:
        raise _held(stack, alive)
    return found


def _is_dead(owner: Owner, *, is_local: bool) -> bool:
    if owner.hostname != socket.gethostname():
        return False
    if is_local and owner.is_ours:
        return True
    # Containers often share a host name, and in a bucket their locks meet: there, only a known machine counts.
    if not is_local and (not owner.machine or owner.machine != _own_machine()):
        return False
    return not _is_running(owner.pid)


def _refuse_others(stack: Stack, known: set[str]) -> None:
    others = [owner for owner in owners(stack) if owner.key not in known]
    if others:
        raise _held(stack, others)


def _kernel_lock(stack: Stack) -> BaseFileLock | None:
    folder = stack.blobs.folder
    if folder is None:
        return None
    from filelock import FileLock, Timeout

    path = folder / stack.kernel_lock_key
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise _held(stack, owners(stack)) from None
    except OSError as error:
        raise StateError(f"cannot lock {path}: {error.strerror}") from error
    return lock


def _held(stack: Stack, held_by: list[Owner]) -> LockHeld:
    named = ", ".join(map(str, held_by)) or "a run that is starting or ending"
    return LockHeld(
        f"stack {stack.name!r} is locked by {named}",
        hint=f"Wait for it to end. If it cannot be alive: `dataarts cancel --stack {stack.name}`.",
    )


def _own(now: datetime) -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "username": _username(),
        "hostname": socket.gethostname(),
        "timestamp": now.isoformat(),
        "machine": _own_machine(),
    }


def _read(key: str, data: bytes) -> Owner:
    try:
        document = json.loads(data)
        texts = (str(document.get(name, "")) for name in ("username", "hostname", "timestamp", "machine"))
        return Owner(key, int(document.get("pid", 0)), *texts)
    except (ValueError, AttributeError, TypeError):
        return Owner(key, 0, "somebody", "an unknown host", "an unknown time")


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _own_machine() -> str:
    try:
        return f"{_BOOT_ID.read_text().strip()} {_PID_NAMESPACE.readlink()}"
    except OSError:
        return ""


def _is_running(pid: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
