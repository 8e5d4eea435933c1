"""What replays a failure: each test of this folder draws its chances from one seed, and says so when it fails."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))


@contextmanager
def replayed(file: str, test: str, **settings: object) -> Iterator[None]:
    """Add to a failure the one line that leads to it again."""
    chosen = " ".join(f"{name}={value}" for name, value in {"SEED": SEED, **settings}.items())
    try:
        yield
    except Exception as error:
        error.add_note(f"replay: {chosen} .venv/bin/python -m pytest -m '' -n 0 '{os.path.relpath(file)}::{test}'")
        raise
