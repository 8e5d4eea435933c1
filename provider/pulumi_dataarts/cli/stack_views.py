"""`dataarts stack`, `stack output`, `stack history`, `stack graph`: what a stack holds and how it came to that."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pulumi_dataarts.backend import configs, runs
from pulumi_dataarts.backend.history import Update, read_updates
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.cli.stack import ROOT_TYPE, existing, formats, iso, outputs_of, pick, stack_option
from pulumi_dataarts.cli.wiring import Chosen
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import Secret, plain


def describe(chosen: Chosen, *, show_name: bool, show_urns: bool, show_ids: bool, show_secrets: bool) -> None:
    """Print a stack's resources and outputs."""
    if show_name:
        click.echo(chosen.stack.name)
        return
    resources = runs.load(existing(chosen), chosen.keyring).snapshot.resources
    click.echo(f"stack {chosen.stack.name} of {chosen.stack.project}: {len(resources)} resources")
    for item in resources:
        click.echo(f"    {item.type:<44} {urns.parse(item.urn).name}")
        for wanted, label, value in ((show_urns, "URN", item.urn), (show_ids and item.id, "ID", item.id)):
            if wanted:
                click.echo(f"        {label}: {value}")
    root = next((item.outputs for item in resources if item.type == ROOT_TYPE), {})
    _print_outputs({key: shown(value, show_secrets) for key, value in root.items()})


@click.command()
@click.argument("output", metavar="[NAME]", required=False)
@stack_option
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")
@click.option("--shell", is_flag=True, help="Print lines that a shell can take.")
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
def output(output: str | None, name: str | None, as_json: bool, shell: bool, show_secrets: bool) -> None:
    """Print what a stack exports, or one value of it.

    \b
    dataarts stack output
    dataarts stack output bucket
    dataarts stack output --json --stack prod
    eval "$(dataarts stack output --shell)"
    """
    if as_json and shell:
        raise click.UsageError("--json or --shell, not both")
    outputs = outputs_of(pick(name))
    printed = {key: shown(value, show_secrets) for key, value in outputs.items()}
    if output is not None and output not in printed:
        raise ConfigError(f"the stack exports no {output!r}", hint=f"It exports {', '.join(printed) or 'nothing'}.")
    wanted = printed if output is None else {output: printed[output]}
    if as_json:
        click.echo(json.dumps(printed if output is None else printed[output], indent=2))
    elif shell:
        for key, value in wanted.items():
            click.echo(f"{key}={shlex.quote(_text(value))}")
    elif output is not None:
        click.echo(_text(printed[output]))
    else:
        _print_outputs(printed)


@click.command()
@stack_option
@formats
@click.option("--full-dates", is_flag=True, help="Accepted: dates are always full.", expose_value=False)
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True, help="Which page.")
@click.option("--page-size", type=click.IntRange(min=1), default=10, show_default=True, help="Updates on a page.")
@click.option("--show-secrets", is_flag=True, help="Print configured secrets in clear.")
def history(
    name: str | None,
    as_json: bool,
    output_format: str,
    page: int,
    page_size: int,
    show_secrets: bool,
) -> None:
    """List the updates of a stack, the last one first.

    \b
    dataarts stack history
    dataarts stack history --page-size 50 --json
    """
    chosen = pick(name)
    updates = list(read_updates(existing(chosen)))[(page - 1) * page_size : page * page_size]
    if as_json or output_format == "json":
        vault = Vault(chosen.file.provider, chosen.keyring)
        rows = [_row(update, vault if show_secrets else None, chosen.file.path) for update in updates]
        click.echo(json.dumps(rows, indent=2))
        return
    for update in updates:
        counts = ", ".join(f"{count} {op}" for op, count in update.changes.items())
        moment = datetime.fromtimestamp(update.end_s, UTC).isoformat(sep=" ").partition("+")[0]
        took_s = update.end_s - update.start_s
        click.echo(f"{moment}  {update.kind:<8} {update.result:<10} {took_s:>5} s  {counts}  {update.message}".rstrip())


