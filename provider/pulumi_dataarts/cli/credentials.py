"""`dataarts credentials`: the key of the moment, for tools beside this one, such as state in OBS."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import choose
from pulumi_dataarts.errors import ConfigError

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.temporary import Key


@click.command()
@stack_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "shell", "github"]),
    default="json",
    show_default=True,
    help="As IAM answers; as `export` lines of AWS_...; or for the steps of a GitHub job that follow.",
)
def credentials(name: str | None, form: str) -> None:
    """Print the access key that the stack's services are called with, a temporary one if it is got for a while.

    State in OBS (`s3://`) takes its key from AWS_ACCESS_KEY_ID and so on, as the official CLI does.

    \b
    eval "$(dataarts credentials --stack prod --format shell)"
    dataarts credentials --stack prod --format github          within a GitHub job
    """
    from pulumi_dataarts.huawei.session import open_session

    if sys.stdout.isatty():
        raise ConfigError("a secret is not printed on a terminal", hint="Pipe it to what needs it.")
    key = open_session(choose(name).config().texts.get).key()
    if form == "json":
        click.echo(json.dumps({"credential": {"access": key.access, "secret": key.secret, "securitytoken": key.token}}))
    elif form == "shell":
        click.echo("".join(f"export {name}={shlex.quote(value)}\n" for name, value in _variables(key)), nl=False)
    else:
        _to_github(key)


def _variables(key: Key) -> list[tuple[str, str]]:
    found = [("AWS_ACCESS_KEY_ID", key.access), ("AWS_SECRET_ACCESS_KEY", key.secret)]
    return [*found, ("AWS_SESSION_TOKEN", key.token)] if key.token else found


def _to_github(key: Key) -> None:
    """Hide the secrets in the job's log, and give all to its later steps.

    Source: docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
    """
    path = os.environ.get("GITHUB_ENV")
    if not path:
        raise ConfigError("GITHUB_ENV is not set: this is no GitHub job", hint="Use --format shell.")
    for secret in filter(None, (key.secret, key.token)):
        click.echo(f"::add-mask::{secret}")
    with Path(path).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in _variables(key))
