"""The routes as an OpenAPI description: paths, queries, and what stands at the top of each body.

What lies deeper in a body the pages describe; whatever is sent, an answer has its service's own shape.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pulumi_dataarts.simulator.http import Route

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_WITH_BODY: Final = frozenset({"POST", "PUT", "DELETE"})
_VERSION: Final = "1"
_ANY: Final = {"description": "What the service says of it.", "content": {"application/json": {"schema": {}}}}
_TYPES: Final = {"a": "array", "b": "boolean", "i": "integer", "o": "object", "": "string"}

# One word a key: its name, `*` when it is mandatory, its type (array, boolean, integer, object) unless it is a string.
_DLF_JOB: Final = (
    "name* nodes*:a schedule*:o processType* params:a directory logPath basicConfig:o targetStatus approvers:a"
)
_DLF_SCRIPT: Final = "name* type* content* directory connectionName database queueName configuration:o description"
_DLF_RESOURCE: Final = "name* type* location* directory desc dependFiles:a dependPackages:a"
_CONNECTION: Final = "name* type* config:o description"
_FLINK_JOB: Final = "name* desc queue_name cu_number:i parallel_number:i checkpoint_enabled:b checkpoint_mode:i tags:a"
_IDS: Final = "job_ids*:a"
_BODIES: Final = {
    "iam.keystone_create_user_token_by_password": "auth*:o",
    "iam.create_temporary_access_key_by_token": "auth*:o",
    "cdm.create_cluster": "cluster*:o autoRemind:b phoneNum email",
    "cdm.create_link": "links*:a",
    "cdm.update_link": "links*:a",
    "cdm.create_job": "jobs*:a",
    "cdm.update_job": "jobs*:a",
    "cdm.start_job": "variables:o",
    "cdm.create_and_start_random_cluster_job": "jobs*:a clusters*:a",
    "cdm.start_cluster_or_stop_cluster_or_restart_cluster": "start:o stop:o restart:o",
    "dlf.create_job": _DLF_JOB,
    "dlf.update_job": _DLF_JOB,
    "dlf.start_job": "jobParams:a",
    "dlf.run_once": "jobParams:a",
    "dlf.import_job": "path* params:o sameNamePolicy jobsParam:a executeUser targetStatus approvers:a resources:a",
    "dlf.show_file_info": "path*",
    "dlf.export_job": "exportDepend:b obsPath exportStatus",
    "dlf.export_job_list": "jobList*:a exportDepend:b obsPath exportStatus",
    "dlf.create_script": _DLF_SCRIPT,
    "dlf.update_script": _DLF_SCRIPT,
    "dlf.execute_script": "params:o",
    "dlf.create_connection": _CONNECTION,
    "dlf.update_connection": _CONNECTION,
    "dlf.import_connections": "path* params:a sameNamePolicy",
    "dlf.create_resource": _DLF_RESOURCE,
    "dlf.update_resource": _DLF_RESOURCE,
    "dli.import_flink_jobs": "zip_file* is_cover:b",
    "dli.export_flink_jobs": "obs_dir* is_selected*:b job_selected:a",
    "dli.create_flink_sql_job": f"{_FLINK_JOB} sql_body run_mode job_type template_id:i",
    "dli.update_flink_sql_job": f"{_FLINK_JOB} sql_body run_mode job_type".replace("*", ""),
    "dli.create_flink_jar_job": f"{_FLINK_JOB} main_class entrypoint entrypoint_args dependency_jars:a",
    "dli.update_flink_jar_job": f"{_FLINK_JOB} main_class entrypoint entrypoint_args".replace("*", ""),
    "dli.batch_run_flink_jobs": f"{_IDS} resume_savepoint:b",
    "dli.batch_stop_flink_jobs": f"{_IDS} trigger_savepoint:b",
    "dli.batch_delete_flink_jobs": _IDS,
    "dli.execute_flink_job_savepoint": "action* savepoint_path",
    "dli.import_flink_job_savepoint": "savepoint_path*",
    "dli.create_flink_sql_job_template": "name* desc sql_body tags:a",
    "dli.update_flink_sql_job_template": "name desc sql_body",
}
_PAGE: Final = "limit:i offset:i"
_QUERIES: Final = {
    "iam.keystone_list_projects": "name",
    "cdm.show_jobs": "filter page_no:i page_size:i jobType",
    "cdm.create_link": "validate:b",
    "cdm.show_submissions": "jname* page_no:i page_size:i",
    "dlf.list_jobs": f"{_PAGE} jobType jobName",
    "dlf.show_job": "version dependencies:b getJobSubmitVersion:b",
    "dlf.list_job_instances": f"{_PAGE} jobName minPlanTime:i maxPlanTime:i status instanceType:i preciseQuery:b",
    "dlf.list_scripts": f"{_PAGE} scriptName",
    "dlf.list_resources": f"{_PAGE} resourceName",
    "dlf.list_connections": _PAGE,
    "dli.list_flink_jobs": f"{_PAGE} name job_type status queue_name order show_detail:b user_name",
    "dli.list_flink_sql_job_templates": f"{_PAGE} name order",
}


def describe(routes: Iterable[Route], url: str) -> dict[str, Any]:
    """Return the description of these routes, served at `url`, as OpenAPI 3.1 has it."""
    paths: dict[str, dict[str, Any]] = {}
    names = Counter[str]()
    for route in routes:
        name = _name(route)
        names[name] += 1
        path = paths.setdefault(route.template, {})
        path[route.method.lower()] = _operation(route, name, name if names[name] == 1 else f"{name}_{names[name]}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "The embedded cloud", "version": _VERSION},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        },
    }


def _name(route: Route) -> str:
    return f"{route.service}.{route.operation.replace(', ', '_or_')}"


def _operation(route: Route, name: str, operation_id: str) -> dict[str, Any]:
    parameters = [
        {"name": found, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for found in _PARAMETER.findall(route.template)
    ]
    query, mandatory = _keys(_QUERIES.get(name, ""))
    parameters += [
        {"name": key, "in": "query", "required": key in mandatory, "schema": schema} for key, schema in query.items()
    ]
    if route.service == "dlf":
        parameters.append({"name": "workspace", "in": "header", "required": False, "schema": {"type": "string"}})
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "tags": [route.service],
        "description": f"Source: {route.source}",
        "parameters": parameters,
        "responses": {"default": _ANY},
        "security": [{"token": []}] if route.signed else [],
    }
    return operation | ({"requestBody": _body(name)} if route.method in _WITH_BODY else {})


def _body(name: str) -> dict[str, Any]:
    properties, mandatory = _keys(_BODIES.get(name, ""))
    schema = {"type": "object", "properties": properties, "required": mandatory}
    return {"required": bool(mandatory), "content": {"application/json": {"schema": schema}}}


def _keys(words: str) -> tuple[dict[str, Any], list[str]]:
    """Return the schema of each key, and the names of those that are mandatory."""
    parted = [word.partition(":")[::2] for word in words.split()]
    schemas = {name.rstrip("*"): {"type": _TYPES[kind]} for name, kind in parted}
    return schemas, [name.rstrip("*") for name, _ in parted if name.endswith("*")]
