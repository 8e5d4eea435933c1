"""Edits of JSON texts: they say what they should, and leave the rest as it was written."""

from __future__ import annotations

import difflib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.report.writeback.documents import rewritten

TEXT = """\
{
  "name": "daily",
  "basicConfig": {"owner": "data", "priority": 1},
  "params": [
    {"name": "day", "value": "1"},
    {"name": "shop",   "value": "2"}
  ],
  "tags": ["a", "b"],
  "empty": {}
}
"""
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
named = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcdef")}, optional={"value": scalars}),
    max_size=4,
    unique_by=lambda item: item["name"],
)
documents = st.dictionaries(
    st.text(min_size=1, max_size=6),
    st.recursive(
        scalars | named,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=8,
    ),
    max_size=5,
)


def lines(new: Any) -> list[str]:
    """Return the lines that differ."""
    after = rewritten(TEXT, json.loads(TEXT), new)
    assert json.loads(after) == new
    return [line for line in difflib.ndiff(TEXT.splitlines(), after.splitlines()) if line[0] in "+-"]


@given(documents, documents, st.sampled_from([None, 2, "\t"]))
def test_whatever_the_two_are_the_result_says_the_new_one(old: Any, new: Any, indent: Any) -> None:
    text = json.dumps(old, indent=indent, ensure_ascii=False)
    assert json.loads(rewritten(text, old, new)) == new


@pytest.mark.parametrize(
    ("path", "value", "differing"),
    [
        (("basicConfig", "priority"), 3, ['-   "basicConfig": {"owner": "data", "priority": 1},',
                                         '+   "basicConfig": {"owner": "data", "priority": 3},']),
        (("params", 1, "value"), "9", ['-     {"name": "shop",   "value": "2"}',
                                       '+     {"name": "shop",   "value": "9"}']),
        (("basicConfig", "agency"), "x", ['-   "basicConfig": {"owner": "data", "priority": 1},',
                                         '+   "basicConfig": {"owner": "data", "priority": 1, "agency": "x"},']),
    ],
    ids=["a value", "a member's value", "a new key"],
)  # fmt: skip
def test_one_edit_is_one_line(path: tuple[Any, ...], value: Any, differing: list[str]) -> None:
    new = json.loads(TEXT)
    inner = new
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert lines(new) == differing


def test_members_come_and_go_on_lines_of_their_own() -> None:
    more, less = json.loads(TEXT), json.loads(TEXT)
    more["params"].append({"name": "hour", "value": "3"})
    assert [line for line in lines(more) if "hour" in line] == ['+     {"name": "hour", "value": "3"}']
    assert len(lines(more)) == 3
    del less["params"][0]
    assert lines(less) == ['-     {"name": "day", "value": "1"},']
