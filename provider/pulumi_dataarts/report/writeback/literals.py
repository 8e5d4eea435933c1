"""Literals in a Python program: the one that a resource's argument comes from, found by reading, never by running.

::

    cdm.Job(..., to_config={"outputDirectory": "orders/"})           a literal in the declaration
    cdm.Job(..., to_config={"outputDirectory": directory})           a parameter: the one call that passes the value
    cdm.Job(..., to_config={"outputDirectory": config.require("d")}) a key of the stack's configuration
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.paths import Path as PropertyPath
from pulumi_dataarts.report.writeback.drafts import Span

_READERS: Final = ("require", "get", "require_bool", "get_bool", "require_int", "get_int", "require_float", "get_float")
_KEYS: Final = ("name", "id")
"""What a member of a list is known by."""


@dataclass(frozen=True)
class Literal:
    """A constant in a file, and where it stands."""

    path: Path
    node: ast.Constant


@dataclass(frozen=True)
class Setting:
    """A key of the stack's configuration; `namespace` is empty for the project's own."""

    namespace: str
    key: str


Origin: TypeAlias = Literal | Setting
Trees: TypeAlias = Mapping[Path, ast.Module]


def origin(trees: Trees, path: Path, line: int, argument: PropertyPath, old: Any, *, is_shared: bool) -> Origin:
    """Return where the value of a resource's argument comes from.

    Args:
        trees: the program's files.
        path: the file in which the resource is declared.
        line: where its declaration begins, from 1.
        argument: the path of the value, beginning with the argument's name.
        old: the value as it was last applied; what is found must say the same.
        is_shared: whether other resources are declared in the same place.

    Raises:
        ConfigError: it cannot be told, or somebody else has the value from there too; the message is the reason.
    """
    tree = trees.get(path)
    call = _call_at(tree, line) if tree else None
    if tree is None or call is None:
        raise ConfigError(f"no declaration is found at {path.name}:{line}")
    node = _argument(call, argument)
    if isinstance(node, ast.Constant):
        if is_shared:
            raise ConfigError("other resources are declared in the same place, with the same literal")
        return _checked(Literal(path, node), old)
    if isinstance(node, ast.Name) and (function := _function_with(tree, node)):
        return _checked(_passed(trees, function, node.id, old), old)
    if isinstance(node, ast.Name) and (constant := _constant(path, tree, node.id)):
        return _checked(constant, old)
    if isinstance(node, ast.Call) and (setting := _setting(tree, node)):
        if _uses(trees, setting.key) > 1:
            raise ConfigError(f"the configuration's `{setting.key}` is read in more than one place")
        return setting
    raise ConfigError(f"`{ast.unparse(node)}` is no literal")


def is_same(literal: Any, value: Any) -> bool:
    """Say whether a literal means a value; services keep scalars as texts."""
    return bool(literal == value) or _spelt(literal) == _spelt(value)


def respelt(literal: Any, value: Any) -> Any:
    """Return a value as the literal before it was spelt: a number stays one, if it still is."""
    if isinstance(literal, bool):
        return {"true": True, "false": False}.get(_spelt(value), value)
    if isinstance(literal, int) and _spelt(value).lstrip("-").isdigit():
        return int(value)
    return value


def span(text: str, node: ast.expr, value: Any) -> Span:
    """Return the edit that puts another value in a literal's place."""
    lines = text.splitlines(keepends=True)

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start, end = offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)
    return Span(start, end, _literal(value, quote=text[start]))


def _literal(value: Any, quote: str) -> str:
    text = repr(value)
    if isinstance(value, str) and quote != "'" and '"' not in text and "\\" not in text:
        return f'"{value}"'
    return text


