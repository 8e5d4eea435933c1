"""`dataarts stack`: the stacks of a project, and what one holds."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from pulumi_dataarts.backend import runs, stacks, workspaces
from pulumi_dataarts.backend.history import read_updates
from pulumi_dataarts.cli.later import Later
from pulumi_dataarts.cli.wiring import Chosen, choose, create, open_workplace
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import Secret, plain

ROOT_TYPE = "pulumi:pulumi:Stack"

FILES = dict.fromkeys(("export", "import", "rename", "migrate", "graph", "tag"), "pulumi_dataarts.cli.stack_files")

stack_option = click.option("--stack", "-s", "name", help="Stack to work on. [default: the selected one, or dev]")


@click.group(cls=Later, invoke_without_command=True, later=FILES)
@stack_option
@click.option("--show-urns", "-u", is_flag=True, help="Show every resource's URN.")
@click.option("--show-ids", "-i", is_flag=True, help="Show every resource's id.")
@click.pass_context
def stack(ctx: click.Context, name: str | None, show_urns: bool, show_ids: bool) -> None:
    """List, create, inspect and remove stacks; without a command, show one.

    \b
    dataarts stack ls
    dataarts stack init staging
    dataarts stack output --json
    dataarts stack export --file backup.json
    """
    if ctx.invoked_subcommand is None:
        _describe(choose(name), show_urns, show_ids)


@stack.command()
@click.argument("name")
@click.option("--no-select", is_flag=True, help="Do not make it the selected stack.")
def init(name: str, no_select: bool) -> None:
    """Create an empty stack, and its configuration file where there is none."""
    place = open_workplace()
    target = place.stack(name)
    path = place.project.stack_path(target.name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    create(choose(name, place))
    if not no_select:
        workspaces.select_stack(os.environ, place.project, place.url, target.qualified)
    click.echo(f"created stack {target.name}")


@stack.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--all", "-a", "everything", is_flag=True, help="Stacks of every project in this backend.")
def ls(as_json: bool, everything: bool) -> None:
    """List the stacks."""
    place = open_workplace()
    selected = workspaces.selected_stack(os.environ, place.project, place.url).rpartition("/")[2]
    rows = [
        {"name": item.name, "project": item.project, "current": item.name == selected, "lastUpdate": _last_update(item)}
        for item in stacks.list_stacks(place.blobs, "" if everything else place.project.name)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = "*" if row["current"] else " "
        click.echo(f"{row['name']:<16}{mark} {row['project']:<24} {row['lastUpdate'] or 'never updated'}")


@stack.command()
@click.argument("name")
@click.option("--create", "-c", "make", is_flag=True, help="Create it if there is none of that name.")
def select(name: str, make: bool) -> None:
    """Make a stack the one that commands mean when they name none."""
    place = open_workplace()
    target = place.stack(name)
    if make and target.checkpoint_key() is None:
        create(choose(name, place))
    stacks.find_stack(place.blobs, target.project, target.name)
    workspaces.select_stack(os.environ, place.project, place.url, target.qualified)


@stack.command()
def unselect() -> None:
    """Forget the selection."""
    place = open_workplace()
    if workspaces.selected_stack(os.environ, place.project, place.url):
        workspaces.select_stack(os.environ, place.project, place.url, "")


@stack.command()
@stack_option
@click.argument("output", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--show-secrets", is_flag=True, help="Print secret outputs in clear.")
def output(name: str | None, output: str | None, as_json: bool, show_secrets: bool) -> None:
    """Print what the stack exports, or one of it."""
    shown = {key: _shown(value, show_secrets) for key, value in outputs_of(choose(name)).items()}
    if output is not None and output not in shown:
        raise ConfigError(f"the stack exports no {output!r}", hint=f"It exports {', '.join(shown) or 'nothing'}.")
    if output is not None:
        value = shown[output]
        click.echo(value if isinstance(value, str) and not as_json else json.dumps(value, indent=2))
    elif as_json:
        click.echo(json.dumps(shown, indent=2))
    else:
        for key, value in shown.items():
            click.echo(f"{key:<24} {value if isinstance(value, str) else json.dumps(value)}")


@stack.command()
@stack_option
@click.argument("given", required=False)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--force", "-f", is_flag=True, help="Even if it has resources, which then stay in the cloud.")
def rm(name: str | None, given: str | None, yes: bool, force: bool) -> None:
    """Remove an empty stack and its history."""
    chosen = choose(given or name)
    target = existing(chosen)
    left = runs.load(target, chosen.keyring).snapshot.resources
    if left and not force:
        raise ConfigError(
            f"stack {target.name} still has {len(left)} resources",
            hint="`dataarts destroy` removes them; --force forgets them.",
        )
    if not yes:
        click.confirm(f"Remove stack {target.name}?", abort=True)
    stacks.remove_stack(target)
    click.echo(f"removed stack {target.name}")


@stack.command()
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def history(name: str | None, as_json: bool) -> None:
    """List the updates of a stack, the last one first."""
    updates = list(read_updates(existing(choose(name))))
    if as_json:
        rows = [
            {"kind": item.kind, "result": item.result, "endTime": item.end_s, "changes": item.changes}
            for item in updates
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for update in updates:
        counts = ", ".join(f"{count} {op}" for op, count in update.changes.items())
        click.echo(f"{update.kind:<8} {update.result:<10} {counts}")


def _describe(chosen: Chosen, show_urns: bool, show_ids: bool) -> None:
    resources = runs.load(existing(chosen), chosen.keyring).snapshot.resources
    click.echo(f"stack {chosen.stack.name} of {chosen.stack.project}: {len(resources)} resources")
    for item in resources:
        click.echo(f"    {item.type:<44} {item.urn.split('::', 3)[3]}")
        for wanted, label, value in ((show_urns, "urn", item.urn), (show_ids and item.id, "id", item.id)):
            if wanted:
                click.echo(f"        {label} {value}")


def _last_update(target: stacks.Stack) -> int | None:
    return next((update.end_s for update in read_updates(target)), None)


def existing(chosen: Chosen) -> stacks.Stack:
    """Return the chosen stack's state, which must exist. Raises StackNotFound."""
    return stacks.find_stack(chosen.place.blobs, chosen.stack.project, chosen.stack.name)


def outputs_of(chosen: Chosen) -> dict[str, Any]:
    """Return what a stack exports, secrets as `Secret`. Raises StackNotFound."""
    resources = runs.load(existing(chosen), chosen.keyring).snapshot.resources
    root = next((item for item in resources if item.type == ROOT_TYPE), ResourceState("", ROOT_TYPE, False))
    return root.outputs


def _shown(value: Any, show_secrets: bool) -> Any:
    if show_secrets:
        return plain(value)
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, dict):
        return {key: _shown(item, show_secrets) for key, item in value.items()}
    return [_shown(item, show_secrets) for item in value] if isinstance(value, list) else value
