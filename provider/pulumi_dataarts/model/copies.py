"""Copies of frozen values that differ in a few of their fields.

Those of a run have two dozen fields, and each resource has some ten copies made on its way: `dataclasses.replace` goes
through all fields every time, and takes eight times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dataclasses import replace
else:
    T = TypeVar("T")

    def replace(value: T, /, **changes: Any) -> T:
        """Return a copy of a value with these fields changed. Nothing of its class is run, and no name is checked."""
        copy = object.__new__(type(value))
        copy.__dict__.update(value.__dict__)
        copy.__dict__.update(changes)
        return copy


__all__ = ["replace"]
