"""Releases on disk: unpacked once, checked each time, run from there.

::

    .build/releases/<digest>/release.json         the manifest
    .build/releases/<digest>/program/Pulumi.yaml  the project as it was, and its program

The folder is a cache: what in it is not as the manifest says is unpacked anew.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pulumi_dataarts.backend import yamledits
from pulumi_dataarts.backend.projects import Project, read_project
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.builds import BUILD_FOLDER
from pulumi_dataarts.release.archive import PROGRAM, Release
from pulumi_dataarts.release.manifest import Manifest, digest_of

MARK: Final = "release.json"
_RELEASES: Final = "releases"
_MADE_BY_RUNNING: Final = frozenset({"__pycache__", BUILD_FOLDER})


def unpacked(digest: str, builds: Path, fetch: Callable[[str], Release]) -> tuple[Path, Manifest]:
    """Return the folder of a release's project below the folder of builds, and its manifest.

    Args:
        digest: which release.
        builds: `.build` of the project; it keeps itself out of version control.
        fetch: gets the release, checked; asked only where the folder has not got it whole.

    Raises:
        ConfigError, Corrupt: there is no such release, or it is damaged.
    """
    folder = builds / _RELEASES / digest
    manifest = _standing(folder, digest)
    if manifest is None:
        release = fetch(digest)
        manifest = release.manifest
        builds.mkdir(exist_ok=True)
        (builds / ".gitignore").write_bytes(b"*\n")
        _replace(folder, release)
    return folder / PROGRAM, manifest


def extract(release: Release, target: Path, project: Project, backend_url: str) -> None:
    """Write a release's project to a folder in which the official CLI works on the stacks of the project at hand.

    The program is the release's; the stacks' configuration, the state and the virtual environment are those of
    `project`, which the Pulumi.yaml written here points to.

    Raises:
        ConfigError: there is something at the target.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target} is not empty", hint="Name a folder that is not there yet.")
    target.mkdir(parents=True, exist_ok=True)
    _write(target, target, release)
    file = next(path for path in target.iterdir() if path.name in ("Pulumi.yaml", "Pulumi.yml"))
    file.write_text(_pointing_to(file, target.absolute(), project, backend_url), encoding="utf-8")


def _pointing_to(file: Path, target: Path, project: Project, backend_url: str) -> str:
    own = read_project(file)
    text = file.read_text(encoding="utf-8")
    configs = os.path.relpath(project.stack_path("").parent.absolute(), target)
    text = yamledits.set_entry(text, file, "", "stackConfigDir", configs)
    text = yamledits.set_entry(text, file, "backend", "url", backend_url) if own.backend_url else text
    environment = project.runtime_options.get("virtualenv")
    if environment and own.runtime_options:
        # Whole, since the official CLI looks for it from the project's folder and from the program's.
        options = {**own.runtime_options, "virtualenv": str(project.folder.absolute() / str(environment))}
        text = yamledits.set_entry(text, file, "runtime", "options", options)
    return text


def _standing(folder: Path, digest: str) -> Manifest | None:
    """Return the manifest of a folder that holds this release's program, whole and with nothing added."""
    try:
        manifest = Manifest.model_validate_json((folder / MARK).read_bytes())
        found = {path.relative_to(folder).as_posix(): _digest(path) for path in _files(folder / PROGRAM)}
    except (OSError, ValidationError):
        return None
    named = {entry.path: entry.digest for entry in manifest.entries if entry.path.startswith(PROGRAM)}
    return manifest if manifest.digest == digest and found == named else None


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or path.is_file():
            yield path
        elif path.name not in _MADE_BY_RUNNING:
            yield from _files(path)


def _digest(path: Path) -> str:
    return "" if path.is_symlink() else digest_of(path.read_bytes())


def _replace(folder: Path, release: Release) -> None:
    """Unpack beside the folder, then put it in its place: whoever looks finds all of it or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent))
    _write(fresh, fresh / PROGRAM, release)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh)
        if _standing(folder, release.manifest.digest) is None:  # else somebody else was quicker
            raise


def _write(folder: Path, program: Path, release: Release) -> None:
    for name, data in release.program().items():
        path = program / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / MARK).write_text(release.manifest.to_json(), encoding="utf-8")
