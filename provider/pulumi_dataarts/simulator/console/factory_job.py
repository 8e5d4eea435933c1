"""One job of DataArts Factory: the picture of its nodes, their table, its parameters and last instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.cdm.clusters import JOB_KIND as CDM_JOB_KIND
from pulumi_dataarts.simulator.cdm.clusters import existing
from pulumi_dataarts.simulator.console import cdm
from pulumi_dataarts.simulator.console.disclosure import shown
from pulumi_dataarts.simulator.console.factory import SCRIPT, job_row, scope_of
from pulumi_dataarts.simulator.console.graphs import BOX_HEIGHT, BOX_WIDTH, draw
from pulumi_dataarts.simulator.console.marks import mark_of
from pulumi_dataarts.simulator.console.views import Absent, View, body_of, link
from pulumi_dataarts.simulator.dlf import instances, jobs, scripts
from pulumi_dataarts.simulator.http import Request

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.console.disclosure import Setting
    from pulumi_dataarts.simulator.console.marks import Mark
    from pulumi_dataarts.simulator.console.views import Sight
    from pulumi_dataarts.simulator.store import Document

NODES_MAX: Final = 400
_INSTANCES_SHOWN: Final = 20


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


def job_page(sight: Sight) -> View:
    """One job."""
    workspace, name = sight.query.get("workspace", ""), sight.query.get("name", "")
    job = sight.store.get(jobs.KIND, scope_of(sight, workspace), name)
    if job is None:
        raise Absent(f"job {name} in workspace {workspace}")
    definition = job["saved"]
    nodes = [_node(node, workspace, sight) for node in definition["nodes"]]
    is_small = len(nodes) <= NODES_MAX
    values = {
        "row": job_row(workspace, job, sight),
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
        found = sight.store.get(scripts.KIND, scope_of(sight, workspace), script) is not None
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
