"""How a snapshot changes, one durable batch at a time: the snapshot is a fold of its journal.

Every resource of a run has a number. Those of the snapshot that the run started from have their place in it (0, 1, …);
a resource that the run makes or re-registers gets the next free number. A batch is written as one unit: either all of
its entries happened or none. What was begun and has no end is a pending operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot


@dataclass(frozen=True)
class Begin:
    """A provider call is about to be made. Durable before the call."""

    operation: int
    pending: PendingOperation


@dataclass(frozen=True)
class End:
    """The call of that number has ended, well or badly."""

    operation: int


@dataclass(frozen=True)
class Put:
    """The resource of that number is now this. A number of the base keeps its place; a new one goes to the end."""

    number: int
    state: ResourceState


@dataclass(frozen=True)
class Drop:
    """The resource of that number is no longer part of the stack, or has been re-registered under a new number."""

    number: int


Entry: TypeAlias = Begin | End | Put | Drop
Batch: TypeAlias = Sequence[Entry]


class Journal(Protocol):
    """Where batches become durable."""

    def append(self, batch: Batch) -> Future[None]:
        """Queue a batch; the future is done once it is on disk. Batches in flight share one write."""
        ...


@dataclass(frozen=True)
class Numbering:
    """Which numbers a snapshot's resources and begun operations have in the run that made it.

    `base_size` is the number of resources the run started from. `operations` are those of the last pending operations.
    """

    base_size: int
    resources: tuple[int, ...]
    operations: tuple[int, ...] = ()


class Fold:
    """A fold under way: takes batches, and gives the snapshot at any time."""

    def __init__(self, snapshot: Snapshot, numbering: Numbering | None = None) -> None:
        """Start from the base of a run, or with a numbering, from a snapshot taken in its midst."""
        size = len(snapshot.resources)
        self._base_size = numbering.base_size if numbering else size
        numbered = zip(numbering.resources if numbering else range(size), snapshot.resources, strict=True)
        self._kept: dict[int, ResourceState] = {}
        self._made: dict[int, ResourceState] = {}
        for number, state in numbered:
            self._put(number, state)
        self._carried, self._begun = _split_pending(snapshot, numbering)
        self._metadata = snapshot.metadata

    def apply(self, batch: Batch) -> None:
        """Let all entries of a batch happen."""
        for entry in batch:
            match entry:
                case Begin(operation, pending):
                    self._begun[operation] = pending
                case End(operation):
                    self._settle(self._begun.pop(operation, None), batch)
                case Put(number, state):
                    self._put(number, state)
                case Drop(number):
                    self._kept.pop(number, None)
                    self._made.pop(number, None)

    def snapshot(self) -> Snapshot:
        """Return what the run handled, in that order, then the untouched rest of the base."""
        kept = (self._kept[number] for number in sorted(self._kept))
        return Snapshot((*self._made.values(), *kept), (*self._carried, *self._begun.values()), self._metadata)

    def begun(self) -> tuple[PendingOperation, ...]:
        """Return what this run began and has not ended."""
        return tuple(self._begun.values())

    def numbering(self) -> Numbering:
        """Return the numbers of the snapshot of this moment."""
        return Numbering(self._base_size, (*self._made, *sorted(self._kept)), tuple(self._begun))

    def _settle(self, ended: PendingOperation | None, batch: Batch) -> None:
        """Forget a creation that an earlier run began, once one of the same resource ended well: it was adopted."""
        made = {entry.state.urn for entry in batch if isinstance(entry, Put)}
        if ended is not None and ended.type == "creating" and ended.resource.urn in made:
            self._carried = tuple(item for item in self._carried if item.resource.urn != ended.resource.urn)

    def _put(self, number: int, state: ResourceState) -> None:
        owner = self._kept if number < self._base_size else self._made
        owner[number] = state


def fold(base: Snapshot, batches: Iterable[Batch]) -> Snapshot:
    """Return the snapshot after the batches."""
    folding = Fold(base)
    for batch in batches:
        folding.apply(batch)
    return folding.snapshot()


def _split_pending(
    snapshot: Snapshot, numbering: Numbering | None
) -> tuple[tuple[PendingOperation, ...], dict[int, PendingOperation]]:
    """Return what an earlier run left (creates only: the others are known to have ended), and what this one began."""
    operations = numbering.operations if numbering else ()
    left = len(snapshot.pending) - len(operations)
    begun = dict(zip(operations, snapshot.pending[left:], strict=True))
    carried = snapshot.pending[:left]
    return tuple(item for item in carried if item.type == "creating"), begun
