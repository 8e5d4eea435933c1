"""The table of commands. A command's module is imported only when it is run, so that `--help` stays quick."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NamedTuple

import click

NON_INTERACTIVE = "DATAARTS_NON_INTERACTIVE"


class Entry(NamedTuple):
    """Where a command stands, the line that `--help` shows, and what it says at once where it takes a while."""

    module: str
    attribute: str
    summary: str
    opening: str = ""


COMMANDS = {
    "new": Entry("new", "new", "Write a project that runs at once, offline."),
    "preview": Entry("operations", "preview", "Show what an up would change, and change nothing.", " previewing …"),
    "up": Entry(
        "operations", "up", "Create, update and delete until the stack is as the program says.", " previewing …"
    ),
    "refresh": Entry(
        "operations", "refresh", "Look at everything in the cloud and bring the state up to date.", " looking …"
    ),
    "drift": Entry("drift", "drift", "Report what was changed outside, in all stacks.", " looking …"),
    "destroy": Entry("operations", "destroy", "Delete everything that the stack made.", " previewing …"),
    "import": Entry("adopt", "import_", "Take what stands in the cloud into the state, and print its code."),
    "cancel": Entry("state", "cancel", "Remove the locks of a stack whose owner is gone."),
    "state": Entry("state", "state", "Mend a stack's state by hand."),
    "promote": Entry("promote", "promote", "Bring a release from one environment to the next."),
    "rollback": Entry("rollback", "rollback", "Take an environment back to a release it has run."),
    "verify": Entry("verify", "verify", "Try what a stack's release declares to be tried."),
    "release": Entry("release", "release", "Make, compare, keep and pin what is promoted."),
    "stack": Entry("stack", "stack", "List, create, inspect and remove stacks."),
    "config": Entry("config", "config", "Read and change a stack's configuration."),
    "status": Entry("status", "status", "Show what runs, the last runs, and what was changed outside."),
    "graph": Entry("graphs", "graph", "Draw what depends on what."),
    "doctor": Entry("doctor", "doctor", "Check everything a run needs, and say how to mend it."),
    "explain": Entry("explain", "explain", "Explain an error's code, offline."),
    "completion": Entry("completion", "completion", "Print what makes a shell complete commands and stacks."),
    "schema": Entry("schemas", "schema", "Print the JSON Schema of a stack's file, or of a plan."),
    "credentials": Entry("credentials", "credentials", "Print the key of the moment, for state in OBS."),
    "ci": Entry("ci", "ci", "Write workflows for GitHub Actions or GitLab CI."),
    "bench": Entry("bench", "bench", "Measure what operations cost."),
    "cloud": Entry("cloud", "cloud", "Run the embedded cloud."),
}


class LazyGroup(click.Group):
    """A group whose members are found in a table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table's order, which is the order people meet them in."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that holds the command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(f"pulumi_dataarts.cli.{entry.module}"), entry.attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named; one that takes a while says so before it is imported."""
        _open(args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--cwd", "-C", type=click.Path(exists=True, file_okay=False), help="Run as if started in this folder.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the output.")
@click.option("--non-interactive", is_flag=True, help="Never ask; what would have to be asked is an error.")
@click.option("--verbose", "-v", type=click.IntRange(min=0), default=0, metavar="N", help="Log calls, from 1 on.")
@click.option("--logtostderr", is_flag=True, help="With -v: log to standard error, not to a file.")
@click.version_option(package_name="pulumi-dataarts", message="%(version)s")
@click.pass_context
def app(
    ctx: click.Context, cwd: str | None, color: str, non_interactive: bool, verbose: int, logtostderr: bool
) -> None:
    """Provision Huawei Cloud's data services: plan, apply, remember, promote.

    \b
    dataarts up                        bring the stack up
    dataarts preview --diff            see what would change, field by field
    dataarts up --stack staging        another environment
    dataarts cloud start               an embedded cloud to try it on
    """
    settings: dict[str, Any] = ctx.ensure_object(dict)
    settings["color"] = color
    ctx.color = {"always": True, "never": False}.get(color)
    if cwd:
        os.chdir(cwd)
    if non_interactive:
        os.environ[NON_INTERACTIVE] = "true"
    if verbose:
        from pulumi_dataarts.cli.flags import begin_log

        begin_log(to_stderr=logtostderr)


def _open(command: str) -> None:
    """On a terminal, say something before anything is imported: that alone takes longer than people wait gladly."""
    entry = COMMANDS.get(command)
    if entry and entry.opening and sys.stderr.isatty() and not {"-h", "--help"} & set(sys.argv):
        click.echo(entry.opening, err=True)
