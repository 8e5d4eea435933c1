"""Files of state by key, on a folder or in a bucket: read whole, replaced whole, or appended to.

A key is a path with `/` below the backend's root. A write is atomic and durable: afterwards a reader sees all of the
new content, before it all of the old, and a loss of power changes neither.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from pulumi_dataarts.errors import ConfigError, StateError

_SIDECAR: Final = ".attrs"
_UNFINISHED: Final = ".tmp"


class Listed(NamedTuple):
    """A key, and when it was last written, in seconds since 1970."""

    key: str
    modified_s: float


class Log(Protocol):
    """A file that only grows, one frame at a time."""

    def append(self, frame: bytes) -> None:
        """Add a frame that ends with a line feed; it is durable on return."""
        ...

    def close(self) -> None:
        """Release what the log holds open."""
        ...


class Blobs(Protocol):
    """Where a backend's files are.

    `url` names the place as the official CLI does.
    """

    url: str

    @property
    def folder(self) -> Path | None:
        """The root of a local backend; None of a remote one."""
        ...

    def read(self, key: str) -> bytes | None:
        """Return the content, None where there is none."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Replace the content."""
        ...

    def delete(self, key: str) -> None:
        """Remove the key; nothing happens where there is none."""
        ...

    def find(self, prefix: str) -> list[Listed]:
        """Return the keys that start with the prefix, at any depth, sorted."""
        ...

    def open_log(self, key: str) -> Log:
        """Start an empty log, in place of any that is there."""
        ...

    def continue_log(self, key: str, whole: bytes) -> Log:
        """Go on with a log, without what a write that was cut off left after its whole frames."""
        ...

    def read_log(self, key: str) -> bytes:
        """Return all frames of a log, joined; empty where there is none."""
        ...

    def delete_log(self, key: str) -> None:
        """Remove a log; nothing happens where there is none."""
        ...


class LocalBlobs:
    """A folder. A new file is its owner's only; a replaced one keeps its mode.

    Every method raises StateError where the disk refuses; what was there then stands.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.url = url or f"file://{folder.as_posix()}"

    def read(self, key: str) -> bytes | None:
        """Return the content, None where there is none."""
        path = self._path(key)
        with _reported("read", path):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, key: str, data: bytes) -> None:
        """Replace the content: a new file beside it, made durable, then renamed over it."""
        path = self._path(key)
        with _reported("write", path):
            _make_folder(path.parent)
            _replace(path, data)

    def delete(self, key: str) -> None:
        """Remove the file and its sidecar."""
        path = self._path(key)
        with _reported("remove", path):
            path.unlink(missing_ok=True)
            _sidecar(path).unlink(missing_ok=True)

    def find(self, prefix: str) -> list[Listed]:
        """Return the keys that start with the prefix, without sidecars and unfinished files."""
        start = self._path(prefix.rpartition("/")[0] or ".")
        with _reported("list", start):
            paths = [path for path in start.rglob("*") if not _is_bookkeeping(path)]
            found = ((path.relative_to(self.folder).as_posix(), _modified_s(path)) for path in paths)
            return sorted(Listed(key, time_s) for key, time_s in found if time_s is not None and key.startswith(prefix))

    def open_log(self, key: str) -> Log:
        """Start an empty log; it exists, durably, from its first frame on."""
        return _LocalLog(self, key)

    def continue_log(self, key: str, whole: bytes) -> Log:
        """Go on with a log, without what a write that was cut off left after its whole frames."""
        log = _LocalLog(self, key)
        log.append(whole)
        return log

    def read_log(self, key: str) -> bytes:
        """Return all frames, perhaps with a torn one at the end."""
        return self.read(key) or b""

    def delete_log(self, key: str) -> None:
        """Remove the log."""
        self.delete(key)
        folder = self._path(key).parent
        with _reported("write", folder):
            _sync_folder(folder)

    def _path(self, key: str) -> Path:
        if key.startswith("/") or ".." in PurePosixPath(key).parts:
            raise ConfigError(f"{key!r} leads out of the backend's folder")
        return self.folder / key


class _LocalLog:
    def __init__(self, blobs: LocalBlobs, key: str) -> None:
        self._blobs = blobs
        self._key = key
        self._path = blobs.folder / key
        self._handle = -1
        self._size_bytes = 0

    def append(self, frame: bytes) -> None:
        if self._handle < 0:
            self._blobs.write(self._key, frame)
            with _reported("open", self._path):
                self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        else:
            self._extend(frame)
        self._size_bytes += len(frame)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _extend(self, frame: bytes) -> None:
        with _reported("write", self._path):
            try:
                _write_all(self._handle, frame)
                os.fsync(self._handle)
            except OSError:
                os.ftruncate(self._handle, self._size_bytes)
                raise


def open_backend(url: str, *, cwd: Path | None = None) -> Blobs:
    """Open the place a backend URL names: `file://…` (`~`, `.` and relative paths too) or `s3://bucket/prefix?…`.

    Raises:
        ConfigError: another kind of URL, or a malformed one.
    """
    if url.startswith("s3://"):
        from pulumi_dataarts.backend.s3 import open_s3

        return open_s3(url)
    if url.startswith("file://"):
        return LocalBlobs(_local_folder(url, cwd or Path.cwd()), url)
    raise ConfigError(
        f"backend {urlsplit(url).scheme or url!r} is not supported",
        hint="Set PULUMI_BACKEND_URL to file://<folder> or s3://<bucket>/<prefix>?endpoint=<host>&region=<region>.",
    )


def _local_folder(url: str, cwd: Path) -> Path:
    text = url.removeprefix("file://").partition("?")[0]
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    return Path(os.path.abspath(cwd / path))  # noqa: PTH100 - `resolve` would follow links, the official CLI does not


@contextmanager
def _reported(action: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(f"cannot {action} {path}: {error.strerror}", hint="What was there before stands.") from error


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if path.exists():
                unfinished.chmod(path.stat().st_mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # The official CLI leaves a checksum beside each file, which would no longer fit.
        _sidecar(path).unlink(missing_ok=True)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + _SIDECAR)


def _is_bookkeeping(path: Path) -> bool:
    return path.suffix == _SIDECAR or (path.suffix == _UNFINISHED and path.name.startswith("."))


def _modified_s(path: Path) -> float | None:
    """Return when a file was last written; None for a folder, and for a file that just went."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime if stat.S_ISREG(status.st_mode) else None


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix" or not folder.is_dir():
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
