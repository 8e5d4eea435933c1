"""`dataarts stack export|import|rename|migrate|tag`: a stack as files, under another name, and elsewhere."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from pulumi_dataarts.backend import checkpoint, repairs, runs, stacks
from pulumi_dataarts.backend.blobs import open_backend
from pulumi_dataarts.backend.vaults import SecretsProvider
from pulumi_dataarts.cli.asking import Aliased
from pulumi_dataarts.cli.stack import existing, follow_selection, formats, pick, stack_option
from pulumi_dataarts.cli.wiring import Chosen, now, with_salt
from pulumi_dataarts.errors import ConfigError, Corrupt
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.repairs import repaired
from pulumi_dataarts.model.snapshots import Snapshot


@click.command("export")
@stack_option
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--show-secrets", is_flag=True, help="Write secrets in clear.")
@click.option("--raw", is_flag=True, help="Write the state file as it is, readable or not.")
def export_state(name: str | None, path: Path | None, show_secrets: bool, raw: bool) -> None:
    """Print a stack's state in the form that `stack import` and the official CLI take.

    \b
    dataarts stack export --file backup.json
    dataarts stack export --stack prod | pulumi stack import --stack prod
    """
    chosen = pick(name)
    data = _raw(existing(chosen)) if raw else _exported(chosen, show_secrets=show_secrets)
    if path:
        path.write_bytes(data)
    else:
        click.echo(data if raw else data.decode(), nl=False)


@click.command("import")
@stack_option
@click.option("--file", "file", type=click.File(), default="-", help="Read this file. [default: standard input]")
@click.option(
    "--force",
    "-f",
    is_flag=True,
    help="Take it even if it is that of another stack, mend it if it breaks rules, and replace an unreadable state.",
)
def import_state(name: str | None, file: TextIO, force: bool) -> None:
    """Replace a stack's state by an exported one. The state before stays as .bak.

    \b
    dataarts stack import --file backup.json
    dataarts stack import --stack dev < backup.json
    """
    chosen = pick(name)
    target = existing(chosen)
    read = checkpoint.read_deployment(_parsed(file), target.qualified, chosen.keyring)
    snapshot = read.snapshot
    foreign = [item.urn for item in snapshot.resources if not item.urn.startswith(f"urn:pulumi:{target.name}::")]
    problems = violations(snapshot) + [f"{urn} is of another stack" for urn in foreign]
    if problems and not force:
        raise Corrupt("\n".join(["the file is not taken:", *problems]), hint="--force mends it and takes it.")
    if problems:
        snapshot, told = repaired(snapshot)
        for line in told:
            click.echo(f"mended: {line}", err=True)
    _replace(chosen, target, snapshot, read.provider, force=force)
    click.echo(f"imported {len(snapshot.resources)} resources")


@click.command()
@click.argument("new_name")
@stack_option
def rename(new_name: str, name: str | None) -> None:
    """Rename a stack: its URNs, its files, its configuration.

    \b
    dataarts stack rename live --stack prod
    """
    chosen = pick(name)
    target = existing(chosen)
    _fold(chosen, target, f"renamed to {new_name}")
    renamed = stacks.rename_stack(target, new_name, chosen.keyring, now())
    path = chosen.file.path
    if path.exists():
        path.rename(chosen.place.project.stack_path(renamed.name))
    follow_selection(chosen.place, target, renamed)
    click.echo(f"renamed {target.name} to {renamed.name}")


@click.command()
@click.argument("url")
@stack_option
def migrate(url: str, name: str | None) -> None:
    """Copy a stack with its history to another backend (file://… or s3://…); the old one stays as it is.

    \b
    dataarts stack migrate 's3://state?endpoint=obs.cn-north-4.myhuaweicloud.com' --stack prod
    dataarts stack migrate file:///srv/state
    """
    chosen = pick(name)
    target = existing(chosen)
    destination = open_backend(url)
    if stacks.Stack(destination, target.project, target.name).checkpoint_key() is not None:
        raise ConfigError(f"{url} has a stack {target.name} already", hint="Remove or rename that one first.")
    _fold(chosen, target, f"copied to {url}")
    copied = stacks.copy_stack(target, destination)
    click.echo(f"copied {copied} files to {url}")
    click.echo(f"use it by PULUMI_BACKEND_URL='{url}', or write the URL into Pulumi.yaml", err=True)


def _fold(chosen: Chosen, target: stacks.Stack, message: str) -> None:
    """Let a state have all that a killed run left beside it."""
    with runs.open_run(target, "import", keyring=chosen.keyring) as run:
        run.close(None, runs.Outcome(message=message))


def _raw(target: stacks.Stack) -> bytes:
    key = target.checkpoint_key()
    return (target.blobs.read(key) if key else None) or b""


def _exported(chosen: Chosen, *, show_secrets: bool) -> bytes:
    target = existing(chosen)
    try:
        loaded = runs.load(target, chosen.keyring)
    except Corrupt as error:
        way = f"`dataarts stack export --raw --file state.json --stack {target.name}` writes the file as it is."
        raise Corrupt(error.message, hint=f"{error.hint}\n  {way}") from error
    document = checkpoint.write_deployment(loaded.checkpoint, now(), show_secrets=show_secrets)
    return (json.dumps(document, indent=4) + "\n").encode()


def _replace(
    chosen: Chosen, target: stacks.Stack, snapshot: Snapshot, provider: SecretsProvider | None, *, force: bool
) -> None:
    """Make a snapshot the state; with `force` also where the state that is there cannot be used."""
    try:
        with runs.open_run(target, "import", keyring=chosen.keyring, provider=chosen.file.provider) as run:
            run.close(snapshot, runs.Outcome())
    except Corrupt as error:
        encrypting = chosen.file.provider or provider
        if encrypting is None:
            encrypting = with_salt(chosen).file.provider
        if not force or encrypting is None:
            raise Corrupt(
                error.message, hint=f"{error.hint}\n  --force puts the imported state in its place."
            ) from error
        repairs.override(
            target,
            snapshot,
            keyring=chosen.keyring,
            provider=encrypting,
            note=lambda text: click.echo(f"note: {text}", err=True),
            clock=lambda: datetime.now(UTC),
        )
        click.echo(f"the state that could not be used is among the backups: {target.backups_folder}", err=True)


@click.group(cls=Aliased, aliases={"list": "ls", "remove": "rm", "delete": "rm"})
@stack_option
def tag(name: str | None) -> None:
    """Read and change a stack's tags.

    \b
    dataarts stack tag ls
    dataarts stack tag set owner orders-team
    """


@tag.command("ls")
@stack_option
@formats
def list_tags(name: str | None, as_json: bool, output_format: str) -> None:
    """List the tags.

    \b
    dataarts stack tag ls --stack prod
    dataarts stack tag ls --json
    """
    tags = stacks.read_tags(existing(pick(name)))
    lines = [f"{key:<24} {value}" for key, value in sorted(tags.items())]
    is_json = as_json or output_format == "json"
    click.echo(json.dumps(tags, indent=2) if is_json else "\n".join(lines))


@tag.command("get")
@click.argument("key")
@stack_option
def get_tag(key: str, name: str | None) -> None:
    """Print a tag's value.

    \b
    dataarts stack tag get owner
    """
    tags = stacks.read_tags(existing(pick(name)))
    if key not in tags:
        raise ConfigError(f"no tag {key!r}", hint=f"There are {', '.join(sorted(tags)) or 'none'}.")
    click.echo(tags[key])


@tag.command("set")
@click.argument("key")
@click.argument("value")
@stack_option
def set_tag(key: str, value: str, name: str | None) -> None:
    """Set a tag.

    \b
    dataarts stack tag set owner orders-team --stack prod
    """
    target = existing(pick(name))
    stacks.write_tags(target, {**stacks.read_tags(target), key: value})


@tag.command("rm")
@click.argument("key")
@stack_option
def rm_tag(key: str, name: str | None) -> None:
    """Remove a tag.

    \b
    dataarts stack tag rm owner
    """
    target = existing(pick(name))
    stacks.write_tags(target, {known: value for known, value in stacks.read_tags(target).items() if known != key})


def _parsed(file: TextIO) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        where = "standard input" if file is sys.stdin else file.name
        raise Corrupt(f"{where} is not JSON: {error}") from error


COMMANDS: dict[str, click.Command] = {
    "export": export_state,
    "import": import_state,
    "rename": rename,
    "migrate": migrate,
    "tag": tag,
}
