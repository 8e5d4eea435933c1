"""Connections: how jobs and scripts of a workspace reach a data source. Addressed by name.

A secret is never kept: what is stored, shown and exported in its place is `*`, as the pages echo it.

Source: DataArts Factory API, the pages of scripts, resources and connections (pages titled "to be taken offline"). Not
documented: the characters of a name, the code of a faulty field (DLF.3051 here), what `ischeck=true` of an update
checks (nothing here), whether the list has pages (it has), and that a DLI connection is one for each user *of a
workspace*.
"""

from __future__ import annotations

import re

from pulumi_dataarts.simulator.dlf import checks
from pulumi_dataarts.simulator.dlf.inputs import body_of, page_of, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document

KIND = "dlf.connection"
MASK = "*"

_NAME = re.compile(r"(?!\.+$)[\w. -]{1,100}")
_TYPES = ("DWS", "DLI", "SparkSQL", "HIVE", "RDS", "CloudTable", "HOST")
_SENT = ("name", "type", "config", "description")


def check_connection(body: Document) -> None:
    """Refuse a connection definition that breaks a rule."""
    checks.a_name(body.get("name"), "name", _NAME)
    kind = checks.a_choice(body.get("type"), "type", _TYPES)
    config = checks.a_document(body.get("config") or {}, "config")
    if kind == "DWS" and not (config.get("clusterName") or config.get("ip")):
        raise Refusal("DLF.6418")
    checks.optional_text(body.get("description"), "description", 255, "DLF.3050")


def write(context: Context, scope: str, body: Document, user: str) -> None:
    """Create or replace a connection from a body that passed the rules."""
    old = context.store.get(KIND, scope, body["name"])
    sent = {key: body[key] for key in _SENT if body.get(key) is not None}
    config = {key: MASK if _is_secret(key) else value for key, value in (sent.get("config") or {}).items()}
    kept = {**sent, "config": config, "owner": old["owner"] if old else user}
    context.store.put(KIND, scope, body["name"], kept, label=body["type"])


def shown(connection: Document) -> Document:
    """Return a connection as it is read back, and as it is exported."""
    return {key: connection[key] for key in _SENT if key in connection}


def create_connection(request: Request, context: Context) -> Answer:
    """Create a connection."""
    scope, body = scope_of(request, context), body_of(request)
    check_connection(body)
    if context.store.get(KIND, scope, body["name"]) is not None:
        raise Refusal("DLF.6309")
    if body["type"] == "DLI" and _has_dli(context, scope, request.user):
        raise Refusal("DLF.6271")
    write(context, scope, body, request.user)
    return Answer(204)


def update_connection(request: Request, context: Context) -> Answer:
    """Replace a connection; its name and type stay."""
    scope, body = scope_of(request, context), body_of(request)
    old = _find(request, context, scope)
    check_connection(body)
    if body["type"] != old["type"]:
        raise Refusal("DLF.6323")
    if body["name"] != old["name"]:
        raise Refusal(checks.INVALID, "the name of a connection cannot be changed")
    write(context, scope, body, request.user)
    return Answer(204)


def show_connection(request: Request, context: Context) -> Answer:
    """Answer one connection, its secrets masked."""
    return Answer(200, shown(_find(request, context, scope_of(request, context))))


def list_connections(request: Request, context: Context) -> Answer:
    """Answer one page of connections, in the order of their creation."""
    scope, page = scope_of(request, context), page_of(request)
    rows = context.store.list(KIND, scope, offset=page.offset, limit=page.limit)
    entries = [shown(connection) for _, connection in rows]
    return Answer(200, {"total": context.store.count(KIND, scope), "connections": entries})


def delete_connction(request: Request, context: Context) -> Answer:
    """Delete a connection. The spelling is the official SDK's."""
    scope = scope_of(request, context)
    context.store.delete(KIND, scope, _find(request, context, scope)["name"])
    return Answer(204)


def _is_secret(key: str) -> bool:
    return "password" in key.lower()


def _has_dli(context: Context, scope: str, user: str) -> bool:
    return any(connection["owner"] == user for _, connection in context.store.list(KIND, scope, label="DLI"))


def _find(request: Request, context: Context, scope: str) -> Document:
    connection = context.store.get(KIND, scope, request.params["connection_name"])
    if connection is None:
        raise Refusal("DLF.6322")
    return connection
