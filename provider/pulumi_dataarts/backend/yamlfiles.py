"""YAML as the official CLI reads it, so that one file means the same to both.

That is YAML 1.2's plain values, not PyYAML's: `yes` and `on` are texts, `010` and `0o10` are eight, a date is a text in
Go's spelling. Numbers beyond 64 bits become floats, as they do in Go.

Source: observed with CLI 3.260.0.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from pulumi_dataarts.errors import ConfigError

_INTEGER: Final = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?")
_INT64_MAX: Final = 2**63 - 1
_TEXT: Final = "tag:yaml.org,2002:str"
_DATE: Final = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """PyYAML's loader with the plain values of YAML 1.2, and no key twice."""

    yaml_implicit_resolvers = {
        first: [item for item in resolvers if item[0] in (_DATE, "tag:yaml.org,2002:merge")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice, as Go does."""
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _construct_integer(loader: _Loader, node: yaml.ScalarNode) -> int | float:
    text = loader.construct_scalar(node).replace("_", "")
    digits = text.lstrip("+-")
    base = 8 if re.match(r"0[0-7]", digits) else 0
    number = int(digits, base) * (-1 if text.startswith("-") else 1)
    return number if -_INT64_MAX <= number <= _INT64_MAX else float(number)


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    number = float(loader.construct_scalar(node).replace("_", ""))
    if math.isinf(number):
        raise yaml.constructor.ConstructorError(None, None, "the number is too large", node.start_mark)
    return number


def _construct_date(loader: _Loader, node: yaml.ScalarNode) -> str:
    moment: date = loader.construct_yaml_timestamp(node)
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def _add_resolver(kind: str, pattern: str, first: Sequence[str]) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(rf"(?:{pattern})\Z"), list(first))


_add_resolver("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_add_resolver("null", "~|null|Null|NULL|", ["~", "n", "N", ""])
_add_resolver("int", _INTEGER.pattern, "-+0123456789")
_add_resolver("float", _FLOAT.pattern, "-+.0123456789")
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor(_DATE, _construct_date)


class _Dumper(yaml.SafeDumper):
    """PyYAML's dumper, quoting what either version of YAML would take for something else than a text."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value that stands twice out twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key, as the official CLI does."""
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # PyYAML itself quotes what YAML 1.1 would not take for a text; this adds what 1.2 would not, and line breaks.
    resolver: Any = _Loader("")
    is_text = resolver.resolve(yaml.ScalarNode, text, (True, False)) == _TEXT
    return dumper.represent_scalar(_TEXT, text, style=None if is_text and text.isprintable() else '"')


_Dumper.add_representer(str, _represent_text)


def parse(text: str, path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; an empty file is an empty one.

    Raises:
        ConfigError: malformed, with file and line, or no mapping.
    """
    document = _guarded(_load, text, path)
    if not isinstance(document, dict):
        if document is None:
            return {}
        raise ConfigError(f"{path}: a mapping belongs here, not a {type(document).__name__}")
    return {str(key): value for key, value in document.items()}


def compose(text: str, path: Path) -> yaml.Node | None:
    """Return the nodes of a YAML file, which know their lines. Raises as `parse`."""
    node: yaml.Node | None = _guarded(lambda loader: loader.get_single_node(), text, path)
    return node


def dump(entry: dict[str, Any], indent: int = 0) -> str:
    """Return the block lines of a mapping, in its order, each indented."""
    text: str = yaml.dump(
        entry, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 30
    )
    return "".join(f"{' ' * indent}{line}" for line in text.splitlines(keepends=True))


def read(path: Path) -> str:
    """Return the text of a file; empty where there is none.

    Raises:
        ConfigError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error


def _load(loader: _Loader) -> Any:
    document = loader.get_single_data()
    json.dumps(document)  # refuses what contains itself, and what is no JSON, such as sets
    return document


def _guarded(use: Callable[[_Loader], Any], text: str, path: Path) -> Any:
    try:
        return use(_Loader(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: {error.problem or error.context or 'not YAML'}") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: not YAML for a configuration: {error}") from error
