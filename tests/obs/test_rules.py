"""Names and lifecycle rules, for any value."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pulumi_dataarts.obs.rules import BucketName, ObjectKey
from pulumi_dataarts.obs.wire import LifecycleRule, declared_rule

NAMES: TypeAdapter[str] = TypeAdapter(BucketName)
KEYS: TypeAdapter[str] = TypeAdapter(ObjectKey)

days = st.none() | st.integers(1, 4000)
transitions = st.lists(
    st.fixed_dictionaries({"days": st.integers(1, 4000), "storage_class": st.sampled_from(["WARM", "COLD"])}),
    max_size=2,
)
rules = st.fixed_dictionaries(
    {
        "id": st.text("abc", min_size=1),
        "prefix": st.text("ab/"),
        "enabled": st.booleans(),
        "expiration_days": st.integers(1, 4000),
        "noncurrent_expiration_days": days,
        "abort_multipart_days": days,
        "transitions": transitions,
        "noncurrent_transitions": transitions,
    }
)


def accepted(adapter: TypeAdapter[str], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


@given(st.text("ab1.-A_", max_size=66))
def test_a_bucket_name_is_accepted_exactly_when_obs_accepts_it(name: str) -> None:
    labels_are_right = all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label) for label in name.split("."))
    is_address = re.fullmatch(r"\d+(\.\d+){3}", name) is not None
    assert accepted(NAMES, name) == (labels_are_right and 3 <= len(name) <= 63 and not is_address)


@given(st.text(st.sampled_from("a./\x00ü"), max_size=8))
def test_an_accepted_key_stays_where_it_is_said_to_be(key: str) -> None:
    if accepted(KEYS, key):
        assert not key.startswith("/")
        assert not set(key.split("/")) & {"", ".", ".."}
        assert key.isprintable()


@given(rules)
def test_a_rule_reads_back_as_it_was_declared(rule: dict[str, Any]) -> None:
    declared = LifecycleRule.model_validate(rule)
    assert declared_rule(declared.to_wire()) == declared.model_dump(exclude_none=True)


def test_a_rule_with_a_filter_made_elsewhere_is_read_too() -> None:
    rule = declared_rule({"ID": "x", "Filter": {"Prefix": "p/"}, "Status": "Disabled", "Expiration": {"Days": 1}})
    assert (rule["prefix"], rule["enabled"]) == ("p/", False)


@pytest.mark.parametrize("field", ["expiration_days", "noncurrent_expiration_days", "abort_multipart_days"])
def test_days_begin_at_one(field: str) -> None:
    with pytest.raises(ValidationError):
        LifecycleRule.model_validate({"id": "r", field: 0})
