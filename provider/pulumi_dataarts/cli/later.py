"""A group of commands some of which stand in another module, imported when one of them is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Later(click.Group):
    """A click group; `later` maps a command's name to the module whose `COMMANDS` has it."""

    def __init__(self, *arguments: Any, later: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._later = later

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in order."""
        return sorted({*super().list_commands(ctx), *self._later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of this module, or of the one that has it."""
        if cmd_name not in self._later:
            return super().get_command(ctx, cmd_name)
        found: click.Command = import_module(self._later[cmd_name]).COMMANDS[cmd_name]
        return found
