"""`dataarts state list|show`: what a state holds, resource by resource."""

from __future__ import annotations

import json
from dataclasses import fields

import click

from pulumi_dataarts.backend import runs
from pulumi_dataarts.cli.kinds import URN
from pulumi_dataarts.cli.stack import existing, pick, stack_option
from pulumi_dataarts.cli.stack_views import shown
from pulumi_dataarts.model import edits
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot

_FLAGS = {
    "protect": "protected",
    "external": "not ours",
    "retain_on_delete": "retained",
    "taint": "tainted",
    "delete": "to be deleted",
    "pending_replacement": "to be made anew",
}


@click.command("list")
@stack_option
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")
def list_resources(name: str | None, as_json: bool) -> None:
    """List the URNs in a state, and what has been begun and not ended.

    \b
    dataarts state list
    dataarts state list --stack prod --json
    """
    snapshot = _snapshot(name)
    rows = [{"urn": state.urn, "id": state.id, "flags": _flags(state)} for state in snapshot.resources]
    rows += [{"urn": item.resource.urn, "id": "", "flags": [f"pending: {item.type}"]} for item in snapshot.pending]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['urn']}{''.join(f'  [{flag}]' for flag in row['flags'])}")


@click.command()
@click.argument("urn", type=URN)
@stack_option
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
def show(urn: str, name: str | None, show_secrets: bool) -> None:
    """Print one resource, by URN or by a name that only one has, as JSON.

    \b
    dataarts state show load-orders
    dataarts state show load-orders --stack prod --show-secrets
    """
    state = edits.find(_snapshot(name), urn)
    document = {field.name: getattr(state, field.name) for field in fields(state)}
    click.echo(json.dumps({key: shown(value, show_secrets) for key, value in document.items() if value}, indent=2))


def _snapshot(name: str | None) -> Snapshot:
    chosen = pick(name)
    return runs.load(existing(chosen), chosen.keyring).snapshot


def _flags(state: ResourceState) -> list[str]:
    return [text for field, text in _FLAGS.items() if getattr(state, field)]


COMMANDS: dict[str, click.Command] = {"list": list_resources, "show": show}
