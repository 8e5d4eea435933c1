"""The configuration keys of the namespace `dataarts`: one table, for messages, schema and reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

NAMESPACE: Final = "dataarts"
SERVICES: Final = ("cdm", "dlf", "dli", "iam", "obs")


@dataclass(frozen=True)
class Key:
    """One key: what it is for, an example of its value, and the JSON Schema of its values.

    `of_session`: what calls the services reads it.
    """

    meaning: str
    example: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    is_secret: bool = False
    default: str = ""
    of_session: bool = True


_FLAG: Final[Mapping[str, Any]] = {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}
_URL: Final[Mapping[str, Any]] = {"type": "string", "pattern": "^https?://"}
_LIMIT: Final[Mapping[str, Any]] = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d+%?$"}]}
_POLICIES: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "no-delete": {"type": "boolean", "description": "Nothing is deleted, nor any data thrown away."},
        "no-inline-secret": {"type": "boolean", "description": "No password in a plain property or in a script."},
        "no-overwritten-edit": {"type": "boolean", "description": "An outside edit is looked at first."},
        "names": {"type": ["string", "object"], "description": "An expression for names, or one for each type."},
        "schedule-window": {"type": "string", "pattern": r"^\d\d:\d\d-\d\d:\d\d$"},
        "max-delete": _LIMIT,
        "max-replace": _LIMIT,
    },
}
_NAMES: Final[Mapping[str, Any]] = {"type": "object", "additionalProperties": {"type": ["string", "object"]}}
_BINDINGS: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "prefix": {"type": "string"},
        **dict.fromkeys(("clusters", "connections", "links", "queues", "buckets", "streams", "parameters"), _NAMES),
        "workers": {"type": "object", "additionalProperties": {"type": "object"}},
        "schedules": {"enum": ["running", "paused"]},
        "approvers": {"type": "array", "items": {"type": "string"}},
        "targetStatus": {"enum": ["SAVED", "SUBMITTED", "PRODUCTION"]},
    },
}
_PROMOTION: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "from": {"type": ["string", "array"], "description": "Environments that releases may come from."},
        "approvals": {"type": "integer", "minimum": 0, "description": "How many people have to approve a release."},
        "approvers": {"type": "array", "items": {"type": "string"}, "description": "Who may approve."},
        "soak": {"type": "string", "pattern": r"^\d+\s*[smhd]$", "description": "How long the source has to run it."},
        "verified": {"type": "boolean", "description": "Whether verifications must have passed in the source."},
        "freeze": {"type": "array", "items": {"type": "object"}, "description": "When nothing may come."},
    },
}
KEYS: Final[Mapping[str, Key]] = {
    "region": Key("Region of the services.", "cn-north-4"),
    "projectId": Key("Id of the project in that region.", "0123456789abcdef0123456789abcdef"),
    "workspace": Key("Id of the workspace, where a resource names none.", "default", default="default"),
    "endpoint": Key(
        "`embedded` for the embedded cloud, or the URL of every service but OBS; without it, those of the region.",
        "embedded",
        {"anyOf": [{"const": "embedded"}, _URL]},
    ),
    "endpoints": Key(
        "URLs by service, before `endpoint`.",
        '{"cdm": "https://cdm.example.com"}',
        {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(SERVICES, _URL)},
    ),
    "accessKey": Key("Access key of whoever calls; the environment comes before.", "HPUA..."),
    "secretKey": Key("Secret key that belongs to it.", "(asked for)", is_secret=True),
    "credentialsFile": Key(
        "File with temporary keys, as IAM answers them; read again before they expire. HW_CREDENTIALS_FILE wins.",
        "/run/secrets/huawei.json",
    ),
    "credentialsCommand": Key(
        "Command that prints the same; HW_CREDENTIALS_COMMAND wins.", "vault read -format=json huawei"
    ),
    "rateLimit": Key(
        "Calls a second, to each service.",
        "20",
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]},
        default="500",
    ),
    "production": Key(
        "The stack is a production one: what runs is not touched unless the program says so.", "true", _FLAG,
        default="false",
    ),
    "policies": Key(
        "Gates that a plan is held against, by name.", '{"no-delete": true}', _POLICIES, of_session=False
    ),
    "release": Key(
        "The release that the stack runs; without it, the working tree.",
        "sha256:0dbd529c06ed408068e485f49c49cefe3f86773e9df1f87a43d9364f352a2127",
        {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        of_session=False,
    ),
    "releases": Key(
        "Where releases are kept: a backend's URL.", "s3://bucket/prefix?endpoint=obs.cn-north-4.myhuaweicloud.com",
        {"type": "string", "pattern": "^(file|s3)://"},
        default="beside the state",
        of_session=False,
    ),
    "promotion": Key(
        "What the environment asks of a release before it may come.", '{"approvals": 1}', _PROMOTION, of_session=False
    ),
    "bindings": Key(
        "What the environment calls that which its jobs need.", '{"prefix": "orders-prod"}', _BINDINGS,
        of_session=False,
    ),
    "shards": Key(
        "Provider instances that resources are spread over, for the official CLI: each makes four calls at once.", "8",
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 64}, {"type": "string", "pattern": r"^\d+$"}]},
        default="1",
        of_session=False,
    ),
}  # fmt: skip


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about a name that is not known: the one that was meant, or all there are."""
    known = list(known)
    near = get_close_matches(name, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(known)}"
