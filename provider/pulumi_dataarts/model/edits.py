"""Changing a snapshot by hand: what `dataarts state` does, as pure functions.

Each takes a snapshot and returns another that keeps the rules of `integrity`, or raises and says why it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pulumi_dataarts.errors import ConfigError, PlanError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.graphs import Graph, rewired
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot, object_of


def find(snapshot: Snapshot, urn: str) -> ResourceState:
    """Return the live resource of that URN, or of that name where only one has it. Raises ConfigError."""
    named = [
        state for state in snapshot.resources if not state.delete and urn in (state.urn, urns.parse(state.urn).name)
    ]
    if len(named) == 1:
        return named[0]
    problem = f"{len(named)} resources are called {urn}" if named else f"no resource {urn} in the state"
    raise ConfigError(problem, hint="`dataarts stack --show-urns` lists the URNs.")


def find_any(snapshot: Snapshot, named: str) -> ResourceState:
    """Return the resource of that URN, name or id, whether it is live or only waits for its deletion.

    Raises:
        ConfigError: there is none, or there are several, each with an object of its own.
    """
    of_name = [state for state in snapshot.resources if named in (state.urn, urns.parse(state.urn).name)]
    found = of_name or [state for state in snapshot.resources if state.id == named]
    live = [state for state in found if not state.delete]
    others = {object_of(state) for state in live}
    left = [state for state in found if state.delete and object_of(state) not in others]
    if len(live) + len(left) == 1:
        return (live or left)[0]
    if not left:
        return find(snapshot, named)
    listed = ", ".join(
        [*(state.id for state in live), *(f"{state.id}, which waits for its deletion" for state in left)]
    )
    raise ConfigError(f"{named} has several objects: {listed}", hint="Name the one by its id.")


def without(snapshot: Snapshot, urn: str, *, force: bool, dependents: bool) -> Snapshot:
    """Forget a resource; what it is in the cloud stays.

    Who had that very object before, and waits for its deletion, is kept for those that depend on it, and leaves the
    object alone as well.

    Args:
        snapshot: the state.
        urn: whom to forget, as in `find_any`.
        force: even if it is protected.
        dependents: forget what depends on it, too.

    Raises:
        PlanError: it is protected, or something depends on it.
    """
    target = find_any(snapshot, urn)
    place = snapshot.resources.index(target)
    gone = {place, *Graph(snapshot.resources).dependents_of(place)}
    if len(gone) > 1 and not dependents:
        names = ", ".join(sorted(snapshot.resources[other].urn for other in gone - {place})[:5])
        raise PlanError(f"{target.urn} has dependents: {names}", hint="--target-dependents forgets them too.")
    protected = [snapshot.resources[other].urn for other in gone if snapshot.resources[other].protect]
    if protected and not force:
        raise PlanError(f"{protected[0]} is protected", hint="Unprotect it first, or use --force.")
    forgotten = [snapshot.resources[other] for other in gone]
    kept = [state for other, state in enumerate(snapshot.resources) if other not in gone]
    return replace(snapshot, resources=tuple(_sparing(forgotten, kept)))


def _sparing(forgotten: Iterable[ResourceState], kept: Iterable[ResourceState]) -> Iterator[ResourceState]:
    left_alone = {object_of(state) for state in forgotten if state.id and not state.external}
    for state in kept:
        yield replace(state, retain_on_delete=True) if state.delete and object_of(state) in left_alone else state


def protected(snapshot: Snapshot, urn: str | None, *, protect: bool) -> Snapshot:
    """Protect a resource, or all; or lift that."""
    chosen = {find(snapshot, urn).urn} if urn else {state.urn for state in snapshot.resources}
    return _changed(
        snapshot, lambda state: replace(state, protect=protect) if state.urn in chosen and not state.delete else state
    )


def tainted(snapshot: Snapshot, urn: str | None, *, taint: bool) -> Snapshot:
    """Have a resource, or all, replaced by the next up; or no longer. Providers and components cannot be."""
    chosen = {find(snapshot, urn).urn} if urn else {state.urn for state in snapshot.resources}
    if urn and taint and not any(_can_be_replaced(state) for state in snapshot.resources if state.urn in chosen):
        raise ConfigError(f"{urn} is no resource that could be replaced")
    return _changed(
        snapshot,
        lambda state: replace(state, taint=taint) if state.urn in chosen and _can_be_replaced(state) else state,
    )


def _can_be_replaced(state: ResourceState) -> bool:
    return state.custom and not state.delete and not state.external and not urns.is_provider_type(state.type)


def renamed(snapshot: Snapshot, urn: str, name: str) -> Snapshot:
    """Give a resource another name; whoever points at it follows. Raises ConfigError if the name is taken."""
    target = find(snapshot, urn)
    moved = str(replace(urns.parse(target.urn), name=name))
    if any(state.urn == moved for state in snapshot.resources):
        raise ConfigError(f"{moved} exists already")
    return _changed(snapshot, lambda state: rewired(state, lambda old: moved if old == target.urn else old))


def _changed(snapshot: Snapshot, change: Callable[[ResourceState], ResourceState]) -> Snapshot:
    pending = tuple(replace(item, resource=change(item.resource)) for item in snapshot.pending)
    return replace(snapshot, resources=tuple(map(change, snapshot.resources)), pending=pending)
