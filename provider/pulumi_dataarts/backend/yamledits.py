"""Edits of a YAML file by line: one entry of a block mapping is set or removed, every other line stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pulumi_dataarts.backend import yamlfiles


@dataclass(frozen=True)
class _Entry:
    """One `key: value` of a mapping: its nodes, and its lines from `start` up to `end`, counted from 0."""

    key: yaml.Node
    value: yaml.Node

    @property
    def start(self) -> int:
        return int(self.key.start_mark.line)

    @property
    def end(self) -> int:
        return max(_end(self.key), _end(self.value))


def set_entry(text: str, path: Path, section: str, key: str, value: Any) -> str:
    """Return the text with `key: value` in a section of the file's mapping, or at its top level.

    A comment behind a value on one line is kept where the new value fits on that line too.

    Args:
        text: the file's text.
        path: the file, for messages.
        section: a top-level key whose value is a mapping; empty for the top level itself.
        key: the entry's key.
        value: what it becomes.

    Raises:
        ConfigError: the text is malformed.
    """
    lines = _lines(text)
    root = yamlfiles.compose(text, path)
    found = _find(root, section) if section else None
    mapping = found.value if found else root if not section else None
    if _is_flow(root) or _is_flow(mapping):
        return _rewritten(text, path, section, key, value)
    if found and not isinstance(mapping, yaml.MappingNode):
        return "".join([*lines[: found.start], yamlfiles.dump({section: {key: value}}), *lines[found.end :]])
    if mapping is None or not mapping.value:
        entry = {section: {key: value}} if section else {key: value}
        return "".join([*lines, yamlfiles.dump(entry)])
    indent = mapping.value[0][0].start_mark.column
    block = yamlfiles.dump({key: value}, indent)
    if old := _find(mapping, key):
        return "".join([*lines[: old.start], _with_comment(block, old, lines), *lines[old.end :]])
    end = _Entry(*mapping.value[-1]).end
    return "".join([*lines[:end], block, *lines[end:]])


def remove_entry(text: str, path: Path, section: str, key: str) -> str:
    """Return the text without an entry of a section, or of the top level where that is empty. Raises as `set_entry`.

    A section that this empties goes too.
    """
    lines = _lines(text)
    root = yamlfiles.compose(text, path)
    found = _find(root, section) if section else None
    mapping = found.value if found else root if not section else None
    entry = _find(mapping, key)
    if mapping is None or entry is None:
        return text
    if found and len(found.value.value) == 1:
        entry = found
    elif _is_flow(root) or _is_flow(mapping):
        document = yamlfiles.parse(text, path)
        del (document[section] if section else document)[key]
        return yamlfiles.dump(document)
    return "".join([*lines[: entry.start], *lines[entry.end :]])


def _rewritten(text: str, path: Path, section: str, key: str, value: Any) -> str:
    """Return the whole file anew, for what is written as `{…}`, where lines are no entries."""
    document = yamlfiles.parse(text, path)
    target = document.setdefault(section, {}) if section else document
    target[key] = value
    return yamlfiles.dump(document)


def _with_comment(block: str, old: _Entry, lines: list[str]) -> str:
    if block.count("\n") > 1 or old.end - old.start > 1:
        return block
    behind = lines[old.start][old.value.end_mark.column :]
    return block.removesuffix("\n") + behind if behind.lstrip().startswith("#") else block


def _find(mapping: yaml.Node | None, key: str) -> _Entry | None:
    if not isinstance(mapping, yaml.MappingNode):
        return None
    return next((_Entry(*pair) for pair in mapping.value if pair[0].value == key), None)


def _is_flow(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.MappingNode) and node.flow_style is True


def _end(node: yaml.Node) -> int:
    """Return the line after a node's last one; a block's own mark lies beyond the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        inner = [item for pair in node.value for item in (pair if isinstance(pair, tuple) else (pair,))]
        return max(map(_end, inner), default=int(node.start_mark.line) + 1)
    ends_a_line = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") and node.end_mark.column == 0
    return int(node.end_mark.line) + (0 if ends_a_line else 1)


def _lines(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines
