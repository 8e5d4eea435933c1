"""Where archives that were built from a source directory are kept: `.build/<sha256>.zip`, beside `Pulumi.yaml`."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

BUILD_FOLDER: Final = ".build"


def keep(content: bytes) -> str:
    """Write an archive under its digest, and return its path relative to the working directory.

    Equal content has an equal path, and no machine's own paths come into the state. The folder keeps itself out of
    version control.
    """
    folder = _project_root(Path.cwd()) / BUILD_FOLDER
    archive = folder / f"{hashlib.sha256(content).hexdigest()}.zip"
    if not archive.exists():
        folder.mkdir(exist_ok=True)
        _write(folder / ".gitignore", b"*\n")
        _write(archive, content)
    return os.path.relpath(archive)


def _project_root(start: Path) -> Path:
    return next((folder for folder in (start, *start.parents) if (folder / "Pulumi.yaml").is_file()), start)


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    descriptor, partial = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(partial).replace(path)
