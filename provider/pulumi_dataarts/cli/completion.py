"""`dataarts completion`: the shell's half of it, and what it is offered: stacks, URNs, codes."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from pulumi_dataarts.errors import ConfigError, ProvisionError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print a script that makes the shell complete commands, flags, stacks, URNs and templates.

    \b
    dataarts completion bash > ~/.local/share/bash-completion/completions/dataarts
    dataarts completion zsh  > "${fpath[1]}/_dataarts"
    dataarts completion fish > ~/.config/fish/completions/dataarts.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise ConfigError(f"there is no completion for {shell}")
    root = click.get_current_context().find_root().command
    click.echo(kind(root, {}, "dataarts", "_DATAARTS_COMPLETE").source())


def stacks(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the stacks that have a file beside Pulumi.yaml, or a state in a folder. Nothing is imported for it."""
    folder = _project_folder()
    if folder is None:
        return []
    names = {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml")}
    names |= {path.stem for path in _states(folder)}
    return _starting(names, incomplete)


def urns(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the URNs in the states that lie in a folder."""
    found: set[str] = set()
    for path in _states(_project_folder() or Path()):
        with suppress(OSError, ValueError, KeyError, TypeError):
            latest = json.loads(path.read_text(encoding="utf-8"))["checkpoint"]["latest"] or {}
            found |= {str(row["urn"]) for row in latest.get("resources") or ()}
    return _starting(found, incomplete)


def codes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the codes that `explain` knows."""
    from pulumi_dataarts.huawei.codes import meanings

    return _starting({item.code for item in meanings().values()}, incomplete)


def _starting(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in sorted(words) if word.startswith(incomplete)]


def _project_folder() -> Path | None:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), None)


def _states(folder: Path) -> list[Path]:
    """Return the state files of a local backend. A remote one is not asked while somebody types."""
    with suppress(ProvisionError):
        url = os.environ.get("PULUMI_BACKEND_URL", "file://.state")
        if url.startswith("file://"):
            root = folder / url.removeprefix("file://").removeprefix("~/")
            return sorted(root.glob(".pulumi/stacks/*/*.json"))
    return []
