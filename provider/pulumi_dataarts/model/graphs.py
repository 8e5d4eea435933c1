"""Which resource points at which: the graph that orders deletes, finds dependents and survives renames.

A resource is known here by its place in a snapshot, since a URN may stand there twice while a replacement is under way.
A snapshot lists every resource after what it depends on; everything here is linear in resources and references.

Source: pkg/resource/deploy/step_generator.go of the official engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.model.values import RESOURCE_REFERENCE, SIGNATURE, Properties, Secret, Value

Rename = Callable[[str], str]


class Reference(NamedTuple):
    """One resource's pointer at another: the field it is in, and the URN it names."""

    field: str
    urn: str


def references(state: ResourceState) -> Iterator[Reference]:
    """Yield what a resource points at; the provider by its URN alone."""
    if state.parent:
        yield Reference("parent", state.parent)
    yield from (Reference("dependencies", urn) for urn in state.dependencies)
    for key, named in state.property_dependencies.items():
        yield from (Reference(f"propertyDependencies.{key}", urn) for urn in named)
    if state.deleted_with:
        yield Reference("deletedWith", state.deleted_with)
    yield from (Reference("replaceWith", urn) for urn in state.replace_with)
    if state.provider:
        yield Reference("provider", state.provider.rpartition("::")[0])


class Graph:
    """The dependencies between the resources of one snapshot, by place."""

    def __init__(self, resources: Sequence[ResourceState]) -> None:
        self.resources = resources
        self._places: dict[str, list[int]] = defaultdict(list)
        self._children: dict[str, list[int]] = defaultdict(list)
        parents: dict[str, str] = {}
        for place, state in enumerate(resources):
            self._places[state.urn].append(place)
            parents[state.urn] = state.parent
            for ancestor in _chain(state.parent, parents):
                self._children[ancestor].append(place)

    def children_of(self, urn: str) -> list[int]:
        """Return the places of a resource's children and theirs, in order."""
        return list(self._children.get(urn, ()))

    def dependencies_of(self, place: int) -> set[int]:
        """Return what a resource directly depends on; a component it names stands for its earlier children too."""
        found: set[int] = set()
        for field, urn in references(self.resources[place]):
            earlier = [other for other in self._places.get(urn, ()) if other < place]
            found.update(earlier)
            if field != "parent" and any(not self.resources[other].custom for other in earlier):
                found.update(child for child in self._children.get(urn, ()) if child < place)
        return found

    def dependents_of(self, place: int, *, with_children: bool = True) -> list[int]:
        """Return, in order, what depends on a resource, directly or not.

        Args:
            place: the resource's own.
            with_children: whether having it as parent counts.
        """
        reached = {self.resources[place].urn}
        found = []
        for later in range(place + 1, len(self.resources)):
            candidate = self.resources[later]
            counted = (item for item in references(candidate) if with_children or item.field != "parent")
            if any(item.urn in reached for item in counted):
                found.append(later)
                reached.add(candidate.urn)
        return found

    def delete_order(self, condemned: Collection[int]) -> list[list[int]]:
        """Return the resources to delete in groups: each group may go at once, after all groups before it."""
        doomed = set(condemned)
        depths: dict[int, int] = {}
        for place in sorted(doomed):
            below = (depths[other] for other in self.dependencies_of(place) & doomed)
            depths[place] = 1 + max(below, default=-1)
        groups: dict[int, list[int]] = defaultdict(list)
        for place, depth in depths.items():
            groups[depth].append(place)
        return [groups[depth] for depth in sorted(groups, reverse=True)]


def rewired(state: ResourceState, rename: Rename) -> ResourceState:
    """Return the resource with its URN and every reference renamed, itself where nothing changes."""
    changed = replace(
        state,
        urn=rename(state.urn),
        parent=rename(state.parent),
        dependencies=tuple(map(rename, state.dependencies)),
        property_dependencies={key: tuple(map(rename, named)) for key, named in state.property_dependencies.items()},
        deleted_with=rename(state.deleted_with),
        replace_with=tuple(map(rename, state.replace_with)),
        provider=_rename_provider(state.provider, rename),
        aliases=tuple(map(rename, state.aliases)),
    )
    return state if changed == state else changed


def rewired_values(properties: Properties, rename: Rename) -> Properties:
    """Return the properties with the URNs of resource references renamed."""
    return {key: _rewired_value(value, rename) for key, value in properties.items()}


def without_aliases(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot as it is written: whoever named a resource by an alias names it by its URN.

    A child of a renamed component gets a new URN with it. Resources that nothing changes stay the same objects.
    """
    renamed = _renames(snapshot.resources)
    if not renamed:
        return snapshot

    def canonical(state: ResourceState) -> ResourceState:
        bare = replace(state, aliases=()) if state.aliases else state
        return rewired(bare, lambda urn: renamed.get(urn, urn))

    pending = tuple(replace(item, resource=canonical(item.resource)) for item in snapshot.pending)
    return replace(snapshot, resources=tuple(map(canonical, snapshot.resources)), pending=pending)


def _renames(resources: Iterable[ResourceState]) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for state in resources:
        renamed.update(dict.fromkeys(state.aliases, state.urn))
        parent = renamed.get(state.parent, "")
        if parent and urns.qualified_type(parent) != urns.ROOT_TYPE:
            own = urns.parse(state.urn)
            moved = urns.make(own.stack, own.project, urns.qualified_type(parent), own.type, own.name)
            renamed[state.urn] = moved
    return renamed


def _chain(urn: str, parents: Mapping[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    while urn and urn not in seen:
        yield urn
        seen.add(urn)
        urn = parents.get(urn, "")


def _rename_provider(reference: str, rename: Rename) -> str:
    urn, separator, id = reference.rpartition("::")
    return f"{rename(urn)}{separator}{id}"


def _rewired_value(value: Value, rename: Rename) -> Any:
    if isinstance(value, Secret):
        return Secret(_rewired_value(value.value, rename))
    if isinstance(value, list):
        return [_rewired_value(item, rename) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = {key: _rewired_value(item, rename) for key, item in value.items()}
    if value.get(SIGNATURE) == RESOURCE_REFERENCE:
        inner["urn"] = rename(value["urn"])
    return inner
