"""What a step does beyond configuration, in words that never change, so that plans can be sorted by them.

An effect begins with one of these, and says after a colon which object is meant. A step without any changes
configuration only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

STOPS_JOB: Final = "stops a running job"
MOVES_DATA: Final = "starts data movement"
RESTARTS_SAVED: Final = "restarts a Flink job with its savepoint"
RESTARTS_AFRESH: Final = "restarts a Flink job without its savepoint"
OVERWRITES_EDIT: Final = "overwrites something edited by hand"
DELETES_DATA: Final = "deletes data"

EDITED: Final = "edited:"
"""Stands before the digest of something that is not as it was imported, in place of its digest in the bundle."""

VOCABULARY: Final = (STOPS_JOB, MOVES_DATA, RESTARTS_SAVED, RESTARTS_AFRESH, OVERWRITES_EDIT, DELETES_DATA)
"""All of them; `tests/defects/test_effects.py` holds every handler to it."""


def effect(word: str, *what: object) -> str:
    """Return an effect on some objects: `stops a running job: orders`."""
    named = ", ".join(str(item) for item in what)
    return f"{word}: {named}" if named else word


def effects(word: str, what: Iterable[object]) -> list[str]:
    """Return one effect on all of the objects; none where there are none."""
    named = list(what)
    return [effect(word, *named)] if named else []
