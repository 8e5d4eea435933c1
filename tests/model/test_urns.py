from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.model import urns

names = st.text(st.characters(exclude_characters=":$", codec="utf-8"), min_size=1, max_size=10)


def test_a_child_carries_its_parents_type():
    made = urns.make("dev", "p", "my:mod:Group", "a:b:C", "x")
    assert made == "urn:pulumi:dev::p::my:mod:Group$a:b:C::x"
    assert urns.parse(made).type == "a:b:C"


def test_the_stack_is_not_part_of_its_childrens_type():
    assert urns.make("dev", "p", urns.ROOT_TYPE, "a:b:C", "x") == "urn:pulumi:dev::p::a:b:C::x"


@given(names, names, names, names)
def test_parsing_undoes_making(stack: str, project: str, type: str, name: str):
    made = urns.make(stack, project, "", type, name)
    assert urns.parse(made) == urns.Urn(stack, project, type, name)
    assert str(urns.parse(made)) == made


def test_a_name_may_hold_the_separator():
    assert urns.parse("urn:pulumi:dev::p::a:b:C::x::y").name == "x::y"


def test_a_provider_reference_is_split_at_its_last_separator():
    urn = "urn:pulumi:dev::p::pulumi:providers:aws::a::b"
    assert urns.split_reference(urns.provider_reference(urn, "1f")) == (urn, "1f")


@pytest.mark.parametrize("text", ["", "urn:pulumi:dev::p::t", "urn:other:a::b::c::d", "a::b::c::d"])
def test_what_is_no_urn_is_refused(text: str):
    with pytest.raises(ValueError, match="not a URN"):
        urns.parse(text)


@pytest.mark.parametrize("text", ["", "urn:pulumi:d::p::t::n::", "x::1"])
def test_what_is_no_provider_reference_is_refused(text: str):
    with pytest.raises(ValueError, match="not a"):
        urns.split_reference(text)
