"""One function per call of DataArts Factory, typed in and out.

A workspace is told by a header, not by the path; without it the service means the one named `default`. "Not found" is
HTTP 400 with a code of its own, never 404. Everything is addressed by name, resources alone by id.

Source: DataArts Factory API "Common Message Headers", the pages of its operations, "Error Codes".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from pulumi_dataarts.dlf import wire
from pulumi_dataarts.dlf.canonical import Body
from pulumi_dataarts.errors import AlreadyExists, BadResponse, CloudError, NotFound, QuotaExceeded
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Call, ErrorTable, Reply, Service

Model = TypeVar("Model", bound=wire.Wire)

DEFAULT_WORKSPACE: Final = "default"
BATCH_MAX: Final = 100
"""How many jobs one export names at most, and how many rows a page of a list has."""

NO_WORKSPACE: Final = ("DLF.0819", "DLF.20819")
ERRORS: Final[ErrorTable] = {
    **dict.fromkeys(("DLF.0100", "DLF.0137", "DLF.6201", "DLF.6205", "DLF.6241", "DLF.6322"), NotFound),
    **dict.fromkeys(("DLF.0810", "DLF.20810", *NO_WORKSPACE), NotFound),
    **dict.fromkeys(("DLF.0102", "DLF.0202", "DLF.6259", "DLF.6309"), AlreadyExists),
    **dict.fromkeys(("DLF.0101", "DLF.6253"), QuotaExceeded),
}
HINTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(NO_WORKSPACE, "Check `workspace`, or `dataarts:workspace` in the config: it takes the id."),
    "DLF.0100": "Check the job's name and its workspace.",
    "DLF.6201": "Check the script's name, or add it to the bundle.",
}


@dataclass(frozen=True)
class Workspace:
    """One workspace, as one session calls it."""

    service: Service
    id: str

    def call(
        self,
        operation: str,
        method: Literal["GET", "POST", "PUT", "DELETE"],
        *parts: str,
        about: str = "",
        safe: bool = False,
        query: dict[str, str] | None = None,
        body: Any = None,
    ) -> Reply:
        """Send one call to `/v1/{project_id}/` and the parts, which are percent-encoded here."""
        path = "/".join(quote(part, safe="") for part in ("v1", self.service.project_id, *parts))
        call = Call(
            operation=operation,
            method=method,
            path=f"/{path}",
            safe=safe or method == "GET",
            query=query or {},
            headers={} if self.id == DEFAULT_WORKSPACE else {"workspace": self.id},
            body=body,
            resource=f"{about or 'jobs'} in workspace {self.id}",
        )
        try:
            return self.service.send(call)
        except CloudError as error:
            error.hint = HINTS.get(error.code, error.hint)
            raise


def workspace(session: Session, id: str) -> Workspace:
    """Return a workspace of the session's account."""
    return Workspace(session.service("dlf", ERRORS), id)


def import_jobs(place: Workspace, request: wire.ImportRequest) -> str:
    """Start the import of an archive in OBS and return the task's id.

    Not repeatable: each import makes a new version of every job it writes.

    Source: DataArts Factory API "Importing a Job"; the header is not on that page but sent by others.
    """
    reply = place.call("import jobs", "POST", "jobs", "import", about=request.path, body=request.body())
    return str(_field(reply, "taskId"))


def check_file(place: Workspace, path: str) -> wire.FileContent:
    """Return the jobs and scripts that the service sees in an archive, without importing them.

    Source: DataArts Factory API "Viewing a Job File".
    """
    reply = place.call("view job file", "POST", "jobs", "check-file", about=path, safe=True, body={"path": path})
    return _parsed(wire.FileContent, reply)


def show_task(place: Workspace, task_id: str) -> wire.Task:
    """Return how far an import is.

    Source: DataArts Factory API "Querying System Task Details".
    """
    reply = place.call("query system task", "GET", "system-tasks", task_id, about=f"import task {task_id}")
    return _parsed(wire.Task, reply)


def export_job(place: Workspace, name: str, request: wire.ExportRequest) -> bytes:
    """Return the zip of one job and what it depends on. Reads only, so it may be repeated.

    The body is sent only where it says something else than the defaults: the page knows none.

    Source: DataArts Factory API "Exporting a Job".
    """
    body = None if request == wire.ExportRequest() else request.body()
    return place.call("export job", "POST", "jobs", name, "export", about=f"job {name}", safe=True, body=body).content


def export_jobs(place: Workspace, request: wire.BatchExportRequest) -> bytes:
    """Return the zip of up to 100 jobs. Reads only, so it may be repeated.

    Source: DataArts Factory API "Batch Exporting Jobs".
    """
    return place.call("batch export jobs", "POST", "jobs", "batch-export", safe=True, body=request.body()).content


