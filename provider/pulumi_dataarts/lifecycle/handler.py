"""What a resource means, written once: the contract between a service's room and whatever front end drives it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic

from pulumi_dataarts.errors import AlreadyExists
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.changes import Change, changes, overwritten, visible
from pulumi_dataarts.lifecycle.effects import OVERWRITES_EDIT, effects
from pulumi_dataarts.lifecycle.fields import ServerFills, rule_of
from pulumi_dataarts.lifecycle.inputs import AnyInputs, Inputs, dump
from pulumi_dataarts.model.values import Properties


@dataclass(frozen=True)
class Made:
    """An object that exists now: its id, and the facts that only the service knows (stable ones only)."""

    id: str
    facts: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class Live:
    """An object as the service has it.

    Attributes:
        declared: values of the resource's input fields, normalised as `check` does; write-only fields are left out,
            fields that the service does not tell may be left out.
        facts: what only the service knows, as in `Made`.
    """

    declared: Properties
    facts: Properties = field(default_factory=dict)


class Handler(ABC, Generic[AnyInputs]):
    """The meaning of one kind of resource. Stateless: everything it needs comes with the call.

    `known` is the resource's outputs: visible inputs as last applied or read, facts, fingerprints.
    """

    kind: ClassVar[str]
    inputs: ClassVar[type[Inputs]]
    identity: ClassVar[tuple[str, ...]] = ()
    """Fields that make the object's name in its service: where they stay, a replacement deletes before it creates."""

    @abstractmethod
    def create(self, inputs: AnyInputs, session: Session) -> Made:
        """Make the object and return as soon as it exists; adopt it if it is provably the one declared."""

    @abstractmethod
    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the object as it stands, or None if it is gone. Failing to look is an error, never None."""

    @abstractmethod
    def update(
        self, id: str, known: Properties, inputs: AnyInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Bring the object to what is declared and return its facts. `changed` is never empty."""

    @abstractmethod
    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Remove what this resource made, and nothing else. Already gone is done."""

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say what an update or a replacement does beyond configuration (`stops a running job`, …). No calls."""
        return []

    def effects_of_making(self, declared: Properties) -> list[str]:
        """Say what a create does beyond configuration. No calls; values may be unknown."""
        return []

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say what a delete does beyond removing configuration. No calls."""
        return []


def effects_of_changing(
    handler: Handler[Any], known: Properties, declared: Properties, found: Sequence[Change]
) -> list[str]:
    """Return what an update or a replacement does beyond configuration; nothing where nothing changes. No calls."""
    told = handler.effects(known, declared, found) if found else []
    if any(text.startswith(OVERWRITES_EDIT) for text in told):
        return told
    return [*effects(OVERWRITES_EDIT, overwritten(known, found)), *told]


def differences(model: type[Inputs], declared: Mapping[str, Any], live: Live) -> list[Change]:
    """Return where an existing object differs from the declaration, among the fields the service tells."""
    told = {name: value for name, value in visible(model, declared).items() if name in live.declared}
    return changes(model, restrict(model, told, live.declared), told)


def restrict(model: type[Inputs], asked: Mapping[str, Any], live: Mapping[str, Any]) -> Properties:
    """Return the live values of the asked fields, without what the service filled in by itself."""
    return {
        name: _restricted(asked[name], live[name]) if rule_of(model, name, ServerFills) else live[name]
        for name in asked
        if name in live
    }


def _restricted(asked: Any, live: Any) -> Any:
    if isinstance(asked, Mapping) and isinstance(live, Mapping):
        return {key: _restricted(asked[key], live[key]) for key in asked if key in live}
    return live


def take_over(handler: Handler[AnyInputs], id: str, inputs: AnyInputs, session: Session, *, adopt: bool) -> Made:
    """Adopt an existing object of the declared name, or say why not.

    Equal in every field the service tells: taken over, and said so (this is also how a create whose answer was lost
    ends). Different: updated if `adopt`, otherwise AlreadyExists names what differs and the way out.
    """
    live = handler.read(id, dump(inputs), session)
    if live is None:
        raise AlreadyExists(
            f"{handler.kind} {id}: the service says that the name is taken, but shows no such object",
            hint="It may belong to another user: choose another name, or ask its owner.",
        )
    found = differences(handler.inputs, dump(inputs), live)
    if found and not adopt:
        paths = ", ".join(change.path for change in found[:5])
        raise AlreadyExists(
            f"{handler.kind} {id} exists already and differs in {paths}",
            hint="Set adopt=True to take it over and change it, or `dataarts import` it, or choose another name.",
        )
    session.tell(
        f"{handler.kind} {id}: exists already{', differs and is changed' if found else ' as declared'}: taken over"
    )
    if found:
        return Made(id, handler.update(id, live.declared | live.facts, inputs, found, session))
    return Made(id, live.facts)
