"""Scripts: create, read, list, update, delete. A script is addressed by its name, within its workspace.

Source: DataArts Factory API, the pages of scripts, resources and connections. Not documented: the code for a faulty
name, content or setting (DLF.3051 here) and for an attempt to change name or type (DLF.0203). That most types need a
connection is in the table but is not enforced: exports leave it out where a default exists.
"""

from __future__ import annotations

import re

from pulumi_dataarts.simulator.dlf import checks, rules
from pulumi_dataarts.simulator.dlf.definitions import normal_directory
from pulumi_dataarts.simulator.dlf.inputs import body_of, check_reviewed, page_of, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.documents import with_list
from pulumi_dataarts.simulator.http import Answer, Context, JsonText, Request
from pulumi_dataarts.simulator.store import Document

KIND = "dlf.script"

_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,128}")
_TYPES = (
    *("FlinkSQL", "DLISQL", "SparkSQL", "HiveSQL", "DWSSQL", "RDSSQL", "Shell", "PRESTO", "ClickHouseSQL"),
    *("HetuEngineSQL", "PYTHON", "ImpalaSQL", "Spark Python"),
)
_CONTENT_BYTES_MAX = 4 * 1024 * 1024
_NOT_KEPT = ("id", "version", "owner", "targetStatus", "approvers")


def check_script(body: Document) -> None:
    """Refuse a script definition that breaks a rule."""
    checks.a_name(body.get("name"), "name", _NAME)
    checks.a_choice(checks.required_text(body.get("type"), "type", "DLF.6247"), "type", _TYPES)
    if (
        not isinstance(body.get("content"), str)
        or len(body["content"].encode(errors="surrogatepass")) > _CONTENT_BYTES_MAX
    ):
        raise Refusal(checks.INVALID, "content must be a string of at most 4 MB")
    for key in ("directory", "connectionName", "database", "queueName"):
        checks.optional_text(body.get(key), key, 1024)
    checks.optional_text(body.get("description"), "description", 255, "DLF.3050")
    checks.a_document(body.get("configuration") or {}, "configuration")
    rules.check_submission(body)


def write(context: Context, scope: str, body: Document, user: str) -> None:
    """Create a script, or give the one of that name a new version, from a body that passed the rules."""
    old = context.store.get(KIND, scope, body["name"])
    sent = {key: value for key, value in body.items() if value is not None and key not in _NOT_KEPT}
    script = {
        "configuration": {},
        "description": "",
        **sent,
        "directory": normal_directory(body.get("directory")),
        "id": old["id"] if old else str(context.store.next_id(KIND)),
        "owner": old["owner"] if old else user,
        "version": old["version"] + 1 if old else 1,
    }
    context.store.put(KIND, scope, body["name"], script)


def exported(script: Document) -> Document:
    """Return the content of a `.script` file: the body of "creating a script"."""
    return {key: value for key, value in script.items() if key not in _NOT_KEPT}


def find(request: Request, context: Context, scope: str) -> Document:
    """Return the script that the path names.

    Raises:
        Refused: DLF.6201, no such script.
    """
    script = context.store.get(KIND, scope, request.params["script_name"])
    if script is None:
        raise Refusal("DLF.6201")
    return script


def create_script(request: Request, context: Context) -> Answer:
    """Create a script."""
    scope, body = scope_of(request, context), body_of(request)
    check_script(body)
    check_reviewed(body, request, context, "targetStatus", "approvers")
    if context.store.get(KIND, scope, body["name"]) is not None:
        raise Refusal("DLF.0202")
    write(context, scope, body, request.user)
    return Answer(204)


def update_script(request: Request, context: Context) -> Answer:
    """Replace a script; its name and type stay."""
    scope, body = scope_of(request, context), body_of(request)
    script = find(request, context, scope)
    check_script(body)
    check_reviewed(body, request, context, "approvers")
    if (body["name"], body["type"]) != (script["name"], script["type"]):
        raise Refusal("DLF.0203", "name and type of a script cannot be changed")
    write(context, scope, body, request.user)
    return Answer(204)


def show_script(request: Request, context: Context) -> Answer:
    """Answer one script."""
    return Answer(200, find(request, context, scope_of(request, context)))


def list_scripts(request: Request, context: Context) -> Answer:
    """Answer one page of scripts, in the order of their creation."""
    scope, page = scope_of(request, context), page_of(request)
    name = request.query.get("scriptName", "")
    rows = context.store.texts(KIND, scope, contains=name, offset=page.offset, limit=page.limit)
    total = context.store.count(KIND, scope, contains=name)
    return Answer(200, JsonText(with_list("scripts", [text for _, text in rows], {"total": total})))


def delete_script(request: Request, context: Context) -> Answer:
    """Delete a script. The body, if there is one, names approvers."""
    scope, body = scope_of(request, context), body_of(request)
    rules.check_submission(body)
    script = find(request, context, scope)
    check_reviewed(body, request, context, "approvers")
    context.store.delete(KIND, scope, script["name"])
    return Answer(204)
