"""The table that shells complete by, from the commands: `pulumi_dataarts.cli.completing` says what is in it."""

from __future__ import annotations

import json
from typing import Any

import click

from pulumi_dataarts.cli.app import COMMANDS, app
from pulumi_dataarts.cli.asking import Aliased
from pulumi_dataarts.cli.completing import FLAG
from pulumi_dataarts.cli.explain import pages
from pulumi_dataarts.cli.kinds import CODE, Kind


def table() -> str:
    """Return the table as JSON."""
    root = _command(app, "")
    for name, entry in COMMANDS.items():
        root["commands"][name]["about"] = entry.summary
    return json.dumps(root, indent=1, ensure_ascii=False) + "\n"


def _command(command: click.Command, about: str) -> dict[str, Any]:
    flags = [item for item in command.params if isinstance(item, click.Option) and not item.hidden]
    arguments = [item for item in command.params if isinstance(item, click.Argument)]
    return {
        "about": about,
        "flags": {name: [_kind(item), item.help or ""] for item in flags for name in item.opts},
        "arguments": [_kind(item) for item in arguments],
        "endless": bool(arguments) and arguments[-1].nargs == -1,
        "commands": dict(_members(command)),
        "aliases": dict(command.aliases) if isinstance(command, Aliased) else {},
    }


def _members(command: click.Command) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [(name, _command(member, member.get_short_help_str(100))) for name, member in found if member]


def _kind(item: click.Parameter) -> str | list[str]:
    """Return the words that may stand there, or what kind of thing is named."""
    if isinstance(item, click.Option) and (item.is_flag or item.count):
        return FLAG
    if item.type is CODE:
        return [page.title for page in pages()]
    if isinstance(item.type, click.Choice):
        return [str(word) for word in item.type.choices]
    return item.type.name if isinstance(item.type, Kind) else ""
