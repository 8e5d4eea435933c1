"""CDM as the console shows it: clusters, links, jobs and their runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi_dataarts.simulator.cdm import catalogue, jobs, runs
from pulumi_dataarts.simulator.cdm.clusters import JOB_KIND, LINK_KIND, existing, list_clusters
from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.console.disclosure import blotted, shown
from pulumi_dataarts.simulator.console.listings import listing
from pulumi_dataarts.simulator.console.marks import DISABLED, ENABLED, NEVER_RAN, mark_of
from pulumi_dataarts.simulator.console.views import Absent, View, body_of, link
from pulumi_dataarts.simulator.http import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_dataarts.simulator.cdm.catalogue import Group, Groups, Input
    from pulumi_dataarts.simulator.console.disclosure import Setting
    from pulumi_dataarts.simulator.console.marks import Mark
    from pulumi_dataarts.simulator.console.views import Sight
    from pulumi_dataarts.simulator.store import Document

JOBS, JOB, LINKS, LINK = "/console/cdm", "/console/cdm/job", "/console/cdm/links", "/console/cdm/link"
_RUNS_SHOWN: Final = 20
# Where a link leads, whatever its connector calls that.
_ADDRESSES: Final = ("host", "server", "endpoint", "uri", "brokerList", "serverList", "serverlist", "region")


@dataclass(frozen=True)
class Cluster:
    """A cluster, and how many links and jobs it holds."""

    id: str
    name: str
    mark: Mark
    links: int
    jobs: int


@dataclass(frozen=True)
class Run:
    """One run of a job; `error` is empty unless it failed, `is_auto` says that the job's schedule started it."""

    id: int
    mark: Mark
    user: str
    is_auto: bool
    started_ms: int
    took_ms: int
    counters: dict[str, int]
    error: str


@dataclass(frozen=True)
class JobRow:
    """A job in the list, with its last run."""

    cluster: str
    name: str
    source: str
    target: str
    mark: Mark
    changed_ms: int
    run: Run | None

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.name} {self.source} {self.target}"

    @property
    def href(self) -> str:
        """Its page."""
        return link(JOB, cluster=self.cluster, name=self.name)

    @property
    def at_ms(self) -> int:
        """When it last did anything."""
        return self.run.started_ms if self.run else self.changed_ms

    @property
    def error(self) -> str:
        """Why its last run failed, if it did."""
        return self.run.error if self.run else ""


@dataclass(frozen=True)
class LinkRow:
    """A link in the list; `users` is how many jobs use it."""

    cluster: str
    name: str
    connector: str
    address: str
    users: int
    mark: Mark

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.name} {self.connector} {self.address}"

    @property
    def href(self) -> str:
        """Its page."""
        return link(LINK, cluster=self.cluster, name=self.name)


def jobs_page(sight: Sight) -> View:
    """All jobs."""
    return View("cdm_jobs.html", "CDM jobs", {"jobs": listing(job_rows(sight), sight), "clusters": clusters(sight)})


def links_page(sight: Sight) -> View:
    """All links."""
    users: dict[tuple[str, str], int] = {}
    for job in job_rows(sight):
        for name in {job.source, job.target}:
            users[job.cluster, name] = users.get((job.cluster, name), 0) + 1
    rows = [
        _link_row(cluster, document, users.get((cluster, name), 0))
        for cluster in existing(sight.context)
        for name, document in sight.store.list(LINK_KIND, cluster)
    ]
    rows.sort(key=lambda row: row.name.casefold())
    return View("cdm_links.html", "CDM links", {"links": listing(rows, sight), "clusters": clusters(sight)})


def job_page(sight: Sight) -> View:
    """One job: its ends, its settings, its last runs."""
    cluster, name = sight.query.get("cluster", ""), sight.query.get("name", "")
    job = sight.store.get(JOB_KIND, cluster, name)
    if job is None or name in runs.disposed(cluster, sight.context):
        raise Absent(f"CDM job {name} on cluster {cluster}")
    source, target = job["from-connector-name"], job["to-connector-name"]
    values = {
        "row": _job_row(cluster, job, sight),
        "job": job,
        "next_ms": jobs.next_due(job, sight.context),
        "source": settings(job["from"], catalogue.SOURCE_GROUPS[source]),
        "target": settings(job["to"], catalogue.DESTINATION_GROUPS[target]),
        "driver": settings(job["driver"], catalogue.DRIVER_GROUPS),
        "runs": [_run(run, sight) for run in runs.history(job, cluster, sight.context)[:_RUNS_SHOWN]],
        "links": {end: link(LINK, cluster=cluster, name=job[f"{end}-link-name"] or "") for end in ("from", "to")},
    }
    return View("cdm_job.html", name, values)


