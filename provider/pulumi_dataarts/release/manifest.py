"""What a release is: the list of all it holds, each with its digest, and where it came from. Values only.

A release's digest is the sha256 of its content's canonical JSON, which names every file with its sha256. So the digest
vouches for everything that runs, and for nothing else: who made the release when, and from what, is told beside it, and
the same content made twice is the same release.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pulumi_dataarts.model.plans import Revision

EntryKind: TypeAlias = Literal["file", "cdm-job", "dlf-job", "dlf-script", "dlf-resource", "flink-job"]
NeedKind: TypeAlias = Literal["cluster", "link", "connection", "queue", "bucket", "stream", "parameter"]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

SHORT: Final = 12
"""How many digits of a digest are shown to people."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")


class Entry(_Value):
    """One file of a release: of its program, or a definition that the program declares."""

    kind: EntryKind = Field(description="What it is; `file` is a file of the program.")
    name: str = Field(description="Name of the job, script or resource; of a file, its path in the project.")
    digest: Sha256 = Field(description="sha256 of its bytes.")
    path: str = Field(description="Where it lies in the archive.")


class Need(_Value):
    """Something outside of the release that its jobs name, and that each environment has its own of."""

    kind: NeedKind = Field(description="What is needed.")
    name: str = Field(description="Name as it stands in the release; a binding maps it to the environment's own.")
    type: str = Field(
        default="",
        description="Kind of connection or cluster, `DWS_CONNECTION`; of a parameter, `HAS_VALUE` if it has one.",
    )
    used_by: tuple[str, ...] = Field(default=(), description="Where: job, node and line of its source.")


class Content(_Value):
    """What a release holds and needs: exactly what its digest covers."""

    version: Literal["release-v1"] = Field(default="release-v1", alias="schema", description="The form.")
    project: str = Field(description="Name of the Pulumi project.")
    entries: tuple[Entry, ...] = Field(description="Every file of the archive but the manifest itself, by path.")
    needs: tuple[Need, ...] = Field(default=(), description="What an environment has to have or to bind.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        paths = [entry.path for entry in self.entries]
        if any(first >= second for first, second in pairwise(paths)):
            raise ValueError("entries are sorted by path, and no path stands twice")
        return self

    def canonical(self) -> bytes:
        """Return the one spelling of this content: JSON, sorted keys, two spaces, UTF-8, a line feed at the end."""
        document = self.model_dump(mode="json", by_alias=True, include=set(Content.model_fields))
        return (json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()

    def digest_of_content(self) -> str:
        """Return the sha256 (hex) of the canonical spelling."""
        return hashlib.sha256(self.canonical()).hexdigest()


class Provenance(_Value):
    """Where a release came from. Told beside the content; two releases that differ in nothing else are one."""

    created: str = Field(description="When it was made, RFC 3339, UTC.")
    creator: str = Field(default="", description="Who made it.")
    revision: Revision = Field(default=Revision(), description="Git commit of the sources, and whether they differed.")
    source_environment: str = Field(
        default="", description="Stack whose configuration the definitions were made with, or that they were read from."
    )
    read_back: bool = Field(
        default=False, description="Whether every definition was compared with what stood in that environment."
    )
    parent: str = Field(default="", description="Digest of the newest release when this one was made.")
    message: str = Field(default="", description="Why, in the creator's words.")


class Manifest(Content, Provenance):
    """A release without its bytes. One whose digest is not its content's cannot be made."""

    digest: Sha256 = Field(description="sha256 of the content; the release's name.")

    @model_validator(mode="after")
    def _of_its_content(self) -> Self:
        if self.digest != self.digest_of_content():
            raise ValueError(f"the digest is not that of the content, {self.digest_of_content()}")
        return self

    @classmethod
    def of(cls, content: Content, provenance: Provenance) -> Manifest:
        """Return the manifest of a content and its origin."""
        parts: dict[str, Any] = {**_parts(content), **_parts(provenance)}
        return cls(digest=content.digest_of_content(), **parts)

    @property
    def content(self) -> Content:
        """What the digest covers."""
        return Content(**{name: getattr(self, name) for name in Content.model_fields})

    @property
    def short(self) -> str:
        """The digest's first digits, for people."""
        return self.digest[:SHORT]

    def to_json(self) -> str:
        """Return all of it as it is kept and printed."""
        return self.model_dump_json(by_alias=True, indent=2)


def digest_of(data: bytes) -> str:
    """Return the sha256 (hex) of a file."""
    return hashlib.sha256(data).hexdigest()


def entries_of(files: Mapping[str, tuple[EntryKind, str, bytes]]) -> tuple[Entry, ...]:
    """Return the entries of files, given as (kind, name, bytes) by path in the archive."""
    return tuple(
        Entry(kind=kind, name=name, digest=digest_of(data), path=path)
        for path, (kind, name, data) in sorted(files.items())
    )


def count(entries: Iterable[Entry]) -> dict[str, int]:
    """Return how many entries there are of each kind, in the order of the kinds."""
    counts: dict[str, int] = {}
    for entry in sorted(entries, key=lambda entry: entry.kind):
        counts[entry.kind] = counts.get(entry.kind, 0) + 1
    return counts


def _parts(value: BaseModel) -> dict[str, Any]:
    return {name: getattr(value, name) for name in type(value).model_fields}
