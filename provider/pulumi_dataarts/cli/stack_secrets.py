"""`dataarts stack change-secrets-provider`: another passphrase, or another key service, in place."""

from __future__ import annotations

import sys

import click

from pulumi_dataarts.backend import passphrase
from pulumi_dataarts.backend.rekeying import either, reencrypt
from pulumi_dataarts.cli.stack import existing, pick, stack_option
from pulumi_dataarts.cli.wiring import Chosen, is_interactive
from pulumi_dataarts.errors import ConfigError


@click.command("change-secrets-provider")
@click.argument("new", metavar="passphrase|URL")
@stack_option
def change_secrets_provider(new: str, name: str | None) -> None:
    """Encrypt a stack's state and file with another passphrase, or by a key service that is installed.

    The new passphrase is asked for, or read from standard input; the one so far comes from where it always does. What
    was cut off is ended by the same command. Backups and history stay encrypted as they were.

    \b
    dataarts stack change-secrets-provider passphrase --stack staging
    dataarts stack change-secrets-provider passphrase < new-passphrase
    """
    chosen = pick(name)
    target = existing(chosen)
    if "://" in new:
        from pulumi_dataarts.backend import keyservices

        provider, keyring = keyservices.new_provider(new), chosen.keyring
    elif new in ("default", passphrase.TYPE):
        phrase = _new_phrase(chosen)
        provider = passphrase.new_provider(phrase)
        keyring = either(chosen.keyring, passphrase.keyring(lambda: phrase))
    else:
        raise ConfigError(f"{new!r} encrypts nothing here", hint="It is `passphrase`, or the URL of a key service.")
    reencrypt(target, chosen.file, provider, keyring, note=lambda text: click.echo(f"note: {text}", err=True))
    click.echo(f"stack {target.name} is encrypted anew, its state and {chosen.file.path.name}")
    if provider.type == passphrase.TYPE:
        click.echo("from now on PULUMI_CONFIG_PASSPHRASE is the new one", err=True)


def _new_phrase(chosen: Chosen) -> str:
    """Return the new passphrase: asked for, twice, or the first line of standard input."""
    if is_interactive():
        question = f"new passphrase of stack {chosen.stack.name}"
        again = "the same once more"
        return str(click.prompt(question, hide_input=True, confirmation_prompt=again, err=True))
    line = "" if sys.stdin.isatty() else sys.stdin.readline()
    if not line:
        raise ConfigError(
            "there is no new passphrase", hint="Give it on standard input: … passphrase < file-with-the-new-one"
        )
    return line.rstrip("\r\n")


COMMANDS: dict[str, click.Command] = {"change-secrets-provider": change_secrets_provider}
