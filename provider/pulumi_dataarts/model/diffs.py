"""What differs between two values: a list of changes, each with its path.

Two values are the same as the official engine sees it: secrets are compared by what is in them, and a null member of a
map is no member. An unknown value is always a change. A value that was secret on either side stays so in the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pulumi_dataarts.model.paths import Path, render
from pulumi_dataarts.model.values import Secret, Value, has_unknown, same


class Kind(StrEnum):
    """What happened at a path."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """One difference. `old` is None for an add, `new` for a delete."""

    path: Path
    kind: Kind
    old: Value = None
    new: Value = None

    @property
    def text(self) -> str:
        """The path, as a user would write it."""
        return render(self.path)


def diff(old: Value, new: Value, *, with_internal: bool = True) -> list[Change]:
    """Return the changes that lead from one value to the other, the deepest path that tells them apart each.

    Args:
        old: the value before.
        new: the value after; unknown parts count as changed.
        with_internal: whether top-level keys that start with `__`, such as `__provider`, are compared.
    """
    if not with_internal:
        old, new = _without_internal(old), _without_internal(new)
    return list(_changes(old, new, (), is_secret=False))


def _changes(old: Value, new: Value, path: Path, *, is_secret: bool) -> Iterator[Change]:
    is_secret = is_secret or isinstance(old, Secret) or isinstance(new, Secret)
    old, new = _bare(old), _bare(new)
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _map_changes(old, new, path, is_secret=is_secret)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(old, new, path, is_secret=is_secret)
    elif has_unknown(new) or not same(old, new):
        yield _change(path, old, new, is_secret=is_secret)


def _map_changes(old: dict[str, Value], new: dict[str, Value], path: Path, *, is_secret: bool) -> Iterator[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        yield from _changes(old.get(key), new.get(key), (*path, key), is_secret=is_secret)


def _list_changes(old: list[Value], new: list[Value], path: Path, *, is_secret: bool) -> Iterator[Change]:
    for place in range(max(len(old), len(new))):
        step = (*path, place)
        if place >= len(old):
            yield Change(step, Kind.ADD, new=_sealed(new[place], is_secret=is_secret))
        elif place >= len(new):
            yield Change(step, Kind.DELETE, old=_sealed(old[place], is_secret=is_secret))
        else:
            yield from _changes(old[place], new[place], step, is_secret=is_secret)


def _change(path: Path, old: Value, new: Value, *, is_secret: bool) -> Change:
    kind = Kind.ADD if old is None else Kind.DELETE if new is None else Kind.UPDATE
    return Change(path, kind, _sealed(old, is_secret=is_secret), _sealed(new, is_secret=is_secret))


def _sealed(value: Value, *, is_secret: bool) -> Value:
    already = value is None or isinstance(value, Secret)
    return Secret(value) if is_secret and not already else value


def _bare(value: Value) -> Value:
    while isinstance(value, Secret):
        value = value.value
    return value


def _without_internal(value: Value) -> Value:
    value = _bare(value)
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if not key.startswith("__")}
