"""DLI as the console shows it: Flink jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.console.disclosure import shown
from pulumi_dataarts.simulator.console.highlighting import highlighted
from pulumi_dataarts.simulator.console.listings import listing
from pulumi_dataarts.simulator.console.marks import Mark, mark_of
from pulumi_dataarts.simulator.console.views import Absent, View, link
from pulumi_dataarts.simulator.dli import jobs

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.console.views import Sight
    from pulumi_dataarts.simulator.store import Document

JOBS, JOB = "/console/flink", "/console/flink/job"
# Shown in a place of their own.
_APART: Final = frozenset({"name", "desc", "sql_body", "job_type", "queue_name"})


@dataclass(frozen=True)
class JobRow:
    """A Flink job in the list."""

    id: int
    name: str
    kind: str
    queue: str
    units: int
    mark: Mark
    at_ms: int
    error: str

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.name} {self.kind} {self.queue} {self.id}"

    @property
    def href(self) -> str:
        """Its page."""
        return link(JOB, name=self.name)


def jobs_page(sight: Sight) -> View:
    """All Flink jobs."""
    values = {"jobs": listing(job_rows(sight), sight), "queues": sight.context.settings.queues}
    return View("flink_jobs.html", "Flink jobs", values)


def job_page(sight: Sight) -> View:
    """One Flink job: its settings, and its SQL."""
    name = sight.query.get("name", "")
    job = jobs.named(sight.context, sight.project, name)
    if job is None:
        raise Absent(f"Flink job {name}")
    settings = job["settings"]
    set_values = [shown(key, value) for key, value in settings.items() if key not in _APART and value not in (None, "")]
    values = {
        "row": _job_row(job, sight),
        "job": job,
        "settings": set_values,
        "code": highlighted(settings["sql_body"], "FlinkSQL") if settings["sql_body"] else None,
    }
    return View("flink_job.html", name, values)


def job_rows(sight: Sight) -> list[JobRow]:
    """Return every job, by name."""
    rows = [_job_row(job, sight) for _, job in sight.store.list(jobs.KIND, sight.project)]
    return sorted(rows, key=lambda row: row.name.casefold())


def _job_row(job: Document, sight: Sight) -> JobRow:
    settings, mark = job["settings"], mark_of(jobs.status_of(job, sight.now_ms))
    return JobRow(
        id=job["job_id"],
        name=settings["name"],
        kind=settings["job_type"].removeprefix("flink_").removesuffix("_job").replace("_", " "),
        queue=settings["queue_name"],
        units=settings["cu_number"],
        mark=mark,
        at_ms=job["start_time"] or job["update_time"],
        error=job["failure"] if mark.tone == "bad" else "",
    )
