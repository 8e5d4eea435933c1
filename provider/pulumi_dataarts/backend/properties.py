"""Property values as state files have them: JSON, with signature objects for what JSON lacks.

Source: pkg/resource/stack/deployment.go of the official engine.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, Final

from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.model.values import SECRET, SIGNATURE, UNKNOWN, Secret, Value, plain

UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_FLOAT: Final = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c"
_INTEGRAL_MAX: Final = 1e21


def dumps(document: object) -> str:
    """Return compact JSON; letters stay as they are."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def to_bytes(text: str) -> bytes:
    """Encode JSON text. A lone surrogate, which UTF-8 cannot hold, becomes its JSON escape."""
    return text.encode("utf-8", "backslashreplace")


def encode(value: Value, vault: Vault) -> Any:
    """Return the JSON of a value, its secrets sealed. Maps are sorted, so that equal values give equal texts."""
    if isinstance(value, Secret):
        text = to_bytes(dumps(encode(plain(value), vault))).decode()
        return {SIGNATURE: SECRET, "ciphertext": vault.seal(text)}
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {key: encode(value[key], vault) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [encode(item, vault) for item in value]
    if isinstance(value, float):
        return _encode_float(value)
    return UNKNOWN_TEXT if value is UNKNOWN else value


def decode(document: Any, vault: Vault) -> Value:
    """Return the value of a JSON document.

    Raises:
        ValueError: a signature object is malformed, or a secret does not open.
    """
    if isinstance(document, dict):
        match document.get(SIGNATURE):
            case str(signature) if signature == SECRET:
                return Secret(plain(decode(json.loads(_secret_text(document, vault)), vault)))
            case str(signature) if signature == _FLOAT:
                return struct.unpack(">d", bytes.fromhex(document["value"]))[0]
        return {key: decode(item, vault) for key, item in document.items()}
    if isinstance(document, list):
        return [decode(item, vault) for item in document]
    if isinstance(document, float) and document.is_integer() and abs(document) < _INTEGRAL_MAX:
        return int(document)
    return UNKNOWN if document == UNKNOWN_TEXT else document


def reveal(document: Any, vault: Vault) -> Any:
    """Return a JSON document with its secrets' texts in clear, which `decode` takes too."""
    if isinstance(document, dict):
        if document.get(SIGNATURE) == SECRET:
            return {SIGNATURE: SECRET, "plaintext": _secret_text(document, vault)}
        return {key: reveal(item, vault) for key, item in document.items()}
    return [reveal(item, vault) for item in document] if isinstance(document, list) else document


def _encode_float(value: float) -> Any:
    if not math.isfinite(value):
        return {SIGNATURE: _FLOAT, "value": struct.pack(">d", value).hex()}
    return int(value) if value.is_integer() and abs(value) < _INTEGRAL_MAX else value


def _secret_text(document: Mapping[str, Any], vault: Vault) -> str:
    match document.get("ciphertext"), document.get("plaintext"):
        case str(ciphertext), None:
            return vault.unseal(ciphertext)
        case None, str(text):
            return text
    raise ValueError("a secret has neither ciphertext nor plaintext, or both")
