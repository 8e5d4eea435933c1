"""Where an export is written: an object in OBS, or a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pulumi_dataarts.dlf.addresses import SCHEME, ObsPath
from pulumi_dataarts.errors import ConfigError, NotFound
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session


class Destination(Protocol):
    """One place that holds one archive, or nothing."""

    def read(self) -> bytes | None:
        """Return what lies there, or None."""
        ...

    def write(self, content: bytes) -> None:
        """Write it, whole."""
        ...

    def remove(self) -> None:
        """Remove what lies there; nothing is done."""
        ...


def destination(session: Session, text: str) -> Destination:
    """Return the place that a text means."""
    return _Object(session, ObsPath.parse(text)) if text.startswith(SCHEME) else _File(Path(text))


class _Object:
    def __init__(self, session: Session, path: ObsPath) -> None:
        self._session, self._path = session, path

    def read(self) -> bytes | None:
        try:
            return objects.get(self._session, self._path.bucket, self._path.key)
        except NotFound:
            return None

    def write(self, content: bytes) -> None:
        objects.put(self._session, self._path.bucket, self._path.key, content)

    def remove(self) -> None:
        objects.delete(self._session, self._path.bucket, self._path.key)


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes | None:
        with self._told("read"):
            return self._path.read_bytes() if self._path.exists() else None

    def write(self, content: bytes) -> None:
        with self._told("written"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, partial = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(partial).replace(self._path)

    def remove(self) -> None:
        with self._told("removed"):
            self._path.unlink(missing_ok=True)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"the export {self._path} cannot be {what}: {error.strerror}", hint="Choose another destination."
            ) from error
