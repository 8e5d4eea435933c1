"""The resources of a run by number, and the journal that says what becomes of them.

Numbers are those of the journal: the base's resources have their places, later ones follow. What a run decides by are
the states kept here; what is durable is what was written. A preview keeps its states and writes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property

from pulumi_dataarts.engine.wire import UNKNOWN_ID
from pulumi_dataarts.model.graphs import without_aliases
from pulumi_dataarts.model.journal import Begin, Drop, Entry, Fold, Journal, Put
from pulumi_dataarts.model.snapshots import Object, PendingOperation, ResourceState, Snapshot, object_of


class Ledger:
    """States by number.

    `states` are all that are part of the stack at this moment. `olds` are the numbers of the base's resources by URN,
    without those that only wait for their deletion, which are `leftovers`; `news` those of the resources that the
    program has registered.
    """

    def __init__(self, base: Snapshot, journal: Journal | None) -> None:
        self._journal = journal
        self._fold = Fold(base)
        self.pending = base.pending
        self._last: Future[None] | None = None
        self._durable: asyncio.Future[None] | None = None
        self._next_number = len(base.resources)
        self._next_operation = 0
        self.base_size = len(base.resources)
        self.states: dict[int, ResourceState] = dict(enumerate(base.resources))
        self.olds: dict[str, int] = {}
        self.leftovers: dict[str, list[int]] = {}
        self.news: dict[str, int] = {}
        self._holders: dict[Object, int] = {}
        self.index_base()

    def base(self) -> Iterator[tuple[int, ResourceState]]:
        """Yield what is left of the base, in order."""
        numbers = range(self.base_size)
        return ((number, self.states[number]) for number in numbers if number in self.states)

    def index_base(self) -> None:
        """Find anew what the base has under each URN, after a refresh."""
        self.olds = {state.urn: number for number, state in self.base() if not state.delete}
        self.leftovers = {}
        for number, state in self.base():
            if state.delete:
                self.leftovers.setdefault(state.urn, []).append(number)

    def number_for(self, urn: str) -> int:
        """Return the next free number, from now on that of the URN's new resource."""
        self.news[urn] = self._next_number
        self._next_number += 1
        return self.news[urn]

    def holder_of(self, number: int) -> ResourceState | None:
        """Return the live resource that has the very object of one that goes, if there is such a one.

        It is one of this run, or for what waited for its deletion already, one of the base.
        """
        state = self.states[number]
        earlier = self.earlier_holder(state) if state.delete else None
        others = (self.declared_holder(state), None if earlier is None else self.states[earlier])
        return next((other for other in others if other is not None and other is not state), None)

    def declared_holder(self, state: ResourceState) -> ResourceState | None:
        """Return the live resource that this run has for the very object of another, if there is such a one."""
        other = self.states.get(self._holders.get(object_of(state), -1))
        return other if other is not None and _is_holder(other, state) else None

    def earlier_holder(self, state: ResourceState) -> int | None:
        """Return the number of the base's live resource that owns the very object of this one.

        None as well where several do: their provider repeats its ids, which tell nothing then.
        """
        found = self._base_by_object.get(object_of(state), ())
        owned = {number: self.states[number] for number in found if number in self.states}
        numbers = [number for number, other in owned.items() if _is_holder(other, state) and not other.external]
        return numbers[0] if len(numbers) == 1 else None

    @cached_property
    def _base_by_object(self) -> dict[Object, list[int]]:
        found: dict[Object, list[int]] = {}
        for number, state in self.base():
            found.setdefault(object_of(state), []).append(number)
        return found

    async def begin(self, type: str, resource: ResourceState) -> int:
        """Make it durable that a provider call is about to be made; return the operation's number."""
        begin = self.reopened(PendingOperation(type, resource))
        await self.write([begin])
        return begin.operation

    def reopened(self, pending: PendingOperation) -> Begin:
        """Return the entry that keeps an operation listed which an earlier run began."""
        operation = self._next_operation
        self._next_operation += 1
        return Begin(operation, pending)

    def append(self, entries: Sequence[Entry]) -> None:
        """Let entries happen, together; they are durable once anything after them is."""
        for entry in entries:
            if isinstance(entry, Put):
                self.states[entry.number] = entry.state
                if entry.number >= self.base_size:
                    self._holders[object_of(entry.state)] = entry.number
            elif isinstance(entry, Drop):
                self.states.pop(entry.number, None)
        if self._journal is not None:
            self._fold.apply(entries)
            self._follow(self._journal.append(entries))

    async def write(self, entries: Sequence[Entry]) -> None:
        """Let entries happen, together, and wait until they are durable."""
        self.append(entries)
        await self.flush()

    async def flush(self) -> None:
        """Wait until everything so far is durable."""
        if self._durable is not None:
            await asyncio.shield(self._durable)

    def _follow(self, write: Future[None]) -> None:
        """Hear of a write once, however many wait for it."""
        if write is not self._last:
            self._last, self._durable = write, asyncio.wrap_future(write)
            # Nobody may be left to wait for it: then the journal's end tells of a failure.
            self._durable.add_done_callback(lambda done: done.cancelled() or done.exception())

    def snapshot(self) -> Snapshot:
        """Return the snapshot as it is written."""
        return without_aliases(self._fold.snapshot())


def _is_holder(other: ResourceState, state: ResourceState) -> bool:
    return state.id not in ("", UNKNOWN_ID) and not other.delete and object_of(other) == object_of(state)
