"""The archive of a release: a canonical zip with `manifest.json`, `program/…` and `content/…`. Bytes in, bytes out.

Equal content is equal bytes, on any machine: entries are sorted, stored uncompressed (deflate differs between builds of
zlib), and have one fixed time and mode. `manifest.json` is the content's canonical spelling, so

    unzip -p <digest>.zip manifest.json | sha256sum

prints the release's digest, and the manifest names the sha256 of everything else. An archive is hostile until all of
that was checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from pulumi_dataarts.errors import ConfigError, Corrupt
from pulumi_dataarts.lifecycle.archives import canonical_zip, read_zip
from pulumi_dataarts.release.manifest import Content, Manifest, digest_of

MANIFEST: Final = "manifest.json"
PROGRAM: Final = "program/"
CONTENT: Final = "content/"
SIZE_MAX_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True)
class Release:
    """A release with its bytes: `files` by path in the archive, all that the manifest names and nothing else."""

    manifest: Manifest
    files: Mapping[str, bytes]

    def program(self) -> dict[str, bytes]:
        """Return the files of the program, by their path in the project's folder."""
        return {path.removeprefix(PROGRAM): data for path, data in self.files.items() if path.startswith(PROGRAM)}


def pack(content: Content, files: Mapping[str, bytes]) -> bytes:
    """Return the archive.

    Raises:
        ConfigError: a path that no archive may have, or more than 256 MiB.
    """
    size = sum(map(len, files.values()))
    if size > SIZE_MAX_BYTES:
        raise ConfigError(
            f"the release would have {size} bytes; at most {SIZE_MAX_BYTES} are accepted",
            hint="Keep data out of the program's folder, or name it in .gitignore.",
        )
    return canonical_zip({MANIFEST: content.canonical(), **files}, stored_max_bytes=SIZE_MAX_BYTES * 2)


def unpack(data: bytes, digest: str) -> tuple[Content, dict[str, bytes]]:
    """Return what an archive holds, once everything in it was checked against the digest.

    Raises:
        Corrupt: it is not the release of that digest; the message names each file that is not as it should be.
    """
    try:
        entries = _entries(data)
    except ConfigError as error:
        raise Corrupt(f"release {digest}: {error.message}") from error
    content = _content(entries, digest)
    flaws = list(_flaws(content, entries)) if content else [f"{MANIFEST} is not the one of this digest"]
    if flaws or content is None:
        raise Corrupt("\n".join([f"release {digest} is damaged:", *(f"  {flaw}" for flaw in flaws)]))
    return content, {path: body for path, body in entries.items() if path != MANIFEST}


def flaws_of(data: bytes, digest: str) -> list[str]:
    """Return everything in an archive that is not as the digest demands, down to the bytes between its files."""
    try:
        entries = _entries(data)
    except ConfigError as error:
        return [error.message]
    content = _content(entries, digest)
    if content is None:
        return [f"{MANIFEST} is not the one of this digest"]
    files = {path: body for path, body in entries.items() if path != MANIFEST}
    return list(_flaws(content, entries)) or (
        []
        if pack(content, files) == data
        else ["the zip's own bytes, outside of its files, are not the canonical ones"]
    )


def _entries(data: bytes) -> dict[str, bytes]:
    limit = SIZE_MAX_BYTES * 2
    return read_zip(data, size_max_bytes=limit, expanded_max_bytes=limit)


def _content(entries: Mapping[str, bytes], digest: str) -> Content | None:
    text = entries.get(MANIFEST, b"")
    if digest_of(text) != digest:
        return None
    try:
        content = Content.model_validate_json(text)
    except ValidationError:
        return None
    return content if content.canonical() == text else None


def _flaws(content: Content, entries: Mapping[str, bytes]) -> Iterator[str]:
    for entry in content.entries:
        body = entries.get(entry.path)
        if body is None:
            yield f"{entry.path} is missing"
        elif digest_of(body) != entry.digest:
            yield f"{entry.path} has other content than the manifest says"
        elif not entry.path.startswith((PROGRAM, CONTENT)):
            yield f"{entry.path} lies outside of {PROGRAM} and {CONTENT}"
    for path in sorted(entries.keys() - {entry.path for entry in content.entries} - {MANIFEST}):
        yield f"{path} is not in the manifest"
