"""Where releases are kept: two files each, in a folder or a bucket, and never changed once they are there.

::

    releases/<project>/<digest>.zip     the archive; its bytes follow from the digest
    releases/<project>/<digest>.json    the manifest with its provenance; written last, so a release is whole or absent
    promotions/<project>/…              what was promoted when, by whom; a release named in there is never pruned

Two who make the same release at once write the same archive; of their two provenances one stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pulumi_dataarts.backend.blobs import Blobs, open_backend
from pulumi_dataarts.errors import ConfigError, Corrupt
from pulumi_dataarts.release.archive import Release, flaws_of, pack, unpack
from pulumi_dataarts.release.manifest import Manifest, digest_of
from pulumi_dataarts.release.pins import PREFIX

LATEST: Final = "latest"
PREFIX_MIN: Final = 4
_READERS: Final = 8
_CHECKSUM: Final = "checksum"


@dataclass(frozen=True)
class ReleaseStore:
    """The releases of one project in a place that files are kept in."""

    blobs: Blobs
    project: str

    @property
    def folder(self) -> str:
        """The prefix of all keys."""
        return f"releases/{self.project}/"

    @property
    def records_folder(self) -> str:
        """The prefix of the records of promotions, which lie beside the releases."""
        return f"promotions/{self.project}/"

    def put(self, release: Release) -> Manifest:
        """Keep a release, and return the manifest that stands: the one that was there before, if it was.

        Raises:
            Corrupt: what was there before is damaged.
            ConfigError: the archive would be too large, or a path in it may not be.
        """
        digest = release.manifest.digest
        if self.has(digest):
            return self.manifest(digest)
        self.blobs.write(self._archive_key(digest), pack(release.manifest.content, release.files))
        self.blobs.write(self._manifest_key(digest), _with_checksum(release.manifest))
        return release.manifest

    def has(self, digest: str) -> bool:
        """Say whether the release is there, whole."""
        return self.blobs.read(self._manifest_key(digest)) is not None

    def get(self, digest: str) -> Release:
        """Return a release, every file of it checked.

        Raises:
            ConfigError: there is none of that digest.
            Corrupt: it is damaged; the message says where.
        """
        manifest = self.manifest(digest)
        data = self.blobs.read(self._archive_key(digest))
        if data is None:
            raise Corrupt(f"release {digest} has lost its archive in {self.blobs.url}")
        return Release(manifest, unpack(data, digest)[1])

    def manifest(self, digest: str) -> Manifest:
        """Return what a release holds and where it came from. Raises as `get`."""
        data = self.blobs.read(self._manifest_key(digest))
        if data is None:
            raise self._absent(digest)
        manifest = _checked(data, digest)
        if manifest.project != self.project:
            raise Corrupt(f"release {digest} is one of project {manifest.project!r}, not of {self.project!r}")
        return manifest

    def list(self) -> list[Manifest]:
        """Return all manifests, the newest first. Raises Corrupt for one that is damaged."""
        with ThreadPoolExecutor(_READERS) as readers:
            found = list(readers.map(self.manifest, self.digests()))
        return sorted(found, key=lambda item: (item.created, item.digest), reverse=True)

    def digests(self) -> tuple[str, ...]:
        """Return the digests of all releases, sorted."""
        keys = (item.key for item in self.blobs.find(self.folder))
        return tuple(key.removeprefix(self.folder)[:-5] for key in keys if key.endswith(".json"))

    def verify(self, digest: str) -> Sequence[str]:
        """Return what is wrong with a release as it lies there; empty where every byte is as it should be."""
        kept = self.blobs.read(self._manifest_key(digest))
        data = self.blobs.read(self._archive_key(digest))
        flaws = []
        try:
            _checked(kept or b"", digest)
        except Corrupt as error:
            flaws.append("the manifest beside the archive is missing" if kept is None else error.message)
        return [*flaws, *(["the archive is missing"] if data is None else flaws_of(data, digest))]

    def remove(self, digest: str) -> None:
        """Remove a release: its manifest first, so that it is never there by half."""
        self.blobs.delete(self._manifest_key(digest))
        self.blobs.delete(self._archive_key(digest))

    def resolve(self, text: str, pin_of: Callable[[str], str | None]) -> str:
        """Return the digest that a person means.

        Args:
            text: a digest or its beginning, with or without `sha256:`; `latest`; or `@stack`, what that stack runs.
            pin_of: returns the digest that a stack is pinned to, None where it runs the working tree.

        Raises:
            ConfigError: nothing, or more than one release, is meant.
        """
        if text.startswith("@"):
            return self._pinned(text[1:], pin_of)
        if text == LATEST:
            if newest := self.list():
                return newest[0].digest
            raise ConfigError(f"there is no release in {self.blobs.url}", hint="Make one: `dataarts release create`.")
        start = text.removeprefix(PREFIX)
        found = [digest for digest in self.digests() if digest.startswith(start)]
        if len(found) == 1 and len(start) >= PREFIX_MIN:
            return found[0]
        if found and start:
            raise ConfigError(
                f"{text!r} does not tell one release: {', '.join(digest[:16] for digest in found)}",
                hint=f"Give at least {PREFIX_MIN} digits, and as many as it takes.",
            )
        raise self._absent(text)

    def _pinned(self, stack: str, pin_of: Callable[[str], str | None]) -> str:
        digest = pin_of(stack)
        if digest is None:
            raise ConfigError(
                f"stack {stack} runs the working tree, not a release",
                hint=f"Pin it: `dataarts release pin {stack} latest`.",
            )
        if not self.has(digest):
            raise self._absent(digest)
        return digest

    def _absent(self, text: str) -> ConfigError:
        return ConfigError(
            f"there is no release {text!r} of {self.project} in {self.blobs.url}",
            hint="`dataarts release ls` lists those there are.",
        )

    def _archive_key(self, digest: str) -> str:
        return f"{self.folder}{digest}.zip"

    def _manifest_key(self, digest: str) -> str:
        return f"{self.folder}{digest}.json"


def open_store(url: str, project: str, *, cwd: Path) -> ReleaseStore:
    """Open the releases of a project at a URL of the forms a backend's has: `file://…` or `s3://…`.

    Raises:
        ConfigError: another kind of URL.
    """
    return ReleaseStore(open_backend(url, cwd=cwd), project)


def prunable(manifests: Sequence[Manifest], keep: int, needed: Mapping[str, str]) -> list[Manifest]:
    """Return which releases may go: those beyond the newest `keep` that nobody needs.

    Args:
        manifests: all releases, the newest first.
        keep: how many of the newest stay in any case.
        needed: why a release stays, by digest.
    """
    return [manifest for manifest in manifests[keep:] if manifest.digest not in needed]


def _with_checksum(manifest: Manifest) -> bytes:
    text = manifest.to_json()
    return json.dumps({**json.loads(text), _CHECKSUM: digest_of(text.encode())}, indent=2, ensure_ascii=False).encode()


def _checked(data: bytes, digest: str) -> Manifest:
    """Return the manifest in a file, if it is the one of the digest, and nothing in it was changed."""
    try:
        document = json.loads(data)
        checksum = document.pop(_CHECKSUM)
        manifest = Manifest.model_validate(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise Corrupt(f"the manifest of release {digest} is damaged: {reason}") from error
    if manifest.digest != digest:
        raise Corrupt(f"the manifest of release {digest} is that of {manifest.digest}")
    if digest_of(manifest.to_json().encode()) != checksum:
        raise Corrupt(f"the manifest of release {digest} is damaged: its checksum does not fit")
    return manifest
