"""`dataarts stack`: the stacks of a project."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import click

from pulumi_dataarts.backend import configs, runs, stacks, workspaces
from pulumi_dataarts.backend.history import read_updates
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.cli.asking import Aliased, confirm, yes_option
from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.wiring import Chosen, Workplace, choose, create, open_workplace, with_provider, with_salt
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.snapshots import ResourceState

ROOT_TYPE = "pulumi:pulumi:Stack"

LATER = {
    **dict.fromkeys(("export", "import", "rename", "migrate", "tag"), "pulumi_dataarts.cli.stack_files"),
    **dict.fromkeys(("output", "history", "graph"), "pulumi_dataarts.cli.stack_views"),
    "change-secrets-provider": "pulumi_dataarts.cli.stack_secrets",
}
ALIASES = {"list": "ls", "new": "init", "create": "init", "remove": "rm", "delete": "rm", "hist": "history"}

stack_option = click.option(
    "--stack",
    "-s",
    "name",
    help="Stack to work on. [default: the selected one, or dev]",
    type=STACK,
)
secrets_option = click.option(
    "--secrets-provider",
    "encrypting",
    default="default",
    metavar="passphrase|URL",
    help="Who encrypts secrets: a passphrase, or a key service that is installed.",
)


def formats(command: Any) -> Any:
    """Add the official CLI's two ways to ask for JSON; they arrive as `as_json` and `output_format`."""
    command = click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")(command)
    choice = click.Choice(["default", "json"])
    return click.option("--output", "output_format", type=choice, default="default", help="The same.")(command)


@click.group(cls=Aliased, invoke_without_command=True, later=LATER, aliases=ALIASES)
@stack_option
@click.option("--show-urns", "-u", is_flag=True, help="Show every resource's URN.")
@click.option("--show-ids", "-i", is_flag=True, help="Show every resource's id.")
@click.option("--show-name", is_flag=True, help="Show only the stack's name.")
@click.option("--show-secrets", is_flag=True, help="Show secret outputs in clear.")
@click.pass_context
def stack(ctx: click.Context, /, name: str | None, **shown: bool) -> None:
    """List, create, inspect and remove stacks; without a command, show one.

    \b
    dataarts stack ls
    dataarts stack init staging
    dataarts stack output --json
    dataarts stack export --file backup.json
    """
    if ctx.invoked_subcommand is None:
        from pulumi_dataarts.cli.stack_views import describe

        describe(choose(name), **shown)


@stack.command()
@click.argument("given", metavar="[NAME]", required=False)
@click.option("--stack", "-s", "name", type=STACK, help="The same.")
@click.option("--no-select", is_flag=True, help="Do not make it the selected stack.")
@click.option("--copy-config-from", "source", type=STACK, help="Start with this stack's configuration.")
@secrets_option
@yes_option
def init(given: str | None, name: str | None, no_select: bool, source: str | None, encrypting: str, yes: bool) -> None:
    """Create an empty stack, and its configuration file where there is none.

    \b
    dataarts stack init staging
    dataarts stack init prod --copy-config-from staging
    """
    place = open_workplace()
    target = place.stack(_one_name(given, name))
    path = place.project.stack_path(target.name)
    origin = choose(source, place) if source else None
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    chosen = _created(target.name, place, encrypting)
    if origin is not None:
        copy_config(origin, chosen)
    if not no_select:
        workspaces.select_stack(os.environ, place.project, place.url, target.qualified)
    click.echo(f"created stack {target.name}")


@stack.command()
@formats
@click.option("--all", "-a", "everything", is_flag=True, help="Stacks of every project in this backend.")
@click.option("--project", "-p", help="Stacks of this project.")
@click.option("--tag", "-t", help="Stacks that have this tag: NAME or NAME=VALUE.")
def ls(as_json: bool, output_format: str, everything: bool, project: str | None, tag: str | None) -> None:
    """List the stacks.

    \b
    dataarts stack ls
    dataarts stack ls --all --json
    """
    place = open_workplace()
    found = stacks.list_stacks(place.blobs, "" if everything else project or place.project.name)
    rows = [_row(place, item) for item in found if tag is None or _has_tag(item, tag)]
    if as_json or output_format == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"{'NAME':<24} {'LAST UPDATE':<20} RESOURCE COUNT")
    for row in rows:
        name = f"{row['name']}{'*' if row['current'] else ''}"
        moment = str(row.get("lastUpdate", "n/a")).partition(".")[0].replace("T", " ")
        click.echo(f"{name:<24} {moment:<20} {row.get('resourceCount', 'unreadable')}")


@stack.command()
@click.argument("given", metavar="[NAME]", required=False, type=STACK)
@click.option("--stack", "-s", "name", type=STACK, help="The same.")
@click.option("--create", "-c", "make", is_flag=True, help="Create it if there is none of that name.")
@secrets_option
def select(given: str | None, name: str | None, make: bool, encrypting: str) -> None:
    """Make a stack the one that commands mean when they name none.

    \b
    dataarts stack select staging
    dataarts stack select prod --create
    """
    place = open_workplace()
    target = place.stack(_one_name(given, name))
    if make and target.checkpoint_key() is None:
        place.project.stack_path(target.name).touch()
        _created(target.name, place, encrypting)
    stacks.find_stack(place.blobs, target.project, target.name)
    workspaces.select_stack(os.environ, place.project, place.url, target.qualified)


