"""Bring a checkpoint and a provider call log into the form the recorded expectations have.

Ids made by the fake cloud become `T_<resource>_<n>` (numbered by creation time), UUIDs become `UUID`, ciphertexts `*`;
times, source positions and stack traces are dropped; empty property dependencies are dropped; dependencies and calls
are sorted.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

_DROPPED: Final = {"created", "modified", "stackTrace", "sourcePosition"}
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CLOUD_ID: Final = re.compile(r"t-[0-9a-f]{8}")
_CIPHERTEXT: Final = re.compile(r'"ciphertext": "[^"]*"')
_MAP: Final = re.compile(r"\{([^{}]*)\}")


def state(checkpoint: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """Return {"resources", "order", "pending"} of a checkpoint; `ids` is kept from step to step of one scenario."""
    latest = checkpoint["checkpoint"].get("latest") or {}
    resources = latest.get("resources") or []
    for resource in sorted(resources, key=lambda item: (item["urn"], item.get("created", ""))):
        _name_id(resource, ids)
    rows = [_row(resource, ids) for resource in resources]
    return {
        "resources": sorted(rows, key=lambda row: (row["urn"], row.get("delete", False), _text(row))),
        "order": [row["urn"] + ("#del" if row.get("delete") else "") for row in rows],
        "pending": [[item["type"], item["resource"]["urn"]] for item in latest.get("pending_operations") or []],
    }


def calls(log: Path, ids: dict[str, str]) -> list[str]:
    """Return the fake cloud's call log and remove it. Call it after `state` of the same step."""
    if not log.exists():
        return []
    lines = [_call(line, ids) for line in log.read_text().splitlines() if not line.startswith("configure ")]
    log.unlink()
    return sorted(lines)


def _name_id(resource: dict[str, Any], ids: dict[str, str]) -> None:
    id = resource.get("id", "")
    if id.startswith("t-") and id not in ids:
        prefix = f"T_{resource['urn'].split('::')[-1]}_"
        ids[id] = prefix + str(sum(name.startswith(prefix) for name in ids.values()))


def _row(resource: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    text = _CIPHERTEXT.sub('"ciphertext": "*"', _text({k: v for k, v in resource.items() if k not in _DROPPED}))
    row: dict[str, Any] = json.loads(_UUID.sub("UUID", _with_names(text, ids)))
    named = {key: urns for key, urns in row.pop("propertyDependencies", {}).items() if urns}
    if named:
        row["propertyDependencies"] = named
    if "dependencies" in row:
        row["dependencies"] = sorted(row["dependencies"])
    return row


def _call(line: str, ids: dict[str, str]) -> str:
    def sorted_members(found: re.Match[str]) -> str:
        return f"{{{', '.join(sorted(found[1].split(', ')))}}}"

    return _MAP.sub(sorted_members, _with_names(line, ids))


def _with_names(text: str, ids: dict[str, str]) -> str:
    return _CLOUD_ID.sub(lambda found: ids.setdefault(found.group(), f"T{len(ids)}"), text)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
