from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.model import paths
from pulumi_dataarts.model.values import Secret
from tests.model.states import values

steps = st.lists(
    st.integers(0, 9) | st.text(st.characters(exclude_characters="\\", codec="utf-8"), min_size=1, max_size=5),
    min_size=1,
    max_size=4,
).map(tuple)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("root", ("root",)),
        ("root.nested", ("root", "nested")),
        ('root["nested"]', ("root", "nested")),
        ("root.double.nest", ("root", "double", "nest")),
        ('root["double"].nest', ("root", "double", "nest")),
        ("root.array[0]", ("root", "array", 0)),
        ("root.array[100]", ("root", "array", 100)),
        ("root.array[0].nested", ("root", "array", 0, "nested")),
        ("root.array[0][1].nested", ("root", "array", 0, 1, "nested")),
        ('root["key with \\"escaped\\" quotes"]', ("root", 'key with "escaped" quotes')),
        ('root["key with a ."]', ("root", "key with a .")),
        ('["root key with a ."].nested', ("root key with a .", "nested")),
        ("[1].a", (1, "a")),
        ("a[*].b", ("a", "*", "b")),
        ("a.*", ("a", "*")),
        ("a.[1]", ("a", 1)),
        ("", ()),
    ],
)
def test_a_path_is_read_as_the_official_engine_reads_it(text: str, path: paths.Path):
    assert paths.parse(text) == path


@pytest.mark.parametrize("text", [".a", "a.", "a[", "a[x]", 'a["x', 'a["x"', "a[1"])
def test_a_malformed_path_is_refused(text: str):
    with pytest.raises(ValueError, match="not a property path"):
        paths.parse(text)


@given(steps)
def test_parsing_undoes_rendering(path: paths.Path):
    assert paths.parse(paths.render(path)) == path


@given(steps.filter(lambda path: isinstance(path[0], str)), values)
def test_what_is_put_is_found_and_dropping_takes_it_away(path: paths.Path, item: Any):
    holder = paths.put({}, path, item)
    assert paths.get(holder, path, default="nothing") == item
    if isinstance(path[-1], str):
        assert paths.get(paths.drop(holder, path), path, default="nothing") == "nothing"


def test_putting_changes_nothing_in_place():
    before = {"a": [{"b": 1}]}
    after = paths.put(before, ("a", 0, "b"), 2)
    assert (before, after) == ({"a": [{"b": 1}]}, {"a": [{"b": 2}]})


def test_putting_into_a_secret_keeps_it_secret():
    assert paths.put({"a": Secret({"b": 1})}, ("a", "c"), 2) == {"a": Secret({"b": 1, "c": 2})}


def test_putting_below_a_plain_value_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        paths.put({"a": 1}, ("a", "b"), 2)


def test_a_wildcard_covers_what_is_below_it():
    assert paths.contains(("a", "*", "c"), ("a", 3, "c", "d"))
    assert not paths.contains(("a", "*", "c"), ("a", 3))
    assert not paths.contains(("a",), ("b",))


IGNORED = [
    ("a leaf keeps its old value", ["a"], {"a": 1}, {"a": 2}, {"a": 1}, True),
    ("a leaf the old lacks is removed", ["a"], {}, {"a": 2, "b": 1}, {"b": 1}, True),
    ("a leaf the new lacks comes back", ["a"], {"a": 1}, {}, {"a": 1}, True),
    ("nested", ["a.b"], {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}, True),
    ("a map missing in the new", ["a.b"], {"a": {"b": 1}}, {}, {}, False),
    ("a map missing in the old", ["a.b"], {}, {"a": {"b": 2}}, {"a": {}}, True),
    ("neither has it", ["a.b"], {}, {}, {}, True),
    ("an index", ["a[0]"], {"a": [1, 2]}, {"a": [3, 4]}, {"a": [1, 4]}, True),
    ("an index beyond both", ["a[5]"], {"a": [1]}, {"a": [3]}, {"a": [3]}, True),
    ("an index beyond one", ["a[1]"], {"a": [1]}, {"a": [3, 4]}, {"a": [3, 4]}, False),
    ("a list on one side", ["a[0]"], {"a": 1}, {"a": [3]}, {"a": [3]}, False),
    ("every element", ["a[*]"], {"a": [1, 2]}, {"a": [3, 4]}, {"a": [1, 2]}, True),
    ("every element of a list that grew", ["a[*]"], {"a": [1]}, {"a": [3, 4]}, {"a": [1, 4]}, False),
    ("every key", ["a.*"], {"a": {"x": 1}}, {"a": {"x": 2, "y": 3}}, {"a": {"x": 1}}, True),
    ("every key at the top", ["*"], {"x": 1}, {"y": 2}, {"x": 1}, True),
    ("below every element", ["a[*].b"], {"a": [{"b": 1}]}, {"a": [{"b": 2, "c": 3}]}, {"a": [{"b": 1, "c": 3}]}, True),
    ("below every key", ["a.*.b"], {"a": {"x": {"b": 1}}}, {"a": {"x": {"b": 2}}}, {"a": {"x": {"b": 1}}}, True),
    ("malformed paths are passed over", ["a["], {"a": 1}, {"a": 2}, {"a": 2}, True),
    ("an old secret stays secret", ["a.b"], {"a": Secret({"b": 1})}, {"a": {"b": 2}}, {"a": {"b": Secret(1)}}, True),
    ("a new secret covers it", ["a.b"], {"a": {"b": 1}}, {"a": Secret({"b": 2})}, {"a": Secret({"b": 1})}, True),
    ("a map in the place of a text", ["a.b"], {"a": "x"}, {"a": {"b": 2}}, {"a": {}}, True),
]


@pytest.mark.parametrize(
    ("ignored", "old", "new", "expected", "is_reset"), [case[1:] for case in IGNORED], ids=[case[0] for case in IGNORED]
)
def test_ignored_paths_keep_their_old_value(
    ignored: list[str], old: dict[str, Any], new: dict[str, Any], expected: dict[str, Any], is_reset: bool
):
    result, failed = paths.reset(new, old, ignored)
    assert result == expected
    assert failed == ([] if is_reset else ignored)
