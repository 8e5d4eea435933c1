"""Stacks in a backend: the official layout of files, and what can be done with a stack as a whole.

::

    .pulumi/meta.yaml                                          version: 1
    .pulumi/stacks/<project>/<stack>.json[.gz]                 the checkpoint; .bak: its content before the last run
    .pulumi/stacks/<project>/<stack>.journal                   what a run under way has done since (see journals)
    .pulumi/stacks/<project>/<stack>.pulumi-tags               tags
    .pulumi/history/<project>/<stack>/<stack>-<ns>.*.json      one update and the checkpoint after it
    .pulumi/backups/<project>/<stack>/<stack>.<ns>.json        the checkpoint after an update
    .pulumi/locks/organization/<project>/<stack>/<id>.json     who works on the stack
    .pulumi/dataarts/<project>/<stack>.lock                    locked by the kernel while a local run lives
    .pulumi/dataarts/<project>/<stack>.lease/<generation>      in a bucket: who works on the stack, until when
    .pulumi/capabilities.json                                  in a bucket: which conditions of writes it honours

Source: pkg/backend/diy of the official CLI.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, replace
from typing import Final

from pulumi_dataarts.backend import checkpoint
from pulumi_dataarts.backend.blobs import Blobs
from pulumi_dataarts.backend.locks import locked
from pulumi_dataarts.backend.properties import dumps
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.vaults import Crypter, Keyring, SecretsProvider, Vault
from pulumi_dataarts.errors import Bug, ConfigError, Corrupt, StackNotFound, StateError, TooNew
from pulumi_dataarts.model import graphs, urns
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot

ROOT: Final = ".pulumi"
ORGANIZATION: Final = "organization"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_STACK_FILE: Final = re.compile(rf"({_NAME.pattern})/({_NAME.pattern})\.json(?:\.gz|\.zst)?")
_META: Final = f"{ROOT}/meta.yaml"
_LAYOUT_VERSION: Final = 1
_TAGS_VERSION: Final = 1


@dataclass(frozen=True)
class Stack:
    """A stack of a project in a backend, whether it exists or not."""

    blobs: Blobs
    project: str
    name: str

    @property
    def qualified(self) -> str:
        """`organization/<project>/<stack>`, as state files and the official CLI name it."""
        return f"{ORGANIZATION}/{self.project}/{self.name}"

    @property
    def base(self) -> str:
        """The key of the stack's files, without an ending."""
        return f"{ROOT}/stacks/{self.project}/{self.name}"

    @property
    def journal_key(self) -> str:
        """The key of the journal of a run under way."""
        return f"{self.base}.journal"

    @property
    def tags_key(self) -> str:
        """The key of the tags."""
        return f"{self.base}.pulumi-tags"

    @property
    def history_folder(self) -> str:
        """The prefix of the updates."""
        return f"{ROOT}/history/{self.project}/{self.name}/"

    @property
    def backups_folder(self) -> str:
        """The prefix of the backups."""
        return f"{ROOT}/backups/{self.project}/{self.name}/"

    @property
    def kernel_lock_key(self) -> str:
        """The key of the file that a local run locks by the kernel."""
        return f"{ROOT}/dataarts/{self.project}/{self.name}.lock"

    @property
    def lease_folder(self) -> str:
        """The prefix of the leases of runs on a bucket, one a generation."""
        return f"{ROOT}/dataarts/{self.project}/{self.name}.lease/"

    @property
    def locks_folder(self) -> str:
        """The prefix of the locks."""
        return f"{ROOT}/locks/{self.qualified}/"

    def has_journal(self) -> bool:
        """Say whether a run is under way, or was killed."""
        return bool(self.blobs.read_log(self.journal_key))

    def checkpoint_key(self) -> str | None:
        """Return the key of the checkpoint, the newest where there are several; None where the stack does not exist."""
        plain = f"{self.base}.json"
        variants = {plain, f"{plain}.gz", f"{plain}.zst"}
        found = [item for item in self.blobs.find(plain) if item.key in variants]
        return max(found, key=lambda item: item.modified_s).key if found else None


def prepare(blobs: Blobs) -> None:
    """Check that the backend has the layout this program writes, and mark an empty one as having it.

    Raises:
        StateError: the layout without projects; TooNew: one of a later version.
    """
    text = blobs.read(_META)
    if text is None:
        stray = [item.key for item in blobs.find(f"{ROOT}/stacks/") if _is_legacy(item.key)]
        if stray:
            raise StateError(
                f"{blobs.url} keeps its stacks without projects, e.g. {stray[0]}",
                hint="Convert it once with `pulumi state upgrade`.",
            )
        blobs.write(_META, f"version: {_LAYOUT_VERSION}\n".encode())
        return
    meta = _parse_yaml(text)
    if meta != {"version": _LAYOUT_VERSION}:
        raise TooNew(f"{blobs.url}: {_META} says {meta!r}, and this program knows version {_LAYOUT_VERSION}")


