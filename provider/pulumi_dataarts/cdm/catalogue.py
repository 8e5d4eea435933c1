"""A cluster's jobs as a session reads them: one by one, or by lists where many are read in a row, as in a refresh.

Links have no list call in the CDM API; they are read one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_dataarts.cdm import api
from pulumi_dataarts.huawei.coalescing import Catalogue, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.cdm.wire import JobBody
    from pulumi_dataarts.huawei.session import Session

JOB_TYPES: Final = ("NORMAL_JOB", "BATCH_JOB", "SCENARIO_JOB")
_PAGES_MAX: Final = 1000


def read_job(session: Session, cluster_id: str, name: str, job_type: str) -> JobBody | None:
    """Return a job, or None if there is none of that name. `job_type` may be empty: then all are tried."""

    def one() -> JobBody | None:
        for kind in (job_type,) if job_type else JOB_TYPES:
            found = api.show_job(session, cluster_id, name, kind)
            if found is not None:
                return found
        return None

    return _catalogue(session, cluster_id).read(name, one)


def read_all(session: Session, cluster_id: str) -> list[JobBody]:
    """Return all jobs of all types, as they are now. Raises NotFound for the cluster."""
    return [job for page in _pages(session, cluster_id) for job in page.objects.values()]


def forget_job(session: Session, cluster_id: str, name: str) -> None:
    """Answer for this job from no list that is older than now: it is being written."""
    _catalogue(session, cluster_id).forget(name)


def _catalogue(session: Session, cluster_id: str) -> Catalogue[JobBody]:
    return session.once(("cdm jobs", cluster_id), lambda: Catalogue(lambda: _pages(session, cluster_id), session.clock))


def _pages(session: Session, cluster_id: str) -> Iterator[Page[JobBody]]:
    """Yield all jobs of all types. A page that is not full ends a type, whatever `total` says."""
    made = 0
    for number, job_type in enumerate(JOB_TYPES, start=1):
        others = len(JOB_TYPES) - number
        for page_no in range(1, _PAGES_MAX + 1):
            page = api.list_jobs(session, cluster_id, job_type, page_no)
            made += 1
            left = -(-page.total // api.PAGE_SIZE) - page_no
            yield Page({job.name: job for job in page.jobs}, made + max(0, left) + others)
            if len(page.jobs) < api.PAGE_SIZE:
                break
