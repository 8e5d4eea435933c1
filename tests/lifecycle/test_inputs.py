"""Checking what a user declared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from pulumi_dataarts.lifecycle.fields import Derived, KeyedBy, Replaces, ServerFills
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake, _by_field, check
from pulumi_dataarts.model.values import UNKNOWN, Properties


class Part(BaseModel):
    name: str
    replace: str | None = None


class Sample(Inputs):
    cluster: Annotated[str, Replaces(), Field(max_length=5)]
    kind: Literal["A", "B"] = "A"
    config: Annotated[dict[str, str], ServerFills()] = {}
    parts: Annotated[list[Part], KeyedBy("name")] = []
    count: int = 3
    digest: Annotated[str | None, Derived()] = None

    derives_from: ClassVar[tuple[str, ...]] = ("cluster",)

    def mistakes(self) -> Iterable[Mistake]:
        if self.kind == "B" and not self.parts:
            yield Mistake("parts", "kind B needs parts")

    def derived(self) -> Properties:
        return {"digest": f"of {self.cluster}"}


def test_all_mistakes_are_reported_at_once_each_with_its_path() -> None:
    _, mistakes = check(Sample, {"cluster": "too long", "kind": "C", "parts": [{"name": "x"}, {}], "cuont": 1})
    assert [item.path for item in mistakes] == ["cuont", "cluster", "kind", "parts[1].name"]
    assert "did you mean `count`?" in mistakes[0].reason


def test_a_required_field_that_is_missing_is_named() -> None:
    assert check(Sample, {})[1] == [Mistake("cluster", "is required")]


def test_defaults_are_filled_floats_become_ints_and_derived_fields_are_computed() -> None:
    assert check(Sample, {"cluster": "c1", "count": 4.0}) == (
        {"cluster": "c1", "kind": "A", "config": {}, "parts": [], "count": 4, "digest": "of c1"},
        [],
    )


DECLARED = st.fixed_dictionaries(
    {"cluster": st.text(max_size=6)},
    optional={
        "kind": st.sampled_from(["A", "B", "C"]),
        "config": st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers() | st.booleans()),
        "parts": st.lists(st.fixed_dictionaries({"name": st.text(max_size=3)}, optional={"replace": st.text()})),
        "count": st.integers() | st.floats() | st.sampled_from(["7", None]),
        "digest": st.text(),
    },
)


@for_all(DECLARED)
def test_all_at_once_is_checked_as_field_by_field(given: Properties) -> None:
    assert check(Sample, given) == _by_field(
        Sample, {name: value for name, value in given.items() if value is not None}
    )


def test_unknown_values_pass_through_untouched_at_any_depth() -> None:
    given = {"cluster": UNKNOWN, "config": {"host": UNKNOWN, "port": "1"}}
    checked, mistakes = check(Sample, given)
    assert mistakes == []
    assert checked["cluster"] is UNKNOWN
    assert checked["config"] == {"host": UNKNOWN, "port": "1"}


def test_what_is_derived_is_unknown_only_where_what_it_needs_is() -> None:
    assert check(Sample, {"cluster": UNKNOWN})[0]["digest"] is UNKNOWN
    assert check(Sample, {"cluster": "c1", "config": {"host": UNKNOWN}})[0]["digest"] == "of c1"


def test_an_unknown_neighbour_does_not_hide_a_mistake() -> None:
    assert [item.path for item in check(Sample, {"cluster": UNKNOWN, "kind": "C"})[1]] == ["kind"]


def test_mistakes_between_fields_are_found_once_every_value_is_known() -> None:
    assert check(Sample, {"cluster": "c1", "kind": "B"})[1] == [Mistake("parts", "kind B needs parts")]
    assert check(Sample, {"cluster": UNKNOWN, "kind": "B"})[1] == []


@pytest.mark.parametrize("given", [{"cluster": "c1", "digest": "mine"}, {"cluster": "c1", "__provider": "x"}])
def test_derived_and_internal_values_cannot_be_given(given: Properties) -> None:
    assert check(Sample, given)[0]["digest"] == "of c1"
