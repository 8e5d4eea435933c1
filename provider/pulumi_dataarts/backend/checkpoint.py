"""The checkpoint file: a stack's whole state as one JSON document, in the official version 3 (4 with features).

Nothing is dropped: what this version does not know is refused by name (versions, features) or carried along (fields).

Source: sdk/go/common/apitype and pkg/resource/stack/deployment.go of the official CLI.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

from pulumi_dataarts.backend.properties import dumps, reveal, to_bytes
from pulumi_dataarts.backend.resources import BYTE_STRING_FEATURE, FEATURES, Codec, Encoded
from pulumi_dataarts.backend.vaults import Keyring, SecretsProvider, Vault
from pulumi_dataarts.errors import Corrupt, TooNew
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot

ENGINE_VERSION: Final = "v3.260.0"
T = TypeVar("T")

_NO_MEMBERS: Final[dict[str, Any]] = {}
_NO_ITEMS: Final[list[Any]] = []
_READABLE: Final = (0, 3, 4)
_OUTDATED: Final = (1, 2)
_MEMBERS: Final = frozenset({"manifest", "secrets_providers", "resources", "pending_operations", "metadata"})


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint file's content.

    `extra` holds what belongs to the deployment as a whole and is only carried along, such as snippets.
    """

    stack: str
    snapshot: Snapshot
    codec: Codec
    extra: dict[str, Any]

    @property
    def provider(self) -> SecretsProvider | None:
        """Who encrypted the file's secrets."""
        return self.codec.vault.provider


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file, by which journals and plans name the state they belong to."""
    return sha256(data).hexdigest()


def magic(version: str) -> str:
    """Return the manifest's magic: the SHA-256 of the version text, by which a reader knows the file is whole."""
    return sha256(version.encode()).hexdigest() if version else ""


def read(data: bytes, keyring: Keyring) -> Checkpoint:
    """Read a checkpoint file, gzipped or not.

    Raises:
        Corrupt: not JSON, not of a checkpoint's shape, or tampered with.
        TooNew: a version or a feature unknown here.
        ConfigError: wrong passphrase.
    """
    return _read_document(_parse(data), keyring)


def count_resources(data: bytes) -> int:
    """Return how many resources a checkpoint file has, without looking into them. Raises as `read` does."""
    checkpoint = _parse(data).get("checkpoint")
    latest = checkpoint.get("latest") if isinstance(checkpoint, dict) else None
    resources = latest.get("resources") if isinstance(latest, dict) else None
    return len(resources) if isinstance(resources, list) else 0


def read_deployment(document: Any, stack: str, keyring: Keyring) -> Checkpoint:
    """Read what `stack export` prints: `{"version": 3, "deployment": {…}}`. Raises as `read` does."""
    if not isinstance(document, dict) or "deployment" not in document:
        raise Corrupt("not an exported stack: `deployment` is missing")
    return _read_document({**document, "checkpoint": {"stack": stack, "latest": document["deployment"]}}, keyring)


def write(stack: str, snapshot: Snapshot, codec: Codec, time: str, extra: dict[str, Any] | None = None) -> bytes:
    """Return the bytes of a checkpoint file; `stack` is the qualified name, `time` RFC 3339 in UTC."""
    latest, features = _latest(snapshot, codec, time, extra or {})
    head = f'{{"version":4,"features":{dumps(features)},' if features else '{"version":3,'
    return to_bytes(f'{head}"checkpoint":{{"stack":{dumps(stack)},"latest":{latest}}}}}')


def write_deployment(checkpoint: Checkpoint, time: str, *, show_secrets: bool = False) -> dict[str, Any]:
    """Return what `stack export` prints; secrets stay encrypted unless they are to be shown."""
    latest, features = _latest(checkpoint.snapshot, checkpoint.codec, time, checkpoint.extra)
    versions = {"version": 4, "features": features} if features else {"version": 3}
    deployment = json.loads(latest)
    return {**versions, "deployment": reveal(deployment, checkpoint.codec.vault) if show_secrets else deployment}


