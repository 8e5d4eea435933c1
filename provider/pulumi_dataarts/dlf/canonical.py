"""Definitions in a form that can be compared: what means the same looks the same. Pure functions.

A job is written by hand, exported by the console, or read back from the service, and each time it looks different:
nodes and properties in another order, numbers as text, defaults filled in, a slash at the end of a directory, keys
that are the service's own. Here lists of named things become maps, scalars become text, empty values and documented
defaults are left out, and so is what exports and reads add on their own.

Source: DataArts Factory API "Exporting a Job", "Batch Exporting Jobs" (what exports add), "Creating a Job"
(defaults), "Viewing Job Details" (what reads add).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

Body: TypeAlias = dict[str, Any]
"""A definition as it travels: the JSON body of "creating a job", "creating a script" or "creating a resource"."""

Kind = Literal["job", "script", "resource"]

_DIGEST_CHARS = 12
_EMPTY: Final[tuple[Any, ...]] = ("", {}, [])
MEMBERS: Final = {"nodes": "node", "params": "param", "properties": "property"}
_UNORDERED: Final = ("conditions", "jobs", "otherWorkSpaceJobs", "preNodeName", "sameWorkSpaceJobs", "tags")

# Told by the service, or an instruction to it; never part of what a definition says.
_SUBMISSION = frozenset({"targetStatus", "approvers"})
_RECORDED = frozenset(
    {"id", "version", "owner", "createTime", "createUser", "updateTime", "updateUser", "modifyTime", "modifyUser"}
    | {"lastUpdateTime", "lastUpdateUser", "projectId", "workspaceId"}
)
_LEFT_OUT: Final[Mapping[str, frozenset[str]]] = {
    "job": _SUBMISSION | _RECORDED | {"downstreamJobs", "location", "maskedParams", "taskWorkGroupId"},
    "script": _SUBMISSION | _RECORDED,
    "resource": _RECORDED | {"jobRelation"},
}
DOCUMENTED: Final[Mapping[Kind, frozenset[str]]] = {
    "job": frozenset(
        {"name", "nodes", "schedule", "processType", "params", "directory", "logPath", "basicConfig", "description"}
        | {"cleanOverdueDays", "cleanWaitingJob", "emptyRunningJob", "singleNodeJobFlag", "singleNodeJobType"}
    ),
    "script": frozenset(
        {"name", "type", "content", "directory", "connectionName", "database", "queueName", "configuration"}
        | {"description"}
    ),
    "resource": frozenset({"name", "type", "location", "dependFiles", "dependPackages", "desc", "directory"}),
}
_CRON = {
    "calendarScheduling": "false",
    "concurrent": "1",
    "dependPrePeriod": "false",
    "isSkipSelfDepJob": "false",
    "monitorObsPath": "false",
    "scanDuration": "0",
    "scanInterval": "0",
}
_EVENT = {"concurrent": "1", "failPolicy": "SUSPEND", "readPolicy": "LAST"}
DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "job": {
        "cleanOverdueDays": "60",
        "cleanWaitingJob": "cleanup",
        "emptyRunningJob": "0",
        "runAtOnceAfterIncubate": "0",
        "singleNodeJobFlag": "false",
        "useCdmCache": "false",
    },
    "basicConfig": {
        "encrypt": "false",
        "instanceTimeout": "60",
        "isIgnoreWaiting": "0",
        "priority": "0",
        "taskPriority": "0",
    },
    "node": {
        "execTimeOutRetry": "false",
        "failPolicy": "FAIL",
        "maxExecutionTime": "60",
        "pollingInterval": "10",
        "retryInterval": "120",
        "retryTimes": "0",
    },
    "param": {"type": "variable"},
    "property": {"value_is_sensitive": "false"},
    "schedule": {"requireManualConfirmBeforeExecute": "false", "scheduleOffset": "1"},
    "cron": _CRON,
    "cronTrigger": _CRON,
    "dependJobs": {"dependFailPolicy": "FAIL", "dependPeriod": "SAME_PERIOD"},
    "event": _EVENT,
    "eventTrigger": _EVENT,
}


def canonical(body: Mapping[str, Any], kind: Kind) -> Body:
    """Return a definition in its comparable form."""
    return _object(body, kind)


def authored(body: Mapping[str, Any], kind: Kind) -> Body:
    """Return a definition as a person would keep it: without what the service recorded about it."""
    return {key: value for key, value in body.items() if key not in _LEFT_OUT[kind]}


def digest(value: Any) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_CHARS]


def standing_digest(body: Mapping[str, Any], kind: Kind) -> str:
    """Return the digest of a definition as the service has it, of documented fields only.

    So a key that the service begins to add one day is no drift.
    """
    return digest(canonical({key: value for key, value in body.items() if key in DOCUMENTED[kind]}, kind))


def unlike(declared: Mapping[str, Any], standing: Mapping[str, Any], kind: Kind) -> list[str]:
    """Return the paths where a definition that stands is not the declared one."""
    return list(departures(canonical(declared, kind), canonical(standing, kind), kind, alternatives={}))


def departures(
    declared: Mapping[str, Any],
    standing: Mapping[str, Any],
    kind: str,
    *,
    alternatives: Mapping[str, str],
    path: str = "",
) -> Iterator[str]:
    """Yield the paths where what stands is not what was declared; both in their comparable form.

    Only declared fields count, and those whose documented default was declared by leaving them out. Nodes and
    parameters are complete lists: one more than declared is a departure.

    Args:
        declared: what shall stand.
        standing: what the service has.
        kind: what the two are: a `Kind`, or the key of a part of one.
        alternatives: property values that may as well stand as another text.
        path: of the two in the whole definition.
    """
    known = standing.keys() if kind in ("nodes", "params") else standing.keys() & DEFAULTS.get(kind, {}).keys()
    for key in sorted({*declared, *known}):
        here = f"{path}.{key}" if path else key
        mine, theirs = declared.get(key), standing.get(key)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            part = MEMBERS.get(kind, key)
            yield from departures(mine, theirs, part, alternatives=alternatives, path=here)
        elif mine != theirs and not (kind == "property" and theirs and alternatives.get(str(mine)) == theirs):
            yield here


def _value(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return _object(value, key)
    if isinstance(value, list):
        return _list(value, key)
    return _text(value, key)


def _object(value: Mapping[str, Any], kind: str) -> Body:
    left_out, defaults = _LEFT_OUT.get(kind, frozenset()), DEFAULTS.get(kind, {})
    kept = {str(key): _value(item, str(key)) for key, item in value.items() if key not in left_out}
    return {key: item for key, item in kept.items() if item not in _EMPTY and defaults.get(key) != item}


def _list(items: list[Any], key: str) -> Any:
    members = [_value(item, MEMBERS.get(key, key)) for item in items]
    names = [member.get("name") if isinstance(member, Mapping) else None for member in members]
    if key in MEMBERS and None not in names and len(set(map(str, names))) == len(names):
        named = {str(name): _without_name(member) for name, member in zip(names, members, strict=True)}
        return {name: rest for name, rest in named.items() if rest or key != "properties"}
    return sorted(members, key=digest) if key in _UNORDERED else members


def _without_name(member: Body) -> Body:
    return {key: item for key, item in member.items() if key != "name"}


def _text(value: Any, key: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    if key == "directory":
        return text.rstrip("/")
    return text.replace("\r\n", "\n").rstrip() if key == "content" else text