def parse_reference(text: str, project: str) -> tuple[str, str]:
    """Return project and stack of `stack`, `organization/stack` or `organization/project/stack`.

    Args:
        text: what the user typed.
        project: the project at hand, empty where there is none.

    Raises:
        ConfigError: malformed, another organization, or no project.
    """
    *owner, name = text.split("/")
    organization, named_project = ([*owner, "", ""])[:2]
    project = named_project or project
    if len(owner) > 2 or organization not in ("", ORGANIZATION):
        raise ConfigError(f"stack {text!r}: the form is <stack> or {ORGANIZATION}/<project>/<stack>")
    if not project:
        raise ConfigError(f"stack {text!r}: no project", hint="Run this beside a Pulumi.yaml, or name the project.")
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(project):
        raise ConfigError(f"stack {text!r}: names have up to 100 letters, digits, `_`, `.` and `-`")
    return project, name


def list_stacks(blobs: Blobs, project: str = "") -> list[Stack]:
    """Return the stacks of a project, or of all, in order."""
    prefix = f"{ROOT}/stacks/"
    keys = (item.key.removeprefix(prefix) for item in blobs.find(f"{prefix}{project}/" if project else prefix))
    found = {match.groups() for key in keys if (match := _STACK_FILE.fullmatch(key))}
    return [Stack(blobs, project, name) for project, name in sorted(found)]


def find_stack(blobs: Blobs, project: str, name: str) -> Stack:
    """Return a stack that exists.

    Raises:
        StackNotFound: there is none of that name.
    """
    stack = Stack(blobs, project, name)
    if stack.checkpoint_key() is None:
        raise _not_found(stack)
    return stack


def create_stack(blobs: Blobs, project: str, name: str, provider: SecretsProvider | None, time: str) -> Stack:
    """Create an empty stack.

    Raises:
        ConfigError: it exists, or the name cannot be one.
    """
    prepare(blobs)
    stack = Stack(blobs, *parse_reference(name, project))
    with locked(stack) as held:
        if stack.checkpoint_key() is not None:
            raise ConfigError(f"stack {name!r} already exists", hint=f"Select it with `dataarts stack select {name}`.")
        content = checkpoint.write(stack.qualified, Snapshot(), Codec(Vault(provider, _unopened)), time)
        held.blobs.write(f"{stack.base}.json", content)
    return stack


def count_resources(stack: Stack) -> int | None:
    """Return how many resources a stack has, opening no secret; None where its state cannot be read."""
    try:
        _, data = read_checkpoint(stack)
        return checkpoint.count_resources(data)
    except StateError:
        return None


def remove_stack(stack: Stack, *, backups: bool = True) -> None:
    """Remove a stack's checkpoint, history, tags, journal and backups. What it made in the cloud stays.

    Raises:
        LockHeld: somebody works on it.
    """
    with locked(stack) as held:
        blobs = held.blobs
        blobs.delete_log(stack.journal_key)
        for folder in (stack.history_folder, *([stack.backups_folder] if backups else [])):
            for item in blobs.find(folder):
                blobs.delete(item.key)
        blobs.delete(stack.tags_key)
        for ending in ("", ".gz", ".zst"):
            for backup in (".bak", ""):
                blobs.delete(f"{stack.base}.json{ending}{backup}")


def rename_stack(stack: Stack, name: str, keyring: Keyring, time: str) -> Stack:
    """Rename a stack: its URNs, its file, its tags and its history. The old checkpoint stays as `.bak`.

    Raises:
        ConfigError: the new name is taken, or cannot be one.
        StateError: a killed run is to be continued first, under the old name.
        LockHeld: somebody works on it; Corrupt, TooNew: as `checkpoint.read`.
    """
    renamed = Stack(stack.blobs, *parse_reference(name, stack.project))
    if renamed.checkpoint_key() is not None:
        raise ConfigError(f"stack {name!r} already exists")
    with locked(stack) as held, locked(renamed):
        _rename(held, renamed, keyring, time)
    return renamed


def copy_stack(stack: Stack, destination: Blobs) -> int:
    """Copy a stack with its history to another backend, the checkpoint last; return how many files those are.

    Raises:
        ConfigError: there is one of that name.
        StateError: a killed run is to be continued first; LockHeld: somebody works on it.
    """
    prepare(destination)
    if Stack(destination, stack.project, stack.name).checkpoint_key() is not None:
        raise ConfigError(f"{destination.url} has a stack {stack.name!r} already")
    with locked(stack), locked(Stack(destination, stack.project, stack.name)):
        _refuse_unfinished(stack)
        current, _ = read_checkpoint(stack)
        beside = [f"{current}.bak", stack.tags_key]
        folders = (stack.history_folder, stack.backups_folder)
        keys = [item.key for folder in folders for item in stack.blobs.find(folder)]
        found = [(key, stack.blobs.read(key)) for key in (*keys, *beside, current)]
        copied = [(key, data) for key, data in found if data is not None]
        for key, data in copied:
            destination.write(key, data)
    return len(copied)


