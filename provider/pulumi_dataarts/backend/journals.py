"""The journal beside a checkpoint: what a run has done since, one durable frame per group of batches.

::

    4f1d0c2a {"journal":1,"checkpoint":"<sha256>","provider":{…},"numbering":[…]}    the state it continues
    9b71e5f0 {"batches":[[["begin",1,"creating",{…}]],[["end",0],["put",5,{…}]]]}    one group, synced at once
    0c9a7d31 {"folded":"<sha256>"}                                                   the state it is to become

Each line starts with the CRC-32 of the rest. A frame is written only after the one before it is durable, so a bad
last line is a write that was cut off, and nobody was told that it was done; a bad line before that is damage.

A journal continues one checkpoint, named by digest, or is known to be part of it already. It never folds into another.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import takewhile
from threading import Lock
from typing import Any, Final

from pulumi_dataarts.backend.checkpoint import Checkpoint
from pulumi_dataarts.backend.properties import dumps, to_bytes
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.vaults import Keyring, SecretsProvider, Vault
from pulumi_dataarts.errors import Corrupt, StateError, TooNew
from pulumi_dataarts.model.journal import Batch, Begin, Drop, End, Entry, Fold, Numbering, Put
from pulumi_dataarts.model.repairs import join
from pulumi_dataarts.model.snapshots import PendingOperation

_VERSION: Final = 1


def header(checkpoint: str, provider: SecretsProvider | None, numbering: Numbering) -> bytes:
    """Return the first frame of a journal that continues the checkpoint of this digest."""
    named = {"type": provider.type, "state": dict(provider.state)} if provider else None
    numbers = [numbering.base_size, numbering.resources, numbering.operations]
    return _frame(dumps({"journal": _VERSION, "checkpoint": checkpoint, "provider": named, "numbering": numbers}))


def group(batches: Iterable[Batch], codec: Codec) -> bytes:
    """Return the frame of some batches."""
    texts = (f"[{','.join(_entry_text(entry, codec) for entry in batch)}]" for batch in batches)
    return _frame(f'{{"batches":[{",".join(texts)}]}}')


def folded(checkpoint: str) -> bytes:
    """Return the frame that says which checkpoint is about to take the journal's place."""
    return _frame(dumps({"folded": checkpoint}))


def whole(journal: bytes) -> bytes:
    """Return the journal without the cut-off write at its end, if there is one. Raises as `recover`."""
    return b"".join(line + b"\n" for line in _whole_lines(journal))


def recover(journal: bytes, base: Checkpoint, digest: str, keyring: Keyring) -> Checkpoint | None:
    """Return what a journal makes of the checkpoint of this digest; None where that has it all already.

    Raises:
        Corrupt: damage other than a cut-off end, or a journal of another checkpoint.
        TooNew: written by a later version.
    """
    frames = _last_start(_whole_lines(journal))
    if not frames or any(frame.get("folded") == digest for frame in frames):
        return None
    if frames[0]["checkpoint"] != digest:
        raise Corrupt("the journal of an unfinished run continues another state than the one that is there")
    return _replay(frames, base, keyring)


def salvage(journal: bytes, base: Checkpoint, digest: str, keyring: Keyring) -> tuple[Checkpoint, list[str]]:
    """Return what can be made of a journal that `recover` refuses, and what could not, a sentence each.

    Frames from the first damaged one on are lost. Where the journal continues another state, its resources take the
    place of those of the same URN here.
    """
    lines, number_of_lines = _lines(journal)
    lost = [] if len(lines) == number_of_lines else [f"the journal is damaged from line {len(lines) + 1} on"]
    frames = _last_start(lines)
    if not frames or any(frame.get("folded") == digest for frame in frames):
        return base, lost
    if frames[0]["checkpoint"] == digest:
        return _replay(frames, base, keyring), lost
    codec = _codec(frames[0], base, keyring)
    joined, unknown = join(base.snapshot, list(_read_batches(frames, codec)))
    if unknown:
        lost.append(f"{unknown} removals of the journal cannot be told apart; a refresh finds what is gone")
    return replace(base, snapshot=joined, codec=codec), lost


