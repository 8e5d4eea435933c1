"""`dataarts ci`: workflows that preview pull requests, carry out what was reviewed, promote, and look for drift."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.wiring import choose_all
from pulumi_dataarts.errors import ConfigError

TEMPLATES: Final = Path(__file__).parent / "templates" / "ci"
FOLDERS: Final = {"github": Path(".github/workflows"), "gitlab": Path()}
_PROMOTION: Final = "dataarts-promote.yml"
_PLACE: Final = "__STACKS__"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")


@click.command()
@click.argument("service", type=click.Choice(list(FOLDERS)))
@click.option(
    "--stack",
    "-s",
    "stacks",
    multiple=True,
    type=STACK,
    help="A stack, in order of promotion. [default: all there are]",
)
@click.option("--force", "-f", is_flag=True, help="Overwrite files that are there.")
def ci(service: str, stacks: tuple[str, ...], force: bool) -> None:
    """Write workflows for GitHub Actions or GitLab CI.

    \b
    dataarts ci github --stack dev --stack staging --stack prod
    """
    known = choose_all("*")
    names = stacks or tuple(chosen.stack.name for chosen in known)
    if odd := [name for name in names if not _NAME.fullmatch(name)]:
        raise ConfigError(f"{odd[0]!r} cannot be a stack's name")
    folder = known[0].place.project.folder / FOLDERS[service]
    for path, text in files(service, names).items():
        _write(folder / path, text, force=force)


def files(service: str, stacks: tuple[str, ...]) -> dict[str, str]:
    """Return the workflows of a service by file name, made out for these stacks.

    A project with one stack has nowhere to promote to.
    """
    templates = sorted(path for path in (TEMPLATES / service).iterdir() if path.suffix == ".yml")
    if len(stacks) == 1:
        templates = [path for path in templates if path.name != _PROMOTION]
    return {path.name: path.read_text(encoding="utf-8").replace(_PLACE, ", ".join(stacks)) for path in templates}


def _write(path: Path, text: str, *, force: bool) -> None:
    if path.exists() and path.read_text(encoding="utf-8") != text and not force:
        raise ConfigError(f"{path} is there already, and differs", hint="--force overwrites it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    click.echo(f"wrote {path}")
