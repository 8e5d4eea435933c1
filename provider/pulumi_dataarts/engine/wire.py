"""Between protobuf Structs, as programs and providers send them, and property values.

Anything may arrive: seven kinds of unknown, output values, secrets at any depth. What leaves has one unknown, the
string one, which every SDK tests for. Numbers are doubles on the wire; integral ones are ints here, as in state files.

Source: pkg/resource/plugin/rpc.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

from pulumi_dataarts.errors import BadResponse
from pulumi_dataarts.model.values import (
    OUTPUT_VALUE,
    RESOURCE_REFERENCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    Properties,
    Secret,
    Value,
)

UNKNOWN_ID: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_ID,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_INTEGRAL_MAX: Final = 2.0**53
ABSENT: Final = object()


@dataclass(frozen=True)
class Accepts:
    """What the receiver of a Struct can tell apart; the rest is flattened, or left out where it is unknown."""

    secrets: bool = True
    unknowns: bool = True
    resources: bool = True


EVERYTHING: Final = Accepts()
PREVIEWED: Final = Accepts(secrets=False, unknowns=True, resources=False)
PLAIN: Final = Accepts(secrets=False, unknowns=False, resources=False)


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Return the properties of a Struct, sorted: a Struct has them in any order.

    Raises:
        BadResponse: a secret without a value, or a value of no kind.
    """
    fields = struct.fields
    return {key: from_value(fields[key]) for key in sorted(fields)}


def from_value(value: struct_pb2.Value) -> Value:
    """Return one value of a Struct. Raises as `from_struct` does."""
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if text in UNKNOWNS else text
        case "number_value":
            return _number(value.number_value)
        case "bool_value":
            return value.bool_value
        case "null_value":
            return None
        case "list_value":
            return [from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _signed(from_struct(value.struct_value))
    raise BadResponse("a property value of no kind was sent", operation="decode")


def _number(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) < _INTEGRAL_MAX else number


def _signed(members: Properties) -> Value:
    match members.get(SIGNATURE):
        case str(signature) if signature == SECRET:
            if "value" not in members:
                raise BadResponse("a secret without a value was sent", operation="decode")
            return Secret(members["value"])
        case str(signature) if signature == OUTPUT_VALUE:
            element = members.get("value", UNKNOWN)
            return Secret(element) if members.get("secret") is True else element
    return members


def to_struct(properties: Mapping[str, Value], accepts: Accepts = EVERYTHING) -> struct_pb2.Struct:
    """Return properties as a Struct that has only what the receiver accepts."""
    struct = struct_pb2.Struct()
    _fill(struct, properties, accepts)
    return struct


def _fill(struct: struct_pb2.Struct, properties: Mapping[str, Value], accepts: Accepts) -> None:
    fields = struct.fields
    for key, value in properties.items():
        value = sendable(value, accepts)
        if value is not ABSENT:
            _set(fields[key], value, accepts)


def _set(target: struct_pb2.Value, value: Value, accepts: Accepts) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        _fill(target.struct_value, value, accepts)
    else:
        target.list_value.SetInParent()
        for item in value:
            item = sendable(item, accepts)
            if item is not ABSENT:
                _set(target.list_value.values.add(), item, accepts)


def sendable(value: Any, accepts: Accepts) -> Any:
    """Return a value as a receiver may see it, not yet what is inside; `ABSENT` where it may not be sent at all."""
    if isinstance(value, str):
        return value
    if isinstance(value, Secret):
        if not accepts.secrets:
            return sendable(value.value, accepts)
        return {SIGNATURE: SECRET, "value": value.value}
    if value is UNKNOWN:
        return UNKNOWN_ID if accepts.unknowns else ABSENT
    if isinstance(value, dict) and not accepts.resources and value.get(SIGNATURE) == RESOURCE_REFERENCE:
        return sendable(_referenced(value), accepts)
    return value


def _referenced(reference: Mapping[str, Value]) -> Value:
    """A provider that knows no references gets the resource's id, or the URN of what has none."""
    if "id" not in reference:
        return reference.get("urn", "")
    return reference["id"] or UNKNOWN