def _read_document(document: dict[str, Any], keyring: Keyring) -> Checkpoint:
    try:
        _refuse_newer(document.get("version", 0), document.get("features") or [])
        if "checkpoint" not in document:
            raise Corrupt("the state file is not one of Pulumi's: it has no `checkpoint`")
        checkpoint = document["checkpoint"]
        return _read_latest(checkpoint.get("stack", ""), _member(checkpoint, "latest", _NO_MEMBERS), keyring)
    except (AttributeError, TypeError, KeyError) as error:
        raise Corrupt(f"the state file is not of a checkpoint's shape: {error!r}") from error


def _latest(snapshot: Snapshot, codec: Codec, time: str, extra: dict[str, Any]) -> tuple[str, list[str]]:
    resources = [codec.write(state) for state in snapshot.resources]
    pending = [(item.type, codec.write(item.resource)) for item in snapshot.pending]
    codec.forget_all_but((*snapshot.resources, *(item.resource for item in snapshot.pending)))
    provider = codec.vault.provider
    members = {
        "manifest": dumps({"time": time, "magic": magic(ENGINE_VERSION), "version": ENGINE_VERSION}),
        "secrets_providers": dumps({"type": provider.type, "state": provider.state}) if provider else "",
        "resources": f"[{','.join(item.text for item in resources)}]" if resources else "",
        "pending_operations": f"[{','.join(_operation(*item) for item in pending)}]" if pending else "",
        "metadata": dumps(snapshot.metadata),
        **{key: dumps(value) for key, value in extra.items()},
    }
    text = ",".join(f'"{key}":{value}' for key, value in members.items() if value)
    features = {name for item in (*resources, *(item for _, item in pending)) for name in item.features}
    if extra.get("snippets"):
        features.add(FEATURES["snippetID"])
    return f"{{{text}}}", sorted(features)


def _operation(type: str, resource: Encoded) -> str:
    return f'{{"resource":{resource.text},"type":{dumps(type)}}}'


def _parse(data: bytes) -> dict[str, Any]:
    try:
        text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        document = json.loads(text)
    except (ValueError, EOFError, OSError, zlib.error, RecursionError) as error:
        raise Corrupt(f"the state file is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Corrupt("the state file is not a JSON object")
    return document


def _refuse_newer(version: Any, features: Any) -> None:
    if version in _OUTDATED:
        raise Corrupt(
            f"the state file is of version {version}, which is no longer read",
            hint="Run any `pulumi up` of the official CLI on the stack once: it converts the file.",
        )
    if version not in _READABLE:
        raise TooNew(
            f"the state file is of version {version}, and this program reads {_READABLE[1]} and {_READABLE[2]}",
            hint="Update this program; until then use the CLI that wrote the file.",
        )
    unknown = set(features) - {*FEATURES.values(), BYTE_STRING_FEATURE}
    if unknown:
        raise TooNew(
            f"the state file uses features unknown to this program: {', '.join(sorted(unknown))}",
            hint="Update this program; until then use the CLI that wrote the file.",
        )


def _read_latest(stack: str, latest: dict[str, Any], keyring: Keyring) -> Checkpoint:
    manifest = _member(latest, "manifest", _NO_MEMBERS)
    if manifest.get("magic", "") != magic(manifest.get("version", "")):
        raise Corrupt("the state file's magic does not fit its version: it was damaged or edited")
    provider = _member(latest, "secrets_providers", _NO_MEMBERS)
    named = SecretsProvider(provider["type"], _member(provider, "state", _NO_MEMBERS)) if provider.get("type") else None
    codec = Codec(Vault(named, keyring))
    resources = tuple(codec.read(item) for item in _member(latest, "resources", _NO_ITEMS))
    pending = tuple(_read_operation(item, codec) for item in _member(latest, "pending_operations", _NO_ITEMS))
    extra = {key: value for key, value in latest.items() if key not in _MEMBERS}
    return Checkpoint(stack, Snapshot(resources, pending, _member(latest, "metadata", _NO_MEMBERS)), codec, extra)


def _member(document: dict[str, Any], key: str, absent: T) -> T:
    """Return a member, which may be absent or null; anything of another type than `absent` is damage."""
    value = document.get(key)
    if value is not None and not isinstance(value, type(absent)):
        raise TypeError(f"{key} is a {type(value).__name__}")
    return absent if value is None else value


def _read_operation(document: dict[str, Any], codec: Codec) -> PendingOperation:
    resource: ResourceState = codec.read(document["resource"])
    return PendingOperation(document["type"], resource)
