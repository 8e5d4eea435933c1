"""Property values over the wire, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.engine.wire import PLAIN, PREVIEWED, UNKNOWN_ID, from_struct, to_struct
from pulumi_dataarts.errors import BadResponse
from pulumi_dataarts.model.values import (
    OUTPUT_VALUE,
    RESOURCE_REFERENCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    Secret,
    has_secret,
    has_unknown,
    plain,
)
from tests.model.states import keys, plain_values

exact = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False).filter(lambda number: not number.is_integer())
    | st.text(max_size=8).filter(lambda text: "\x00" not in text and text.isprintable()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
anything = st.recursive(
    exact | st.just(UNKNOWN) | st.builds(Secret, exact) | st.just(Secret(UNKNOWN)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def struct_of(value: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({"v": value})
    return struct


@given(st.dictionaries(keys, anything, max_size=4))
def test_what_is_sent_comes_back(properties: dict[str, Any]) -> None:
    assert from_struct(to_struct(properties)) == properties


@given(st.dictionaries(keys, anything, max_size=4))
def test_a_receiver_of_plain_values_gets_neither_secrets_nor_unknowns(properties: dict[str, Any]) -> None:
    received = from_struct(to_struct(properties, PLAIN))
    assert not has_secret(received)
    assert not has_unknown(received)
    assert not has_secret(from_struct(to_struct(properties, PREVIEWED)))


@given(plain_values)
def test_plain_values_survive_a_provider_that_knows_no_secrets(value: Any) -> None:
    text = "".join(map(str, [value]))
    if text.isprintable():
        assert from_struct(to_struct({"v": Secret(value)}, PLAIN)) == from_struct(to_struct({"v": plain(value)}))


@pytest.mark.parametrize(
    "text",
    [
        UNKNOWN_ID,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ],
)
def test_every_kind_of_unknown_is_understood_and_one_is_sent(text: str) -> None:
    assert from_struct(struct_of([text]))["v"][0] is UNKNOWN
    assert to_struct({"v": UNKNOWN})["v"] == UNKNOWN_ID


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"value": 1}, 1),
        ({"value": "s", "secret": True, "dependencies": ["urn:x"]}, Secret("s")),
        ({}, UNKNOWN),
        ({"secret": True}, Secret(UNKNOWN)),
        ({"value": {"value": 1}}, {"value": 1}),
    ],
)
def test_output_values_become_what_they_stand_for(sent: dict[str, Any], meant: Any) -> None:
    assert from_struct(struct_of({SIGNATURE: OUTPUT_VALUE, **sent})) == {"v": meant}


@pytest.mark.parametrize(
    ("number", "kept"), [(1.0, int), (-0.0, int), (1.5, float), (2.0**60, float), (float("inf"), float)]
)
def test_whole_numbers_are_ints_as_state_files_have_them(number: float, kept: type) -> None:
    assert type(from_struct(struct_of(number))["v"]) is kept


@pytest.mark.parametrize(
    ("reference", "sent"),
    [({"urn": "u", "id": "i"}, "i"), ({"urn": "u"}, "u"), ({"urn": "u", "id": ""}, UNKNOWN_ID)],
)
def test_a_provider_gets_the_id_behind_a_resource_reference(reference: dict[str, str], sent: str) -> None:
    value = {SIGNATURE: RESOURCE_REFERENCE, **reference}
    assert from_struct(to_struct({"v": value})) == {"v": value}
    assert to_struct({"v": value}, PREVIEWED)["v"] == sent


def test_malformed_values_are_refused_by_name() -> None:
    with pytest.raises(BadResponse, match="no kind"):
        from_struct(struct_pb2.Struct(fields={"v": struct_pb2.Value()}))
    with pytest.raises(BadResponse, match="secret without a value"):
        from_struct(struct_of({SIGNATURE: SECRET}))
