"""Flags that several commands have, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pulumi_dataarts.cli.kinds import URN

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(dir_okay=False, path_type=Path)

PARALLEL = click.option(
    "--parallel",
    "-p",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    envvar="PULUMI_PARALLEL",
    help="How many resources are worked on at once.",
)
DIFF = click.option("--diff", is_flag=True, help="Show every field that changes.")
JSON = click.option("--json", "-j", "as_json", is_flag=True, help="Print the plan as JSON on standard output.")
REPORT = click.option("--report", type=FILE, metavar="FILE", help="Write a page of HTML, with nothing outside of it.")
SUMMARY = click.option("--summary", type=FILE, metavar="FILE", help="Write Markdown, for a pull request.")

SCOPE = [
    click.option(
        "--target",
        "-t",
        multiple=True,
        type=URN,
        help="Only this resource; `*` and `**` match.",
    ),
    click.option("--target-dependents", is_flag=True, help="With --target: what depends on it, too."),
    click.option("--exclude", multiple=True, type=URN, help="Everything but this resource."),
    click.option("--replace", multiple=True, type=URN, help="Make this resource anew."),
    click.option("--target-replace", multiple=True, type=URN, help="Make only this resource anew."),
    click.option("--refresh", "-r", is_flag=True, help="Look at what stands in the cloud first."),
]
MANNER = [
    PARALLEL,
    click.option("--message", "-m", default="", help="What it is for, kept in the stack's history."),
    click.option("--continue-on-error", is_flag=True, help="After a failure, go on with what does not depend on it."),
    click.option("--expect-no-changes", is_flag=True, help="Exit 7 if there are any."),
]
GATES = [
    click.option("--max-delete", default="", metavar="N|N%", help="Refuse to delete more. [default in CI: 30%]"),
    click.option("--max-replace", default="", metavar="N|N%", help="Refuse to replace more. [default in CI: 30%]"),
    click.option("--allow", multiple=True, metavar="POLICY", help="Go on in spite of this policy or threshold."),
]
REPORTS = [
    JSON,
    REPORT,
    SUMMARY,
    click.option("--junit", type=FILE, metavar="FILE", help="Write JUnit XML."),
    click.option("--event-log", type=FILE, metavar="FILE", help="Write what goes on as JSON lines."),
]
LOOKS = [
    DIFF,
    click.option("--show-sames", is_flag=True, help="List unchanged resources too."),
    click.option("--suppress-outputs", is_flag=True, help="Do not print the stack's outputs."),
]


def with_options(*groups: list[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """Return what adds groups of flags to a command, in order."""

    def add(command: Command) -> Command:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return add
