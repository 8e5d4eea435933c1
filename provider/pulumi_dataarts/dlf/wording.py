"""Lists of names in sentences for people: a few of them, and how many more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

TOLD_MAX: Final = 5


def listed(names: Collection[str]) -> str:
    """Return `a, b and 3 more`."""
    told = ", ".join(list(names)[:TOLD_MAX])
    return f"{told} and {len(names) - TOLD_MAX} more" if len(names) > TOLD_MAX else told


def counted(kind: str, names: Collection[str]) -> str:
    """Return `job a`, or `jobs a, b and 3 more`."""
    return f"{kind}{'s' if len(names) > 1 else ''} {listed(names)}"
