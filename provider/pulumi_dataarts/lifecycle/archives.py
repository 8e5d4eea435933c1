"""Zips that travel to and from the services: written so that equal content gives equal bytes, read with suspicion.

Pure functions over bytes; nothing is ever unpacked to a disk. An archive may come from a bucket, a console's export or
a colleague, so what it says about itself (names, sizes, links) is checked before anything is unfolded.
"""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from pulumi_dataarts.errors import ConfigError

SIZE_MAX_BYTES: Final = 10 * 1024 * 1024
EXPANDED_MAX_BYTES: Final = 64 * 1024 * 1024
ENTRIES_MAX: Final = 10_000
_STORED_MAX_BYTES = 8 * 1024 * 1024
_RATIO_MAX = 200
_RATIO_FREE_BYTES = 256 * 1024
_ENCRYPTED = 0x1 | 0x40
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_FILE_MODE = stat.S_IFREG | 0o644
_PLAIN_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    NotImplementedError,
    ValueError,
)


def canonical_zip(entries: Mapping[str, bytes], *, stored_max_bytes: int = _STORED_MAX_BYTES) -> bytes:
    """Return a zip that depends on nothing but the entries: names sorted, time and mode fixed, no directories.

    The entries are stored, not compressed: deflated bytes differ between builds of zlib. Only above 8 MiB, where a zip
    would come close to the services' limit of 10 MB, they are deflated.

    Args:
        entries: content by path inside the archive, with `/` between its parts.
        stored_max_bytes: above how much content the entries are deflated.

    Raises:
        ConfigError: a path that `read_zip` would refuse.
    """
    _check_paths(entries)
    is_small = sum(map(len, entries.values())) <= stored_max_bytes
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _WRITTEN_AT)
            info.create_system = _UNIX
            info.external_attr = _FILE_MODE << 16
            info.compress_type = zipfile.ZIP_STORED if is_small else zipfile.ZIP_DEFLATED
            archive.writestr(info, entries[name], compresslevel=9)
    return buffer.getvalue()


def read_zip(
    data: bytes,
    *,
    size_max_bytes: int = SIZE_MAX_BYTES,
    expanded_max_bytes: int = EXPANDED_MAX_BYTES,
    entries_max: int = ENTRIES_MAX,
) -> dict[str, bytes]:
    """Return the files of a zip by path, in the archive's order; directory entries are left out.

    Args:
        data: the zip.
        size_max_bytes: how large the zip may be; the default is the services' own limit.
        expanded_max_bytes: how much all files may unfold to, together.
        entries_max: how many entries there may be.

    Raises:
        ConfigError: not a zip, damaged, encrypted, too large before or after unfolding, or with an entry that is a
            link, leaves the archive, or is there twice (letter case aside); the message names it.
    """
    if len(data) > size_max_bytes:
        raise ConfigError(
            f"the archive has {len(data)} bytes; at most {size_max_bytes} are accepted",
            hint="Split it into several archives.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_entries(infos, expanded_max_bytes, entries_max)
            return {info.filename: archive.read(info) for info in infos if not info.is_dir()}
    except _DAMAGED as error:
        raise ConfigError(
            f"the archive is not a readable zip: {error}", hint="Build it anew, or export or copy it once more."
        ) from error


def _check_entries(infos: list[zipfile.ZipInfo], expanded_max_bytes: int, entries_max: int) -> None:
    """Check what the directory of the zip says; `zipfile` never unfolds an entry beyond the size that stands there."""
    if len(infos) > entries_max:
        raise ConfigError(f"the archive has {len(infos)} entries; at most {entries_max} are accepted")
    expanded = sum(info.file_size for info in infos)
    if expanded > expanded_max_bytes:
        raise ConfigError(f"the archive unfolds to {expanded} bytes; at most {expanded_max_bytes} are accepted")
    # `orig_filename`, since zipfile cuts a name at its first NUL; a directory's last slash is no part of its name.
    _check_paths(info.orig_filename.removesuffix("/") for info in infos)
    for info in infos:
        _check_entry(info)


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if info.flag_bits & _ENCRYPTED:
        raise ConfigError(f"the archive's entry {name!r} is encrypted")
    if info.compress_type not in _METHODS:
        raise ConfigError(f"the archive's entry {name!r} is neither stored nor deflated")
    if stat.S_IFMT(info.external_attr >> 16) not in _PLAIN_KINDS:
        raise ConfigError(f"the archive's entry {name!r} is a link or a device")
    if info.file_size > max(_RATIO_FREE_BYTES, _RATIO_MAX * info.compress_size):
        raise ConfigError(f"the archive's entry {name!r} unfolds from {info.compress_size} to {info.file_size} bytes")


def _check_paths(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise ConfigError(f"the archive's entry {name!r} leaves the archive or has an empty part")
        if any(sign in "\\:" or unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
            raise ConfigError(f"the archive's entry {name!r} has a character that no path may have")
        folded = unicodedata.normalize("NFC", name).casefold()
        if seen.get(folded) == name:
            raise ConfigError(f"the archive's entry {name!r} is there twice")
        if folded in seen:
            raise ConfigError(f"the archive's entries {seen[folded]!r} and {name!r} differ in letter case only")
        seen[folded] = name