def create_job(place: Workspace, job: Body) -> None:
    """Create a job. Source: DataArts Factory API "Creating a Job"."""
    place.call("create job", "POST", "jobs", about=f"job {job['name']}", body=job)


def show_job(place: Workspace, name: str) -> Body:
    """Return a job's definition. Source: DataArts Factory API "Viewing Job Details"."""
    return _object(place.call("view job details", "GET", "jobs", name, about=f"job {name}"))


def update_job(place: Workspace, name: str, job: Body) -> None:
    """Replace a job's definition by a full one. Source: DataArts Factory API "Editing a Job"."""
    place.call("edit job", "PUT", "jobs", name, about=f"job {name}", safe=True, body=job)


def delete_job(place: Workspace, name: str, approvers: list[str]) -> None:
    """Delete a job; doing it twice does no harm. Source: DataArts Factory API "Deleting a Job"."""
    place.call("delete job", "DELETE", "jobs", name, about=f"job {name}", safe=True, body=_approval(approvers))


def start_job(place: Workspace, name: str) -> None:
    """Start a job's scheduling; a batch job of type EXECUTE_ONCE runs.

    Source: DataArts Factory API "Starting a Job".
    """
    place.call("start job", "POST", "jobs", name, "start", about=f"job {name}")


def stop_job(place: Workspace, name: str) -> None:
    """Stop a job's scheduling; doing it twice does no harm. Source: DataArts Factory API "Stopping a Job"."""
    place.call("stop job", "POST", "jobs", name, "stop", about=f"job {name}", safe=True)


def list_jobs(place: Workspace, job_type: str, name: str = "") -> Iterator[wire.JobSummary]:
    """Yield the jobs of one type (`BATCH`, `REAL_TIME`) whose names contain `name`.

    Source: DataArts Factory API "Viewing a Job List".
    """
    query = {"jobType": job_type, **({"jobName": name} if name else {})}
    for row in _rows(place, "view job list", "jobs", query):
        yield wire.JobSummary.model_validate({"jobType": job_type, **row})


def is_running(place: Workspace, name: str) -> bool:
    """Say whether an instance of the job is running now.

    Source: DataArts Factory API "Viewing a Job Instance List". The exact match is asked for and checked.
    """
    query = {"jobName": name, "preciseQuery": "true", "status": "running", "limit": str(BATCH_MAX)}
    parts = ("jobs", "instances", "detail")
    found = _object(place.call("view job instances", "GET", *parts, about=f"job {name}", query=query))
    return any(item.get("jobName") == name for item in found.get("instances") or [])


def run_once(place: Workspace, name: str, params: Mapping[str, str]) -> int:
    """Run a batch job now and return the instance's id. Never repeatable: each call is a run.

    Source: DataArts Factory API "Executing a Job Immediately".
    """
    body = {"jobParams": [{"name": key, "value": value, "paramType": "variable"} for key, value in params.items()]}
    parts = ("jobs", name, "run-immediate")
    return int(_field(place.call("run job", "POST", *parts, about=f"job {name}", body=body), "instanceId"))


def list_instances(place: Workspace, name: str) -> list[wire.Instance]:
    """Return the latest instances of a job, the newest first.

    Source: DataArts Factory API "Viewing a Job Instance List". The exact match is asked for and checked.
    """
    query = {"jobName": name, "preciseQuery": "true", "limit": str(BATCH_MAX)}
    parts = ("jobs", "instances", "detail")
    found = _object(place.call("view job instances", "GET", *parts, about=f"job {name}", query=query))
    rows = [wire.Instance.model_validate(item) for item in found.get("instances") or []]
    return sorted((row for row in rows if row.job_name == name), key=lambda row: row.instance_id, reverse=True)


def show_instance(place: Workspace, name: str, instance_id: int) -> wire.Instance:
    """Return one instance. Source: DataArts Factory API "Viewing Job Instance Details"."""
    parts = ("jobs", name, "instances", str(instance_id))
    return _parsed(wire.Instance, place.call("view job instance", "GET", *parts, about=f"job {name}"))


def create_script(place: Workspace, script: Body) -> None:
    """Create a script. Source: DataArts Factory API "Creating a Script"."""
    place.call("create script", "POST", "scripts", about=f"script {script['name']}", body=script)


def show_script(place: Workspace, name: str) -> Body:
    """Return a script with its content. Source: DataArts Factory API "Querying a Script"."""
    return _object(place.call("query script", "GET", "scripts", name, about=f"script {name}"))


