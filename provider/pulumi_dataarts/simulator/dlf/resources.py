"""Resources: files in OBS that jobs use. Addressed by a generated id; a name is unique in its directory.

Source: DataArts Factory API, the pages of scripts, resources and connections. The create call answers 200 with
`{"resourceId"}`, the others 204. Not documented: the code for a faulty name (DLF.3051 here) or for an attempt to change
type or directory (DLF.3051).
"""

from __future__ import annotations

import re

from pulumi_dataarts.simulator.dlf import checks
from pulumi_dataarts.simulator.dlf.definitions import normal_directory
from pulumi_dataarts.simulator.dlf.inputs import body_of, page_of, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document

KIND = "dlf.resource"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TYPES = ("archive", "file", "jar", "pyFile")
_LOCATION = re.compile(r"(obs|hdfs)://\S+")
_SENT = ("name", "type", "location", "dependFiles", "dependPackages", "desc", "directory")


def check_resource(body: Document) -> None:
    """Refuse a resource definition that breaks a rule."""
    checks.a_name(body.get("name"), "name", _NAME)
    checks.a_choice(body.get("type"), "type", _TYPES, "DLF.6263")
    location = checks.a_name(body.get("location"), "location", _LOCATION, "DLF.6264")
    checks.optional_text(location, "location", 1023, "DLF.6264")
    checks.optional_text(body.get("desc"), "desc", 255, "DLF.6265")
    checks.optional_text(body.get("directory"), "directory", 1024)
    checks.texts(body.get("dependFiles"), "dependFiles")
    for package in checks.documents(body.get("dependPackages"), "dependPackages"):
        checks.required_text(package.get("type"), "dependPackages[].type")
        checks.a_name(package.get("location"), "dependPackages[].location", _LOCATION, "DLF.6264")


def same_named(context: Context, scope: str, body: Document) -> Document | None:
    """Return the resource of that name in that directory, if there is one."""
    rows = context.store.list(KIND, scope, label=_place(body), limit=1)
    return rows[0][1] if rows else None


def write(context: Context, scope: str, body: Document, resource_id: str = "") -> str:
    """Create a resource, or replace the one with this id, from a body that passed the rules; tell the id."""
    sent = {key: body[key] for key in _SENT if body.get(key) is not None}
    resource_id = resource_id or f"{context.store.next_id(KIND):032x}"
    resource = {**sent, "directory": normal_directory(body.get("directory")), "id": resource_id}
    context.store.put(KIND, scope, resource_id, resource, label=_place(body))
    return resource_id


def exported(resource: Document) -> Document:
    """Return the content of a `.resource` file, by analogy the body of "creating a resource"."""
    return {key: value for key, value in resource.items() if key in _SENT}


def create_resource(request: Request, context: Context) -> Answer:
    """Create a resource and answer its id."""
    scope, body = scope_of(request, context), body_of(request)
    check_resource(body)
    if same_named(context, scope, body) is not None:
        raise Refusal("DLF.6259")
    return Answer(200, {"resourceId": write(context, scope, body)})


def update_resource(request: Request, context: Context) -> Answer:
    """Replace a resource; its type and directory stay, and both must be told."""
    scope, body = scope_of(request, context), body_of(request)
    old = _find(request, context, scope)
    checks.required_text(body.get("directory"), "directory")
    body = {**body, "location": body.get("location") or old["location"]}
    check_resource(body)
    if (body["type"], normal_directory(body["directory"])) != (old["type"], old["directory"]):
        raise Refusal("DLF.3051", "type and directory of a resource cannot be changed")
    namesake = same_named(context, scope, body)
    if namesake is not None and namesake["id"] != old["id"]:
        raise Refusal("DLF.6259")
    write(context, scope, body, old["id"])
    return Answer(204)


def show_resource(request: Request, context: Context) -> Answer:
    """Answer one resource."""
    return Answer(200, _find(request, context, scope_of(request, context)))


def list_resources(request: Request, context: Context) -> Answer:
    """Answer one page of resources, in the order of their creation."""
    scope, page = scope_of(request, context), page_of(request)
    name = request.query.get("resourceName", "")
    found = [resource for _, resource in context.store.list(KIND, scope) if name in resource["name"]]
    return Answer(200, {"total": len(found), "resources": found[page.offset : page.offset + page.limit]})


def delete_resource(request: Request, context: Context) -> Answer:
    """Delete a resource."""
    scope = scope_of(request, context)
    context.store.delete(KIND, scope, _find(request, context, scope)["id"])
    return Answer(204)


def _place(body: Document) -> str:
    return f"{normal_directory(body.get('directory')).rstrip('/')}/{body['name']}"


def _find(request: Request, context: Context, scope: str) -> Document:
    resource = context.store.get(KIND, scope, request.params["resource_id"])
    if resource is None:
        raise Refusal("DLF.6241")
    return resource
