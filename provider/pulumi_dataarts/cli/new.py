"""`dataarts new`: a project that runs at once, offline, with its tests and its workflows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click

from pulumi_dataarts.backend.configs import StackFile, read_stack_file, seal
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.cli.asking import yes_option
from pulumi_dataarts.cli.wiring import PUBLIC_PASSPHRASE, PUBLIC_STACK
from pulumi_dataarts.errors import ConfigError

TEMPLATES: Final = Path(__file__).parent / "templates" / "new"
SCHEMA: Final = Path(".dataarts/config.schema.json")
_COMMON: Final = "common"
_SUFFIX: Final = ".j2"
_RENAMED: Final = {"gitignore": ".gitignore"}
"""Files that a tool would heed where they stand in the package."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")
_PREFIX: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Template:
    """A beginning: what it is, the stacks it comes with, what it asks for, and samples of its secrets."""

    summary: str
    questions: Mapping[str, str]
    stacks: tuple[str, ...] = (PUBLIC_STACK,)
    secrets: tuple[str, ...] = ()


_BUCKETS: Final = {"prefix": "Start of every bucket's name, unique in all of OBS"}
_DATABASE: Final = {**_BUCKETS, "database_host": "Host of the MySQL database to read from"}
_KEYS: Final = ("databasePassword", "obsSecretKey")
TEMPLATE: Final[Mapping[str, Template]] = {
    "lake": Template("From MySQL to OBS by CDM, then SQL every night by DataArts Factory.", _DATABASE, secrets=_KEYS),
    "ingest": Template("A MySQL table to OBS by CDM, once now and every night.", _DATABASE, secrets=_KEYS),
    "stream": Template("A Flink SQL job on DLI, imported and kept running.", _BUCKETS),
    "promotion": Template(
        "One bundle of DataArts Factory jobs for dev, staging and prod.", _BUCKETS, (PUBLIC_STACK, "staging", "prod")
    ),
    "empty": Template("A program without resources.", {}),
}


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--template", "-t", "kind", type=click.Choice(list(TEMPLATE)), help="What to begin with. [default: lake]")
@click.option("--name", "-n", help="Name of the project. [default: the folder's]")
@click.option("--ci", "service", type=click.Choice(["github", "gitlab"]), help="Write workflows as well.")
@click.option("--list", "-l", "is_listing", is_flag=True, help="Show the templates.")
@click.option("--force", "-f", is_flag=True, help="Write into a folder that is not empty, over what is there.")
@yes_option
def new(
    folder: Path, kind: str | None, name: str | None, service: str | None, is_listing: bool, force: bool, yes: bool
) -> None:
    """Write a project that runs at once on the embedded cloud, into FOLDER or into this one.

    \b
    dataarts new                                     asks what it needs
    dataarts new orders --template ingest --yes      takes the defaults
    dataarts new orders -t promotion --ci github     with workflows
    dataarts new --list
    """
    if is_listing:
        for title, template in TEMPLATE.items():
            click.echo(f"{title:<10} {template.summary}")
        return
    _refuse_full(folder, force=force)
    kind = kind or _asked("Template", "lake", yes=yes, choices=list(TEMPLATE))
    template = TEMPLATE[kind]
    answers = _answers(folder, template, name, yes=yes)
    written = write(folder, kind, answers)
    if service:
        written += _workflows(folder, service, template.stacks)
    for path in written:
        click.echo(f"wrote {path.relative_to(folder)}", err=True)
    click.echo(_next(folder))


def write(folder: Path, kind: str, answers: Mapping[str, str]) -> list[Path]:
    """Write a template's files, and return their paths. Secrets are samples, encrypted with the public passphrase."""
    template = TEMPLATE[kind]
    values = {"summary": template.summary, "version": version("pulumi-dataarts"), "kind": kind, **answers}
    files = {path: text for part in (_COMMON, kind) for path, text in _rendered(part, values)}
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    _sealed(read_stack_file(folder / f"Pulumi.{PUBLIC_STACK}.yaml", answers["name"]), template.secrets).save()
    (folder / SCHEMA).parent.mkdir(exist_ok=True)
    (folder / SCHEMA).write_text(json.dumps(_schema(folder), indent=2) + "\n", encoding="utf-8")
    return sorted(folder / path for path in [*files, SCHEMA])


