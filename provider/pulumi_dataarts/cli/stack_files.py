"""`dataarts stack export|import|rename|migrate|graph|tag`: a stack as files, elsewhere, and as a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TextIO

import click

from pulumi_dataarts.backend import checkpoint, runs, stacks
from pulumi_dataarts.backend.blobs import open_backend
from pulumi_dataarts.cli.stack import existing, stack_option
from pulumi_dataarts.cli.wiring import choose, now
from pulumi_dataarts.errors import ConfigError, Corrupt
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.integrity import violations


@click.command("export")
@stack_option
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--show-secrets", is_flag=True, help="Write secrets in clear.")
def export_state(name: str | None, path: Path | None, show_secrets: bool) -> None:
    """Print a stack's state in the form that `stack import` and the official CLI take."""
    chosen = choose(name)
    loaded = runs.load(existing(chosen), chosen.keyring)
    text = json.dumps(checkpoint.write_deployment(loaded.checkpoint, now(), show_secrets=show_secrets), indent=4)
    if path:
        path.write_text(text + "\n")
    else:
        click.echo(text)


@click.command("import")
@stack_option
@click.option("--file", "file", type=click.File(), default="-", help="Read this file. [default: standard input]")
@click.option("--force", "-f", is_flag=True, help="Even if the state is that of another stack or breaks a rule.")
def import_state(name: str | None, file: TextIO, force: bool) -> None:
    """Replace a stack's state by an exported one. The state before stays as .bak."""
    chosen = choose(name)
    target = existing(chosen)
    read = checkpoint.read_deployment(_parsed(file), target.qualified, chosen.keyring)
    foreign = [item.urn for item in read.snapshot.resources if not item.urn.startswith(f"urn:pulumi:{target.name}::")]
    problems = violations(read.snapshot) + [f"{urn} is of another stack" for urn in foreign]
    if problems and not force:
        raise Corrupt("\n".join(["the file is not taken:", *problems]), hint="--force takes it all the same.")
    with runs.open_run(target, "import", keyring=chosen.keyring, provider=chosen.file.provider) as run:
        run.close(read.snapshot, runs.Outcome())
    click.echo(f"imported {len(read.snapshot.resources)} resources")


@click.command()
@click.argument("new_name")
@stack_option
def rename(new_name: str, name: str | None) -> None:
    """Rename a stack: its URNs, its files, its configuration."""
    chosen = choose(name)
    target = existing(chosen)
    with runs.open_run(target, "import", keyring=chosen.keyring) as run:
        run.close(None, runs.Outcome(message=f"renamed to {new_name}"))
    renamed = stacks.rename_stack(target, new_name, chosen.keyring, now())
    path = chosen.file.path
    if path.exists():
        path.rename(chosen.place.project.stack_path(renamed.name))
    click.echo(f"renamed {target.name} to {renamed.name}")


@click.command()
@click.argument("url")
@stack_option
def migrate(url: str, name: str | None) -> None:
    """Copy a stack with its history to another backend (file://… or s3://…); the old one stays as it is."""
    chosen = choose(name)
    target = existing(chosen)
    destination = open_backend(url)
    if stacks.Stack(destination, target.project, target.name).checkpoint_key() is not None:
        raise ConfigError(f"{url} has a stack {target.name} already", hint="Remove or rename that one first.")
    with runs.open_run(target, "import", keyring=chosen.keyring) as run:
        run.close(None, runs.Outcome(message=f"copied to {url}"))
    copied = stacks.copy_stack(target, destination)
    click.echo(f"copied {copied} files to {url}")
    click.echo(f"use it by PULUMI_BACKEND_URL='{url}', or write the URL into Pulumi.yaml", err=True)


@click.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@stack_option
def graph(path: Path, name: str | None) -> None:
    """Write the dependency graph as a DOT file."""
    chosen = choose(name)
    resources = runs.load(existing(chosen), chosen.keyring).snapshot.resources
    numbers = {item.urn: number for number, item in enumerate(resources)}
    lines = [f"    n{number} [label={json.dumps(urns.parse(urn).name)}];" for urn, number in numbers.items()]
    for item in resources:
        pointed = {pointer.urn for pointer in references(item) if pointer.field != "provider"}
        lines += [f"    n{numbers[urn]} -> n{numbers[item.urn]};" for urn in sorted(pointed) if urn in numbers]
    path.write_text("\n".join(["strict digraph {", *lines, "}", ""]))


@click.group()
def tag() -> None:
    """Read and change a stack's tags."""


@tag.command("ls")
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_tags(name: str | None, as_json: bool) -> None:
    """List the tags."""
    tags = stacks.read_tags(existing(choose(name)))
    lines = [f"{key:<24} {value}" for key, value in sorted(tags.items())]
    click.echo(json.dumps(tags, indent=2) if as_json else "\n".join(lines))


@tag.command("get")
@click.argument("key")
@stack_option
def get_tag(key: str, name: str | None) -> None:
    """Print a tag's value."""
    tags = stacks.read_tags(existing(choose(name)))
    if key not in tags:
        raise ConfigError(f"no tag {key!r}", hint=f"There are {', '.join(sorted(tags)) or 'none'}.")
    click.echo(tags[key])


@tag.command("set")
@click.argument("key")
@click.argument("value")
@stack_option
def set_tag(key: str, value: str, name: str | None) -> None:
    """Set a tag."""
    target = existing(choose(name))
    stacks.write_tags(target, {**stacks.read_tags(target), key: value})


@tag.command("rm")
@click.argument("key")
@stack_option
def rm_tag(key: str, name: str | None) -> None:
    """Remove a tag."""
    target = existing(choose(name))
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
    "graph": graph,
    "tag": tag,
}
