"""JSON: taken from a client only if it can be stored and sent on as it is, and written without a space too many."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def parse(data: bytes) -> Any:
    """Return parsed JSON.

    Raises:
        ValueError: not JSON, nested without end, with a number that JSON does not know (`NaN`), or with half a
            character (a lone surrogate).
    """
    try:
        document = json.loads(data, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    json.dumps(document, ensure_ascii=False).encode()
    return document


def written(value: Any) -> str:
    """Return a value as JSON, as short as it can be."""
    return _ENCODER.encode(value)


def joined(one: str, other: str) -> str:
    """Return the text of a JSON object that has the keys of both; each has some."""
    return f"{one[:-1]},{other[1:]}"


def with_list(key: str, items: list[str], more: dict[str, Any]) -> str:
    """Return the text of a JSON object that has `more`, and a list under `key` whose items are written out already."""
    return f'{{"{key}":[{",".join(items)}],{written(more)[1:]}'


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
