"""Two texts side by side: rows of old and new lines, with the words that differ marked. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, Literal, TypeAlias

CONTEXT: Final = 3
ROWS_MAX: Final = 400
Part: TypeAlias = tuple[str, bool]
"""A piece of a line, and whether it differs."""
_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Line:
    """A line of one side: its number from 1, and its pieces."""

    number: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Row:
    """A row of both sides. A `gap` stands for `count` equal lines that are left out."""

    kind: Literal["same", "changed", "added", "removed", "gap"]
    old: Line | None = None
    new: Line | None = None
    count: int = 0


def rows(old: str, new: str) -> list[Row]:
    """Return the rows that differ, with a few lines around them; at most `ROWS_MAX`."""
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    found: list[Row] = []
    end = 0
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if group[0][1] > end:
            found.append(Row("gap", count=group[0][1] - end))
        for tag, i1, i2, j1, j2 in group:
            found += _same(before, i1, i2, j1) if tag == "equal" else _pairs(before, after, (i1, i2), (j1, j2))
        end = group[-1][2]
    if end < len(before):
        found.append(Row("gap", count=len(before) - end))
    return found[:ROWS_MAX]


def _same(before: Sequence[str], start: int, end: int, new_start: int) -> Iterator[Row]:
    for place in range(start, end):
        part = ((before[place], False),)
        yield Row("same", Line(place + 1, part), Line(new_start + place - start + 1, part))


def _pairs(before: Sequence[str], after: Sequence[str], olds: tuple[int, int], news: tuple[int, int]) -> Iterator[Row]:
    for i, j in zip_longest(range(*olds), range(*news)):
        if i is None:
            yield Row("added", None, Line(j + 1, ((after[j], False),)))
        elif j is None:
            yield Row("removed", Line(i + 1, ((before[i], False),)), None)
        else:
            left, right = _words(before[i], after[j])
            yield Row("changed", Line(i + 1, left), Line(j + 1, right))


def _words(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    left: list[Part] = []
    right: list[Part] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left.append(("".join(before[i1:i2]), tag != "equal"))
        right.append(("".join(after[j1:j2]), tag != "equal"))
    return tuple(part for part in left if part[0]), tuple(part for part in right if part[0])
