"""What a change of a field means, declared on the field itself.

A resource's inputs are one frozen pydantic model; each field carries its rule in its annotation::

    class LinkInputs(Inputs):
        cluster_id: Annotated[str, Replaces("a link lives on one cluster")]
        secrets: Annotated[dict[str, str], WriteOnly()] = {}

A field without a rule is compared as it is, and a change of it is an update in place. Check, diff, the state's form and
the reference pages are all derived from these annotations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


class Rule:
    """Base of the marks a field may carry."""


@dataclass(frozen=True)
class Replaces(Rule):
    """A change cannot be made in place: the object is made anew. `because` is shown in the plan."""

    because: str = ""


@dataclass(frozen=True)
class WriteOnly(Rule):
    """Secret: sent to the service, never read back; the state's outputs keep a fingerprint, not the value."""


@dataclass(frozen=True)
class KeyedBy(Rule):
    """A list whose members are known by the value of `key`: compared as a map, whatever the order."""

    key: str


@dataclass(frozen=True)
class Unordered(Rule):
    """A list of plain values whose order means nothing to the service."""


@dataclass(frozen=True)
class ServerFills(Rule):
    """The service adds entries of its own: only what was declared, or stood in the state, is compared."""


@dataclass(frozen=True)
class Local(Rule):
    """Concerns only this product (a deadline, a policy): a change is recorded without a call to the service."""


@dataclass(frozen=True)
class InProduction(Rule):
    """Has another default in stacks with `dataarts:production: true`."""

    default: str


@dataclass(frozen=True)
class MovesByItself(Rule):
    """Is otherwise than declared without anybody's doing (a job that ended): setting it back overwrites no edit."""


@dataclass(frozen=True)
class NotCompared(Rule):
    """Says how to do it, not what shall stand (a path on this machine, `adopt`): never a difference."""


@dataclass(frozen=True)
class Derived(Rule):
    """Computed by `check` from other fields, never given by the user (digests of a bundle's jobs)."""


@cache
def rules(model: type[BaseModel]) -> dict[str, tuple[Rule, ...]]:
    """Return each field's rules, by field name in declared order."""
    return {
        name: tuple(mark for mark in info.metadata if isinstance(mark, Rule))
        for name, info in model.model_fields.items()
    }


@cache
def fields_with(model: type[BaseModel], rule: type[Rule]) -> tuple[str, ...]:
    """Return the names of the fields that carry a rule of this kind."""
    return tuple(name for name, marks in rules(model).items() if any(isinstance(mark, rule) for mark in marks))


@cache
def rule_of(model: type[BaseModel], name: str, rule: type[Rule]) -> Rule | None:
    """Return the field's rule of this kind, or None."""
    return next((mark for mark in rules(model).get(name, ()) if isinstance(mark, rule)), None)
