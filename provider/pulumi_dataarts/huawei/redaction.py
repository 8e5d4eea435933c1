"""Keeping secrets out of logs and messages: by the name they travel under, and by value anywhere."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

HIDDEN: Final = "[secret]"
SHORTEST: Final = 6
"""Shorter values are hidden by name only: by value they would hide half of every sentence."""

_SECRET_NAMES = re.compile(
    r"(^|[._-])(sk|dek|keytab|authorization|cookie)$|passw|pwd|secret|token|security_?key|private_?key|credential",
    re.IGNORECASE,
)

_OPTION = re.compile(r"['\"]([\w.-]+)['\"]\s*=\s*'((?:[^']|'')*)'")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Say whether what travels under this name is hidden."""
    return bool(_SECRET_NAMES.search(name))


class Redactor:
    """Knows the secrets of one session. Thread-safe."""

    def __init__(self) -> None:
        self._forms: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def conceal(self, values: Iterable[str]) -> None:
        """Hide these values from now on, in each form they may take in a text."""
        forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
        if not forms <= self._forms:
            with self._lock:
                self._forms = self._forms | forms

    def learn(self, body: Any) -> None:
        """Hide from now on whatever stands under a secret's name in a JSON value."""
        self.conceal(secrets_in(body))

    def text(self, text: str) -> str:
        """Return the text without any known secret."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text

    def body(self, body: Any) -> str:
        """Return a JSON value as text, its secrets hidden by name and by value."""
        return self.text(json.dumps(_masked(body), ensure_ascii=False))


def _forms(value: str) -> set[str]:
    raw = value.encode()
    return {
        value,
        quote(value, safe=""),
        quote(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        base64.b64encode(raw).decode(),
        raw.hex(),
    }


def secrets_in(body: Any) -> Iterator[str]:
    """Yield the texts of a JSON value that are secret: by their key, or as `{"name": …, "value": …}`, or by a mark."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            hidden = _held(value) if _is_hidden(body, key) else ""
            if hidden:
                yield hidden
            else:
                yield from secrets_in(value)
    elif isinstance(body, list):
        for item in body:
            yield from secrets_in(item)


def secrets_in_text(text: str) -> Iterator[str]:
    """Yield the values that a SQL text gives to options with a secret's name: `'password' = '…'`."""
    for name, value in _OPTION.findall(text):
        if is_secret_name(name):
            yield value


def _masked(body: Any) -> Any:
    if isinstance(body, Mapping):
        return {
            key: HIDDEN if isinstance(value, str) and _is_hidden(body, key) else _masked(value)
            for key, value in body.items()
        }
    if isinstance(body, list):
        return [_masked(item) for item in body]
    return body


def _is_hidden(pairs: Mapping[str, Any], key: str) -> bool:
    if key in ("value", "values"):
        named = pairs.get("name")
        is_marked = str(pairs.get("value_is_sensitive", "")).lower() == "true"
        return is_marked or (isinstance(named, str) and is_secret_name(named))
    return is_secret_name(key)


def _held(value: Any) -> str:
    """Return the text under a secret's key, be it there itself or as `{"value": …}`; empty where there is none."""
    held = value.get("value") if isinstance(value, Mapping) else value
    return held if isinstance(held, str) else ""
