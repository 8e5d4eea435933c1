"""What the engine asks of a provider, and what it is answered.

Source: pkg/resource/plugin/provider.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.model.values import Properties


@dataclass(frozen=True)
class Failure:
    """A property that a check refuses, and why; no property where the whole resource is meant."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Validated and completed inputs."""

    inputs: Properties
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A provider's diff. `changes` is None where the provider leaves it to a comparison of inputs.

    `paths` maps property paths to `add`, `update`, `delete`, or one of these with `-replace`; None where the provider
    sent none. `effects` and `reasons` are words for people: nothing is decided by them.
    """

    changes: bool | None
    replaces: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    paths: Mapping[str, str] | None = None
    delete_before_replace: bool = False
    effects: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """What a create or an update left. With `init_errors` the object exists and is not what it should be."""

    id: str
    outputs: Properties
    init_errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Live:
    """What a read found; an empty id says that it is gone.

    `inputs` are None where the provider leaves them alone, `outputs` where it knows of no such object.
    """

    id: str
    outputs: Properties | None
    inputs: Properties | None = None
    init_errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """A resource as it was last known, for the provider to compare with or to act upon."""

    urn: str
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)


class DiffUnavailable(ResourceFailed):
    """The provider's own config is not known in this preview, so it cannot compare."""


class Provider(Protocol):
    """What can be asked of a provider. Each call raises ResourceFailed where the provider refuses or fails."""

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Validate and complete new inputs."""
        ...

    async def diff(self, old: Known, news: Properties, ignore_changes: tuple[str, ...]) -> Difference:
        """Compare what was last known with new inputs."""
        ...

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        """Make the object."""
        ...

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        """Change the object."""
        ...

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Look the object up."""
        ...

    async def delete(self, known: Known, timeout_s: float) -> None:
        """Remove the object."""
        ...
