"""Knowing that a secret changed without keeping it.

A fingerprint is scrypt of the value under a random salt of its own, so the same password has another fingerprint in
every resource, and guessing one costs milliseconds a try.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from functools import lru_cache
from typing import Any

_COST = 2**12
_SALT_BYTES = 12


def fingerprint(value: Any) -> str:
    """Return `v1:<salt>:<digest>` (hex) of any JSON value."""
    salt = os.urandom(_SALT_BYTES).hex()
    return f"v1:{salt}:{_digest(_text(value), salt)}"


def matches(value: Any, known: str) -> bool:
    """Say whether the fingerprint is of this value. A malformed fingerprint matches nothing."""
    version, _, rest = known.partition(":")
    salt, _, digest = rest.partition(":")
    return version == "v1" and hmac.compare_digest(_digest(_text(value), salt), digest)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _digest(text: str, salt: str) -> str:
    return hashlib.scrypt(text.encode(), salt=salt.encode(), n=_COST, r=8, p=1, dklen=16).hex()
