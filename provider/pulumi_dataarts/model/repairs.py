"""What can be mended of a snapshot that breaks its rules, or of a run whose state was changed under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from heapq import heapify, heappop, heappush

from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.journal import Batch, Begin, Drop, End, Put
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot


def repaired(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    """Return the snapshot with its references mended, and what was done, a sentence each.

    References to nothing go, exact repetitions go, and every resource moves behind what it depends on; in a cycle the
    reference that closes it goes. What else is wrong, such as two different live resources of a URN, a person decides.
    """
    told: list[str] = []
    unique = list(_without_repetitions(snapshot.resources, told))
    known = {state.urn for state in unique}
    connected = [_keep_references(state, known, told) for state in unique]
    ordered = _in_order(connected, told)
    return replace(snapshot, resources=tuple(ordered)), told


def join(snapshot: Snapshot, batches: Sequence[Batch]) -> tuple[Snapshot, int]:
    """Return a snapshot joined with batches of a run that started from another one, and the removals that were lost.

    What the run wrote takes the place of what has the same URN, or comes last. A removal can be matched only if the run
    itself wrote what it removed.
    """
    resources: dict[int, ResourceState] = dict(enumerate(snapshot.resources))
    places: dict[int, int] = {}
    begun: dict[int, PendingOperation] = {}
    unknown = 0
    for entry in (entry for batch in batches for entry in batch):
        match entry:
            case Begin(operation, pending):
                begun[operation] = pending
            case End(operation):
                begun.pop(operation, None)
            case Put(number, state):
                places[number] = places[number] if number in places else _place_of(state, resources)
                resources[places[number]] = state
            case Drop(number) if number in places:
                del resources[places.pop(number)]
            case Drop():
                unknown += 1
    joined = (resources[place] for place in sorted(resources))
    return replace(snapshot, resources=tuple(joined), pending=(*snapshot.pending, *begun.values())), unknown


def _place_of(state: ResourceState, resources: dict[int, ResourceState]) -> int:
    same = (place for place, other in resources.items() if (other.urn, other.delete) == (state.urn, state.delete))
    return next(same, max(resources, default=-1) + 1)


def _without_repetitions(resources: Iterable[ResourceState], told: list[str]) -> Iterable[ResourceState]:
    seen: set[tuple[str, str]] = set()
    for state in resources:
        if not state.delete and (state.urn, state.id) in seen:
            told.append(f"{state.urn}: stood twice with the same id")
            continue
        if not state.delete:
            seen.add((state.urn, state.id))
        yield state


def _keep_references(state: ResourceState, known: set[str], told: list[str]) -> ResourceState:
    """Return the resource without references to others than the known. Its provider stays: nothing can replace it."""
    lost = [item for item in references(state) if item.field != "provider" and item.urn not in known]
    told.extend(f"{state.urn}: {item.field} no longer names {item.urn}" for item in lost)
    return _without(state, known) if lost else state


def _without(state: ResourceState, kept: Set[str]) -> ResourceState:
    return replace(
        state,
        parent=state.parent if state.parent in kept else "",
        dependencies=tuple(filter(kept.__contains__, state.dependencies)),
        property_dependencies={
            key: tuple(filter(kept.__contains__, named)) for key, named in state.property_dependencies.items()
        },
        deleted_with=state.deleted_with if state.deleted_with in kept else "",
        replace_with=tuple(filter(kept.__contains__, state.replace_with)),
    )


def _in_order(resources: Sequence[ResourceState], told: list[str]) -> list[ResourceState]:
    """Return the resources, each after what it names, otherwise in the order they had."""
    known = {state.urn for state in resources}
    missing = [{item.urn for item in references(state)} & known for state in resources]
    waiting: dict[str, list[int]] = defaultdict(list)
    for place, named in enumerate(missing):
        for urn in named:
            waiting[urn].append(place)
    ready = [place for place, named in enumerate(missing) if not named]
    heapify(ready)
    left = dict(enumerate(resources))
    order: list[int] = []
    ordered: list[ResourceState] = []
    while left:
        place = heappop(ready) if ready else min(left)
        state = left.pop(place, None)
        if state is None:
            continue
        if missing[place]:
            told.extend(f"{state.urn}: no longer names {urn}, which depends on it" for urn in sorted(missing[place]))
            state = _without(state, known - missing[place])
        order.append(place)
        ordered.append(state)
        for other in waiting.pop(state.urn, ()):
            missing[other].discard(state.urn)
            if not missing[other]:
                heappush(ready, other)
    if order != sorted(order):
        told.append("resources were moved behind what they depend on")
    return ordered
