"""DataArts Factory as the console shows it: jobs, scripts, resources. One job has a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_dataarts.simulator.console.disclosure import shown
from pulumi_dataarts.simulator.console.highlighting import highlighted
from pulumi_dataarts.simulator.console.listings import listing
from pulumi_dataarts.simulator.console.marks import NO_STATUS, Mark, mark_of
from pulumi_dataarts.simulator.console.views import Absent, View, link
from pulumi_dataarts.simulator.dlf import instances, jobs, resources, scripts
from pulumi_dataarts.simulator.dlf.definitions import property_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.console.views import Sight
    from pulumi_dataarts.simulator.store import Document

JOBS, JOB = "/console/factory", "/console/factory/job"
SCRIPTS, SCRIPT, RESOURCES = "/console/factory/scripts", "/console/factory/script", "/console/factory/resources"


@dataclass(frozen=True)
class JobRow:
    """A job in the list. `last` is the status of its last instance, if it ever ran."""

    workspace: str
    name: str
    kind: str
    schedule: str
    nodes: int
    directory: str
    mark: Mark
    last: Mark | None
    at_ms: int

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.workspace} {self.name} {self.directory}"

    @property
    def error(self) -> str:
        """Nothing: what went wrong is told of its instances."""
        return ""

    @property
    def href(self) -> str:
        """Its page."""
        return link(JOB, workspace=self.workspace, name=self.name)


@dataclass(frozen=True)
class FileRow:
    """A script or a resource in its list; `detail` is its connection, or where it lies."""

    workspace: str
    name: str
    kind: str
    directory: str
    detail: str
    mark: Mark = NO_STATUS

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.workspace} {self.name} {self.directory} {self.kind} {self.detail}"

    @property
    def href(self) -> str:
        """Its page, if it is a script."""
        return link(SCRIPT, workspace=self.workspace, name=self.name)


def jobs_page(sight: Sight) -> View:
    """All jobs of all workspaces."""
    return View("factory_jobs.html", "Factory jobs", {"jobs": listing(job_rows(sight), sight)})


def scripts_page(sight: Sight) -> View:
    """All scripts."""
    rows = [
        FileRow(workspace, name, script["type"], script["directory"], script.get("connectionName") or "")
        for workspace, scope in _scopes(sight)
        for name, script in sight.store.list(scripts.KIND, scope)
    ]
    return View("factory_scripts.html", "Scripts", {"scripts": listing(_by_name(rows), sight)})


def resources_page(sight: Sight) -> View:
    """All resources."""
    rows = [
        FileRow(workspace, resource["name"], resource["type"], resource["directory"], resource["location"])
        for workspace, scope in _scopes(sight)
        for _, resource in sight.store.list(resources.KIND, scope)
    ]
    return View("factory_resources.html", "Resources", {"resources": listing(_by_name(rows), sight)})


def script_page(sight: Sight) -> View:
    """One script and its text."""
    workspace, name = sight.query.get("workspace", ""), sight.query.get("name", "")
    script = sight.store.get(scripts.KIND, scope_of(sight, workspace), name)
    if script is None:
        raise Absent(f"script {name} in workspace {workspace}")
    configuration = [shown(key, value) for key, value in script["configuration"].items()]
    users = [
        job_row(workspace, job, sight)
        for _, job in sight.store.list(jobs.KIND, scope_of(sight, workspace))
        if name in property_values(job["saved"], "scriptName")
    ]
    values = {
        "script": script,
        "workspace": workspace,
        "code": highlighted(script["content"], script["type"]),
        "configuration": configuration,
        "users": users,
    }
    return View("factory_script.html", name, values)


def job_rows(sight: Sight) -> list[JobRow]:
    """Return every job, by name."""
    rows = [
        job_row(workspace, job, sight)
        for workspace, scope in _scopes(sight)
        for _, job in sight.store.list(jobs.KIND, scope)
    ]
    return sorted(rows, key=lambda row: row.name.casefold())


def count(sight: Sight, kind: str) -> int:
    """Return how many documents of a kind there are in all workspaces."""
    return sum(sight.store.count(kind, scope) for _, scope in _scopes(sight))


def _scopes(sight: Sight) -> Iterator[tuple[str, str]]:
    return ((name, scope_of(sight, name)) for name in sight.context.settings.workspaces)


def scope_of(sight: Sight, workspace: str) -> str:
    """Return the store scope of a workspace."""
    return f"{sight.project}/{workspace}"


def _by_name(rows: list[FileRow]) -> list[FileRow]:
    return sorted(rows, key=lambda row: (row.name.casefold(), row.workspace))


def job_row(workspace: str, job: Document, sight: Sight) -> JobRow:
    """Return a stored job as the list shows it."""
    definition = job["saved"]
    last = instances.last_of(sight.context, scope_of(sight, workspace), job)
    status = last.get("lastInstanceStatus")
    return JobRow(
        workspace=workspace,
        name=definition["name"],
        kind="real-time" if definition["processType"] == "REAL_TIME" else "batch",
        schedule=_schedule(definition["schedule"]),
        nodes=len(definition["nodes"]),
        directory=definition["directory"],
        mark=mark_of(jobs.status_of(job, sight.context)),
        last=mark_of(status) if status else None,
        at_ms=last.get("lastInstanceEndTime") or job["lastUpdateTime"],
    )


def _schedule(schedule: Document) -> str:
    """Return when a job runs, in a few words."""
    if schedule["type"] == "CRON":
        cron = schedule.get("cron") or {}
        return f"cron {cron.get('expression', '')} {cron.get('expressionTimeZone', '')}".strip()
    if schedule["type"] == "EVENT":
        return f"on {schedule['event']['eventType']} events"
    return "once"
