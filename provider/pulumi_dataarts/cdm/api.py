"""CDM's calls, one function each. They know paths, codes and validation results, and nothing of resources.

Whatever changes something raises `CloudError` with the service's own words when the answer is a 200 that
lists errors.

Source: CDM API, the pages of job and link operations and "Error Codes", unless a function says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from pulumi_dataarts.cdm.wire import (
    Clusters,
    ClusterSummary,
    JobBody,
    JobPage,
    LinkBody,
    LinkPage,
    Submission,
    Submissions,
    Wire,
)
from pulumi_dataarts.errors import AlreadyExists, BadResponse, CloudError, Conflict, NotFound, RunFailed
from pulumi_dataarts.huawei.failures import VALIDATION
from pulumi_dataarts.huawei.transport import Call, ErrorTable, Reply, Service

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session

AnyWire = TypeVar("AnyWire", bound=Wire)

NORMAL: Final = "NORMAL_JOB"
PAGE_SIZE: Final = 100
RUNNING: Final = "Cdm.0052"
NOT_RUNNING: Final = "Cdm.0053"
_IN_USE_MISPRINT: Final = "Cdm.0021"
_ERROR: Final = "ERROR"

_MISSING = ("0054", "0100", "0319", "0095", "00095", "0101", "0316")
_TAKEN = ("0104", "0318", "0315")
_BUSY = ("0052", "0053", "0059", "0060", "0321", "0322", "0323")
_NOT_SUBMITTED = ("0037", "0056")
_REFUSED = (
    "0001", "0004", "0009", "0010", "0011", "0012", "0014", "0018", "0020", "0021", "0024", "0032", "0055", "0061",
    "0062", "0085", "0089", "0102", "0238", "0317", "0320", "0327",
)  # fmt: skip

ERRORS: Final[ErrorTable] = {
    VALIDATION: CloudError,
    **{f"Cdm.{number}": NotFound for number in _MISSING},
    **{f"Cdm.{number}": AlreadyExists for number in _TAKEN},
    **{f"Cdm.{number}": Conflict for number in _BUSY},
    **{f"Cdm.{number}": RunFailed for number in _NOT_SUBMITTED},
    **{f"Cdm.{number}": CloudError for number in _REFUSED},
}

HINTS: Final[Mapping[str, str]] = {
    "APIGW.0610": "The cluster is stopped, or not up yet: start it, or wait until the console shows it as normal.",
    "Cdm.0001": "Check the cluster's id, and that the user may use it.",
    "Cdm.0032": "The user lacks a CDM permission: ask the account's administrator.",
    "Cdm.0052": "Wait until the run has ended, or set `when_running`.",
    "Cdm.0059": "Set `enabled` on the job.",
    "Cdm.0060": "Set `enabled` on the link.",
    "Cdm.0089": "Which inputs there are depends on the connector and on the cluster's version: check the spelling, "
    "and compare with a job or link of this kind made in the console.",
    "Cdm.0101": "Declare the link, or pass its `name` output, so that it is made first.",
    "Cdm.0102": "Databases of all makes are `generic-jdbc-connector`, with `databaseType` in the link's config.",
    "Cdm.0104": "Another user's job may have this name: choose another one.",
    "Cdm.0315": "Another user's link may have this name: choose another one.",
    "Cdm.0321": "Delete the jobs that use the link first, or move them to another one.",
    VALIDATION: "The cluster tries the connection when a link is saved: check address, port, security group, user.",
}


def list_clusters(session: Session) -> list[ClusterSummary]:
    """Return the project's clusters. Source: CDM API "Querying the Cluster List"."""
    path = f"/v1.1/{quote(_service(session).project_id, safe='')}/clusters"
    call = Call("list clusters", "GET", path, safe=True, resource="clusters")
    return _parsed(Clusters, _send(session, call)).clusters


