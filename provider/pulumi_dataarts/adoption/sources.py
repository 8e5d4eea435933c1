"""Sources of what was found: written to disk, and only where nothing lies yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pulumi_dataarts.errors import ConfigError


def write_new(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, none of which may exist. Raises ConfigError that names those which do."""
    if standing := sorted(name for name in files if (folder / name).exists()):
        raise ConfigError(
            f"{folder} has {', '.join(standing[:3])} already", hint="Move it away, or give another folder with --out."
        )
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")


def require_bucket(bucket: str, what: str) -> None:
    """Raise ConfigError where no bucket is named for archives."""
    if not bucket:
        raise ConfigError(
            f"{what} are managed as an archive in OBS, and no bucket is named for it",
            hint="Add --bucket NAME; nothing is put there before something changes.",
        )
