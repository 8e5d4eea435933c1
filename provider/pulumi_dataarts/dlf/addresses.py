"""Where an archive lies: `obs://bucket/key`, as the service's own pages write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

SCHEME: Final = "obs://"
PATTERN: Final = r"^obs://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/[^/](.*[^/])?$"


@dataclass(frozen=True)
class ObsPath:
    """One object's address."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> ObsPath:
        """Return the address that a text, which matches `PATTERN`, means."""
        bucket, _, key = text.removeprefix(SCHEME).partition("/")
        return cls(bucket, key)

    def beside(self, name: str) -> ObsPath:
        """Return the address of another object in the same folder."""
        return ObsPath(self.bucket, PurePosixPath(self.key).with_name(name).as_posix())

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"
