"""What stands in a workspace: definitions read back in few calls.

Jobs are read by "batch exporting jobs", a hundred a call; scripts and resources by name where they are few, by lists
where they are many. What is not there is absent from the answer; failing to look is an error.

Source: DataArts Factory API "Batch Exporting Jobs", the pages of job operations, the pages of scripts, resources and
connections. Not documented: what an export of several jobs says when one of them does not exist. So a job that is
missing there is looked up in the list before it counts as gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from pulumi_dataarts.dlf import api, wire
from pulumi_dataarts.dlf.bundle import from_entries
from pulumi_dataarts.dlf.canonical import Body
from pulumi_dataarts.errors import BadResponse, ConfigError, NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.archives import read_zip

T = TypeVar("T")
S = TypeVar("S")

SINGLY_MAX: Final = 5
"""Up to so many objects are looked up one by one; more are found in the whole list."""
_WORKERS_MAX = 8
_JOB_TYPES = ("BATCH", "REAL_TIME")


def summaries(session: Session, place: api.Workspace, names: Collection[str]) -> dict[str, wire.JobSummary]:
    """Return type and status of those of the jobs that exist."""
    rows = _listed(session, place, "jobs", names, lambda name: _all_types(place, name))
    return {row.name: row for row in rows if row.name in names}


def job_names(session: Session, place: api.Workspace) -> set[str]:
    """Return the names of all jobs of the workspace."""
    return {row.name for row in session.shared(("dlf jobs", place.id), lambda: list(_all_types(place, "")))}


def jobs(session: Session, place: api.Workspace, names: Collection[str]) -> dict[str, Body]:
    """Return the definitions of those of the jobs that exist: their latest saved version.

    Raises:
        BadResponse: the service lists a job and does not export it.
    """
    try:
        found = _exported(place, names)
    except NotFound:
        found = {}
    missing = set(names) - found.keys()
    listed = summaries(session, place, missing).keys() if missing else set()
    found |= _exported(place, listed)
    unread = sorted(listed - found.keys())
    if unread:
        raise BadResponse(f"jobs {', '.join(unread)} are listed but not exported", service="dlf")
    return found


def scripts(session: Session, place: api.Workspace, names: Collection[str]) -> dict[str, Body]:
    """Return those of the scripts that exist, with their content."""
    if len(names) <= SINGLY_MAX:
        found = {name: _script(place, name) for name in names}
    else:
        rows = session.shared(("dlf scripts", place.id), lambda: list(api.list_scripts(place)))
        found = {
            str(row.get("name")): row if "content" in row else _script(place, str(row.get("name")))
            for row in rows
            if row.get("name") in names
        }
    return {name: body for name, body in found.items() if body is not None}


def resources(session: Session, place: api.Workspace, wanted: dict[str, Body]) -> dict[str, Body]:
    """Return those of the resources that exist, with their ids.

    Args:
        session: for sharing lists.
        place: the workspace.
        wanted: by name; each is found by its id if it has one, else by name and directory.
    """
    rows = _listed(session, place, "resources", wanted, lambda name: api.list_resources(place, name))
    return {
        name: row
        for name, body in wanted.items()
        for row in rows
        if row.get("name") == name and _is_same_resource(body, row)
    }


def for_each(items: Iterable[T], act: Callable[[T], S]) -> list[S]:
    """Do something for each item, a few at a time, and return what came of it; the first error is raised."""
    with ThreadPoolExecutor(_WORKERS_MAX, thread_name_prefix="dlf") as pool:
        return list(pool.map(act, items))


def _listed(
    session: Session,
    place: api.Workspace,
    what: str,
    names: Collection[str],
    rows: Callable[[str], Iterable[Any]],
) -> list[Any]:
    if len(names) <= SINGLY_MAX:
        return [row for name in names for row in rows(name)]
    return session.shared((f"dlf {what}", place.id), lambda: list(rows("")))


def _all_types(place: api.Workspace, name: str) -> Iterator[wire.JobSummary]:
    for job_type in _JOB_TYPES:
        yield from api.list_jobs(place, job_type, name)


def _exported(place: api.Workspace, names: Collection[str]) -> dict[str, Body]:
    ordered = sorted(names)
    found: dict[str, Body] = {}
    for start in range(0, len(ordered), api.BATCH_MAX):
        batch = ordered[start : start + api.BATCH_MAX]
        data = api.export_jobs(place, wire.BatchExportRequest(job_list=batch, export_depend=False))
        try:
            found |= from_entries(read_zip(data), is_export=True).jobs
        except ConfigError as error:
            raise BadResponse(f"the export cannot be read: {error}", service="dlf") from error
    return found


def _script(place: api.Workspace, name: str) -> Body | None:
    try:
        return api.show_script(place, name)
    except NotFound:
        return None


def _is_same_resource(wanted: Body, row: Body) -> bool:
    if wanted.get("id"):
        return bool(wanted["id"] == row.get("id"))
    return _directory(wanted) == _directory(row)


def _directory(body: Body) -> str:
    return str(body.get("directory") or "").rstrip("/")
