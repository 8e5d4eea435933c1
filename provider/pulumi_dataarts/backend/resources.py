"""One resource as state files have it: the official fields in the official order, unknown ones carried along.

Source: sdk/go/common/apitype/core.go of the official CLI.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pulumi_dataarts.backend.properties import decode, dumps, encode
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.errors import Corrupt
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import BYTE_STRING, SECRET, SIGNATURE, walk

T = TypeVar("T")
Convert = Callable[[Any, Vault], Any]


def _as_text(value: Any, _: Vault) -> str:
    return _typed(value, str)


def _as_flag(value: Any, _: Vault) -> bool:
    return _typed(value, bool)


def _as_texts(value: Any, _: Vault) -> tuple[str, ...]:
    return tuple(_typed(item, str) for item in _typed(value, list))


def _as_texts_by_key(value: Any, vault: Vault) -> dict[str, tuple[str, ...]]:
    return {key: _as_texts(item or [], vault) for key, item in _typed(value, dict).items()}


def _as_properties(value: Any, vault: Vault) -> dict[str, Any]:
    return _typed(decode(value, vault), dict)


def _typed(value: Any, expected: type[T]) -> T:
    if not isinstance(value, expected):
        raise TypeError(f"a {type(value).__name__} where a {expected.__name__} belongs")
    return value


@dataclass(frozen=True)
class _Field:
    key: str
    attribute: str
    load: Convert
    is_always_written: bool = False


_FIELDS: Final = (
    _Field("urn", "urn", _as_text, is_always_written=True),
    _Field("custom", "custom", _as_flag, is_always_written=True),
    _Field("delete", "delete", _as_flag),
    _Field("id", "id", _as_text),
    _Field("type", "type", _as_text, is_always_written=True),
    _Field("inputs", "inputs", _as_properties),
    _Field("outputs", "outputs", _as_properties),
    _Field("parent", "parent", _as_text),
    _Field("protect", "protect", _as_flag),
    _Field("taint", "taint", _as_flag),
    _Field("external", "external", _as_flag),
    _Field("dependencies", "dependencies", _as_texts),
    _Field("initErrors", "init_errors", _as_texts),
    _Field("provider", "provider", _as_text),
    _Field("propertyDependencies", "property_dependencies", _as_texts_by_key),
    _Field("pendingReplacement", "pending_replacement", _as_flag),
    _Field("additionalSecretOutputs", "additional_secret_outputs", _as_texts),
    _Field("aliases", "aliases", _as_texts),
    _Field("customTimeouts", "custom_timeouts", _as_properties),
    _Field("importID", "import_id", _as_text),
    _Field("retainOnDelete", "retain_on_delete", _as_flag),
    _Field("deletedWith", "deleted_with", _as_text),
    _Field("replaceWith", "replace_with", _as_texts),
    _Field("created", "created", _as_text),
    _Field("modified", "modified", _as_text),
    _Field("sourcePosition", "source_position", _as_text),
    _Field("ignoreChanges", "ignore_changes", _as_texts),
    _Field("replaceOnChanges", "replace_on_changes", _as_texts),
)
_KNOWN: Final = frozenset(item.key for item in _FIELDS)

# What an older CLI would drop in silence: a state with one of these is written as version 4 and names it.
FEATURES: Final = {
    "extensionRef": "extensionParameterization",
    "refreshBeforeUpdate": "refreshBeforeUpdate",
    "replaceWith": "replaceWith",
    "resourceHooks": "hooks",
    "snippetID": "snippets-prototype",
    "taint": "taint",
    "viewOf": "views",
}
BYTE_STRING_FEATURE: Final = "byteString"
_PLAINTEXT: Final = '"plaintext":'


@dataclass(frozen=True)
class Encoded:
    """A resource as JSON text, and the features a reader of it must know."""

    text: str
    features: frozenset[str]


class Codec:
    """Reads and writes resources with one vault, and writes each unchanged one only once.

    A resource that was read and never replaced is written back with the very text it came from, unless that may have
    secrets in clear, as `stack export --show-secrets` prints them.
    """

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._encoded: dict[int, tuple[ResourceState, Encoded]] = {}

    def read(self, document: Any) -> ResourceState:
        """Return the resource of a JSON document.

        Raises:
            Corrupt: a field is missing, of another type, or a secret does not open.
        """
        urn = document.get("urn") if isinstance(document, dict) else None
        try:
            state = _load(_typed(document, dict), self.vault)
        except (ValueError, KeyError, TypeError, struct.error) as error:
            raise Corrupt(f"the state of {urn or 'a resource without a URN'} cannot be read: {error}") from error
        if _PLAINTEXT not in self._remember(state, document).text:
            return state
        del self._encoded[id(state)]
        return state

    def write(self, state: ResourceState) -> Encoded:
        """Return the JSON of a resource, from memory where it was written before."""
        known = self._encoded.get(id(state))
        return known[1] if known else self._remember(state, _dump(state, self.vault))

    def forget_all_but(self, states: tuple[ResourceState, ...]) -> None:
        """Let go of the texts of resources that are no longer part of the state."""
        kept = {id(state) for state in states}
        self._encoded = {key: item for key, item in self._encoded.items() if key in kept}

    def _remember(self, state: ResourceState, document: dict[str, Any]) -> Encoded:
        text = dumps(document)
        features = {feature for key, feature in FEATURES.items() if document.get(key)}
        if BYTE_STRING in text or (SECRET in text and _has_byte_string(state)):
            features.add(BYTE_STRING_FEATURE)
        encoded = Encoded(text, frozenset(features))
        self._encoded[id(state)] = (state, encoded)
        return encoded


def _has_byte_string(state: ResourceState) -> bool:
    """Say whether there are byte strings, which a ciphertext hides."""
    items = (item for value in (state.inputs, state.outputs) for item in walk(value))
    return any(isinstance(item, dict) and item.get(SIGNATURE) == BYTE_STRING for item in items)


def _load(document: dict[str, Any], vault: Vault) -> ResourceState:
    attributes = {
        item.attribute: item.load(document[item.key], vault)
        for item in _FIELDS
        if item.is_always_written or document.get(item.key) is not None
    }
    rest = {key: decode(value, vault) for key, value in document.items() if key not in _KNOWN}
    return ResourceState(**attributes, rest=rest)


def _dump(state: ResourceState, vault: Vault) -> dict[str, Any]:
    document = {}
    for item in _FIELDS:
        value = getattr(state, item.attribute)
        if value or item.is_always_written:
            document[item.key] = encode(value, vault)
    return document | {key: encode(value, vault) for key, value in state.rest.items()}
