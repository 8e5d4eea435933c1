"""Edits of JSON files that leave everything else as it was written: blanks, order, spelling. Pure.

JSON is read as YAML here, since that reader tells where each value stands in the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from pulumi_dataarts.report.writeback.drafts import Span, replaced

_WIDTH: Final = 100


def rewritten(text: str, old: Any, new: Any) -> str:
    """Return a JSON text that says `new` where it said `old`, changed only where the two differ."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        result = replaced(text, list(_spans(text, root, old, new))) if root else ""
        if json.loads(result) == new:
            return result
    except (yaml.YAMLError, ValueError, KeyError, IndexError):
        pass  # an unusual text; then it is written anew
    return f"{json.dumps(new, indent=2, ensure_ascii=False)}\n"


def _spans(text: str, node: yaml.Node, old: Any, new: Any) -> Iterator[Span]:
    if old == new and type(old) is type(new):
        return
    if isinstance(node, yaml.MappingNode) and isinstance(new, Mapping):
        values = {key.value: (key, value) for key, value in node.value}
        entries = [(str(key), values[key][1], old[key]) for key in old]
        starts = [values[key][0].start_mark.index for key in old]
        yield from _members(text, node, entries, starts, dict(new))
    elif isinstance(node, yaml.SequenceNode) and isinstance(new, list):
        keyed = _named(old), _named(new)
        if keyed[0] is None or keyed[1] is None:
            yield _whole(node, new)
            return
        entries = [(key, item, old[place]) for place, (key, item) in enumerate(zip(keyed[0], node.value, strict=True))]
        yield from _members(text, node, entries, [item.start_mark.index for item in node.value], keyed[1])
    else:
        yield _whole(node, new)


def _members(
    text: str, node: Any, entries: Sequence[tuple[str, yaml.Node, Any]], starts: Sequence[int], new: dict[str, Any]
) -> Iterator[Span]:
    """Yield the edits inside a map, or a list of named things; what is hard to tell in pieces is written as a whole."""
    names = [name for name, _, _ in entries]
    gone = [place for place, name in enumerate(names) if name not in new]
    added = [name for name in new if name not in names]
    is_kept = [name for name in new if name in names] == [name for name in names if name in new]
    if not entries or len(gone) > 1 or (gone and added) or not is_kept or len(gone) == len(entries):
        yield _whole(node, _rebuilt(node, new))
        return
    for name, item, old in entries:
        if name in new:
            yield from _spans(text, item, old, new[name])
    for place in gone:
        yield _removal([item for _, item, _ in entries], starts, place)
    if added:
        yield _insertion(node, entries[-1][1], starts, [_entry(node, name, new[name]) for name in added])


def _removal(items: Sequence[yaml.Node], starts: Sequence[int], place: int) -> Span:
    if place + 1 < len(items):
        return Span(starts[place], starts[place + 1], "")
    return Span(items[place - 1].end_mark.index, items[place].end_mark.index, "")


def _insertion(node: yaml.Node, last: yaml.Node, starts: Sequence[int], entries: Sequence[str]) -> Span:
    """Each on a line of its own where the others are."""
    text = node.start_mark.buffer or ""
    line = text[: starts[-1]].rpartition("\n")[2] if text else ""
    is_tall = node.start_mark.line != last.start_mark.line
    indent = " " * (len(line) - len(line.lstrip()) if line.strip() else len(line))
    separator = f",\n{indent}" if is_tall else ", "
    shifted = [entry.replace("\n", f"\n{indent}") for entry in entries]
    return Span(last.end_mark.index, last.end_mark.index, "".join(f"{separator}{entry}" for entry in shifted))


def _entry(node: yaml.Node, name: str, value: Any) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}: {_dumped(value)}" if _is_map(node) else _dumped(value)


def _rebuilt(node: yaml.Node, new: Mapping[str, Any]) -> Any:
    return new if _is_map(node) else list(new.values())


def _is_map(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)


def _named(items: Any) -> dict[str, Any] | None:
    """Return the members of a list by name; None where they have none, or not one each."""
    if not isinstance(items, list) or not all(isinstance(item, Mapping) and "name" in item for item in items):
        return None
    named = {str(item["name"]): item for item in items}
    return named if len(named) == len(items) else None


def _whole(node: yaml.Node, new: Any) -> Span:
    indent = " " * node.start_mark.column
    return Span(node.start_mark.index, node.end_mark.index, _dumped(new).replace("\n", f"\n{indent}"))


def _dumped(value: Any) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    return flat if len(flat) <= _WIDTH else json.dumps(value, ensure_ascii=False, indent=2)
