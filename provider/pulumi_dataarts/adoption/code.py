"""Program text for what was found. Pure; every text from the cloud is written as a literal, never as code."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pulumi_dataarts.lifecycle.adoption import Found

_WIDTH: Final = 100
_OPTIONS: Final = "IMPORTED"
_LINKS: Final = {"from_link": "cdm:Link", "to_link": "cdm:Link"}
_RESERVED: Final = frozenset({"pulumi", "cdm", "dlf", "dli", "obs", "config", _OPTIONS})


def program(found: Sequence[Found], *, protect: bool) -> str:
    """Return a whole program that declares what was found."""
    modules = sorted({item.kind.partition(":")[0] for item in found})
    lines = ['"""What stood in the cloud when it was imported."""', "", "import pulumi"]
    lines += [f"from pulumi_dataarts import {', '.join(modules)}"] if modules else []
    if secrets := secret_keys(found):
        lines += [
            "",
            "config = pulumi.Config()",
            "# Secrets cannot be read. Set them before what holds them is changed:",
        ]
        lines += [f"#   {line}" for line in commands(secrets)]
    lines += ["", f"{_OPTIONS} = pulumi.ResourceOptions(protect=True)"] if protect else []
    body = declarations(found, options=_OPTIONS if protect else "")
    return "\n".join(lines) + "\n\n" + body


def declarations(found: Sequence[Found], *, options: str) -> str:
    """Return one statement a resource; a link that is declared here is named by its resource.

    Args:
        found: in an order in which they may be declared.
        options: an expression for `opts`; empty for none.
    """
    variables = _variables(found)
    links = {(item.id.partition("/")[0], item.arguments["name"]): variables[item.kind, item.name]
             for item in found if item.kind == "cdm:Link"}  # fmt: skip
    return "\n".join(_declaration(item, variables[item.kind, item.name], links, options) for item in found)


def secret_keys(found: Iterable[Found]) -> list[str]:
    """Return the config keys that hold the secrets of what was found."""
    return [_key(item, name) for item in found for names in item.secrets.values() for name in names]


def commands(keys: Iterable[str]) -> list[str]:
    """Return what to type to set secrets."""
    return [f"dataarts config set --secret {key}" for key in keys]


def literal(value: Any, indent: int = 0) -> str:
    """Return a JSON value as Python writes it, on several lines where one is too long."""
    flat = _flat(value)
    if len(flat) + indent <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner, (opening, closing) = " " * (indent + 4), "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, dict):
        members = [f"{_text(str(key))}: {literal(item, indent + 4)}" for key, item in value.items()]
    else:
        members = [literal(item, indent + 4) for item in value]
    listed = "".join(f"{inner}{member},\n" for member in members)
    return f"{opening}\n{listed}{' ' * indent}{closing}"


def _declaration(item: Found, variable: str, links: Mapping[tuple[str, str], str], options: str) -> str:
    arguments = {name: literal(value, 4) for name, value in item.arguments.items()}
    cluster = str(item.arguments.get("cluster_id", ""))
    for name in _LINKS:
        if (link := links.get((cluster, str(item.arguments.get(name))))) and item.kind == "cdm:Job":
            arguments[name] = f"{link}.name"
    for name, names in item.secrets.items():
        members = ", ".join(f"{_text(secret)}: config.get_secret({_text(_key(item, secret))})" for secret in names)
        arguments[name] = f"{{{members}}}"
    if options:
        arguments["opts"] = options
    lines = "".join(f"    {name}={text},\n" for name, text in arguments.items())
    return f"{variable} = {item.kind.replace(':', '.')}(\n    {_text(item.name)},\n{lines})\n"


def _variables(found: Iterable[Found]) -> dict[tuple[str, str], str]:
    taken: set[str] = set(_RESERVED)
    variables: dict[tuple[str, str], str] = {}
    for item in found:
        stem = _identifier(item.name)
        candidates = (stem, f"{stem}_{item.kind.partition(':')[2].lower()}")
        free = next((name for name in candidates if name not in taken), "")
        number = 2
        while not free:
            free = "" if f"{stem}_{number}" in taken else f"{stem}_{number}"
            number += 1
        taken.add(free)
        variables[item.kind, item.name] = free
    return variables


def _identifier(name: str) -> str:
    word = re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_") or "resource"
    return f"_{word}" if word[0].isdigit() or keyword.iskeyword(word) else word


def _key(item: Found, secret: str) -> str:
    return f"{_identifier(item.name).strip('_')}_{_identifier(secret)}"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(str(key))}: {_flat(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A printable text looks the same in JSON and in Python; of all others only Python's own form is sure."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)
