"""Who may write to a stack in a bucket: one run of ours at a time, on whatever machine, until its lease expires.

Each lease is an object of its own, named by its generation and created only if it is not there, so that one of two is
first; the highest generation counts. The holder writes its object again every third of its time; how old it is, is told
by the bucket's clock alone. A lease ends when its holder gives it back, when it expires, or at once when the holder is
a dead process of this machine.

Whoever takes over seals the journals of the holders before: it creates the frame that they would write next. A frame
too is created only if it is not there, so a holder that was paused, or cut off, can begin no operation after that.

Source: the lease of Litestream (leaser.go, s3/leaser.go).
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from pulumi_dataarts.backend.conditions import Conditions, conditions_of, create
from pulumi_dataarts.backend.fences import FencedBlobs
from pulumi_dataarts.backend.owners import Owner, own, read_owner
from pulumi_dataarts.backend.properties import dumps
from pulumi_dataarts.backend.s3 import SEAL, Frame, S3Blobs, frame_key, frame_of
from pulumi_dataarts.errors import ConfigError, LockHeld, StateError

if TYPE_CHECKING:
    from pulumi_dataarts.backend.stacks import Stack

DURATION: Final = "DATAARTS_LEASE_S"
_DURATION_S: Final = 60.0
# The bucket tells times in whole seconds, the age of an object as a difference of two.
_MARGIN_S: Final = 2.0
_ATTEMPTS_MAX: Final = 5
# A request that was signed longer ago is refused by the bucket: no write of the sealed holder can be under way still.
_SEAL_KEPT_S: Final = 3600.0

Note = Callable[[str], None]


@dataclass(frozen=True)
class Standing:
    """A lease as the bucket has it."""

    generation: int
    owner: Owner
    is_released: bool
    expires_in_s: float

    @property
    def is_free(self) -> bool:
        """Whether the next may take the stack."""
        return self.is_released or self.expires_in_s < -_MARGIN_S or self.owner.is_gone


class Lease:
    """A lease held by this process, renewed by a thread of its own until `release`."""

    def __init__(
        self,
        stack: Stack,
        blobs: S3Blobs,
        conditions: Conditions,
        generation: int,
        record: dict[str, Any],
        held_s: float,
    ) -> None:
        self.generation = generation
        self._stack = stack
        self._blobs = blobs
        self._record = record
        self._duration_s: float = record["duration_s"]
        self._held_s = held_s
        self._is_lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self.blobs = FencedBlobs(blobs, conditions, self)

    def start(self) -> None:
        """Begin to renew it."""
        self._thread.start()

    def require(self) -> None:
        """Make sure, by our own clock alone, that nobody can have taken the stack.

        Raises:
            LockHeld: it expired, or somebody has.
        """
        if self._is_lost or clock_s() - self._held_s > self._duration_s:
            raise LockHeld(
                f"this run has lost stack {self._stack.name!r}: its lease could not be renewed in time",
                hint="What it did up to here is kept. See who works on the stack, and run it again.",
            )

    def confirm(self) -> None:
        """Make sure, by looking, that nobody has taken the stack. Raises LockHeld."""
        self.require()
        self._is_lost = self._is_lost or _last(self._stack) > self.generation
        self.require()

    def renew(self) -> None:
        """Hold it for another while, unless it expired meanwhile: then somebody may be about to take it."""
        started_s, expires_s = clock_s(), self._held_s + self._duration_s
        self._blobs.write(_key(self._stack, self.generation), dumps(self._record).encode())
        self._is_lost = self._is_lost or _last(self._stack) > self.generation or clock_s() > expires_s
        self._held_s = started_s

    def release(self) -> None:
        """Give it back, for the next one to take at once."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        released = dumps({**self._record, "released": True}).encode()
        self._blobs.write(_key(self._stack, self.generation), released)

    def _keep(self) -> None:
        while not self._ended.wait(self._duration_s / 3) and not self._is_lost:
            with suppress(StateError):  # The bucket did not answer: there is time for another try.
                self.renew()


def acquire(stack: Stack, now: datetime, note: Note) -> Lease:
    """Take the lease of a stack; `note` hears of a dead holder.

    Raises:
        LockHeld: somebody holds it; StateError: the bucket cannot say who is first.
    """
    blobs = _bucket(stack)
    conditions = conditions_of(blobs)
    duration_s = _duration_s()
    for _ in range(_ATTEMPTS_MAX):
        before = _highest(stack)
        if before is not None and not before.is_free:
            raise _held(stack, before)
        generation = before.generation + 1 if before else 1
        started_s = clock_s()
        record = {**own(now), "generation": generation, "duration_s": duration_s, "token": str(uuid4())}
        if not create(blobs, conditions, _key(stack, generation), dumps(record).encode()):
            continue
        if _last(stack) > generation:
            # We were so slow that whoever took this generation has given it back, and was forgotten.
            blobs.delete(_key(stack, generation))
            continue
        lease = Lease(stack, blobs, conditions, generation, record, started_s)
        try:
            _close_earlier(stack, blobs, conditions, generation)
        except BaseException:
            lease.release()
            raise
        if before is not None and not before.is_released:
            note(f"took over the lease of {before.owner}: {_reason(before)}")
        lease.start()
        return lease
    raise LockHeld(f"stack {stack.name!r} is wanted by several runs at once", hint="Try again in a moment.")


