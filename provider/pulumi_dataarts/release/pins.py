"""Which release a stack runs: one line of its configuration file, `dataarts:release: sha256:<digest>`.

A stack without that line runs the working tree. Comments and all other lines of the file stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

from pulumi_dataarts.backend.configs import StackFile
from pulumi_dataarts.errors import ConfigError

KEY: Final = "dataarts:release"
PREFIX: Final = "sha256:"
_PIN: Final = re.compile(rf"{PREFIX}([0-9a-f]{{64}})")


def pin_of(file: StackFile) -> str | None:
    """Return the digest a stack is pinned to, None where it runs the working tree.

    Raises:
        ConfigError: the line is there and names no release.
    """
    value = file.values.get(KEY)
    if value is None:
        return None
    match = _PIN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConfigError(
            f"{file.path}: {KEY} is {PREFIX} and 64 hexadecimal digits, not {value!r}",
            hint="Let it be written: `dataarts release pin STACK RELEASE`.",
        )
    return match[1]


def pinned(file: StackFile, digest: str | None) -> StackFile:
    """Return the file with its stack pinned to a release, or to the working tree for None. `save` writes it."""
    return file.without(KEY) if digest is None else file.with_value(KEY, f"{PREFIX}{digest}")