def create_link(session: Session, cluster_id: str, link: LinkBody) -> None:
    """Create a link; the cluster connects to the data source first. Not repeatable."""
    call = Call("create link", "POST", _path(session, cluster_id, "link"), body={"links": [link.body()]})
    _judged(session, _about(call, "link", link.name, cluster_id), must_name=True)


def show_link(session: Session, cluster_id: str, name: str) -> LinkBody | None:
    """Return a link, or None if there is none of that name."""
    call = Call("query link", "GET", _path(session, cluster_id, "link", name), safe=True)
    try:
        links = _parsed(LinkPage, _send(session, _about(call, "link", name, cluster_id))).links
    except NotFound:
        return None
    return links[0] if links else None


def update_link(session: Session, cluster_id: str, name: str, link: LinkBody) -> None:
    """Replace a link. Another name in the body renames it, which is not repeatable."""
    path, safe = _path(session, cluster_id, "link", name), name == link.name
    call = Call("modify link", "PUT", path, safe=safe, body={"links": [link.body()]})
    _judged(session, _about(call, "link", name, cluster_id))


def delete_link(session: Session, cluster_id: str, name: str) -> None:
    """Delete a link. Raises Conflict as long as a job uses it; `Cdm.0021` is the page's misprint for that."""
    call = Call("delete link", "DELETE", _path(session, cluster_id, "link", name), safe=True)
    try:
        _send(session, _about(call, "link", name, cluster_id))
    except CloudError as error:
        if error.code != _IN_USE_MISPRINT:
            raise
        facts = {"service": error.service, "operation": error.operation, "code": error.code}
        hint = HINTS["Cdm.0321"]
        raise Conflict(error.message, **facts, status=error.status, request_id=error.request_id, hint=hint) from error


def create_job(session: Session, cluster_id: str, job: JobBody) -> None:
    """Create one job. Not repeatable. Source: CDM API "Creating a Job in a Specified Cluster"; one job a request."""
    call = Call("create job", "POST", _path(session, cluster_id, "job"), body={"jobs": [job.body()]})
    _judged(session, _about(call, "job", job.name, cluster_id), must_name=True)


def show_job(session: Session, cluster_id: str, name: str, job_type: str) -> JobBody | None:
    """Return a job, or None if there is none of that name.

    Whether reading one job filters by type, as the list does, is not documented; so the type is said where it
    is not the default.
    """
    query = {} if job_type == NORMAL else {"jobType": job_type}
    call = Call("query job", "GET", _path(session, cluster_id, "job", name), safe=True, query=query)
    try:
        jobs = _parsed(JobPage, _send(session, _about(call, "job", name, cluster_id))).jobs
    except NotFound:
        return None
    return jobs[0] if jobs else None


def list_jobs(session: Session, cluster_id: str, job_type: str, page_no: int) -> JobPage:
    """Return one page of all jobs of a type; the type must be said, or only normal ones are listed."""
    query = {"jobType": job_type, "page_no": str(page_no), "page_size": str(PAGE_SIZE)}
    path = _path(session, cluster_id, "job", "all")
    return _parsed(JobPage, _send(session, Call("list jobs", "GET", path, safe=True, query=query, resource=cluster_id)))


def update_job(session: Session, cluster_id: str, name: str, job: JobBody) -> None:
    """Replace a job. Another name in the body renames it, which is not repeatable."""
    path, safe = _path(session, cluster_id, "job", name), name == job.name
    call = Call("modify job", "PUT", path, safe=safe, body={"jobs": [job.body()]})
    _judged(session, _about(call, "job", name, cluster_id))


def delete_job(session: Session, cluster_id: str, name: str) -> None:
    """Delete a job."""
    call = Call("delete job", "DELETE", _path(session, cluster_id, "job", name), safe=True)
    _send(session, _about(call, "job", name, cluster_id))


