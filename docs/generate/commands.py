"""The reference of commands, from the commands themselves: what each does, its arguments and flags, its examples."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from pulumi_dataarts.cli.app import COMMANDS, app

HEAD = """# Commands

Made from the code by `make docs`; `dataarts COMMAND --help` says the same. Flags follow the official CLI's wherever it
has the same thing. How commands end is told in [exit codes](exit-codes.md).
"""


def page() -> str:
    """Return the whole page."""
    overview = ["| command | does |", "| --- | --- |"]
    overview += [f"| [`{name}`](#dataarts-{name}) | {entry.summary} |" for name, entry in COMMANDS.items()]
    parts = [HEAD, *overview, "", "## dataarts", "", *_flags(app), ""]
    for path, command in walk():
        parts += [f"## {' '.join(path)}", *_told(command), "", *_flags(command), ""]
    return "\n".join(parts)


def walk() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it, groups before their members."""
    context = click.Context(app, info_name="dataarts")
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        assert command is not None
        yield from _below(("dataarts", name), command)


def _below(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from _below((*path, name), member)


def _told(command: click.Command) -> Iterator[str]:
    """Yield what the command says of itself; what follows a `\\b` is an example."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        text = paragraph.removeprefix("\b\n")
        yield from ("", "```", text, "```") if text != paragraph else ("", text)


def _flags(command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    shown = [record for item in command.params if (record := _record(item, context))]
    if shown:
        yield from ("| | what it is |", "| --- | --- |")
    for name, text in shown:
        yield f"| {name} | {text} |"


def _record(item: click.Parameter, context: click.Context) -> tuple[str, str] | None:
    if isinstance(item, click.Argument):
        return f"`{item.make_metavar(context)}`", "argument" if item.required else "argument, may be left out"
    record = item.get_help_record(context)
    if record is None:
        return None
    name, text = (" ".join(part.split()).replace("|", "\\|") for part in record)
    return f"`{name}`", text
