"""The project: what `Pulumi.yaml` says about the program, its backend and the configuration it expects.

Source: sdk/go/common/workspace and sdk/python/toolchain of the official CLI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pulumi_dataarts.backend import yamlfiles
from pulumi_dataarts.errors import ConfigError

_NAMES: Final = ("Pulumi.yaml", "Pulumi.yml")
_ATTRIBUTES: Final = frozenset({"type", "description", "items", "default", "value", "secret"})


@dataclass(frozen=True)
class Declaration:
    """What the project says of one configuration key.

    `type` is `string`, `integer`, `boolean`, `object` or `array` (of `items`), empty where any will do. `value` is what
    the key is unless the stack says otherwise; None where the stack must.
    """

    key: str
    type: str = ""
    items: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None
    is_secret: bool = False
    description: str = ""

    def accepts(self, value: Any) -> bool:
        """Say whether a value is of the declared type. Texts that spell a number or a boolean count as one."""
        return not self.type or _is_of_type(value, self.type, self.items)

    @property
    def type_name(self) -> str:
        """The type, as a message names it, e.g. `array<string>`."""
        return _type_name(self.type, self.items)


@dataclass(frozen=True)
class Project:
    """A project. `path` is that of its file; `config` is by full key, `<namespace>:<name>`."""

    name: str
    path: Path
    runtime: str = ""
    runtime_options: Mapping[str, Any] = field(default_factory=dict)
    main: str = ""
    description: str = ""
    backend_url: str = ""
    stack_config_dir: str = ""
    refresh: str = ""
    config: Mapping[str, Declaration] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder of the project's file."""
        return self.path.parent

    def stack_path(self, stack: str) -> Path:
        """Return the path of a stack's configuration file."""
        return self.folder / self.stack_config_dir / f"Pulumi.{stack}.yaml"

    def program(self) -> tuple[Path, str]:
        """Return the folder the program runs in, and its entry point there."""
        target = self.folder / self.main
        return (target.parent, target.name) if target.is_file() else (target, ".")


def find_project(start: Path) -> Project:
    """Return the project of a folder, or of the nearest one above it.

    Raises:
        ConfigError: there is none, or its file is malformed.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        for name in _NAMES:
            if (folder / name).is_file():
                return read_project(folder / name)
    raise ConfigError(
        f"no Pulumi.yaml in {start} or above it",
        hint="Change to a project's folder, name it with `--cwd`, or start one with `dataarts new`.",
    )


def read_project(path: Path) -> Project:
    """Read a project's file.

    Raises:
        ConfigError: malformed YAML, no name, or a configuration declared in a way that cannot be.
    """
    document = yamlfiles.parse(yamlfiles.read(path), path)
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{path}: the project has no `name`")
    runtime = _mapping(document, "runtime", path) if not isinstance(document.get("runtime"), str) else {}
    config = document.get("config")
    legacy_dir = config if isinstance(config, str) else ""
    return Project(
        name=name,
        path=path,
        runtime=str(runtime.get("name") or document.get("runtime") or ""),
        runtime_options=_mapping(runtime, "options", path),
        main=str(document.get("main") or ""),
        description=str(document.get("description") or ""),
        backend_url=str(_mapping(document, "backend", path).get("url") or ""),
        stack_config_dir=str(document.get("stackConfigDir") or legacy_dir),
        refresh=str(_mapping(document, "options", path).get("refresh") or ""),
        config={} if legacy_dir else _declarations(name, _mapping(document, "config", path), path),
    )


def full_key(key: str, project: str) -> str:
    """Return `<namespace>:<name>` for a key as it may be written: without namespace, or with `config:` in its midst.

    Raises:
        ConfigError: none of these.
    """
    parts = key.split(":")
    if len(parts) == 1 and key:
        return f"{project}:{key}"
    if len(parts) == 3 and parts[1] == "config":
        del parts[1]
    if len(parts) != 2 or not all(parts):
        raise ConfigError(f"{key!r} is not a configuration key", hint="The form is <namespace>:<name>.")
    return ":".join(parts)


def _declarations(project: str, config: Mapping[str, Any], path: Path) -> dict[str, Declaration]:
    found = (_declaration(full_key(key, project), content, project, path) for key, content in config.items())
    return {item.key: item for item in found}


def _declaration(key: str, content: Any, project: str, path: Path) -> Declaration:
    if not isinstance(content, dict) or not _ATTRIBUTES & set(content):
        return Declaration(key, value=content)
    declared = Declaration(
        key=key,
        type=str(content.get("type") or ""),
        items=_mapping(content, "items", path),
        value=content.get("default", content.get("value")),
        is_secret=content.get("secret") is True,
        description=str(content.get("description") or ""),
    )
    for problem in _problems(declared, content, is_own=key.startswith(f"{project}:")):
        raise ConfigError(f"{path}: configuration {key}: {problem}")
    return declared


def _problems(declared: Declaration, content: Mapping[str, Any], *, is_own: bool) -> list[str]:
    default = content.get("default")
    found = {
        "`default` and `value` exclude each other": default is not None and content.get("value") is not None,
        "a key of another namespace has a `value`, no `type` and no `default`": not is_own
        and (bool(declared.type) or default is not None or content.get("value") is None),
        f"the type {declared.type!r} is unknown": bool(declared.type)
        and declared.type not in (*_SCALARS, "object", "array"),
        "an array needs `items`": declared.type == "array" and not declared.items,
        f"the default is not of the type {declared.type_name}": default is not None and not declared.accepts(default),
    }
    return [problem for problem, is_so in found.items() if is_so]


def _is_integer(value: Any) -> bool:
    if isinstance(value, str):
        return value.lstrip("+-").isdecimal() and len(value) - len(value.lstrip("+-")) <= 1
    is_whole = isinstance(value, float) and value.is_integer()
    return is_whole or (isinstance(value, int) and not isinstance(value, bool))


_SCALARS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "boolean": lambda value: isinstance(value, bool) or value in ("true", "false"),
}


def _is_of_type(value: Any, type: str, items: Mapping[str, Any]) -> bool:
    if type in _SCALARS:
        return _SCALARS[type](value)
    if type == "object":
        return isinstance(value, dict)
    inner = items.get("items") or {}
    return isinstance(value, list) and all(_is_of_type(item, str(items.get("type")), inner) for item in value)


def _type_name(type: str, items: Mapping[str, Any]) -> str:
    if type != "array":
        return type
    return f"array<{_type_name(str(items.get('type', '')), items.get('items') or {})}>"


def _mapping(document: Mapping[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = document.get(key) or {}
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: `{key}` is a mapping, not a {type(value).__name__}")
    return value