def read_checkpoint(stack: Stack) -> tuple[str, bytes]:
    """Return the key and the raw bytes of a stack's checkpoint.

    Raises:
        StackNotFound: there is none; StateError: it is compressed with zstd.
    """
    key = stack.checkpoint_key()
    data = stack.blobs.read(key) if key else None
    if key is None or data is None:
        raise _not_found(stack)
    if key.endswith(".zst"):
        raise StateError(
            f"{key} is compressed with zstd, which this program does not read",
            hint="Unset PULUMI_DIY_BACKEND_ZSTD and save the stack once with `pulumi refresh`.",
        )
    return key, data


def pack(key: str, data: bytes) -> bytes:
    """Return a checkpoint's bytes as they are stored under a key, which may ask for compression."""
    return gzip.compress(data, mtime=0) if key.endswith(".gz") else data


def read_tags(stack: Stack) -> dict[str, str]:
    """Return the stack's tags.

    Raises:
        Corrupt: the file is not what it should be.
    """
    data = stack.blobs.read(stack.tags_key)
    if data is None:
        return {}
    try:
        document = json.loads(data)
        if document["version"] != _TAGS_VERSION:
            raise TooNew(f"{stack.tags_key} is of version {document['version']}")
        return {str(key): str(value) for key, value in document["tags"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"{stack.tags_key} cannot be read: {error!r}") from error


def write_tags(stack: Stack, tags: dict[str, str]) -> None:
    """Replace the stack's tags; without any, their file goes."""
    if tags:
        stack.blobs.write(stack.tags_key, dumps({"version": _TAGS_VERSION, "tags": tags}).encode())
    else:
        stack.blobs.delete(stack.tags_key)


def _not_found(stack: Stack) -> StackNotFound:
    known = ", ".join(item.name for item in list_stacks(stack.blobs, stack.project)) or "none"
    return StackNotFound(
        f"no stack named {stack.name!r} in project {stack.project!r} at {stack.blobs.url}",
        hint=f"Stacks there: {known}. Create it with `dataarts stack init {stack.name}`.",
    )


def _refuse_unfinished(stack: Stack) -> None:
    if stack.has_journal():
        raise StateError(
            f"stack {stack.name!r} has an unfinished run",
            hint=f"Continue it first: `dataarts refresh -s {stack.name}`.",
        )


def _rename(stack: Stack, renamed: Stack, keyring: Keyring, time: str) -> None:
    blobs = stack.blobs
    _refuse_unfinished(stack)
    key, data = read_checkpoint(stack)
    old = checkpoint.read(data, keyring)
    if found := violations(old.snapshot):
        raise Corrupt(
            "\n".join([f"the state of stack {stack.name!r} breaks its rules:", *found]),
            hint="`dataarts state repair` mends what it can.",
        )
    content = checkpoint.write(renamed.qualified, _renamed(old.snapshot, stack, renamed), old.codec, time, old.extra)
    target = key.replace(stack.base, renamed.base, 1)
    blobs.write(target, pack(target, content))
    if (tags := blobs.read(stack.tags_key)) is not None:
        blobs.write(renamed.tags_key, tags)
        blobs.delete(stack.tags_key)
    _move_history(stack, renamed)
    blobs.write(f"{key}.bak", data)
    blobs.delete(key)


def _renamed(snapshot: Snapshot, old: Stack, new: Stack) -> Snapshot:
    root = f"{old.project}-{old.name}"

    def rename(urn: str) -> str:
        if not urn:
            return urn
        parts = replace(urns.parse(urn), stack=new.name, project=new.project)
        is_root = parts.qualified_type == urns.ROOT_TYPE and parts.name == root
        return str(replace(parts, name=f"{new.project}-{new.name}") if is_root else parts)

    def renamed(state: ResourceState) -> ResourceState:
        moved = graphs.rewired(state, rename)
        inputs = graphs.rewired_values(moved.inputs, rename)
        return replace(moved, inputs=inputs, outputs=graphs.rewired_values(moved.outputs, rename))

    pending = tuple(replace(item, resource=renamed(item.resource)) for item in snapshot.pending)
    return replace(snapshot, resources=tuple(map(renamed, snapshot.resources)), pending=pending)


def _move_history(old: Stack, new: Stack) -> None:
    for item in old.blobs.find(old.history_folder):
        file = item.key.removeprefix(old.history_folder)
        if file.startswith(f"{old.name}-") and (data := old.blobs.read(item.key)) is not None:
            old.blobs.write(f"{new.history_folder}{new.name}{file.removeprefix(old.name)}", data)
            old.blobs.delete(item.key)


def _is_legacy(key: str) -> bool:
    file = key.removeprefix(f"{ROOT}/stacks/")
    return "/" not in file and file.endswith((".json", ".json.gz", ".json.zst"))


def _parse_yaml(data: bytes) -> object:
    import yaml

    try:
        return yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise Corrupt(f"{_META} is not YAML: {error}") from error


def _unopened(provider: SecretsProvider) -> Crypter:
    raise Bug(f"an empty state has nothing for {provider.type} to encrypt")
