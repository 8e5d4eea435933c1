"""What the jobs and scripts of a bundle name that is not in the bundle: clusters, connections, queues, streams.

Source: DataArts Factory API "Creating a Job", the pages of scripts, resources and connections. The set of node types is
open, so a connection or cluster of a node type that no page describes is told without its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from pulumi_dataarts.dlf.bundle import Bundle
from pulumi_dataarts.model.bindings import Group

Kind: TypeAlias = Literal["cluster", "connection", "queue", "stream", "parameter"]

GROUPS: Final[Mapping[str, Group]] = {
    "cluster": "clusters",
    "connection": "connections",
    "queue": "queues",
    "stream": "streams",
}
HAS_VALUE: Final = "HAS_VALUE"
"""Type of a parameter that may be bound and need not be."""
_CONNECTIONS: Final = {
    "DWSSQL": "DWS_CONNECTION",
    "HiveSQL": "MRS_HIVE_CONNECTION",
    "SparkSQL": "MRS_SPARK_CONNECTION",
}
_MRS: Final = ("MRSSpark", "MapReduce", "MRSFlinkJob", "MRSHetuEngine")
_CLUSTERS: Final = {"CDMJob": "CDM_CLUSTER", **dict.fromkeys(_MRS, "MRS_CLUSTER")}


@dataclass(frozen=True)
class Reference:
    """A name, and where it stands.

    Attributes:
        type: as an import's `resources` has it; empty where an import cannot replace it there. Of a parameter, whether
            it has a value already.
        file: of the definition in the bundle, e.g. `jobs/orders_daily.job`.
        where: for people: `job orders_daily, node load`.
        node: the node's name; empty outside of nodes.
    """

    kind: Kind
    name: str
    type: str
    file: str
    where: str
    node: str = ""


def references(bundle: Bundle) -> Iterator[Reference]:
    """Yield every reference of a bundle, job by job."""
    for job, body in sorted(bundle.jobs.items()):
        yield from _of_job(job, body)
    for script, body in sorted(bundle.scripts.items()):
        for key, kind in (("connectionName", "connection"), ("queueName", "queue")):
            if body.get(key):
                yield Reference(kind, str(body[key]), "", f"scripts/{script}.script", f"script {script}")  # type: ignore[arg-type]


def reference_of(node: Mapping[str, Any], item: Mapping[str, Any]) -> tuple[Kind, str] | None:
    """Return what kind of thing a node's property names, and its type; None where it names nothing outside."""
    type, name = str(node.get("type")), item.get("name")
    if name == "connectionName":
        return "connection", _CONNECTIONS.get(type, "")
    if name == "clusterName":
        return ("queue", "") if type == "DLISpark" else ("cluster", _CLUSTERS.get(type, ""))
    return ("queue", "") if name == "queueName" else None


def _of_job(job: str, body: Mapping[str, Any]) -> Iterator[Reference]:
    file = f"jobs/{job}.job"
    for param in _objects(body.get("params")):
        type = "" if param.get("value") in (None, "") else HAS_VALUE
        yield Reference("parameter", f"{job}.{param.get('name')}", type, file, f"job {job}")
    if stream := _stream(_mapping(body.get("schedule")).get("event")):
        yield Reference("stream", stream, "", file, f"job {job}, its schedule")
    for node in _objects(body.get("nodes")):
        name = str(node.get("name"))
        where = f"job {job}, node {name}"
        for item in _objects(node.get("properties")):
            if item.get("value") and (found := reference_of(node, item)):
                yield Reference(found[0], str(item["value"]), found[1], file, where, name)
        if stream := _stream(node.get("eventTrigger")):
            yield Reference("stream", stream, "", file, where, name)


def _stream(event: Any) -> str:
    found = _mapping(event)
    return str(found.get("channel") or "") if found.get("eventType") == "DIS" else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
