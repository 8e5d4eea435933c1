"""URNs: how a resource is named within a stack, and how one resource points at its provider.

`urn:pulumi:<stack>::<project>::<qualified type>::<name>`. The qualified type carries the types of the parents, joined
by `$`; a name may itself contain `::`. A provider reference is `<urn>::<id>`.

Source: sdk/go/common/resource/urn of the official engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PREFIX: Final = "urn:pulumi:"
ROOT_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"


@dataclass(frozen=True)
class Urn:
    """The parts of a URN; `str()` puts them together again."""

    stack: str
    project: str
    qualified_type: str
    name: str

    @property
    def type(self) -> str:
        """The resource's own type token, without those of its parents."""
        return self.qualified_type.rpartition("$")[2]

    def __str__(self) -> str:
        return f"{PREFIX}{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


def make(stack: str, project: str, parent_type: str, type: str, name: str) -> str:
    """Return the URN of a resource; `parent_type` is the parent's qualified type, empty where there is none."""
    nested = parent_type not in ("", ROOT_TYPE)
    return str(Urn(stack, project, f"{parent_type}${type}" if nested else type, name))


def parse(urn: str) -> Urn:
    """Split a URN into its parts.

    Raises:
        ValueError: the text is no URN.
    """
    parts = urn.removeprefix(PREFIX).split("::", 3)
    if not urn.startswith(PREFIX) or len(parts) < 4:
        raise ValueError(f"not a URN: {urn!r}")
    return Urn(*parts)


def qualified_type(urn: str) -> str:
    """Return the type of a URN with those of its parents."""
    return parse(urn).qualified_type


def provider_reference(urn: str, id: str) -> str:
    """Return how a resource points at the provider of this URN and id."""
    return f"{urn}::{id}"


def split_reference(reference: str) -> tuple[str, str]:
    """Split a provider reference into URN and id, at its last `::`.

    Raises:
        ValueError: there is no id, or what stands before it is no URN.
    """
    urn, separator, id = reference.rpartition("::")
    if not separator or not id:
        raise ValueError(f"not a provider reference: {reference!r}")
    parse(urn)
    return urn, id


def is_provider_type(type: str) -> bool:
    """Say whether a type token is that of a provider."""
    return type.startswith(PROVIDER_PREFIX)