class Writer:
    """Makes batches durable: one thread, one write at a time; what comes in meanwhile shares the next.

    After a write that failed nothing more is written: every later future fails too, and `is_broken` says so.
    """

    def __init__(self, write: Callable[[list[Batch]], None]) -> None:
        self._write = write
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._lock = Lock()
        self._waiting: list[Batch] = []
        self._next_write: Future[None] = Future()
        self._error: BaseException | None = None

    def append(self, batch: Batch) -> Future[None]:
        """Queue a batch; the future is done once it is durable. All that share a write share it: do not cancel it."""
        with self._lock:
            if not self._waiting:
                self._next_write = self._thread.submit(self._commit)
            self._waiting.append(batch)
            return self._next_write

    def close(self) -> None:
        """Wait until everything queued is written, and end the thread."""
        self._thread.shutdown()

    def _commit(self) -> None:
        with self._lock:
            batches, self._waiting = self._waiting, []
        if self._error is not None:
            raise StateError(f"nothing more is written, since a moment ago: {self._error}") from self._error
        try:
            self._write(batches)
        except BaseException as error:
            self._error = error
            raise

    @property
    def is_broken(self) -> bool:
        """Whether a write failed."""
        return self._error is not None


def _entry_text(entry: Entry, codec: Codec) -> str:
    match entry:
        case Begin(operation, PendingOperation(type, resource)):
            return f'["begin",{operation},{dumps(type)},{codec.write(resource).text}]'
        case Put(number, state):
            return f'["put",{number},{codec.write(state).text}]'
        case End(operation):
            return f'["end",{operation}]'
        case Drop(number):
            return f'["drop",{number}]'


def _read_entry(document: list[Any], codec: Codec) -> Entry:
    match document:
        case ["begin", int(operation), str(type), dict(resource)]:
            return Begin(operation, PendingOperation(type, codec.read(resource)))
        case ["put", int(number), dict(resource)]:
            return Put(number, codec.read(resource))
        case ["end", int(operation)]:
            return End(operation)
        case ["drop", int(number)]:
            return Drop(number)
    raise Corrupt(f"the journal has an entry of an unknown kind: {document[:1]}")


def _replay(frames: list[dict[str, Any]], base: Checkpoint, keyring: Keyring) -> Checkpoint:
    codec = _codec(frames[0], base, keyring)
    base_size, resources, operations = frames[0]["numbering"]
    folding = Fold(base.snapshot, Numbering(base_size, tuple(resources), tuple(operations)))
    for batch in _read_batches(frames, codec):
        folding.apply(batch)
    return replace(base, snapshot=folding.snapshot(), codec=codec)


def _codec(first: dict[str, Any], base: Checkpoint, keyring: Keyring) -> Codec:
    named = first["provider"]
    provider = SecretsProvider(named["type"], named["state"]) if named else None
    return base.codec if provider == base.provider else Codec(Vault(provider, keyring))


def _read_batches(frames: list[dict[str, Any]], codec: Codec) -> Iterator[Batch]:
    for frame in frames:
        for batch in frame.get("batches", ()):
            yield [_read_entry(entry, codec) for entry in batch]


def _frame(text: str) -> bytes:
    data = to_bytes(text)
    return b"%08x %s\n" % (zlib.crc32(data), data)


def _last_start(lines: list[bytes]) -> list[dict[str, Any]]:
    """Return the frames from the last header on: a bucket may still have those of the journal before it."""
    frames = [json.loads(line.partition(b" ")[2]) for line in lines]
    starts = [place for place, frame in enumerate(frames) if "journal" in frame]
    if starts and frames[starts[-1]]["journal"] != _VERSION:
        raise TooNew(f"the journal is of version {frames[starts[-1]]['journal']}, and this program reads {_VERSION}")
    return frames[starts[-1] :] if starts else []


def _whole_lines(journal: bytes) -> list[bytes]:
    lines, number_of_lines = _lines(journal)
    if len(lines) < number_of_lines - 1:
        raise Corrupt(f"the journal of an unfinished run is damaged in line {len(lines) + 1} of {number_of_lines}")
    return lines


def _lines(journal: bytes) -> tuple[list[bytes], int]:
    """Return the lines before the first bad one, and how many there are in all."""
    *lines, _cut_off = journal.split(b"\n")
    return list(takewhile(_is_whole, lines)), len(lines)


def _is_whole(line: bytes) -> bool:
    checksum, _, data = line.partition(b" ")
    return checksum == b"%08x" % zlib.crc32(data)
