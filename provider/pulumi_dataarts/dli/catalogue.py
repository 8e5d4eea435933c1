"""Flink jobs as a session reads them by name: one by one, or by lists where many are read in a row, as in a refresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.wire import FlinkJob
from pulumi_dataarts.huawei.coalescing import Catalogue, Page
from pulumi_dataarts.huawei.session import Session


def read_job(session: Session, name: str) -> FlinkJob | None:
    """Return the job of this name, or None."""
    return _catalogue(session).read(name, lambda: api.find_job(session, name))


def forget_jobs(session: Session, names: Iterable[str]) -> None:
    """Answer for these jobs from no list that is older than now: they were written, run or stopped."""
    for name in names:
        _catalogue(session).forget(name)


def _catalogue(session: Session) -> Catalogue[FlinkJob]:
    return session.once(("dli", "jobs"), lambda: Catalogue(lambda: _pages(session), session.clock))


def _pages(session: Session) -> Iterator[Page[FlinkJob]]:
    for offset in range(0, api.JOBS_MAX, api.PAGE_SIZE):
        page = api.list_page(session, offset)
        yield Page({job.name: job for job in page.jobs}, -(-page.total_count // api.PAGE_SIZE) or 1)
        if len(page.jobs) < api.PAGE_SIZE:
            return
