"""What differs, field by field, by the rules on the fields."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pulumi_dataarts.lifecycle.changes import FINGERPRINTS, changes, fingerprints, visible
from pulumi_dataarts.lifecycle.fields import (
    KeyedBy,
    Local,
    NotCompared,
    Replaces,
    ServerFills,
    Unordered,
    WriteOnly,
)
from pulumi_dataarts.lifecycle.inputs import Inputs
from pulumi_dataarts.model.values import UNKNOWN


class Part(BaseModel):
    name: str
    value: str


class Sample(Inputs):
    cluster: Annotated[str, Replaces("it lives there")] = "c1"
    enabled: bool = True
    config: Annotated[dict[str, str], ServerFills()] = {}
    parts: Annotated[list[Part], KeyedBy("name")] = []
    tags: Annotated[list[str], Unordered()] = []
    secrets: Annotated[dict[str, str], WriteOnly()] = {}
    adopt: Annotated[bool, NotCompared()] = False
    wait_s: Annotated[int, Local()] = 10


def standing(**declared: Any) -> dict[str, Any]:
    return {**visible(Sample, declared), FINGERPRINTS: fingerprints(Sample, declared, {})}


def paths(known: dict[str, Any], declared: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change.path, change.kind) for change in changes(Sample, known, declared)]


@pytest.mark.parametrize(
    ("known", "declared", "expected"),
    [
        pytest.param({"cluster": "c1"}, {"cluster": "c2"}, [("cluster", "update")], id="a plain field"),
        pytest.param({"enabled": True}, {"enabled": False}, [("enabled", "update")], id="false is a value"),
        pytest.param({"wait_s": 10}, {"wait_s": 0}, [("wait_s", "update")], id="zero is a value"),
        pytest.param({"config": {"a": "1"}}, {"config": {}}, [("config.a", "delete")], id="a removed key"),
        pytest.param({"config": {}}, {"config": {"a": ""}}, [("config.a", "add")], id="empty is a value"),
        pytest.param({"tags": ["b", "a"]}, {"tags": ["a", "b"]}, [], id="order of a set"),
        pytest.param(
            {"parts": [{"name": "x", "value": "1"}, {"name": "y", "value": "1"}]},
            {"parts": [{"name": "y", "value": "2"}, {"name": "x", "value": "1"}]},
            [("parts.y.value", "update")],
            id="members by name",
        ),
        pytest.param({"adopt": False}, {"adopt": True}, [], id="how to do it is no difference"),
        pytest.param({"cluster": "c1"}, {"cluster": UNKNOWN}, [("cluster", "update")], id="unknown is a change"),
    ],
)
def test_a_difference_is_found_by_the_rule_of_its_field(known: Any, declared: Any, expected: Any) -> None:
    assert paths(known, declared) == expected


def test_a_replacing_change_says_why() -> None:
    assert changes(Sample, {"cluster": "c1"}, {"cluster": "c2"})[0].replaces == "it lives there"


def test_a_rotated_secret_is_seen_and_shown_nowhere() -> None:
    known = standing(secrets={"password": "canary-one", "key": "k"})
    found = changes(Sample, known, {"secrets": {"password": "canary-two", "key": "k"}})
    assert [(change.path, change.kind) for change in found] == [("secrets.password", "update")]
    assert "canary" not in repr(found) + repr(known)


def test_added_and_removed_secrets_are_changes() -> None:
    assert paths(standing(), {"secrets": {"password": "x"}}) == [("secrets.password", "add")]
    assert paths(standing(secrets={"password": "x"}), {}) == [("secrets.password", "delete")]


def test_an_unchanged_secret_keeps_its_fingerprint() -> None:
    known = standing(secrets={"password": "canary-one"})
    assert fingerprints(Sample, {"secrets": {"password": "canary-one"}}, known) == known[FINGERPRINTS]


DECLARED = st.fixed_dictionaries(
    {
        "cluster": st.text(max_size=3),
        "enabled": st.booleans(),
        "config": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
        "tags": st.lists(st.text(max_size=3), max_size=3),
        "wait_s": st.integers(0, 3),
    }
)


@given(DECLARED)
def test_what_was_applied_as_declared_has_no_difference(declared: dict[str, Any]) -> None:
    assert changes(Sample, standing(**declared), declared) == []


@given(DECLARED, st.sampled_from(["cluster", "enabled", "wait_s"]), st.data())
def test_a_single_edit_is_exactly_that_path(declared: dict[str, Any], field: str, data: st.DataObject) -> None:
    other = {"cluster": st.text(max_size=3), "enabled": st.booleans(), "wait_s": st.integers(0, 3)}[field]
    edited = declared | {field: data.draw(other.filter(lambda value: value != declared[field]))}
    assert paths(standing(**declared), edited) == [(field, "update")]
