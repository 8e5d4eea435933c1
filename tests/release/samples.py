"""Releases to test with."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_dataarts.model.plans import Revision
from pulumi_dataarts.release.archive import Release
from pulumi_dataarts.release.manifest import Content, EntryKind, Manifest, Need, Provenance, entries_of

FILES: Mapping[str, tuple[EntryKind, str, bytes]] = {
    "program/Pulumi.yaml": ("file", "Pulumi.yaml", b"name: sample\nruntime: python\n"),
    "program/__main__.py": ("file", "__main__.py", b"import pulumi\n"),
    "content/cdm/jobs/full.json": ("cdm-job", "full", b'{"name": "full"}\n'),
}
NEED = Need(kind="cluster", name="cdm-orders", used_by=("full",))


def release(
    files: Mapping[str, tuple[EntryKind, str, bytes]] = FILES, *, created: str = "2026-11-01T00:00:00Z", **more: object
) -> Release:
    """Return a release of these files, given as (kind, name, bytes) by path."""
    content = Content(project="sample", entries=entries_of(files), needs=(NEED,))
    provenance = Provenance.model_validate({"created": created, "creator": "ada", "revision": Revision(), **more})
    return Release(Manifest.of(content, provenance), {path: data for path, (_, _, data) in files.items()})


def edited(number: int) -> Release:
    """Return one of several releases, the later the larger the number."""
    body = f"import pulumi  # {number}\n".encode()
    return release(
        {**FILES, "program/__main__.py": ("file", "__main__.py", body)}, created=f"2026-11-01T00:00:{number:02}Z"
    )
