"""Literals of a program: found where it can be told whose they are, and left alone where it cannot."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.report.writeback.literals import Literal, Origin, Setting, origin, respelt, span

FILE = Path("main.py")
PROGRAM = """\
import pulumi
config = pulumi.Config()
other = pulumi.Config("shared")
EXTRACTORS = 4
TWICE = 5

def job(name, directory, *, limit):
    return cdm.Job(name, to_config={"dir": directory, "limit": limit, "ü": EXTRACTORS, "t": TWICE, "f": f"{name}"})

job("a", "orders/a/", limit=1)
job("b", "orders/b/", limit=1)
one = cdm.Job("one", to_config={"dir": "x/", "toJobConfig.fmt": 'CSV', "n": 2, "c": config.require("key"),
    "o": other.get_int("key2"), "twice": config.require("read")}, rules=[{"id": "old", "days": 30}], kw=TWICE)
print(config.require("read"))
"""


def found(line: int, *path: str | int, old: Any, is_shared: bool = False) -> Origin:
    return origin({FILE: ast.parse(PROGRAM)}, FILE, line, path, old, is_shared=is_shared)


def written(line: int, *path: str | int, old: Any, new: Any) -> str:
    where = found(line, *path, old=old)
    assert isinstance(where, Literal)
    piece = span(PROGRAM, where.node, respelt(where.node.value, new))
    text = PROGRAM[: piece.start] + piece.text + PROGRAM[piece.end :]
    (changed,) = [new for before, new in zip(PROGRAM.splitlines(), text.splitlines(), strict=True) if before != new]
    return changed


@pytest.mark.parametrize(
    ("line", "path", "old", "new", "expected"),
    [
        (12, ("to_config", "dir"), "x/", "y/", '"dir": "y/"'),
        (12, ("to_config", "fmt"), "CSV", "it's", '"toJobConfig.fmt": "it\'s"'),
        (12, ("to_config", "n"), "2", "6", '"n": 6,'),
        (12, ("rules", "old", "days"), 30, 7, '"days": 7'),
        (12, ("rules", 0, "days"), 30, 7, '"days": 7'),
        (8, ("to_config", "dir"), "orders/b/", "else/", 'job("b", "else/", limit=1)'),
        (8, ("to_config", "ü"), "4", "8", "EXTRACTORS = 8"),
    ],
)
def test_the_one_literal_is_changed(line: int, path: tuple[Any, ...], old: Any, new: Any, expected: str) -> None:
    assert expected in written(line, *path, old=old, new=new)


def test_a_key_of_the_configuration_is_found() -> None:
    assert found(12, "to_config", "c", old="v") == Setting("", "key")
    assert found(12, "to_config", "o", old=3) == Setting("shared", "key2")


@pytest.mark.parametrize(
    ("line", "path", "old", "reason"),
    [
        (8, ("to_config", "limit"), 1, "in 2 calls of job"),
        (8, ("to_config", "dir"), "orders/c/", "in 0 calls"),
        (8, ("to_config", "t"), 5, "`TWICE` is no literal"),
        (8, ("to_config", "f"), "a", "is no literal"),
        (8, ("to_config", "none"), "a", "does not spell out `none`"),
        (8, ("from_config",), "a", "not among the declaration's arguments"),
        (12, ("to_config", "dir"), "z/", "says 'x/' by now"),
        (12, ("to_config", "twice"), "a", "in more than one place"),
        (3000, ("to_config",), "a", "no declaration is found"),
    ],
)
def test_what_cannot_be_told_says_why(line: int, path: tuple[Any, ...], old: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        found(line, *path, old=old)


def test_a_literal_that_others_share_is_theirs_too() -> None:
    with pytest.raises(ConfigError, match="other resources"):
        found(12, "to_config", "dir", old="x/", is_shared=True)
