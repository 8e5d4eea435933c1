"""Property paths, such as `tags.owner`, `nodes[0].name`, `labels["a.b"]` and `nodes[*].status`.

A path is a tuple of steps: a text is a key, a number an index, and the text `*` every key or index (where a path may
have one). Values are never changed in place: what changes comes back as a new value.

Source: sdk/go/common/resource/properties_path.go of the official engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from pulumi_dataarts.model.values import Properties, Secret, Value, plain

Path: TypeAlias = tuple[str | int, ...]

WILDCARD: Final = "*"
_STEP: Final = re.compile(
    r"""
      \["(?P<quoted>(?:\\"|[^"])*)"\]
    | \[(?P<index>-?\d+)\]
    | \[(?P<every>\*)\]
    | (?P<name>[^.\[]+)
    """,
    re.VERBOSE,
)
_BARE: Final = re.compile(r"[A-Za-z0-9_]+|\*")


def parse(text: str) -> Path:
    """Split a path into its steps.

    Raises:
        ValueError: a bracket or a quote is not closed, an index is no number, or a name is missing.
    """
    steps: list[str | int] = []
    place = 0
    while place < len(text):
        if text[place] == "." and steps:
            place += 1
        step = _STEP.match(text, place)
        if step is None:
            raise ValueError(f"not a property path: {text!r}")
        steps.append(_step(step))
        place = step.end()
    return tuple(steps)


def render(path: Path) -> str:
    """Return the text of a path, which `parse` takes back."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _BARE.fullmatch(step):
            text += f".{step}" if text else step
        else:
            quoted = step.replace('"', '\\"')
            text += f'["{quoted}"]'
    return text


def get(value: Value, path: Path, default: Value = None) -> Value:
    """Return what is at the path, secrets on the way unwrapped; the default where there is nothing."""
    for step in path:
        value = _bare(value)
        if not _has(value, step):
            return default
        value = value[step]
    return value


def put(value: Value, path: Path, item: Value) -> Value:
    """Return the value with the item at the path; missing maps and lists on the way are made, gaps filled with null.

    Raises:
        ValueError: something on the way is neither map nor list, or not the one the path needs.
    """
    if not path:
        return item
    step, *rest = path
    if isinstance(value, Secret):
        return Secret(put(value.value, path, item))
    if isinstance(step, str) and (value is None or isinstance(value, dict)):
        return {**(value or {}), step: put((value or {}).get(step), tuple(rest), item)}
    if isinstance(step, int) and step >= 0 and (value is None or isinstance(value, list)):
        longer = [*(value or ()), *[None] * (step + 1 - len(value or ()))]
        longer[step] = put(longer[step], tuple(rest), item)
        return longer
    raise ValueError(f"{render(path)!r} does not fit a {type(value).__name__}")


def drop(value: Value, path: Path) -> Value:
    """Return the value without what is at the path; the value itself where there is nothing."""
    if not path or not _has(_bare(value), path[0]):
        return value
    if isinstance(value, Secret):
        return Secret(drop(value.value, path))
    step, *rest = path
    if rest:
        return _with(value, step, drop(value[step], tuple(rest)))
    if isinstance(value, list):
        return [item for place, item in enumerate(value) if place != step]
    return {key: item for key, item in value.items() if key != step}


def contains(path: Path, other: Path) -> bool:
    """Say whether the other path leads to, or below, what this one (perhaps with wildcards) names."""
    if len(other) < len(path):
        return False
    return all(step in (WILDCARD, theirs) for step, theirs in zip(path, other, strict=False))


def reset(new: Properties, old: Properties, ignored: Iterable[str]) -> tuple[Properties, list[str]]:
    """Return the new properties with the ignored paths as the old ones have them, and the paths that cannot be.

    This is what `ignoreChanges` means. A path is not followed where the two sides differ in shape: a list that grew or
    shrank, or a map on one side only. Malformed paths are passed over, as the official engine does.
    """
    failed = []
    for text in ignored:
        try:
            path = parse(text)
        except ValueError:
            continue
        new, is_reset = _reset(new, old, path, is_secret=False)
        if not is_reset:
            failed.append(text)
    return new, failed


def _reset(new: Value, old: Value, path: Path, *, is_secret: bool) -> tuple[Value, bool]:
    """Reset one path; `is_secret` says that the old side came out of a secret, and the new one did not."""
    if isinstance(new, Secret):
        inner, is_reset = _reset(new.value, plain(old), path, is_secret=False)
        return Secret(inner), is_reset
    is_secret = is_secret or isinstance(old, Secret)
    old = _bare(old)
    match path:
        case ():
            return new, False
        case ("*",):
            return _reset_every_leaf(new, old, is_secret=is_secret)
        case ("*", *rest):
            return _reset_below_every(new, old, tuple(rest), is_secret=is_secret)
        case (step,):
            return _reset_leaf(new, old, step, is_secret=is_secret)
    return _reset_below(new, old, path[0], path[1:], is_secret=is_secret)


def _reset_leaf(new: Value, old: Value, step: str | int, *, is_secret: bool) -> tuple[Value, bool]:
    if isinstance(step, int):
        if not isinstance(new, list) or not isinstance(old, list):
            return new, isinstance(new, list) == isinstance(old, list)
        if not (_has(new, step) and _has(old, step)):
            return new, step >= 0 and _has(new, step) == _has(old, step)
    elif not isinstance(old, dict) or step not in old:
        return drop(new, (step,)) if isinstance(new, dict) else new, True
    elif not isinstance(new, dict):
        return new, False
    return _with(new, step, _sealed(get(old, (step,)), is_secret=is_secret)), True


def _reset_below(new: Value, old: Value, step: str | int, rest: Path, *, is_secret: bool) -> tuple[Value, bool]:
    container = list if isinstance(step, int) else dict
    if not isinstance(new, container) or not isinstance(old, container):
        return new, isinstance(new, container) == isinstance(old, container)
    if not _has(new, step):
        return new, container is dict and not _has(old, step)
    if container is list and not _has(old, step):
        return new, False
    item, is_reset = _reset(get(new, (step,)), get(old, (step,)), rest, is_secret=is_secret)
    return _with(new, step, item), is_reset


def _reset_every_leaf(new: Value, old: Value, *, is_secret: bool) -> tuple[Value, bool]:
    if isinstance(new, dict) and isinstance(old, dict):
        return {key: _sealed(item, is_secret=is_secret) for key, item in old.items()}, True
    if isinstance(new, list) and isinstance(old, list):
        kept = [_sealed(item, is_secret=is_secret) for item in old[: len(new)]]
        return [*kept, *new[len(old) :]], len(new) == len(old)
    return new, isinstance(new, dict | list)


def _reset_below_every(new: Value, old: Value, rest: Path, *, is_secret: bool) -> tuple[Value, bool]:
    if isinstance(new, dict) and isinstance(old, dict):
        steps: Iterable[str | int] = old
    elif isinstance(new, list) and isinstance(old, list):
        steps = range(max(len(new), len(old)))
    else:
        return new, False
    for step in steps:
        if not (_has(new, step) and _has(old, step)):
            return new, False
        item, is_reset = _reset(new[step], old[step], rest, is_secret=is_secret)
        new = _with(new, step, item)
        if not is_reset:
            return new, False
    return new, True


def _sealed(value: Value, *, is_secret: bool) -> Value:
    return Secret(value) if is_secret else value


def _step(match: re.Match[str]) -> str | int:
    if match["quoted"] is not None:
        return match["quoted"].replace('\\"', '"')
    if match["index"] is not None:
        return int(match["index"])
    return WILDCARD if match["every"] else match["name"]


def _bare(value: Value) -> Value:
    while isinstance(value, Secret):
        value = value.value
    return value


def _has(value: Value, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value


def _with(value: Value, step: str | int, item: Value) -> Value:
    if isinstance(value, list):
        return [item if place == step else other for place, other in enumerate(value)]
    return {**value, step: item}
