from __future__ import annotations

from typing import Any

from hypothesis import given

from pulumi_dataarts.model import paths
from pulumi_dataarts.model.diffs import Change, Kind, diff
from pulumi_dataarts.model.values import UNKNOWN, Secret, same
from tests.model.states import plain_values, properties


def changes(old: Any, new: Any, **options: bool) -> list[tuple[str, str]]:
    return [(change.text, change.kind) for change in diff(old, new, **options)]


@given(properties)
def test_a_value_does_not_differ_from_itself(value: Any):
    assert diff(value, value) == []


@given(plain_values, plain_values)
def test_there_is_a_change_exactly_where_values_differ(old: Any, new: Any):
    assert bool(diff({"a": old}, {"a": new})) == (not same(old, new))


@given(plain_values, plain_values)
def test_each_change_names_the_place_of_its_values(old: Any, new: Any):
    old, new = {"a": old}, {"a": new}
    for change in diff(old, new):
        assert paths.get(old, change.path) == change.old
        assert paths.get(new, change.path) == change.new


def test_the_deepest_difference_is_named():
    old = {"a": [1, {"b": 2, "c": 3}], "gone": 1}
    new = {"a": [1, {"b": 4, "c": 3}, 5], "came": 1}
    assert changes(old, new) == [
        ("a[1].b", "update"),
        ("a[2]", "add"),
        ("gone", "delete"),
        ("came", "add"),
    ]


def test_a_list_that_shrinks_loses_its_last_places():
    assert diff([1, 2], [1]) == [Change((1,), Kind.DELETE, old=2)]


def test_a_null_member_is_no_member():
    assert diff({"a": None}, {}) == []
    assert changes({"a": None}, {"a": 1}) == [("a", "add")]


def test_what_was_secret_stays_secret():
    assert diff({"a": Secret({"b": 1})}, {"a": {"b": 2}}) == [Change(("a", "b"), Kind.UPDATE, Secret(1), Secret(2))]
    assert diff({"a": Secret(1)}, {"a": 1}) == []
    assert "hunter2" not in repr(diff({"a": Secret("hunter2")}, {"a": "hunter3"}))


def test_an_unknown_is_a_change():
    assert changes({"a": 1, "b": [2]}, {"a": UNKNOWN, "b": [UNKNOWN]}) == [("a", "update"), ("b[0]", "update")]


def test_internal_keys_are_left_out_on_request():
    old, new = {"__provider": "x", "a": 1}, {"__provider": "y", "a": 1}
    assert changes(old, new) == [("__provider", "update")]
    assert changes(old, new, with_internal=False) == []
