"""DataArts Factory as the console shows it: jobs with their nodes and instances, scripts, resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.cdm.clusters import JOB_KIND as CDM_JOB_KIND
from pulumi_dataarts.simulator.cdm.clusters import existing
from pulumi_dataarts.simulator.console import cdm
from pulumi_dataarts.simulator.console.disclosure import shown
from pulumi_dataarts.simulator.console.graphs import BOX_HEIGHT, BOX_WIDTH, draw
from pulumi_dataarts.simulator.console.highlighting import highlighted
from pulumi_dataarts.simulator.console.listings import listing
from pulumi_dataarts.simulator.console.marks import ENABLED, Mark, mark_of
from pulumi_dataarts.simulator.console.views import Absent, View, body_of, link
from pulumi_dataarts.simulator.dlf import instances, jobs, resources, scripts
from pulumi_dataarts.simulator.dlf.definitions import property_values
from pulumi_dataarts.simulator.http import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.console.disclosure import Setting
    from pulumi_dataarts.simulator.console.views import Sight
    from pulumi_dataarts.simulator.store import Document

JOBS, JOB = "/console/factory", "/console/factory/job"
SCRIPTS, SCRIPT, RESOURCES = "/console/factory/scripts", "/console/factory/script", "/console/factory/resources"
NODES_MAX: Final = 400
_INSTANCES_SHOWN: Final = 20


@dataclass(frozen=True)
class JobRow:
    """A job in the list. `last` is the status of its last instance, `error` why that failed."""

    workspace: str
    name: str
    kind: str
    schedule: str
    nodes: int
    directory: str
    mark: Mark
    last: Mark | None
    at_ms: int
    error: str = ""

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.workspace} {self.name} {self.directory}"

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
    mark: Mark = ENABLED

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.workspace} {self.name} {self.directory} {self.kind} {self.detail}"

    @property
    def href(self) -> str:
        """Its page, if it is a script."""
        return link(SCRIPT, workspace=self.workspace, name=self.name)


@dataclass(frozen=True)
class Node:
    """A node of a job. `uses` names what it runs; `href` leads there, or is empty."""

    name: str
    kind: str
    follows: list[str]
    uses: str
    href: str
    on_failure: str
    retries: int
    settings: list[Setting]


@dataclass(frozen=True)
class Instance:
    """A run of a job; `took_ms` until now while it is under way."""

    id: int
    mark: Mark
    started_ms: int
    took_ms: int
    error: str


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
    script = sight.store.get(scripts.KIND, _scope(sight, workspace), name)
    if script is None:
        raise Absent(f"script {name} in workspace {workspace}")
    configuration = [shown(key, value) for key, value in script["configuration"].items()]
    users = [
        _job_row(workspace, job, sight)
        for _, job in sight.store.list(jobs.KIND, _scope(sight, workspace))
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


def job_page(sight: Sight) -> View:
    """One job: the picture of its nodes, their table, parameters and last instances."""
    workspace, name = sight.query.get("workspace", ""), sight.query.get("name", "")
    job = sight.store.get(jobs.KIND, _scope(sight, workspace), name)
    if job is None:
        raise Absent(f"job {name} in workspace {workspace}")
    definition = job["saved"]
    nodes = [_node(node, workspace, sight) for node in definition["nodes"]]
    is_small = len(nodes) <= NODES_MAX
    values = {
        "row": _job_row(workspace, job, sight),
        "job": job,
        "definition": definition,
        "nodes": nodes[:NODES_MAX],
        "node_count": len(nodes),
        "node_by_name": {node.name: node for node in nodes},
        "drawing": draw({node.name: node.follows for node in nodes}) if is_small else None,
        "box_width": BOX_WIDTH,
        "box_height": BOX_HEIGHT,
        "params": [shown(param["name"], param["value"]) for param in definition.get("params") or []],
        "instances": _instances(sight, workspace, name),
    }
    return View("factory_job.html", name, values)


def job_rows(sight: Sight) -> list[JobRow]:
    """Return every job, by name."""
    rows = [
        _job_row(workspace, job, sight)
        for workspace, scope in _scopes(sight)
        for _, job in sight.store.list(jobs.KIND, scope)
    ]
    return sorted(rows, key=lambda row: row.name.casefold())


def count(sight: Sight, kind: str) -> int:
    """Return how many documents of a kind there are in all workspaces."""
    return sum(sight.store.count(kind, scope) for _, scope in _scopes(sight))


def _scopes(sight: Sight) -> Iterator[tuple[str, str]]:
    return ((name, _scope(sight, name)) for name in sight.context.settings.workspaces)


def _scope(sight: Sight, workspace: str) -> str:
    return f"{sight.project}/{workspace}"


def _by_name(rows: list[FileRow]) -> list[FileRow]:
    return sorted(rows, key=lambda row: (row.name.casefold(), row.workspace))


def _job_row(workspace: str, job: Document, sight: Sight) -> JobRow:
    definition = job["saved"]
    last = instances.last_of(sight.context, _scope(sight, workspace), job)
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


def _node(node: Document, workspace: str, sight: Sight) -> Node:
    properties = {item["name"]: item.get("value") or "" for item in node["properties"]}
    uses, href = _target(properties, workspace, sight)
    settings = [shown(name, value) for name, value in properties.items()]
    return Node(
        name=node["name"],
        kind=node["type"],
        follows=list(node["preNodeName"]),
        uses=uses,
        href=href,
        on_failure=node["failPolicy"],
        retries=int(node["retryTimes"]),
        settings=settings,
    )


def _target(properties: dict[str, str], workspace: str, sight: Sight) -> tuple[str, str]:
    """Return the script or the CDM job that a node runs, and the address of its page if it is there."""
    if script := properties.get("scriptName"):
        found = sight.store.get(scripts.KIND, _scope(sight, workspace), script) is not None
        return script, link(SCRIPT, workspace=workspace, name=script) if found else ""
    if name := properties.get("jobName"):
        clusters = [id for id in existing(sight.context) if sight.store.get(CDM_JOB_KIND, id, name)]
        return name, link(cdm.JOB, cluster=clusters[0], name=name) if clusters else ""
    return "", ""


def _instances(sight: Sight, workspace: str, name: str) -> list[Instance]:
    """Return the last instances, as the service lists them."""
    query = {"jobName": name, "preciseQuery": "true", "limit": str(_INSTANCES_SHOWN)}
    request = Request("GET", "", query, {"workspace": workspace}, project_id=sight.project)
    listed: list[Document] = body_of(instances.list_job_instances(request, sight.context))["instances"]
    return [
        Instance(
            id=entry["instanceId"],
            mark=mark_of(entry["status"]),
            started_ms=entry["startTime"],
            took_ms=entry.get("endTime", sight.now_ms) - entry["startTime"],
            error=entry.get("errorMessage", ""),
        )
        for entry in listed
    ]
