"""What may be shown of a value: secrets and unknowns as marks, and known secrets hidden wherever else they stand.

A mark can be lost on the way through a program, so a secret's value is looked for in every text as well.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Final

from pulumi_dataarts.model.plans import SECRET_MARK, UNKNOWN_MARK
from pulumi_dataarts.model.values import UNKNOWN, Secret, has_secret, plain, walk

HIDDEN: Final = "[secret]"
# Shorter values are words that stand everywhere; hiding them would hide the plan and tell what they are.
LENGTH_MIN: Final = 5
_FINGERPRINT_CHARS: Final = 16


class Mask:
    """Hides secrets.

    `key` returns the key of the fingerprints, asked for at the first secret; None where the stack has none.
    """

    def __init__(self, secrets: Iterable[str] = (), key: Callable[[], bytes] | None = None) -> None:
        self._secrets = {text for text in secrets if len(text) >= LENGTH_MIN}
        self._open_key = key

    def learn(self, *values: Any) -> None:
        """Hide from now on what is secret inside these property values, wherever it stands."""
        texts = {
            item
            for value in values
            if has_secret(value)
            for outer in walk(value)
            if isinstance(outer, Secret)
            for item in walk(outer)
            if isinstance(item, str) and len(item) >= LENGTH_MIN
        }
        if not texts <= self._secrets:
            self._secrets |= texts
            self.__dict__.pop("_pattern", None)

    def value(self, value: Any) -> Any:
        """Return a property value that may be shown."""
        if isinstance(value, Secret):
            return self._mark(value)
        if value is UNKNOWN:
            return UNKNOWN_MARK
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        """Return a text without any known secret."""
        for secret in self._secrets:
            if secret in text:  # most texts hold none, and a pattern takes far longer to find that out
                return self._pattern.sub(HIDDEN, text)
        return text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._secrets, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)))

    @cached_property
    def _key(self) -> bytes | None:
        return self._open_key() if self._open_key else None

    def _mark(self, secret: Secret) -> dict[str, Any]:
        if self._key is None or any(item is UNKNOWN for item in walk(secret)):
            return dict(SECRET_MARK)
        text = json.dumps(plain(secret), sort_keys=True, ensure_ascii=False, default=str)
        digest = hmac.new(self._key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()
        return {**SECRET_MARK, "fingerprint": digest[:_FINGERPRINT_CHARS]}
