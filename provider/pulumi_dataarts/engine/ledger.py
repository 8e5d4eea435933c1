"""The resources of a run by number, and the journal that says what becomes of them.

Numbers are those of the journal: the base's resources have their places, later ones follow. What a run decides by are
the states kept here; what is durable is what was written. A preview keeps its states and writes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from pulumi_dataarts.model.graphs import without_aliases
from pulumi_dataarts.model.journal import Begin, Drop, Entry, Fold, Journal, Put
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot


class Ledger:
    """States by number.

    `states` are all that are part of the stack at this moment. `olds` are the numbers of the base's resources by URN,
    without those that only wait for their deletion; `news` those of the resources that the program has registered.
    """

    def __init__(self, base: Snapshot, journal: Journal | None) -> None:
        self._journal = journal
        self._fold = Fold(base)
        self.pending = base.pending
        self._last: Future[None] | None = None
        self._next_number = len(base.resources)
        self._next_operation = 0
        self.base_size = len(base.resources)
        self.states: dict[int, ResourceState] = dict(enumerate(base.resources))
        self.olds: dict[str, int] = {}
        self.news: dict[str, int] = {}
        self._holders: dict[tuple[str, str, str], int] = {}
        self.index_base()

    def base(self) -> Iterator[tuple[int, ResourceState]]:
        """Yield what is left of the base, in order."""
        numbers = range(self.base_size)
        return ((number, self.states[number]) for number in numbers if number in self.states)

    def index_base(self) -> None:
        """Find anew what the base has under each URN, after a refresh."""
        self.olds = {state.urn: number for number, state in self.base() if not state.delete}

    def number_for(self, urn: str) -> int:
        """Return the next free number, from now on that of the URN's new resource."""
        self.news[urn] = self._next_number
        self._next_number += 1
        return self.news[urn]

    def holder_of(self, number: int) -> ResourceState | None:
        """Return the resource of this run that has the very object of another one, if there is such a one."""
        state = self.states[number]
        place = self._holders.get(_object_of(state), number)
        other = self.states.get(place)
        if not state.id or place == number or other is None or other.delete:
            return None
        return other if _object_of(other) == _object_of(state) else None

    async def begin(self, type: str, resource: ResourceState) -> int:
        """Make it durable that a provider call is about to be made; return the operation's number."""
        operation = self._next_operation
        self._next_operation += 1
        await self.write([Begin(operation, PendingOperation(type, resource))])
        return operation

    def append(self, entries: Sequence[Entry]) -> None:
        """Let entries happen, together; they are durable once anything after them is."""
        for entry in entries:
            if isinstance(entry, Put):
                self.states[entry.number] = entry.state
                if entry.number >= self.base_size:
                    self._holders[_object_of(entry.state)] = entry.number
            elif isinstance(entry, Drop):
                self.states.pop(entry.number, None)
        if self._journal is not None:
            self._fold.apply(entries)
            self._last = self._journal.append(entries)

    async def write(self, entries: Sequence[Entry]) -> None:
        """Let entries happen, together, and wait until they are durable."""
        self.append(entries)
        await self.flush()

    async def flush(self) -> None:
        """Wait until everything so far is durable."""
        if self._last is not None:
            await asyncio.shield(asyncio.wrap_future(self._last))

    def snapshot(self) -> Snapshot:
        """Return the snapshot as it is written."""
        return without_aliases(self._fold.snapshot())


def _object_of(state: ResourceState) -> tuple[str, str, str]:
    return (state.type, state.id, state.provider)
