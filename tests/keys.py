"""The key of a passphrase, a million rounds each time, is derived once for all processes of the tests that need it."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from pulumi_dataarts.backend import passphrase

KEYS = "TESTS_KEYS"
"""The variable that names the folder of keys."""


def remember_keys() -> None:
    """From now on, this process and its forks look for keys in the folder, and leave there those they derive."""
    folder, derive = Path(os.environ[KEYS]), passphrase._key

    @lru_cache
    def remembered(phrase: str, salt: bytes) -> bytes:
        kept = folder / f"{sha256(phrase.encode()).hexdigest()}-{salt.hex()}"
        if not kept.exists():
            with NamedTemporaryFile(dir=folder, delete=False) as written:
                written.write(derive(phrase, salt))
            Path(written.name).replace(kept)
        return kept.read_bytes()

    passphrase._key = remembered
