"""What the commands work on: the project at hand, its backend, the chosen stack, and what opens its secrets."""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.backend import passphrase, stacks, workspaces
from pulumi_dataarts.backend.blobs import Blobs, open_backend
from pulumi_dataarts.backend.configs import Config, StackFile, merge, read_stack_file
from pulumi_dataarts.backend.projects import Project, find_project
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.backend.vaults import Keyring, SecretsProvider
from pulumi_dataarts.cli.app import NON_INTERACTIVE
from pulumi_dataarts.errors import ConfigError, StackNotFound
from pulumi_dataarts.huawei import keys

if TYPE_CHECKING:
    from pulumi_dataarts.release.manifest import Manifest

PUBLIC_STACK: Final = "dev"
PUBLIC_PASSPHRASE: Final = "embedded"  # noqa: S105 - public by design: it guards samples on the embedded cloud
DEFAULT_BACKEND: Final = "file://.state"
ENDPOINT: Final = "dataarts:endpoint"
RELEASE: Final = "dataarts:release"


@dataclass(frozen=True)
class Workplace:
    """The project of the current folder and the backend that keeps its stacks."""

    project: Project
    url: str
    blobs: Blobs

    def stack(self, name: str) -> Stack:
        """Return a stack by name, whether it exists or not."""
        return Stack(self.blobs, *stacks.parse_reference(name, self.project.name))


@dataclass(frozen=True)
class Running:
    """The project whose program and declarations of configuration a stack goes by; with its release, if it has one."""

    project: Project
    release: Manifest | None = None


@dataclass(frozen=True)
class Chosen:
    """The stack that a command is about, with its configuration file and the key to its secrets."""

    place: Workplace
    stack: Stack
    file: StackFile
    keyring: Keyring
    phrase: Callable[[], str]

    @cached_property
    def running(self) -> Running:
        """Whose program the stack runs: the working tree's, or that of the release its file names.

        Raises:
            ConfigError, Corrupt: there is no such release, or it is damaged.
        """
        if RELEASE not in self.file.values:
            return Running(self.place.project)
        from pulumi_dataarts.cli.releasing import running

        return running(self)

    def config(self) -> Config:
        """Return the merged configuration, decrypted. Raises ConfigError for what is missing, misspelt or malformed."""
        _refuse_misspelt(self.file)
        return merge(self.running.project, self.file, self.keyring)

    def exists(self) -> bool:
        """Say whether the backend has the stack."""
        return self.stack.checkpoint_key() is not None


def open_workplace() -> Workplace:
    """Find the project from the current folder upwards and open its backend."""
    project = find_project(Path.cwd())
    url = workspaces.backend_url(os.environ, project) or DEFAULT_BACKEND
    is_own = "PULUMI_BACKEND_URL" not in os.environ
    return Workplace(project, url, open_backend(url, cwd=project.folder if is_own else Path.cwd()))


def choose(name: str | None, place: Workplace | None = None) -> Chosen:
    """Return the stack that was named, or the selected one, or the only sensible one.

    Raises:
        StackNotFound: the stack has neither a state nor a configuration file.
    """
    place = place or open_workplace()
    stack = place.stack(name or os.environ.get("PULUMI_STACK") or _selected(place))
    path = place.project.stack_path(stack.name)
    if not path.exists():
        stacks.find_stack(place.blobs, stack.project, stack.name)
    return _opened(place, stack, read_stack_file(path, place.project.name))


def choose_all(pattern: str | None) -> list[Chosen]:
    """Return the stacks whose names match, sorted: one for a plain name, or the selected one without any.

    Raises:
        StackNotFound: none matches.
    """
    place = open_workplace()
    if pattern is None or not set(pattern) & set("*?["):
        return [choose(pattern, place)]
    return [choose(name, place) for name in matching(pattern, place)]


