"""Templates of SQL jobs: create, list, update, delete.

Source: the official SDK's models and the pages "creating / listing / updating / deleting a template". Not
documented: the code of a missing template (DLI.0002 here) or of a name that is taken (DLI.0006).
"""

from __future__ import annotations

from pulumi_dataarts.simulator.dli.answers import EXISTS, INVALID, MISSING, Refusal, done
from pulumi_dataarts.simulator.dli.inputs import body_of, is_ascending, now_ms, page_of
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document

KIND = "dli.template"

_TEXT_LIMITS = {"name": 64, "desc": 512, "sql_body": 1024 * 1024, "job_type": 64}


def create_flink_sql_job_template(request: Request, context: Context) -> Answer:
    """Create a template."""
    fields = _checked(body_of(request))
    if not fields.get("name"):
        raise Refusal(INVALID, "The parameter name is required.")
    _check_free(fields["name"], request, context)
    now = now_ms(context)
    template = {
        "desc": "",
        "sql_body": "",
        "job_type": "flink_sql_job",
        **fields,
        "template_id": context.store.next_id(KIND),
        "create_time": now,
        "update_time": now,
    }
    _keep(template, request, context)
    told = {key: template[key] for key in ("template_id", "name", "desc", "create_time", "job_type")}
    return done("A template is successfully created.", template=told)


def list_flink_sql_job_templates(request: Request, context: Context) -> Answer:
    """Answer some of the templates, the latest first unless `order` is asc."""
    name = request.query.get("name", "")
    rows = context.store.list(KIND, request.project_id)
    found = [template for _, template in rows if name in template["name"]]
    if not is_ascending(request):
        found.reverse()
    offset, limit = page_of(request)
    page = {"total_count": len(found), "templates": found[offset : offset + limit]}
    return done("The template list is successfully obtained.", template_list=page)


def update_flink_sql_job_template(request: Request, context: Context) -> Answer:
    """Change a template."""
    template = _find(request, context)
    fields = _checked(body_of(request))
    if fields.get("name", template["name"]) != template["name"]:
        _check_free(fields["name"], request, context)
    _keep({**template, **fields, "update_time": now_ms(context)}, request, context)
    return done("The template is successfully updated.")


def delete_flink_sql_job_template(request: Request, context: Context) -> Answer:
    """Delete a template."""
    template = _find(request, context)
    context.store.delete(KIND, request.project_id, str(template["template_id"]))
    return done("The template is successfully deleted.", template={"template_id": template["template_id"]})


def _keep(template: Document, request: Request, context: Context) -> None:
    name = str(template["template_id"])
    context.store.put(KIND, request.project_id, name, template, label=template["name"])


def _find(request: Request, context: Context) -> Document:
    template_id = request.params["template_id"]
    template = context.store.get(KIND, request.project_id, template_id)
    if template is None:
        raise Refusal(MISSING, f"The template {template_id} does not exist.")
    return template


def _check_free(name: str, request: Request, context: Context) -> None:
    if context.store.count(KIND, request.project_id, label=name):
        raise Refusal(EXISTS, "The template name already exists.")


def _checked(body: Document) -> Document:
    fields = {key: body[key] for key in _TEXT_LIMITS if body.get(key) is not None}
    for key, value in fields.items():
        if not isinstance(value, str) or len(value) > _TEXT_LIMITS[key]:
            raise Refusal(INVALID, f"The parameter {key} must be a string of at most {_TEXT_LIMITS[key]} characters.")
    return fields