@click.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@stack_option
@click.option("--dependency-edge-color", default="#246C60", show_default=True, help="Colour of dependencies.")
@click.option("--parent-edge-color", default="#AA6639", show_default=True, help="Colour of parents.")
@click.option("--ignore-dependency-edges", is_flag=True, help="Leave dependencies out.")
@click.option("--ignore-parent-edges", is_flag=True, help="Leave parents out.")
@click.option("--short-node-name", is_flag=True, help="Label nodes by their names, not their URNs.")
@click.option("--dot-fragment", default="", help="DOT to put at the top of the graph.")
def graph(path: Path, name: str | None, short_node_name: bool, **look: Any) -> None:
    """Write the dependency graph as a DOT file.

    \b
    dataarts stack graph stack.dot --short-node-name
    dataarts graph stack.svg                                 a picture, without Graphviz
    """
    chosen = pick(name)
    resources = runs.load(existing(chosen), chosen.keyring).snapshot.resources
    labels = (urns.parse(item.urn).name if short_node_name else item.urn for item in resources)
    nodes = [f"    Resource{number} [label={json.dumps(label)}];" for number, label in enumerate(labels)]
    head = ["strict digraph {", *([f"    {look['dot_fragment']}"] if look["dot_fragment"] else [])]
    path.write_text("\n".join([*head, *nodes, *_edges(resources, look), "}", ""]))
    click.echo(f"wrote {path}")


def _edges(resources: Sequence[ResourceState], look: dict[str, Any]) -> Iterator[str]:
    numbers = {item.urn: number for number, item in enumerate(resources)}
    for item in resources:
        found = (pointer for pointer in references(item) if pointer.field != "provider")
        for is_parent, urn in dict.fromkeys((pointer.field == "parent", pointer.urn) for pointer in found):
            colour = look["parent_edge_color" if is_parent else "dependency_edge_color"]
            is_left_out = look["ignore_parent_edges" if is_parent else "ignore_dependency_edges"]
            if urn in numbers and not is_left_out:
                yield f"    Resource{numbers[urn]} -> Resource{numbers[item.urn]} [color={json.dumps(colour)}];"


def _row(update: Update, vault: Vault | None, path: Path) -> dict[str, Any]:
    return {
        "kind": update.kind,
        "startTime": iso(update.start_s),
        "message": update.message,
        "environment": update.environment,
        "config": {key: config_row(key, value, vault, path) for key, value in update.config.items()},
        "result": update.result,
        "endTime": iso(update.end_s),
        "resourceChanges": update.changes,
    }


def config_row(key: str, value: Any, vault: Vault | None, path: Path) -> dict[str, Any]:
    """Return a configuration value as the official JSON has it; without a vault, a secret has no value."""
    is_secret = configs.has_sealed(value)
    if is_secret and vault is None:
        return {"secret": True}
    clear = configs.unseal({key: value}, vault, path)[key] if vault is not None else value
    row = {"value": configs.text_of(clear)}
    return {**row, **({"objectValue": clear} if isinstance(clear, dict | list) else {}), "secret": is_secret}


def _print_outputs(shown: dict[str, Any]) -> None:
    click.echo("1 output" if len(shown) == 1 else f"{len(shown)} outputs")
    for key, value in sorted(shown.items()):
        click.echo(f"    {key:<24} {_text(value)}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def shown(value: Any, show_secrets: bool) -> Any:
    """Return a value with its secrets in clear, or hidden."""
    if show_secrets:
        return plain(value)
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, dict):
        return {key: shown(item, show_secrets) for key, item in value.items()}
    return [shown(item, show_secrets) for item in value] if isinstance(value, list) else value


COMMANDS: dict[str, click.Command] = {"output": output, "history": history, "graph": graph}