def _spelt(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(found: Literal, old: Any) -> Literal:
    if not is_same(found.node.value, old):
        raise ConfigError(f"the program says {found.node.value!r} by now, not what was last applied")
    return found


def _call_at(tree: ast.Module, line: int) -> ast.Call | None:
    """Return the outermost call that begins on a line."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.lineno == line]
    return max(found, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0), default=None)


def _argument(call: ast.Call, argument: PropertyPath) -> ast.expr:
    name, *rest = argument
    node = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    if node is None:
        raise ConfigError(f"`{name}` is not among the declaration's arguments")
    for step in rest:
        found = _member(node, step)
        if found is None:
            raise ConfigError(f"`{ast.unparse(node)[:60]}` does not spell out `{step}`")
        node = found
    return node


def _member(node: ast.expr, step: str | int) -> ast.expr | None:
    if isinstance(node, ast.Dict):
        return next((value for key, value in _pairs(node) if _is(key, step)), None)
    if isinstance(node, ast.List) and isinstance(step, int):
        return node.elts[step] if step < len(node.elts) else None
    if isinstance(node, ast.List):
        return next((item for item in node.elts if isinstance(item, ast.Dict) and _is_called(item, step)), None)
    return None


def _pairs(node: ast.Dict) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    return zip(node.keys, node.values, strict=True)


def _is(key: ast.expr | None, step: object) -> bool:
    """Names with their group's prefix mean the same, e.g. `linkConfig.host`."""
    return isinstance(key, ast.Constant) and (key.value == step or str(key.value).rpartition(".")[2] == step)


def _is_called(node: ast.Dict, name: object) -> bool:
    return any(isinstance(key, ast.Constant) and key.value in _KEYS and _is(value, name) for key, value in _pairs(node))


def _function_with(tree: ast.Module, name: ast.Name) -> ast.FunctionDef | None:
    """Return the innermost function around a name that has it as a parameter."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.lineno <= name.lineno <= (node.end_lineno or 0)
        and name.id in [parameter.arg for parameter in _parameters(node)]
    ]
    return max(around, key=lambda node: node.lineno, default=None)


def _parameters(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _passed(trees: Trees, function: ast.FunctionDef, parameter: str, old: Any) -> Literal:
    """Return the one literal among all calls of a function that is passed as a parameter and says the old value."""
    found: list[Literal] = []
    for path, tree in trees.items():
        for call in _calls_of(tree, function.name):
            node = _passed_by(call, function, parameter)
            if not isinstance(node, ast.Constant):
                raise ConfigError(f"`{parameter}` is no literal at {path.name}:{call.lineno}")
            if is_same(node.value, old):
                found.append(Literal(path, node))
    if len(found) != 1:
        raise ConfigError(
            f"`{parameter}` is {old!r} in {len(found)} calls of {function.name}(): which it is from is open"
        )
    return found[0]


def _calls_of(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", "")):
            yield node


def _passed_by(call: ast.Call, function: ast.FunctionDef, parameter: str) -> ast.expr | None:
    if keyword := next((item for item in call.keywords if item.arg == parameter), None):
        return keyword.value
    names = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    is_method = bool(names) and names[0] in ("self", "cls") and isinstance(call.func, ast.Attribute)
    names = names[1:] if is_method else names
    place = names.index(parameter) if parameter in names else len(call.args)
    return call.args[place] if place < len(call.args) else None


def _constant(path: Path, tree: ast.Module, name: str) -> Literal | None:
    """Return the constant that a module's name is given once, if nothing else uses it."""
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    given = [node for node in tree.body if isinstance(node, ast.Assign) and any(item in uses for item in node.targets)]
    if len(given) != 1 or len(uses) != len(given[0].targets) + 1 or not isinstance(given[0].value, ast.Constant):
        return None
    return Literal(path, given[0].value)


def _setting(tree: ast.Module, call: ast.Call) -> Setting | None:
    """Return the key that `config.require("key")` reads, where `config` is a `pulumi.Config` of the same module."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and function.attr in _READERS and call.args):
        return None
    key = call.args[0]
    config = function.value if isinstance(function.value, ast.Call) else _given(tree, function.value)
    if not (isinstance(key, ast.Constant) and isinstance(config, ast.Call)) or "Config" not in ast.unparse(config.func):
        return None
    namespace = config.args[0] if config.args else ast.Constant("")
    return Setting(str(namespace.value), str(key.value)) if isinstance(namespace, ast.Constant) else None


def _given(tree: ast.Module, name: ast.expr) -> ast.expr | None:
    if not isinstance(name, ast.Name):
        return None
    found = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)
             and any(isinstance(item, ast.Name) and item.id == name.id for item in node.targets)]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _uses(trees: Trees, key: str) -> int:
    return sum(
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in _READERS
        and any(isinstance(item, ast.Constant) and item.value == key for item in node.args[:1])
        for tree in trees.values()
        for node in ast.walk(tree)
    )
