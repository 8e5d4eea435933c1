"""DLI's Flink job calls, one function each.

Success is HTTP 200 *and* `is_success`, which comes as a string or as a boolean; a 200 that says `false` is an error.

Source: DLI API, the Flink job pages (support.huaweicloud.com, api-dli, dli_02_0228 to dli_02_0255).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from pulumi_dataarts.dli.wire import FlinkJob, JobMapping, JobPage
from pulumi_dataarts.errors import (
    AlreadyExists,
    BadResponse,
    CloudError,
    Conflict,
    NotFound,
    QuotaExceeded,
    ServiceFault,
)
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Call, ErrorTable, Reply

IMPORT = "import Flink jobs"
ERRORS: ErrorTable = {
    "DLI.0002": NotFound,
    "DLI.0023": NotFound,
    "DLI.16001": NotFound,
    "DLI.0006": AlreadyExists,
    "DLI.0012": Conflict,
    "DLI.1028": QuotaExceeded,
    "DLI.0019": ServiceFault,
    "DLI.0999": ServiceFault,
}
HINTS: Mapping[tuple[str, str], str] = {
    (IMPORT, "DLI.0001"): "Build the archive with `dli.pack`, or export it again.",
    (IMPORT, "DLI.0002"): "Declare the archive (`obs.Object`), and let the import depend on it: depends_on=[…].",
    ("", "DLI.16001"): "Import the job first, and let this depend on the import: depends_on=[…].",
    ("", "DLI.13024"): "Name a queue in the job's `queue_name`, of the type that its `run_mode` needs.",
}
"""What to do next, by operation and code; for any operation where that is empty."""
PAGE_SIZE = 100
JOBS_MAX = 100_000

AnyModel = TypeVar("AnyModel", bound=BaseModel)


def import_jobs(session: Session, zip_file: str, *, is_cover: bool) -> list[JobMapping]:
    """Import the jobs of an archive, or of all archives in a folder, and say what became of each.

    Synchronous. `is_cover` is always sent: the page names no default. A job whose name was taken is reported with
    `new_job_id` -1 inside a success.

    Raises:
        OutcomeUnknown: sent, but not answered.

    Source: DLI API "Importing a Flink Job".
    """
    body = {"zip_file": zip_file, "is_cover": is_cover}
    call = _call(session, IMPORT, "POST", "jobs/import", body=body, resource=f"archive {zip_file}")
    mapping = _told(_send(session, call), call).get("job_mapping") or []
    return [_parsed(JobMapping, entry, call) for entry in mapping]


def export_jobs(session: Session, obs_dir: str, job_ids: Sequence[int]) -> list[str]:
    """Export the jobs as one archive into a folder of OBS, and return where it lies: `bucket/key`.

    Sent twice, it leaves a second archive there, under another name, and nothing else.

    Source: DLI API "Exporting a Flink Job".
    """
    about = f"Flink jobs {', '.join(map(str, job_ids))}"
    body = {"obs_dir": obs_dir, "is_selected": True, "job_selected": list(job_ids)}
    call = _call(session, "export Flink jobs", "POST", "jobs/export", safe=True, body=body, resource=about)
    paths = _told(_send(session, call), call).get("zip_file") or []
    if len(paths) != 1:
        raise BadResponse(f"{about}: exported to {len(paths)} archives", service="dli", operation=call.operation)
    return [str(path) for path in paths]


def list_page(session: Session, offset: int = 0, *, name: str = "") -> JobPage:
    """Return one page of the project's Flink jobs with their details, oldest first.

    Args:
        session: the open session.
        offset: how many jobs to leave out.
        name: only jobs whose names match it; whether a part of a name matches is not documented.

    Source: DLI API "Listing Jobs".
    """
    query = {"show_detail": "true", "order": "asc", "limit": str(PAGE_SIZE), "offset": str(offset)}
    query |= {"name": name} if name else {}
    call = _call(session, "list Flink jobs", "GET", "jobs", safe=True, query=query)
    return _parsed(JobPage, _told(_send(session, call), call).get("job_list") or {}, call)


def list_jobs(session: Session) -> list[FlinkJob]:
    """Return every Flink job of the project with its details, oldest first, 100 a call."""
    jobs: dict[int, FlinkJob] = {}
    for offset in range(0, JOBS_MAX, PAGE_SIZE):
        page = list_page(session, offset)
        jobs |= {job.job_id: job for job in page.jobs}
        if len(page.jobs) < PAGE_SIZE:
            break
    return list(jobs.values())


def shared_jobs(session: Session) -> list[FlinkJob]:
    """Return `list_jobs`, loaded once for all who ask within a few milliseconds."""
    return session.shared(("dli", "jobs"), lambda: list_jobs(session))


def find_job(session: Session, name: str) -> FlinkJob | None:
    """Return the job of exactly this name, or None. The service's own filter may match more."""
    for offset in range(0, JOBS_MAX, PAGE_SIZE):
        page = list_page(session, offset, name=name)
        found = next((job for job in page.jobs if job.name == name), None)
        if found or len(page.jobs) < PAGE_SIZE:
            return found
    return None


