"""Checks of single values in a body; each refuses with the code it is given and names the value.

What the pages call String, Int or Boolean arrives from real exports as any of them (`"false"`, `"60"`), so
whole numbers may be written as text.

Source: DataArts Factory API "Exporting a Job", whose examples mix them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.store import Document

INVALID = "DLF.3051"


def a_document(value: Any, what: str, code: str = INVALID) -> Document:
    """Return `value` if it is a JSON object."""
    if not isinstance(value, dict):
        raise Refusal(code, f"{what} must be an object")
    return value


def documents(value: Any, what: str, code: str = INVALID) -> list[Document]:
    """Return `value` if it is a list of JSON objects; null counts as an empty one."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refusal(code, f"{what} must be a list of objects")
    return value


def texts(value: Any, what: str, code: str = INVALID) -> list[str]:
    """Return `value` if it is a list of strings; null counts as an empty one."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refusal(code, f"{what} must be a list of strings")
    return value


def text_map(value: Any, what: str) -> dict[str, str]:
    """Return `value` if it maps strings to strings; null counts as an empty map."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise Refusal(INVALID, f"{what} must be a map of strings")
    return value


def required_text(value: Any, what: str, code: str = INVALID) -> str:
    """Return `value` if it is a string with something in it."""
    if not isinstance(value, str) or not value:
        raise Refusal(code, f"{what} is required")
    return value


def optional_text(value: Any, what: str, limit: int, code: str = INVALID) -> None:
    """Check a string of at most `limit` characters, if there is one."""
    if value is not None and (not isinstance(value, str) or len(value) > limit):
        raise Refusal(code, f"{what} must be a string of at most {limit} characters")


def a_name(value: Any, what: str, pattern: re.Pattern[str], code: str = INVALID) -> str:
    """Return `value` if the pattern covers all of it."""
    name = required_text(value, what, code)
    if not pattern.fullmatch(name):
        raise Refusal(code, f"{what} {name!r} must match {pattern.pattern}")
    return name


def a_choice(value: Any, what: str, choices: Collection[str], code: str = INVALID) -> str:
    """Return `value` if it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise Refusal(code, f"{what} must be one of {', '.join(sorted(choices))}")
    return value


def optional_choice(value: Any, what: str, choices: Collection[str], code: str = INVALID) -> None:
    """Check one of the choices, if there is a value."""
    if value is not None:
        a_choice(value, what, choices, code)


def optional_whole(value: Any, what: str, low: int, high: int, code: str = INVALID) -> None:
    """Check a whole number from `low` to `high`, if there is one."""
    if value is None:
        return
    is_whole = re.fullmatch(r"-?\d{1,9}", str(value)) is not None
    if isinstance(value, bool) or not is_whole or not low <= int(value) <= high:
        raise Refusal(code, f"{what} must be a whole number from {low} to {high}")
