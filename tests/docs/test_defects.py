"""The page of defects names all of them, and tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([CD]\d+) \| .+ \| .+ \| `(\w+\.py)::(\w+)` \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall((ROOT / "docs/reference/defects.md").read_text())


def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests/defects" / file).read_text())
    return {item.name for item in tree.body if isinstance(item, ast.FunctionDef)}


def test_all_thirty_nine_are_there() -> None:
    expected = [f"D{number}" for number in range(1, 22)] + [f"C{number}" for number in range(1, 19)]
    assert [number for number, _, _ in rows()] == expected


def test_each_names_a_test_of_its_own_number() -> None:
    for number, file, name in rows():
        assert name in names_in(file)
        assert name.startswith(f"test_{number[0].lower()}{int(number[1:]):02}_")
