"""JSON that came from a client, taken only if it can be stored and sent on as it is."""

from __future__ import annotations

import json
from typing import Any, NoReturn


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


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
