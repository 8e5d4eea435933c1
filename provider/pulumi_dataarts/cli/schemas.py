"""`dataarts schema`: what editors and scripts check a stack's file, or a plan, against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from pulumi_dataarts.backend.projects import Declaration, Project, find_project
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.keys import KEYS, NAMESPACE, Key

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SECURE: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["secure"],
    "additionalProperties": False,
    "properties": {"secure": {"type": "string"}},
}
# Pulumi takes numbers and booleans that are written as texts.
_TYPES: Final[Mapping[str, Any]] = {
    "string": {"type": ["string", "number", "boolean"]},
    "integer": {"type": ["integer", "string"]},
    "boolean": {"type": ["boolean", "string"]},
    "object": {"type": "object"},
    "array": {"type": "array"},
}


@click.command()
@click.argument("kind", metavar="config|plan", type=click.Choice(["config", "plan"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of Pulumi.<stack>.yaml, with the project's own keys, or of a plan.

    \b
    dataarts schema config > .dataarts/config.schema.json
    dataarts schema plan

    An editor with a YAML language server takes it from the file's first line:
    `# yaml-language-server: $schema=.dataarts/config.schema.json`
    """
    if kind == "plan":
        from pulumi_dataarts.report.schema import PATH

        click.echo(PATH.read_text(encoding="utf-8"), nl=False)
        return
    try:
        project: Project | None = find_project(Path.cwd())
    except ConfigError:
        project = None
    click.echo(json.dumps(config_schema(project), indent=2))


def config_schema(project: Project | None) -> dict[str, Any]:
    """Return the schema of a stack's file: our keys, and those that the project declares."""
    known = {f"{NAMESPACE}:{name}": _ours(key) for name, key in KEYS.items()}
    own = project.config if project else {}
    for full, declared in own.items():
        known[full] = _declared(declared)
        known[full.removeprefix(f"{project.name}:" if project else "")] = known[full]
    return {
        "$schema": _DIALECT,
        "title": f"A stack of {project.name}" if project else "A stack",
        "type": "object",
        "properties": {
            "encryptionsalt": {"type": "string", "description": "Written by `dataarts`; keep it."},
            "config": {
                "type": "object",
                "properties": known,
                # A key of ours that is not in the table is a slip; other namespaces belong to others.
                "propertyNames": {"not": {"pattern": f"^{NAMESPACE}:(?!({'|'.join(KEYS)})$)"}},
            },
        },
    }


def _ours(key: Key) -> dict[str, Any]:
    described = {"description": key.meaning, "examples": [key.example]}
    if key.is_secret:
        return {**described, **_SECURE}
    return {**described, **key.schema, **({"default": key.default} if key.default else {})}


def _declared(declared: Declaration) -> dict[str, Any]:
    value = dict(_TYPES.get(declared.type, {}))
    described = {"description": declared.description} if declared.description else {}
    if declared.is_secret:
        return {**described, **_SECURE}
    plain = {"anyOf": [value, _SECURE]} if value else {}
    return {**described, **plain, **({} if declared.value is None else {"default": declared.value})}
