"""What differs between what stands and what is declared, field by field, by the rules on the fields.

`known` is a resource's outputs: what was last applied or last read. `declared` is its checked inputs. Lists of keyed
members are compared as maps, sets without order, secrets by fingerprint; what the service added on its own is not in
`known` and so never a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_dataarts.lifecycle.fields import (
    KeyedBy,
    MovesByItself,
    NotCompared,
    Replaces,
    Unordered,
    WriteOnly,
    rule_of,
)
from pulumi_dataarts.lifecycle.fingerprints import fingerprint, matches
from pulumi_dataarts.lifecycle.inputs import Inputs
from pulumi_dataarts.model.diffs import diff
from pulumi_dataarts.model.values import Properties, Secret, has_unknown

FINGERPRINTS = "fingerprints"
EDITED_OUTSIDE = "edited_outside"
"""Output with the paths that a refresh found edited by hand, until an update sets them back."""
UNREAD = "unread"
"""In place of the fingerprints of a write-only field: it holds something that nobody has read or written here."""


@dataclass(frozen=True)
class Change:
    """One path that differs.

    `kind` is `add`, `update` or `delete`. `replaces` tells why it cannot be changed in place; empty where it can.
    """

    path: str
    kind: str
    old: Any
    new: Any
    field: str
    replaces: str = ""


def changes(model: type[Inputs], known: Mapping[str, Any], declared: Mapping[str, Any]) -> list[Change]:
    """Return every difference, in the order the fields are declared in."""
    found: list[Change] = []
    for name in model.model_fields:
        if rule_of(model, name, NotCompared):
            continue
        if rule_of(model, name, WriteOnly):
            found += _secret_changes(name, known.get(FINGERPRINTS, {}), declared.get(name))
        else:
            found += _field_changes(model, name, known.get(name), declared.get(name))
    return found


def fingerprints(model: type[Inputs], declared: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, str]:
    """Return the fingerprints of the write-only values that were sent, by path, keeping those that still match."""
    before = known.get(FINGERPRINTS, {})
    kept: dict[str, str] = {}
    for name in model.model_fields:
        if rule_of(model, name, WriteOnly):
            for path, value in _secret_values(name, declared.get(name)):
                old = before.get(path, "")
                kept[path] = old if old and matches(value, old) else fingerprint(value)
    return kept


def edits(model: type[Inputs], known: Mapping[str, Any], moved: Iterable[Change]) -> list[str]:
    """Return the paths that somebody edited outside, those of earlier looks included."""
    by_hand = {change.path for change in moved if not rule_of(model, change.field, MovesByItself)}
    return sorted(by_hand | set(known.get(EDITED_OUTSIDE, [])))


def overwritten(known: Mapping[str, Any], found: Iterable[Change]) -> list[str]:
    """Return the changed paths that would overwrite something edited outside."""
    edited = known.get(EDITED_OUTSIDE, [])
    return [change.path for change in found if any(_overlap(change.path, path) for path in edited)]


def _overlap(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))


def visible(model: type[Inputs], declared: Mapping[str, Any]) -> Properties:
    """Return the declared values that may stand in outputs: all but the write-only ones."""
    return {
        name: value
        for name, value in declared.items()
        if name in model.model_fields and not rule_of(model, name, WriteOnly)
    }


def _field_changes(model: type[Inputs], name: str, old: Any, new: Any) -> Iterable[Change]:
    if old == new and not has_unknown(new):
        return
    replaces = rule_of(model, name, Replaces)
    because = (replaces.because or f"{name} cannot be changed in place") if isinstance(replaces, Replaces) else ""
    old, new = _comparable(model, name, old), _comparable(model, name, new)
    before = {} if old is None else {name: old}
    after = {} if new is None else {name: new}
    for found in diff(before, after):
        yield Change(found.text, found.kind.value, found.old, found.new, name, because)


def _comparable(model: type[Inputs], name: str, value: Any) -> Any:
    keyed = rule_of(model, name, KeyedBy)
    if isinstance(value, list) and not has_unknown(value):
        if isinstance(keyed, KeyedBy):
            return {str(member[keyed.key]): member for member in value}
        if rule_of(model, name, Unordered):
            return sorted(value, key=str)
    return value


def _secret_values(name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f"{name}.{key}", item) for key, item in value.items()]
    return [] if value is None else [(name, value)]


def _secret_changes(name: str, before: Mapping[str, str], value: Any) -> Iterable[Change]:
    """What was never read cannot be told from what is declared: it is taken for equal until it is written."""
    if before.get(name) == UNREAD:
        return
    hidden = Secret("")
    now = dict(_secret_values(name, value))
    for path, item in now.items():
        if path not in before:
            yield Change(path, "add", None, hidden, name)
        elif has_unknown(item) or not matches(item, before[path]):
            yield Change(path, "update", hidden, hidden, name)
    for path in before:
        if path not in now and (path == name or path.startswith(f"{name}.")):
            yield Change(path, "delete", hidden, None, name)