def link_page(sight: Sight) -> View:
    """One link: its settings and the jobs that use it."""
    cluster, name = sight.query.get("cluster", ""), sight.query.get("name", "")
    document = sight.store.get(LINK_KIND, cluster, name)
    if document is None:
        raise Absent(f"CDM link {name} on cluster {cluster}")
    users = [row for row in job_rows(sight) if row.cluster == cluster and name in (row.source, row.target)]
    values = {
        "row": _link_row(cluster, document, len(users)),
        "document": document,
        "settings": settings(document["values"], catalogue.LINK_GROUPS[document["connector-name"]]),
        "jobs": listing(users, sight),
    }
    return View("cdm_link.html", name, values)


def job_rows(sight: Sight) -> list[JobRow]:
    """Return every job that has not gone, by name."""
    rows = []
    for cluster in existing(sight.context):
        gone = runs.disposed(cluster, sight.context)
        documents = sight.store.list(JOB_KIND, cluster)
        rows += [_job_row(cluster, document, sight) for name, document in documents if name not in gone]
    return sorted(rows, key=lambda row: row.name.casefold())


def settings(stored: Document, groups: Groups) -> Sequence[Setting]:
    """Return what was set, and after it what the server filled in."""
    found = [setting for name, group in groups.items() for setting in _group(stored["groups"].get(name, {}), group)]
    return sorted(found, key=lambda setting: setting.is_default)


def _group(given: dict[str, Any], group: Group) -> list[Setting]:
    known = [(item, given.get(item.name)) for item in group.inputs.values()]
    listed = [_setting(item, value) for item, value in known if value is not None or item.default is not None]
    return listed + [shown(_short(name), value) for name, value in given.items() if name not in group.inputs]


def _setting(item: Input, value: Any) -> Setting:
    is_default = value is None
    may_hide_more = item.secret or (item.type == "MAP" and not is_default)
    given = item.default if is_default else value
    return shown(_short(item.name), given, is_secret=may_hide_more, is_default=is_default)


def _short(name: str) -> str:
    """Return an input's name without its group, which the heading says."""
    return name.partition(".")[2] or name


def _job_row(cluster: str, job: Document, sight: Sight) -> JobRow:
    last = runs.last(job, cluster, sight.context)
    run = None if last is None else _run(last, sight)
    mark = (run.mark if run else NEVER_RAN) if job["enabled"] else DISABLED
    source, target = (job[f"{end}-link-name"] or "" for end in ("from", "to"))
    return JobRow(cluster, job["name"], source, target, mark, job["update-date"], run)


def _run(run: Document, sight: Sight) -> Run:
    now = sight.context.clock.now()
    ended, outcome = now >= run["end"], run["outcome"]
    return Run(
        id=run["id"],
        mark=mark_of(runs.status(run, now)),
        user=run["user"],
        is_auto=run.get("is_auto", False),
        started_ms=milliseconds(run["start"]),
        took_ms=milliseconds(min(now, run["end"]) - run["start"]),
        counters=outcome.get("counters", {}) if ended else {},
        error=outcome.get("error", "") if ended else "",
    )


def _link_row(cluster: str, document: Document, users: int) -> LinkRow:
    values = document["values"]["groups"].get("linkConfig", {})
    address = next((str(values[key]) for name in _ADDRESSES if values.get(key := f"linkConfig.{name}")), "")
    mark = ENABLED if document["enabled"] else DISABLED
    return LinkRow(cluster, document["name"], document["connector-name"], blotted(address), users, mark)


def clusters(sight: Sight) -> list[Cluster]:
    """Return every cluster."""
    listed = body_of(list_clusters(Request("GET", ""), sight.context))["clusters"]
    return [
        Cluster(
            id=cluster["id"],
            name=cluster["name"],
            mark=mark_of(cluster["statusDetail"]),
            links=sight.store.count(LINK_KIND, cluster["id"]),
            jobs=sight.store.count(JOB_KIND, cluster["id"]) - len(runs.disposed(cluster["id"], sight.context)),
        )
        for cluster in listed
    ]
