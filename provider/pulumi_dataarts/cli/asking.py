"""Asking whoever types; and commands that go by several names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from pulumi_dataarts.cli.later import Later
from pulumi_dataarts.cli.wiring import is_interactive
from pulumi_dataarts.errors import ConfigError

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


def confirm(question: str, *, yes: bool) -> None:
    """Ask whether to go on, unless that was waived.

    Raises:
        ConfigError: there is nobody to ask; Abort: the answer is no.
    """
    if yes:
        return
    if not is_interactive():
        raise ConfigError("nobody can be asked here", hint="Add --yes to go on without asking.")
    click.confirm(question, abort=True, err=True)


class Aliased(Later):
    """A group whose commands the official CLI also knows by other names; `aliases` maps those to ours."""

    def __init__(
        self,
        *arguments: Any,
        aliases: Mapping[str, str],
        later: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, later=later or {}, **options)
        self.aliases = aliases

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by any of its names."""
        return super().get_command(ctx, self.aliases.get(cmd_name, cmd_name))
