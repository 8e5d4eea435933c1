"""State entries for what was found: what an `up` that had made it would have left. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from pulumi_dataarts.adoption.kinds import PREFIX
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.adoption import Found
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.model.values import Properties

_PROVIDER: Final = "pulumi:providers:pulumi-python"
_PICKLED: Final = "__provider"


@dataclass(frozen=True)
class Place:
    """Where the entries go.

    Attributes:
        project: its name.
        stack: its short name.
        config: the stack's configuration, secrets marked: the default provider remembers it.
        parent: URN of the component that the resources belong to; the stack itself if empty.
        protect: whether a deletion has to be allowed first.
        now: the time, as states write it.
    """

    project: str
    stack: str
    config: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = True
    now: str = ""


def with_found(snapshot: Snapshot, found: Iterable[Found], place: Place) -> Snapshot:
    """Return the snapshot with what was found.

    Raises:
        ConfigError: the stack has a resource of that type and name, or no such parent.
    """
    known = {state.urn for state in snapshot.resources}
    if place.parent and place.parent not in known:
        raise ConfigError(f"the stack has no resource {place.parent}", hint="See `dataarts stack --show-urns`.")
    base = _with_default_provider(_with_stack(snapshot, place), place)
    reference = _reference(base, place)
    entries = [_entry(item, place, reference) for item in found]
    if taken := sorted(known & {entry.urn for entry in entries}):
        raise ConfigError(f"the stack has {', '.join(taken)} already", hint="Give the import another name.")
    return Snapshot((*base.resources, *entries), snapshot.pending, snapshot.metadata)


def managed(snapshot: Snapshot) -> set[tuple[str, str]]:
    """Return short type and id of what the stack has already."""
    return {(urns.parse(state.urn).type.removeprefix(PREFIX), state.id) for state in snapshot.resources}


def _with_stack(snapshot: Snapshot, place: Place) -> Snapshot:
    if any(state.type == urns.ROOT_TYPE for state in snapshot.resources):
        return snapshot
    root = ResourceState(urn=_root(place), type=urns.ROOT_TYPE, custom=False, created=place.now, modified=place.now)
    return Snapshot((root, *snapshot.resources), snapshot.pending, snapshot.metadata)


def _with_default_provider(snapshot: Snapshot, place: Place) -> Snapshot:
    if _default(snapshot, place):
        return snapshot
    made = ResourceState(
        urn=_provider_urn(place),
        type=_PROVIDER,
        custom=True,
        id=str(uuid4()),
        inputs=dict(place.config),
        outputs=dict(place.config),
        created=place.now,
        modified=place.now,
    )
    return Snapshot((*snapshot.resources, made), snapshot.pending, snapshot.metadata)


def _default(snapshot: Snapshot, place: Place) -> ResourceState | None:
    urn = _provider_urn(place)
    return next((state for state in snapshot.resources if state.urn == urn and not state.delete), None)


def _reference(snapshot: Snapshot, place: Place) -> str:
    default = _default(snapshot, place)
    assert default is not None
    return urns.provider_reference(default.urn, default.id)


def _entry(item: Found, place: Place, reference: str) -> ResourceState:
    type, parent = f"{PREFIX}{item.kind}", place.parent or _root(place)
    carried = {_PICKLED: _pickled(item.provider)}
    return ResourceState(
        urn=urns.make(place.stack, place.project, urns.qualified_type(parent), type, item.name),
        type=type,
        custom=True,
        id=item.id,
        inputs={**item.inputs, **carried},
        outputs={**item.outputs, **carried},
        parent=parent,
        protect=place.protect,
        provider=reference,
        property_dependencies=dict.fromkeys(item.inputs, ()),
        created=place.now,
        modified=place.now,
    )


def _pickled(provider: type[DynamicProvider]) -> str:
    from pulumi.dynamic.dynamic import serialize_provider

    text: str = serialize_provider(provider())
    return text


def _root(place: Place) -> str:
    return urns.make(place.stack, place.project, "", urns.ROOT_TYPE, f"{place.project}-{place.stack}")


def _provider_urn(place: Place) -> str:
    return urns.make(place.stack, place.project, "", _PROVIDER, "default")


def as_config(texts: Mapping[str, str], secret_keys: Iterable[str]) -> Properties:
    """Return a stack's configuration as the default provider remembers it."""
    from pulumi_dataarts.model.values import Secret

    hidden = set(secret_keys)
    return {key: Secret(text) if key in hidden else text for key, text in texts.items()}