@stack.command()
def unselect() -> None:
    """Forget the selection.

    \b
    dataarts stack unselect
    """
    place = open_workplace()
    if workspaces.selected_stack(os.environ, place.project, place.url):
        workspaces.select_stack(os.environ, place.project, place.url, "")
    click.echo("no stack is selected now")


@stack.command()
@click.argument("given", metavar="[NAME]", required=False, type=STACK)
@stack_option
@yes_option
@click.option("--force", "-f", is_flag=True, help="Even if it has resources, which then stay in the cloud.")
@click.option("--preserve-config", is_flag=True, help="Keep Pulumi.<stack>.yaml.")
@click.option("--remove-backups", is_flag=True, help="Remove the backups of its state, too.")
def rm(
    given: str | None, name: str | None, yes: bool, force: bool, preserve_config: bool, remove_backups: bool
) -> None:
    """Remove an empty stack, its history and its configuration file.

    \b
    dataarts stack rm staging
    dataarts stack rm staging --yes --preserve-config
    """
    chosen = pick(given or name)
    target = existing(chosen)
    left = () if force else runs.load(target, chosen.keyring).snapshot.resources
    if left:
        raise ConfigError(
            f"stack {target.name} still has {len(left)} resources",
            hint="`dataarts destroy` removes them; --force forgets them.",
        )
    confirm(f"Remove stack {target.name}?", yes=yes)
    stacks.remove_stack(target, backups=remove_backups)
    if not preserve_config:
        chosen.file.path.unlink(missing_ok=True)
    follow_selection(chosen.place, target, None)
    click.echo(f"removed stack {target.name}")


def pick(name: str | None) -> Chosen:
    """Return the stack that was named, on the command or on a group before it. Raises as `choose`."""
    context: click.Context | None = click.get_current_context()
    while not name and context is not None:
        name, context = context.params.get("name"), context.parent
    return choose(name)


def existing(chosen: Chosen) -> stacks.Stack:
    """Return the chosen stack's state, which must exist. Raises StackNotFound."""
    return stacks.find_stack(chosen.place.blobs, chosen.stack.project, chosen.stack.name)


def outputs_of(chosen: Chosen) -> dict[str, Any]:
    """Return what a stack exports, secrets as `Secret`. Raises StackNotFound."""
    resources = runs.load(existing(chosen), chosen.keyring).snapshot.resources
    root = next((item for item in resources if item.type == ROOT_TYPE), ResourceState("", ROOT_TYPE, False))
    return root.outputs


def copy_config(source: Chosen, target: Chosen, keys: tuple[str, ...] | None = None) -> None:
    """Copy a stack's configuration to another's file, or some keys of it; secrets are encrypted anew."""
    wanted = {key: value for key, value in source.file.values.items() if keys is None or key in keys}
    if any(configs.has_sealed(value) for value in wanted.values()):
        target = with_salt(target)
    own, other = Vault(source.file.provider, source.keyring), Vault(target.file.provider, target.keyring)
    file = target.file
    for key, value in wanted.items():
        file = file.with_value(key, configs.resealed(value, own, other))
    file.save()


def iso(seconds: int) -> str:
    """Return a time as the official CLI's JSON has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def follow_selection(place: Workplace, old: stacks.Stack, new: stacks.Stack | None) -> None:
    """Let the selection go with a stack that has another name now, or is gone."""
    if workspaces.selected_stack(os.environ, place.project, place.url) in (old.name, old.qualified):
        workspaces.select_stack(os.environ, place.project, place.url, new.qualified if new else "")


def _created(name: str, place: Workplace, encrypting: str) -> Chosen:
    """Create a stack whose secrets a passphrase or a key service encrypts. Raises ConfigError for anything else."""
    chosen = choose(name, place)
    if "://" in encrypting:
        from pulumi_dataarts.backend import keyservices

        chosen = with_provider(chosen, keyservices.new_provider(encrypting))
    elif encrypting not in ("default", "passphrase"):
        raise ConfigError(f"--secrets-provider {encrypting}: it is `passphrase`, or the URL of a key service")
    return create(chosen)


def _one_name(given: str | None, name: str | None) -> str:
    if bool(given) == bool(name):
        raise click.UsageError("name one stack")
    return given or name or ""


def _row(place: Workplace, item: stacks.Stack) -> dict[str, Any]:
    """Return what is told of a stack. No secret is opened for it."""
    selected = workspaces.selected_stack(os.environ, place.project, place.url)
    row: dict[str, Any] = {"name": item.name, "project": item.project}
    row["current"] = selected in (item.name, item.qualified)
    if (last := next((update.end_s for update in read_updates(item)), None)) is not None:
        row["lastUpdate"] = iso(last)
    if (count := stacks.count_resources(item)) is not None:
        row["resourceCount"] = count
    return row


def _has_tag(item: stacks.Stack, wanted: str) -> bool:
    key, _, value = wanted.partition("=")
    tags = stacks.read_tags(item)
    return key in tags and value in ("", tags[key])
