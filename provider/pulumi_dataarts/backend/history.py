"""What was done to a stack and when: one entry per update, as the official CLI writes and lists them.

Source: pkg/backend/diy of the official CLI.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi_dataarts.backend.properties import dumps, to_bytes
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.errors import Corrupt

_ENDINGS: Final = (".history.json", ".history.json.gz")


@dataclass(frozen=True)
class Update:
    """One entry: an `update`, `refresh`, `destroy` or `import`, and how it ended.

    Times are in whole seconds since 1970. `config` maps keys to values, secrets as `{"secure": ciphertext}`.
    `changes` counts resources by operation.
    """

    kind: str
    start_s: int
    end_s: int
    result: str
    message: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)


def write_update(stack: Stack, update: Update, checkpoint: bytes, time_ns: int) -> None:
    """Add an entry and the checkpoint after it, and keep a backup of that checkpoint."""
    document = {
        "kind": update.kind,
        "startTime": update.start_s,
        "message": update.message,
        "environment": update.environment,
        "config": update.config,
        "version": 0,
        "result": update.result,
        "endTime": update.end_s,
        "resourceChanges": update.changes,
    }
    entry = f"{stack.history_folder}{stack.name}-{time_ns}"
    stack.blobs.write(f"{entry}.history.json", to_bytes(dumps(document)))
    stack.blobs.write(f"{entry}.checkpoint.json", checkpoint)
    stack.blobs.write(f"{stack.backups_folder}{stack.name}.{time_ns}.json", checkpoint)


def read_updates(stack: Stack) -> Iterator[Update]:
    """Yield the entries, the newest first.

    Raises:
        Corrupt: an entry cannot be read.
    """
    keys = (item.key for item in stack.blobs.find(stack.history_folder))
    for key in sorted((key for key in keys if key.endswith(_ENDINGS)), reverse=True):
        data = stack.blobs.read(key)
        if data is not None:
            yield _read(key, data)


def _read(key: str, data: bytes) -> Update:
    try:
        document = json.loads(gzip.decompress(data) if key.endswith(".gz") else data)
        return Update(
            kind=document["kind"],
            start_s=document["startTime"],
            end_s=document["endTime"],
            result=document["result"],
            message=document.get("message", ""),
            environment=document.get("environment") or {},
            config=document.get("config") or {},
            changes=document.get("resourceChanges") or {},
        )
    except (ValueError, KeyError, TypeError, OSError, AttributeError) as error:
        raise Corrupt(f"the history entry {key} cannot be read: {error!r}") from error