def start_job(session: Session, cluster_id: str, name: str, variables: Mapping[str, str]) -> Submission:
    """Start a run and return it as it is then. Never repeatable: each success is a run.

    Source: CDM API "Starting a Job".
    """
    path = _path(session, cluster_id, "job", name, "start")
    call = _about(Call("start job", "PUT", path, body={"variables": dict(variables)}), "job", name, cluster_id)
    found = _parsed(Submissions, _send(session, call)).submissions
    return found[0] if found else Submission()


def stop_job(session: Session, cluster_id: str, name: str) -> None:
    """Stop a run; one that is over is stopped already."""
    call = Call("stop job", "PUT", _path(session, cluster_id, "job", name, "stop"), safe=True)
    try:
        _send(session, _about(call, "job", name, cluster_id))
    except Conflict as error:
        if error.code != NOT_RUNNING:
            raise


def show_job_status(session: Session, cluster_id: str, name: str) -> Submission | None:
    """Return a job's last run, or None if it never ran. Raises NotFound."""
    call = Call("query job status", "GET", _path(session, cluster_id, "job", name, "status"), safe=True)
    found = _parsed(Submissions, _send(session, _about(call, "job", name, cluster_id))).submissions
    return found[0] if found and found[0].status != "NEVER_EXECUTED" else None


def show_submissions(session: Session, cluster_id: str, name: str) -> list[Submission]:
    """Return a job's runs, as many as the service keeps and tells: 30 days, and how to page is not documented."""
    call = Call("query job history", "GET", _path(session, cluster_id, "submissions"), safe=True, query={"jname": name})
    return _parsed(Submissions, _send(session, _about(call, "job", name, cluster_id))).submissions


def _service(session: Session) -> Service:
    return session.service("cdm", ERRORS)


def _path(session: Session, cluster_id: str, *parts: str) -> str:
    project = _service(session).project_id
    encoded = "/".join(quote(part, safe="") for part in (project, "clusters", cluster_id, "cdm", *parts))
    return f"/v1.1/{encoded}"


def _about(call: Call, kind: str, name: str, cluster_id: str) -> Call:
    return replace(call, resource=f"{kind} {name} on cluster {cluster_id}")


def _send(session: Session, call: Call) -> Reply:
    try:
        return _service(session).send(replace(call, headers={"X-Language": "en-us"}))
    except CloudError as error:
        error.hint = HINTS.get(error.code, error.hint)
        raise


def _judged(session: Session, call: Call, *, must_name: bool = False) -> None:
    """Send, and take a 200 for success only if it lists no errors and, for a create, names what was made."""
    reply = _send(session, call)
    answer = reply.json()
    remarks = list(_remarks(answer.get(VALIDATION))) if isinstance(answer, dict) else []
    errors = [text for status, text in remarks if status == _ERROR]
    facts: dict[str, Any] = {
        "service": "cdm",
        "operation": call.operation,
        "status": reply.status,
        "request_id": reply.headers.get("x-request-id", ""),
    }
    if errors:
        words = session.redacted("; ".join(errors))
        raise CloudError(f"{call.resource}: {words}", **facts, hint="Nothing was saved.")
    for _, text in remarks:
        session.tell(f"{call.resource}: {text}")
    if must_name and not (isinstance(answer, dict) and answer.get("name")):
        raise BadResponse(f"{call.resource}: accepted, but the answer names nothing", **facts)


def _remarks(result: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield (status, text) of every message in a validation result, however deep."""
    if isinstance(result, list):
        for item in result:
            yield from _remarks(item, where)
    elif isinstance(result, dict) and isinstance(result.get("message"), str):
        yield str(result.get("status", _ERROR)), f"{where}: {result['message']}" if where else result["message"]
    elif isinstance(result, dict):
        for name, item in result.items():
            yield from _remarks(item, name)


def _parsed(model: type[AnyWire], reply: Reply) -> AnyWire:
    try:
        return model.model_validate(reply.json())
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:3])
        raise BadResponse(
            f"the answer does not fit its page: {found}",
            service="cdm",
            status=reply.status,
            request_id=reply.headers.get("x-request-id", ""),
        ) from None  # pydantic's own text shows values
