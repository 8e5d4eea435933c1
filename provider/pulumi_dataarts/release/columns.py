"""What a promotion brings, in three columns: each definition in the source, in the target, and in the target after it.

Pure functions of manifests and of what two stacks' config files say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from pulumi_dataarts.release.manifest import EntryKind, Manifest

_SHORT: Final = 8
_PROGRAM: Final = "program"

Where = Literal["expected", "unexpected"]


class Row(BaseModel):
    """One definition, by the first digits of its digest; empty where it is not there."""

    model_config = ConfigDict(frozen=True)

    kind: EntryKind
    name: str
    source: str
    before: str
    after: str

    @property
    def changes(self) -> bool:
        """Whether the target gets another one."""
        return self.before != self.after


class ConfigDifference(BaseModel):
    """A config key whose value differs between two environments.

    What the target's own file says is expected; what only the source's file says is not: nobody has decided it for the
    target.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    source: str
    target: str
    where: Where


def rows(release: Manifest, running: Manifest | None) -> list[Row]:
    """Return the definitions of a release and of what the target runs, if that is a release; the program as one row."""
    after, before = _digests(release), _digests(running)
    return [
        Row(
            kind=kind,
            name=name,
            source=after.get((kind, name), ""),
            before=before.get((kind, name), ""),
            after=after.get((kind, name), ""),
        )
        for kind, name in sorted(after.keys() | before.keys(), key=lambda key: (key[0] == "file", key))
    ]


def config_differences(
    source: Mapping[str, Any], target: Mapping[str, Any], ignored: Collection[str]
) -> list[ConfigDifference]:
    """Return where two config files differ, maps key by key; secrets are told by their mark alone."""
    ours, theirs = _flat(source), _flat(target)
    keys = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    return [
        ConfigDifference(
            key=key,
            source=ours.get(key, ""),
            target=theirs.get(key, ""),
            where="expected" if key in theirs else "unexpected",
        )
        for key in keys
        if key.partition(".")[0] not in ignored
    ]


def _digests(manifest: Manifest | None) -> dict[tuple[EntryKind, str], str]:
    if manifest is None:
        return {}
    found: dict[tuple[EntryKind, str], str] = {("file", _PROGRAM): _program(manifest)}
    definitions = [entry for entry in manifest.entries if entry.kind != "file"]
    return found | {(entry.kind, entry.name): entry.digest[:_SHORT] for entry in definitions}


def _program(manifest: Manifest) -> str:
    """Return one digest for all files of the program."""
    import hashlib

    files = [f"{entry.path} {entry.digest}" for entry in manifest.entries if entry.kind == "file"]
    return hashlib.sha256("\n".join(files).encode()).hexdigest()[:_SHORT]


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(value.get("secure"), str):
            found[f"{prefix}{key}"] = "[secret]"
        elif isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