def matching(pattern: str, place: Workplace) -> list[str]:
    """Return the names of the stacks that match, sorted, whether they have a state or only a file.

    Raises:
        StackNotFound: none does.
    """
    project = place.project
    files = project.stack_path("x").parent.glob("Pulumi.*.yaml")
    known = {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files}
    known |= {stack.name for stack in stacks.list_stacks(place.blobs, project.name)}
    if names := sorted(fnmatch.filter(known, pattern)):
        return names
    raise StackNotFound(
        f"no stack of project {project.name!r} matches {pattern!r}",
        hint=f"There are {', '.join(sorted(known)) or 'none'}.",
    )


def create(chosen: Chosen) -> Chosen:
    """Create the chosen stack in its backend."""
    ready = with_salt(chosen)
    stacks.create_stack(ready.place.blobs, ready.stack.project, ready.stack.name, ready.file.provider, now())
    return ready


def with_salt(chosen: Chosen) -> Chosen:
    """Return the stack with an encryption salt in its file, written there now unless something encrypts already."""
    if chosen.file.provider is not None:
        return chosen
    return with_provider(chosen, passphrase.new_provider(chosen.phrase()))


def with_provider(chosen: Chosen, provider: SecretsProvider) -> Chosen:
    """Return the stack with who encrypts its secrets, written into its file."""
    file = chosen.file.with_provider(provider)
    file.save()
    return _opened(chosen.place, chosen.stack, file)


def phrase_of(stack: str, file: StackFile) -> Callable[[], str]:
    """Return what asks for the passphrase, once: the environment, then, for `dev` on the embedded cloud, the public."""

    @cache
    def ask() -> str:
        is_public = stack == PUBLIC_STACK and file.values.get(ENDPOINT) == PUBLIC_PASSPHRASE
        fallback = (lambda: PUBLIC_PASSPHRASE) if is_public else _prompt(stack)
        return passphrase.read_passphrase(os.environ, fallback)

    return ask


def cloud_folder() -> Path:
    """Return the folder of the embedded cloud's data: that of the project, or of the current folder without one."""
    if named := os.environ.get("DATAARTS_CLOUD_DATA"):
        return Path(named)
    try:
        return find_project(Path.cwd()).folder / ".cloud"
    except ConfigError:
        return Path.cwd() / ".cloud"


def now() -> str:
    """Return the time as state files write it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def is_interactive() -> bool:
    """Say whether there is somebody to ask."""
    is_barred = os.environ.get("CI") or os.environ.get(NON_INTERACTIVE)
    return sys.stdin.isatty() and sys.stderr.isatty() and not is_barred


def _refuse_misspelt(file: StackFile) -> None:
    """Raise ConfigError for keys of ours that there are none of, each with its line and what was meant."""
    ours = [key for key in file.values if key.startswith(f"{keys.NAMESPACE}:")]
    found = [
        f"{file.place_of(key)}: {key}: no such key{keys.nearest(key.partition(':')[2], keys.KEYS)}"
        for key in ours
        if key.partition(":")[2] not in keys.KEYS
    ]
    if found:
        raise ConfigError("\n".join(found), hint="`dataarts schema config` has them all, for editors too.")


def _opened(place: Workplace, stack: Stack, file: StackFile) -> Chosen:
    phrase = phrase_of(stack.name, file)
    return Chosen(place, stack, file, passphrase.keyring(phrase), phrase)


def _prompt(stack: str) -> Callable[[], str] | None:
    if not is_interactive():
        return None
    import click

    question = f"passphrase of stack {stack}"
    return lambda: str(click.prompt(question, hide_input=True, default="", show_default=False, err=True))


def _selected(place: Workplace) -> str:
    """Return the selected stack; without one the only stack there is, or `dev`."""
    project = place.project
    if selected := workspaces.selected_stack(os.environ, project, place.url):
        return selected
    known = {stack.name for stack in stacks.list_stacks(place.blobs, project.name)}
    if len(known) == 1:
        return known.pop()
    if PUBLIC_STACK in known or project.stack_path(PUBLIC_STACK).exists():
        return PUBLIC_STACK
    raise StackNotFound(
        f"no stack is selected in project {project.name!r}",
        hint="Name one with `--stack`, or create one with `dataarts stack init NAME`.",
    )
