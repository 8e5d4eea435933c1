"""Archives: read with suspicion, and written so that the same content gives the same bytes.

Nothing is ever unpacked to a disk. Limits hold for what comes out as well as for what came in, since a few
kilobytes of zip can unfold to gigabytes.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping

ENTRIES_MAX = 10_000
CONTENT_BYTES_MAX = 64 * 1024 * 1024
_ENCRYPTED = 0x1
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)


class ArchiveError(ValueError):
    """The bytes are not an archive that may be read; the message says why."""


def read_zip(content: bytes, *, size_bytes_max: int) -> dict[str, bytes]:
    """Return the files in a zip by their names, in the order of the archive.

    Args:
        content: the zip.
        size_bytes_max: how large the zip itself may be.

    Raises:
        ArchiveError: too large, not a zip, damaged, encrypted, unfolds to too much, or has an entry that is a
            link, is there twice, points outside the archive, or is packed in an unusual way.
    """
    if len(content) > size_bytes_max:
        raise ArchiveError(f"the file is larger than {size_bytes_max} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read_entries(archive)
    except ArchiveError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise ArchiveError("the file is not a readable zip") from error


def write_zip(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip of the entries, in their order; it depends on nothing but them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, _WRITTEN_AT)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def _read_entries(archive: zipfile.ZipFile) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > ENTRIES_MAX:
        raise ArchiveError(f"the archive has more than {ENTRIES_MAX} entries")
    entries: dict[str, bytes] = {}
    room = CONTENT_BYTES_MAX
    for info in infos:
        _check_entry(info, entries)
        if info.is_dir():
            continue
        entries[info.filename] = _read_entry(archive, info, room)
        room -= len(entries[info.filename])
    return entries


def _check_entry(info: zipfile.ZipInfo, seen: Mapping[str, bytes]) -> None:
    # `orig_filename`, since zipfile cuts a name at its first NUL.
    name = info.orig_filename
    if name.startswith("/") or {"..", "."} & set(name.split("/")) or any(sign in name for sign in "\\:\0"):
        raise ArchiveError(f"the entry {name!r} points outside the archive")
    if name in seen:
        raise ArchiveError(f"the entry {name!r} is there twice")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveError(f"the entry {name!r} is a link")
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"the entry {name!r} is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"the entry {name!r} is packed in an unusual way")


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> bytes:
    with archive.open(info) as entry:
        content = entry.read(room + 1)
    if len(content) > room:
        raise ArchiveError(f"the archive unfolds to more than {CONTENT_BYTES_MAX} bytes")
    return content