def _rendered(part: str, values: Mapping[str, str]) -> list[tuple[Path, str]]:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(TEMPLATES)
    # What is written is code and YAML, no HTML; the values are checked before.
    environment = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    found = []
    for path in sorted((TEMPLATES / part).rglob(f"*{_SUFFIX}")):
        place = path.relative_to(TEMPLATES / part)
        name = place.name.removesuffix(_SUFFIX)
        text = environment.get_template(path.relative_to(TEMPLATES).as_posix()).render(values)
        found.append((place.with_name(_RENAMED.get(name, name)), text))
    return found


def _answers(folder: Path, template: Template, name: str | None, *, yes: bool) -> dict[str, str]:
    """Return the values of the template. Raises ConfigError for one that cannot stand where it is put."""
    default = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.absolute().name).strip("-._") or "dataarts"
    name = name or _asked("Name of the project", default, yes=yes)
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a project's name", hint="Letters, digits, `-`, `_` and `.`: --name orders"
        )
    defaults = {
        "prefix": re.sub(r"[^a-z0-9]+", "-", name.lower())[:30].strip("-"),
        "database_host": "mysql.shop.example",
    }
    answers = {"name": name}
    for key, question in template.questions.items():
        answers[key] = _asked(question, defaults[key], yes=yes)
    if "prefix" in answers and not _PREFIX.fullmatch(answers["prefix"]):
        raise ConfigError(f"{answers['prefix']!r} cannot begin a bucket's name", hint="Lower case, digits and `-`.")
    if not re.fullmatch(r"[A-Za-z0-9._-]*", answers.get("database_host", "")):
        raise ConfigError(f"{answers['database_host']!r} is no host")
    return answers


def _asked(question: str, default: str, *, yes: bool, choices: list[str] | None = None) -> str:
    from pulumi_dataarts.cli.wiring import is_interactive

    if yes:
        return default
    if not is_interactive():
        raise ConfigError("nobody can be asked here", hint="Add --yes to take the defaults.")
    kind = click.Choice(choices) if choices else None
    return str(click.prompt(question, default=default, type=kind, err=True))


def _sealed(file: StackFile, secrets: tuple[str, ...]) -> StackFile:
    """Return the file with an encryption salt of its own, and a sample for each secret."""
    from pulumi_dataarts.backend import passphrase

    provider = passphrase.new_provider(PUBLIC_PASSPHRASE)
    vault = Vault(provider, passphrase.keyring(lambda: PUBLIC_PASSPHRASE))
    file = file.with_salt(str(provider.state["salt"]))
    for key in secrets:
        file = file.with_value(key, seal("sample", vault))
    return file


def _schema(folder: Path) -> dict[str, Any]:
    from pulumi_dataarts.backend.projects import read_project
    from pulumi_dataarts.cli.schemas import config_schema

    return config_schema(read_project(folder / "Pulumi.yaml"))


def _workflows(folder: Path, service: str, stacks: tuple[str, ...]) -> list[Path]:
    from pulumi_dataarts.cli import ci

    written = []
    for name, text in ci.files(service, stacks).items():
        path = folder / ci.FOLDERS[service] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _refuse_full(folder: Path, *, force: bool) -> None:
    there = [path.name for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []
    if there and not force:
        raise ConfigError(
            f"{folder.absolute()} is not empty ({', '.join(sorted(there)[:3])})",
            hint="Name a new folder, `dataarts new orders`, or add --force to write over what is there.",
        )


def _next(folder: Path) -> str:
    there = "" if folder == Path() else f"cd {folder} && "
    return (
        f"\n next: {there}dataarts preview      what would be made\n"
        f"       {there}dataarts up           make it, on the embedded cloud of this machine\n"
        f"       {there}pytest                the same, as a test"
    )