def update_script(place: Workspace, name: str, script: Body) -> None:
    """Replace a script by a full definition; its name and type stay.

    Source: DataArts Factory API "Modifying a Script".
    """
    place.call("modify script", "PUT", "scripts", name, about=f"script {name}", safe=True, body=script)


def delete_script(place: Workspace, name: str, approvers: list[str]) -> None:
    """Delete a script; doing it twice does no harm. Source: DataArts Factory API "Deleting a Script"."""
    body = _approval(approvers)
    place.call("delete script", "DELETE", "scripts", name, about=f"script {name}", safe=True, body=body)


def list_scripts(place: Workspace, name: str = "") -> Iterator[Body]:
    """Yield the scripts whose names contain `name`; whether with their content is not documented.

    Source: DataArts Factory API "Querying a Script List"; `ScriptInfo` of the official SDK has the content.
    """
    return _rows(place, "query script list", "scripts", {"scriptName": name} if name else {})


def create_resource(place: Workspace, resource: Body) -> None:
    """Create a resource. Source: DataArts Factory API "Creating a Resource"."""
    place.call("create resource", "POST", "resources", about=f"resource {resource['name']}", body=resource)


def update_resource(place: Workspace, id: str, resource: Body) -> None:
    """Replace a resource; its type and directory stay. Source: DataArts Factory API "Modifying a Resource"."""
    about = f"resource {resource['name']}"
    place.call("modify resource", "PUT", "resources", id, about=about, safe=True, body=resource)


def delete_resource(place: Workspace, id: str, name: str) -> None:
    """Delete a resource; doing it twice does no harm. Source: DataArts Factory API "Deleting a Resource"."""
    place.call("delete resource", "DELETE", "resources", id, about=f"resource {name}", safe=True)


def list_resources(place: Workspace, name: str = "") -> Iterator[Body]:
    """Yield the resources whose names contain `name`, with their ids.

    Source: DataArts Factory API "Querying a Resource List".
    """
    return _rows(place, "query resource list", "resources", {"resourceName": name} if name else {})


def connection_names(place: Workspace) -> set[str]:
    """Return the names of the workspace's connections; none where this list is not to be had.

    Its page is marked as to be taken offline: connections may be kept where this list does not look.

    Source: DataArts Factory API "Querying a Connection List".
    """
    try:
        return {str(row.get("name")) for row in _rows(place, "query connection list", "connections", {})}
    except CloudError:
        return set()


def _rows(place: Workspace, operation: str, collection: str, query: dict[str, str]) -> Iterator[Body]:
    """Yield all rows of a list, each once.

    `offset` counts pages (official SDK; "Viewing a Job List" is less sure). Where a page
    repeats rows it is taken to count rows, and the list goes on from there.

    Raises:
        BadResponse: the service shows less than it says there is; a row that is missing for that reason is not gone.
    """
    seen: set[str] = set()
    offset, counts_pages = 0, True
    while True:
        paging = {"offset": str(offset), "limit": str(BATCH_MAX)}
        answer = _object(place.call(operation, "GET", collection, about=collection, query={**query, **paging}))
        rows = [row for row in answer.get(collection) or [] if isinstance(row, dict)]
        fresh = {_identity(row): row for row in rows if _identity(row) not in seen}
        yield from fresh.values()
        seen |= fresh.keys()
        total = int(answer.get("total") or 0)
        if len(seen) >= total:
            return
        if not fresh:
            raise BadResponse(
                f"{collection}: the service says there are {total} and shows {len(seen)}",
                service="dlf",
                hint="Run again.",
            )
        counts_pages = counts_pages and len(fresh) == len(rows)
        offset = offset + 1 if counts_pages else len(seen)


def _identity(row: Body) -> str:
    return str(row.get("id") or row.get("name"))


def _approval(approvers: list[str]) -> Body | None:
    return {"approvers": [{"approverName": name} for name in approvers]} if approvers else None


def _object(reply: Reply) -> Body:
    answer = reply.json()
    if not isinstance(answer, dict):
        raise BadResponse(f"the answer is not a JSON object but {type(answer).__name__}", service="dlf")
    return answer


def _field(reply: Reply, name: str) -> Any:
    answer = _object(reply)
    if not answer.get(name):
        raise BadResponse(f"the answer has no {name}", service="dlf", status=reply.status)
    return answer[name]


def _parsed(model: type[Model], reply: Reply) -> Model:
    try:
        return model.model_validate(_object(reply))
    except ValidationError as error:
        raise BadResponse(f"the answer does not fit its page: {error}", service="dlf", status=reply.status) from error
