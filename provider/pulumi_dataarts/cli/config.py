"""`dataarts config`: a stack's configuration, secrets included."""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from typing import Any

import click

from pulumi_dataarts.backend import configs
from pulumi_dataarts.backend.projects import full_key
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import Chosen, choose, with_salt
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model import paths


@click.group(invoke_without_command=True)
@stack_option
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def config(ctx: click.Context, name: str | None, show_secrets: bool, as_json: bool) -> None:
    """Read and change a stack's configuration; without a command, list it.

    \b
    dataarts config set dataarts:region cn-north-4
    dataarts config set --secret mysqlPassword
    dataarts config get dataarts:endpoint
    """
    ctx.obj = name
    if ctx.invoked_subcommand is not None:
        return
    chosen = choose(name)
    shown = {
        key: {"value": _text(key, value, chosen, show_secrets), "secret": configs.has_sealed(value)}
        for key, value in sorted(chosen.file.values.items())
    }
    if as_json:
        click.echo(json.dumps(shown, indent=2))
    else:
        for key, entry in shown.items():
            click.echo(f"{key:<36} {entry['value']}")


@config.command("set")
@click.argument("key")
@click.argument("value", required=False)
@click.option("--secret", is_flag=True, help="Encrypt the value with the stack's passphrase.")
@click.option("--plaintext", is_flag=True, help="Store it in clear even if it looks like a secret.")
@click.option("--path", is_flag=True, help="KEY is a path into an object: servers[0].host")
@stack_option
@click.pass_obj
def set_value(
    outer: str | None, key: str, value: str | None, secret: bool, plaintext: bool, path: bool, name: str | None
) -> None:
    """Set a key. Without VALUE it is asked for, or read from standard input."""
    chosen = choose(name or outer)
    if value is None:
        value = _asked(key, secret)
    if secret:
        chosen = with_salt(chosen)
    elif not plaintext and _looks_secret(key):
        raise ConfigError(
            f"{key} looks like a secret", hint="Add --secret to encrypt it, or --plaintext if it is none."
        )
    if secret:
        stored: Any = configs.seal(value, Vault(chosen.file.provider, chosen.keyring))
    else:
        stored = configs.coerce(value) if path else value
    (chosen.file.with_path(key, stored) if path else chosen.file.with_value(key, stored)).save()


@config.command("get")
@click.argument("key")
@click.option("--path", is_flag=True, help="KEY is a path into an object.")
@stack_option
@click.pass_obj
def get_value(outer: str | None, key: str, path: bool, name: str | None) -> None:
    """Print a key's value, in clear if it is secret."""
    chosen = choose(name or outer)
    first, *steps = paths.parse(key) if path else (key,)
    known = full_key(str(first), chosen.place.project.name)
    value = paths.get(chosen.file.values.get(known), tuple(steps))
    if value is None:
        near = get_close_matches(known, chosen.file.values, n=1)
        raise ConfigError(
            f"{chosen.file.path} has no {known}",
            hint=f"Did you mean {near[0]}?" if near else "`dataarts config` lists them.",
        )
    click.echo(_text(known, value, chosen, show_secrets=True))


@config.command("rm")
@click.argument("key")
@click.option("--path", is_flag=True, help="KEY is a path into an object.")
@stack_option
@click.pass_obj
def rm_value(outer: str | None, key: str, path: bool, name: str | None) -> None:
    """Remove a key."""
    file = choose(name or outer).file
    (file.without_path(key) if path else file.without(key)).save()


def _asked(key: str, secret: bool) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(key, hide_input=secret, err=True))
    return sys.stdin.read().rstrip("\n")


def _looks_secret(key: str) -> bool:
    word = key.rpartition(":")[2].lower()
    return any(part in word for part in ("password", "secretkey", "secret_key", "token"))


def _text(key: str, value: Any, chosen: Chosen, show_secrets: bool) -> str:
    if configs.has_sealed(value) and not show_secrets:
        return "[secret]"
    vault = Vault(chosen.file.provider, chosen.keyring)
    return configs.text_of(configs.unseal({key: value}, vault, chosen.file.path)[key])
