"""Export of all connections of a workspace as a zip, and import of such a zip from OBS.

The zip holds `connections/<name>.conn`, JSON with the keys of the create call. Exported secrets are masked, so an
import gives them in `params`.

Source: DataArts Factory API "Exporting a Job", "Batch Exporting Jobs", the pages of scripts, resources and connections.
Not documented: the content of a `.conn` file, and what `params` of an entry change (the keys of `config` here). The
official SDK writes an entry's type as `connectionType`; the page, as `type`.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from pulumi_dataarts.simulator.dlf import checks
from pulumi_dataarts.simulator.dlf.bundle import SIZE_BYTES_MAX
from pulumi_dataarts.simulator.dlf.connections import KIND, check_connection, shown, write
from pulumi_dataarts.simulator.dlf.inputs import body_of, fetched, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.dlf.tasks import Outcome, open_task
from pulumi_dataarts.simulator.documents import parse
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.zips import ArchiveError, read_zip, write_zip


def export_connections(request: Request, context: Context) -> Answer:
    """Answer the zip of all connections."""
    rows = context.store.list(KIND, scope_of(request, context))
    entries = {f"connections/{name}.conn": json.dumps(shown(row), indent=2).encode() for name, row in rows}
    headers = {"Content-Disposition": "attachment; filename=DLF_All_DataConnections.zip"}
    return Answer(200, write_zip(entries), headers)


def import_connections(request: Request, context: Context) -> Answer:
    """Import the connections of a zip and answer the id of the task."""
    scope, body = scope_of(request, context), body_of(request)
    path = checks.required_text(body.get("path"), "path", "DLF.0802")
    content = fetched(path, context)
    policy = body.get("sameNamePolicy") or "SKIP"
    checks.a_choice(policy, "sameNamePolicy", ("SKIP", "OVERWRITE"))
    given = _given(body)
    message, outcomes = context.faults.failure_of(path), list[Outcome]()
    if not message:
        try:
            found = _read(content)
        except ArchiveError as bad:
            message = f"Failed to read OBS file [{path}]: {bad}."
        else:
            outcomes = [
                Outcome(name, _imported(context, scope, request.user, _with(definition, given), policy))
                for name, definition in found.items()
            ]
    task = open_task(context, scope, path, request.project_id, outcomes, message, what="connection")
    return Answer(200, {"taskId": task})


def _given(body: Document) -> dict[tuple[str, str], Document]:
    """Return what the import says of single connections, by name and type; the type may be empty."""
    given: dict[tuple[str, str], Document] = {}
    for entry in checks.documents(body.get("params"), "params"):
        name = checks.required_text(entry.get("name"), "params[].name")
        kind = entry.get("type") or entry.get("connectionType") or ""
        given[name, str(kind)] = checks.a_document(entry.get("params") or {}, "params[].params")
    return given


def _read(content: bytes) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for entry, data in read_zip(content, size_bytes_max=SIZE_BYTES_MAX).items():
        path = PurePosixPath(entry)
        if path.suffix != ".conn" or path.parts[0] != "connections":
            continue
        try:
            definition = parse(data)
        except ValueError as error:
            raise ArchiveError(f"{entry} is not JSON") from error
        if not isinstance(definition, dict):
            raise ArchiveError(f"{entry} is not a JSON object")
        found[str(definition.setdefault("name", path.stem))] = definition
    if not found:
        raise ArchiveError("the archive holds no connection")
    return found


def _with(definition: Document, given: dict[tuple[str, str], Document]) -> Document:
    name, config = str(definition["name"]), definition.get("config")
    more = given.get((name, str(definition.get("type"))), given.get((name, "")))
    return {**definition, "config": {**config, **more}} if more and isinstance(config, dict) else definition


def _imported(context: Context, scope: str, user: str, definition: Document, policy: str) -> str:
    """Return an empty string, or why the connection was not written."""
    try:
        check_connection(definition)
    except Refusal as refusal:
        return refusal.message
    old = context.store.get(KIND, scope, definition["name"])
    if old is not None and policy == "SKIP":
        return ""
    if old is not None and old["type"] != definition["type"]:
        return Refusal("DLF.6323").message
    write(context, scope, definition, user)
    return ""
