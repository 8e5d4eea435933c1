"""What differs between two releases: job by job, line of SQL by line of SQL. Pure functions."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pulumi_dataarts.release.archive import Release
from pulumi_dataarts.release.manifest import Entry, EntryKind, Need

_CONTEXT: Final = 2


class EntryChange(BaseModel):
    """One file or definition that differs."""

    model_config = ConfigDict(frozen=True)

    kind: EntryKind
    name: str
    op: Literal["added", "removed", "changed"]
    lines: tuple[str, ...] = Field(default=(), description="Unified diff of its lines; empty where it is no text.")


class Comparison(BaseModel):
    """What differs from one release to another."""

    model_config = ConfigDict(frozen=True)

    old: str = Field(description="Digest of the release before.")
    new: str = Field(description="Digest of the release after.")
    changes: tuple[EntryChange, ...] = ()
    needs_added: tuple[Need, ...] = ()
    needs_removed: tuple[Need, ...] = ()


def compare(old: Release, new: Release) -> Comparison:
    """Return what differs, in the order of the archive's paths: definitions first, then files of the program."""
    before, after = _by_path(old), _by_path(new)
    needs = [{(need.kind, need.name, need.type): need for need in item.manifest.needs} for item in (old, new)]
    return Comparison(
        old=old.manifest.digest,
        new=new.manifest.digest,
        changes=tuple(
            _change(before.get(path), after.get(path), old.files, new.files)
            for path in sorted(before.keys() | after.keys())
            if _digest(before.get(path)) != _digest(after.get(path))
        ),
        needs_added=tuple(needs[1][key] for key in sorted(needs[1].keys() - needs[0].keys())),
        needs_removed=tuple(needs[0][key] for key in sorted(needs[0].keys() - needs[1].keys())),
    )


def _by_path(release: Release) -> dict[str, Entry]:
    return {entry.path: entry for entry in release.manifest.entries}


def _digest(entry: Entry | None) -> str:
    return entry.digest if entry else ""


def _change(
    old: Entry | None, new: Entry | None, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> EntryChange:
    entry = new or old
    assert entry is not None
    was, now = (lines_of(item, files) if item else [] for item, files in ((old, before), (new, after)))
    diff = list(difflib.unified_diff(was, now, lineterm="", n=_CONTEXT)) if was is not None and now is not None else []
    op: Literal["added", "removed", "changed"] = "changed" if old and new else "added" if new else "removed"
    return EntryChange(kind=entry.kind, name=entry.name, op=op, lines=tuple(diff[2:]))


def lines_of(entry: Entry, files: Mapping[str, bytes]) -> list[str] | None:
    """Return an entry as lines for people; None for what is no text. Code inside a definition is told line by line."""
    try:
        text = files[entry.path].decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return text.splitlines() if entry.kind == "file" else list(_unfolded(json.loads(text)))


def _unfolded(body: Mapping[str, Any]) -> Iterator[str]:
    codes = {key: value for key, value in body.items() if isinstance(value, str) and "\n" in value}
    rest = {key: value for key, value in body.items() if key not in codes}
    yield from json.dumps(rest, ensure_ascii=False, indent=2, sort_keys=True).splitlines()
    for key, text in sorted(codes.items()):
        yield f"{key}:"
        yield from (f"  {line}" for line in text.splitlines())
