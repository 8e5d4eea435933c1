"""`dataarts config`: a stack's configuration, secrets included."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import click

from pulumi_dataarts.backend import configs, runs
from pulumi_dataarts.backend.configs import StackFile
from pulumi_dataarts.backend.history import read_updates
from pulumi_dataarts.backend.projects import full_key
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.cli.asking import Aliased
from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.stack import copy_config, existing, pick, stack_option
from pulumi_dataarts.cli.stack_views import config_row
from pulumi_dataarts.cli.wiring import Chosen, choose, with_salt
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model import paths

ALIASES = {
    "remove": "rm",
    "delete": "rm",
    "copy": "cp",
    "remove-all": "rm-all",
    "delete-all": "rm-all",
}
_CONVERSIONS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "int": int,
    "float": float,
    "bool": lambda text: {"true": True, "false": False}[text],
}

path_option = click.option("--path", is_flag=True, help="KEY is a path into an object: servers[0].host")


@click.group(cls=Aliased, invoke_without_command=True, aliases=ALIASES)
@stack_option
@click.option("--show-secrets", is_flag=True, help="Print secrets in clear.")
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def config(ctx: click.Context, name: str | None, show_secrets: bool, as_json: bool) -> None:
    """Read and change a stack's configuration; without a command, list it.

    \b
    dataarts config set dataarts:region cn-north-4
    dataarts config set --secret mysqlPassword
    dataarts config get dataarts:endpoint
    """
    if ctx.invoked_subcommand is not None:
        return
    chosen = pick(name)
    vault = _vault(chosen) if show_secrets else None
    rows = {key: config_row(key, value, vault, chosen.file.path) for key, value in sorted(chosen.file.values.items())}
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for key, row in rows.items():
        click.echo(f"{key.removeprefix(f'{chosen.stack.project}:'):<36} {row.get('value', '[secret]')}")


@config.command("set")
@click.argument("key")
@click.argument("value", required=False)
@click.option("--secret", is_flag=True, help="Encrypt the value with the stack's passphrase.")
@click.option("--plaintext", is_flag=True, help="Store it in clear even if it looks like a secret.")
@path_option
@click.option("--raw", is_flag=True, help="Keep the line feeds at the end of what standard input has.")
@click.option("--type", "kind", type=click.Choice(list(_CONVERSIONS)), help="Store the value as this type.")
@stack_option
def set_value(
    key: str,
    value: str | None,
    secret: bool,
    plaintext: bool,
    path: bool,
    raw: bool,
    kind: str | None,
    name: str | None,
) -> None:
    """Set a key. Without VALUE it is asked for, or read from standard input.

    \b
    dataarts config set dataarts:region cn-north-4
    dataarts config set --secret mysqlPassword                      asks for it
    dataarts config set --secret mysqlPassword < password.txt
    dataarts config set --path 'dataarts:endpoints.cdm' https://cdm.example.com
    dataarts config set extractors 4 --type int --stack prod
    """
    if secret and plaintext:
        raise click.UsageError("--secret or --plaintext, not both")
    chosen = pick(name)
    text = _asked(key, secret, raw) if value is None else value
    if not secret and not plaintext and _looks_secret(key):
        raise ConfigError(
            f"{key} looks like a secret", hint="Add --secret to encrypt it, or --plaintext if it is none."
        )
    chosen = with_salt(chosen) if secret else chosen
    stored = _sealed(chosen, text) if secret else _converted(text, kind, path)
    _with(chosen.file, key, stored, path).save()


@config.command("set-all")
@click.option("--secret", "secrets", multiple=True, metavar="KEY=VALUE", help="Encrypt this value.")
@click.option("--plaintext", "plain", multiple=True, metavar="KEY=VALUE", help="Store this value in clear.")
@click.option("--path", is_flag=True, help="Each KEY is a path into an object.")
@stack_option
def set_all(secrets: tuple[str, ...], plain: tuple[str, ...], path: bool, name: str | None) -> None:
    """Set several keys at once.

    \b
    dataarts config set-all --plaintext dataarts:region=cn-north-4 --plaintext extractors=4
    dataarts config set-all --secret mysqlPassword=s3cret --stack dev
    """
    chosen = pick(name)
    chosen = with_salt(chosen) if secrets else chosen
    file = chosen.file
    for given, is_secret in [*((item, False) for item in plain), *((item, True) for item in secrets)]:
        key, separator, text = given.partition("=")
        if not separator:
            raise click.UsageError(f"{key} has no value: write {key}=VALUE")
        file = _with(file, key, _sealed(chosen, text) if is_secret else _converted(text, None, path), path)
    file.save()


@config.command("get")
@click.argument("key")
@path_option
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")
@stack_option
def get_value(key: str, path: bool, as_json: bool, name: str | None) -> None:
    """Print a key's value, in clear if it is secret.

    \b
    dataarts config get dataarts:endpoint
    dataarts config get mysqlPassword --stack prod
    dataarts config get --path 'dataarts:endpoints.cdm' --json
    """
    chosen = pick(name)
    first, *steps = _parsed(key) if path else (key,)
    known = full_key(str(first), chosen.place.project.name)
    value = paths.get(chosen.file.values.get(known), tuple(steps))
    if value is None:
        near = get_close_matches(known, chosen.file.values, n=1)
        raise ConfigError(
            f"{chosen.file.path} has no {known}",
            hint=f"Did you mean {near[0]}?" if near else "`dataarts config` lists them.",
        )
    row = config_row(known, value, _vault(chosen), chosen.file.path)
    click.echo(json.dumps(row, indent=2) if as_json else row["value"])


@config.command("rm")
@click.argument("key")
@path_option
@stack_option
def rm_value(key: str, path: bool, name: str | None) -> None:
    """Remove a key.

    \b
    dataarts config rm extractors
    dataarts config rm --path 'dataarts:endpoints.cdm'
    """
    _without(pick(name).file, key, path).save()


@config.command("rm-all")
@click.argument("keys", nargs=-1, required=True)
@click.option("--path", is_flag=True, help="Each KEY is a path into an object.")
@stack_option
def rm_all(keys: tuple[str, ...], path: bool, name: str | None) -> None:
    """Remove several keys at once.

    \b
    dataarts config rm-all extractors mysqlPassword --stack dev
    """
    file = pick(name).file
    for key in keys:
        file = _without(file, key, path)
    file.save()


@config.command("cp")
@click.argument("key", required=False)
@click.option("--dest", "-d", required=True, type=STACK, help="Copy to this stack.")
@path_option
@stack_option
def cp(key: str | None, dest: str, path: bool, name: str | None) -> None:
    """Copy a stack's configuration to another's, or one key of it. Secrets are encrypted for the other.

    \b
    dataarts config cp --stack dev --dest staging                  all of it
    dataarts config cp mysqlPassword --stack staging --dest prod
    """
    source = pick(name)
    target = choose(dest, source.place)
    if target.stack == source.stack:
        raise ConfigError(f"{dest} is the stack to copy from", hint="Name another one with --dest.")
    if key is None:
        copy_config(source, target)
        return
    known = full_key(str(_parsed(key)[0]) if path else key, source.place.project.name)
    if known not in source.file.values:
        raise ConfigError(f"{source.file.path} has no {known}", hint="`dataarts config` lists them.")
    if path:
        _copy_path(source, target, key)
    else:
        copy_config(source, target, (known,))


@config.command("refresh")
@click.option("--force", "-f", is_flag=True, help="Keep no copy of the file as it is.")
@stack_option
def refresh(force: bool, name: str | None) -> None:
    """Make the configuration file what the last update of the stack was run with.

    \b
    dataarts config refresh
    dataarts config refresh --stack prod --force
    """
    chosen = pick(name)
    target = existing(chosen)
    # What was imported or edited by hand was not run with any configuration.
    last = next((update for update in read_updates(target) if update.kind != "import"), None)
    if last is None:
        raise ConfigError(f"stack {target.name} has no update yet", hint="`dataarts up` makes the first one.")
    path = chosen.file.path
    if path.exists() and not force:
        shutil.copy(path, f"{path}.bak")
        click.echo(f"the file as it was is {path}.bak", err=True)
    _restored(chosen, last.config).save()
    click.echo(f"{path} has the configuration of the last {last.kind}")


def _restored(chosen: Chosen, values: dict[str, Any]) -> StackFile:
    """Return the file with these values and no others; what else it says stays."""
    file = chosen.file
    if file.provider is None and (provider := runs.load(chosen.stack, chosen.keyring).checkpoint.provider):
        file = file.with_provider(provider)
    for key in file.values:
        file = file.without(key)
    for key, value in values.items():
        file = file.with_value(key, value)
    return file


def _copy_path(source: Chosen, target: Chosen, text: str) -> None:
    first, *steps = _parsed(text)
    known = full_key(str(first), source.place.project.name)
    value = paths.get(source.file.values[known], tuple(steps))
    if value is None:
        raise ConfigError(f"{source.file.path} has nothing at {text}", hint="`dataarts config` lists the keys.")
    target = with_salt(target) if configs.has_sealed(value) else target
    target.file.with_path(text, configs.resealed(value, _vault(source), _vault(target))).save()


def _with(file: StackFile, key: str, stored: Any, path: bool) -> StackFile:
    return file.with_path(key, stored) if path else file.with_value(key, stored)


def _without(file: StackFile, key: str, path: bool) -> StackFile:
    return file.without_path(key) if path else file.without(key)


def _sealed(chosen: Chosen, text: str) -> Any:
    return configs.seal(text, _vault(chosen))


def _vault(chosen: Chosen) -> Vault:
    return Vault(chosen.file.provider, chosen.keyring)


def _converted(text: str, kind: str | None, path: bool) -> Any:
    if kind is None:
        return configs.coerce(text) if path else text
    try:
        return _CONVERSIONS[kind](text)
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{text!r} is no {kind}", hint="Leave --type out to store it as it is.") from error


def _parsed(text: str) -> paths.Path:
    try:
        return paths.parse(text)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _asked(key: str, secret: bool, raw: bool) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(key, hide_input=secret, err=True))
    text = sys.stdin.read()
    return text if raw else text.rstrip("\n")


def _looks_secret(key: str) -> bool:
    word = key.rpartition(":")[2].lower()
    return any(part in word for part in ("password", "secretkey", "secret_key", "token"))
