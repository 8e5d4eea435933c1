"""What a stack is remembered as: its resources in dependency order, and what was begun and not ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pulumi_dataarts.model.values import Properties, plain

CARRIER: Final = "__provider"
"""The input and output in which a resource carries its dynamic provider."""

Object: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True)
class ResourceState:
    """One resource as the checkpoint has it. Replace, never mutate: `copies.replace`.

    `custom_timeouts` is in seconds by operation (`create`, `update`, `delete`, `read`). `created` and `modified` are
    RFC 3339 texts. `rest` keeps fields this version does not know, so that they are written back as they came.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    delete: bool = False
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: tuple[str, ...] = ()
    init_errors: tuple[str, ...] = ()
    provider: str = ""
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    created: str = ""
    modified: str = ""
    source_position: str = ""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    rest: dict[str, object] = field(default_factory=dict)


def object_of(state: ResourceState) -> Object:
    """Say which object a resource has. Dynamic resources may all be of one type: the provider tells them apart."""
    return (state.type, state.id, state.provider, str(plain(state.inputs.get(CARRIER))))


@dataclass(frozen=True)
class PendingOperation:
    """A provider call that was begun: `creating`, `updating`, `deleting`, `reading` or `importing`."""

    type: str
    resource: ResourceState


@dataclass(frozen=True)
class Snapshot:
    """A stack's resources, each after what it depends on, and its pending operations."""

    resources: tuple[ResourceState, ...] = ()
    pending: tuple[PendingOperation, ...] = ()
    metadata: dict[str, object] = field(default_factory=dict)