def revoke(stack: Stack) -> None:
    """Take the lease from whoever holds it, and give it back: they can write no more."""
    blobs = _bucket(stack)
    conditions = conditions_of(blobs)
    for _ in range(_ATTEMPTS_MAX):
        before = _highest(stack)
        if before is None or before.is_released:
            return
        generation = before.generation + 1
        record = {**own(datetime.now(UTC)), "generation": generation, "released": True, "token": str(uuid4())}
        if create(blobs, conditions, _key(stack, generation), dumps(record).encode()):
            _close_earlier(stack, blobs, conditions, generation)
            return


def clock_s() -> float:
    """Return a clock that nobody sets, and that goes on while the machine sleeps, in seconds."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _bucket(stack: Stack) -> S3Blobs:
    assert isinstance(stack.blobs, S3Blobs)
    return stack.blobs


def _duration_s() -> float:
    text = os.environ.get(DURATION, "")
    try:
        duration_s = float(text or _DURATION_S)
    except ValueError:
        duration_s = 0
    if not 1 <= duration_s <= 3600:
        raise ConfigError(f"{DURATION} is {text!r}", hint="Seconds from 1 to 3600; by default 60.")
    return duration_s


def _key(stack: Stack, generation: int) -> str:
    return f"{stack.lease_folder}{generation:08d}.json"


def _generations(stack: Stack) -> list[int]:
    found = [item.key for item in stack.blobs.find(stack.lease_folder)]
    return [int(key.removeprefix(stack.lease_folder).removesuffix(".json")) for key in found]


def _last(stack: Stack) -> int:
    """Return the highest generation there ever was: that one is never removed."""
    return max(_generations(stack), default=0)


def _highest(stack: Stack) -> Standing | None:
    generation = _last(stack)
    return _standing(stack, generation) if generation else None


def _standing(stack: Stack, generation: int) -> Standing:
    key = _key(stack, generation)
    found = _bucket(stack).look(key)
    if found is None:
        return Standing(generation, read_owner(key, b""), is_released=True, expires_in_s=0)
    try:
        document = json.loads(found.data)
        is_released, duration_s = document.get("released") is True, float(document.get("duration_s", _DURATION_S))
    except (ValueError, AttributeError, TypeError):
        is_released, duration_s = False, _DURATION_S
    return Standing(generation, read_owner(key, found.data), is_released, duration_s - found.age_s)


def _close_earlier(stack: Stack, blobs: S3Blobs, conditions: Conditions, generation: int) -> None:
    """Seal what holders before might still write, then forget their leases."""
    for earlier in _generations(stack):
        if earlier < generation:
            if not _standing(stack, earlier).is_released:
                _seal(stack, blobs, conditions, earlier)
            blobs.delete(_key(stack, earlier))
    _drop_old_seals(stack, blobs)


def _seal(stack: Stack, blobs: S3Blobs, conditions: Conditions, generation: int) -> None:
    """Take the place of the next frame of a journal; its writer may still be faster a few times."""
    numbers = [frame.number for key in blobs.frame_keys(stack.journal_key) if (frame := frame_of(key))[0] == generation]
    number = max(numbers, default=0) + 1
    while not create(blobs, conditions, frame_key(stack.journal_key, Frame(generation, number)), SEAL):
        number += 1


def _drop_old_seals(stack: Stack, blobs: S3Blobs) -> None:
    for key in blobs.frame_keys(stack.journal_key):
        found = blobs.look(key)
        if found is not None and found.data == SEAL and found.age_s > _SEAL_KEPT_S:
            blobs.delete(key)


def _held(stack: Stack, standing: Standing) -> LockHeld:
    left_s = max(0.0, standing.expires_in_s + _MARGIN_S)
    return LockHeld(
        f"stack {stack.name!r} is locked by {standing.owner}; unless renewed, its lease expires in {left_s:.0f} s",
        hint=f"Wait for it to end. If it cannot be alive: `dataarts cancel --stack {stack.name}`.",
    )


def _reason(standing: Standing) -> str:
    return "that process is gone" if standing.owner.is_gone else "it expired"
