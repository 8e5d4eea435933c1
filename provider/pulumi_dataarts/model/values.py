"""Property values as the engine holds them: JSON, plus secrets and unknowns at any depth.

A value is `None`, a bool, an int or float, a str, a list of values, a dict from str to value, a `Secret`, or
`UNKNOWN`. Assets, archives, resource references and byte strings stay what they are on the wire: dicts that carry
`SIGNATURE`. Integral floats are kept as ints, as the state file has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Value: TypeAlias = Any
Properties: TypeAlias = dict[str, Value]

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a signature, not a secret
RESOURCE_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_VALUE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
BYTE_STRING: Final = "803fd3297a5875dc03ca845dda5d2a98"


class Unknown:
    """A value that only an `up` can know. One instance, `UNKNOWN`; compare with `is`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted wherever it is written, and never printed."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


def walk(value: Value) -> Iterator[Value]:
    """Yield a value and everything inside it, secrets' insides included."""
    yield value
    if isinstance(value, Secret):
        yield from walk(value.value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def has_unknown(value: Value) -> bool:
    """Say whether anything inside is unknown."""
    if type(value) is str:  # most values are, and this is asked of each of them
        return False
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values() if type(item) is not str)
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return value is UNKNOWN or (isinstance(value, Secret) and has_unknown(value.value))


def has_secret(value: Value) -> bool:
    """Say whether anything inside is secret."""
    if type(value) is str:  # most values are, and this is asked of each of them
        return False
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values() if type(item) is not str)
    if isinstance(value, list):
        return any(map(has_secret, value))
    return isinstance(value, Secret)


def plain(value: Value) -> Value:
    """Return the value with every secret unwrapped, as providers receive it."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def same(left: Value, right: Value) -> bool:
    """Compare as the official engine does: secrets unwrapped, null members absent."""
    return bool(_bare(left) == _bare(right))


def _bare(value: Value) -> Value:
    while isinstance(value, Secret):
        value = value.value
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value