def show_job(session: Session, job_id: int) -> FlinkJob:
    """Return one job. Raises NotFound (HTTP 400, DLI.16001).

    Source: DLI API "Querying Job Details".
    """
    call = _call(session, "query Flink job", "GET", f"jobs/{job_id}", safe=True, resource=f"Flink job {job_id}")
    return _parsed(FlinkJob, _told(_send(session, call), call).get("job_detail"), call)


def run_jobs(session: Session, job_ids: Sequence[int], *, resume_savepoint: bool) -> None:
    """Ask for the jobs to be run, from their latest savepoint or afresh. Asynchronous: poll their status.

    Source: DLI API "Running Jobs in Batches".
    """
    body = {"job_ids": list(job_ids), "resume_savepoint": resume_savepoint}
    _send_batch(session, "run Flink jobs", "jobs/run", body)


def stop_jobs(session: Session, job_ids: Sequence[int], *, trigger_savepoint: bool) -> None:
    """Ask for the jobs to be stopped, with a savepoint or without. Asynchronous: poll their status.

    Source: DLI API "Stopping Jobs in Batches".
    """
    body = {"job_ids": list(job_ids), "trigger_savepoint": trigger_savepoint}
    _send_batch(session, "stop Flink jobs", "jobs/stop", body)


def delete_job(session: Session, job_id: int) -> None:
    """Delete one job in any state. Already gone is done; ids are not used again, so it may be repeated.

    Source: DLI API "Deleting a Job".
    """
    call = _call(session, "delete Flink job", "DELETE", f"jobs/{job_id}", safe=True, resource=f"Flink job {job_id}")
    try:
        _told(_send(session, call), call)
    except NotFound:
        return


def _call(session: Session, operation: str, method: str, path: str, **parts: Any) -> Call:
    project_id = session.service("dli", ERRORS).project_id
    return Call(operation, method, f"/v1.0/{project_id}/streaming/{path}", **parts)


def _send(session: Session, call: Call) -> Reply:
    try:
        return session.service("dli", ERRORS).send(call)
    except CloudError as error:
        error.hint = HINTS.get((call.operation, error.code), HINTS.get(("", error.code), error.hint))
        raise


def _send_batch(session: Session, operation: str, path: str, body: dict[str, Any]) -> None:
    """Batch answers are one envelope an id, in request order, without the ids."""
    ids = ", ".join(str(job_id) for job_id in body["job_ids"])
    call = _call(session, operation, "POST", path, body=body, resource=f"Flink jobs {ids}")
    reply = _send(session, call)
    answers = reply.json()
    for answer in answers if isinstance(answers, list) else [answers]:
        _checked(answer, reply, call)


def _told(reply: Reply, call: Call) -> dict[str, Any]:
    return _checked(reply.json(), reply, call)


def _checked(answer: Any, reply: Reply, call: Call) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise BadResponse(f"{call.resource}: the answer is not an object", **_facts(reply, call))
    if str(answer.get("is_success", True)).lower() != "true":
        raise CloudError(f"{call.resource}: {answer.get('message') or 'refused'}", **_facts(reply, call))
    return answer


def _facts(reply: Reply, call: Call) -> dict[str, Any]:
    request_id = reply.headers.get("x-request-id", "")
    return {"service": "dli", "operation": call.operation, "status": reply.status, "request_id": request_id}


def _parsed(model: type[AnyModel], value: Any, call: Call) -> AnyModel:
    try:
        return TypeAdapter(model).validate_python(value)
    except ValidationError as error:
        where = ", ".join(".".join(str(part) for part in detail["loc"]) for detail in error.errors())
        raise BadResponse(
            f"the answer does not fit its page in {where or 'its form'}", service="dli", operation=call.operation
        ) from error
