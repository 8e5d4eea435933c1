"""Who depends on whom in the base, looked up backwards: from a resource to what names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.snapshots import ResourceState

_BINDING = ("replaceWith", "deletedWith")


class BaseIndex:
    """The dependents of each resource, by number. Made once a run, from all resources in order."""

    def __init__(self, base: Iterable[tuple[int, ResourceState]]) -> None:
        self._urns: dict[int, str] = {}
        self._named_by: dict[str, list[int]] = defaultdict(list)
        self._bound_to: dict[str, list[int]] = defaultdict(list)
        for number, state in base:
            self._urns[number] = state.urn
            found = [item for item in references(state) if item.field != "parent"]
            for urn in {item.urn for item in found}:
                self._named_by[urn].append(number)
            for urn in {item.urn for item in found if item.field in _BINDING and not state.delete}:
                self._bound_to[urn].append(number)

    def dependents_of(self, number: int) -> list[int]:
        """Return, in order, what depends on a resource, directly or not. Being its child does not count."""
        waiting = [other for other in self._named_by[self._urns[number]] if other > number]
        heapify(waiting)
        found: list[int] = []
        seen = {self._urns[number]}
        while waiting:
            other = heappop(waiting)
            if found and found[-1] == other:
                continue
            found.append(other)
            if self._urns[other] not in seen:
                seen.add(self._urns[other])
                for further in self._named_by[self._urns[other]]:
                    if further > other:
                        heappush(waiting, further)
        return found

    def bound_to(self, urn: str) -> list[int]:
        """Return what says of itself that it is replaced, or deleted, with a resource."""
        return self._bound_to[urn]
