"""Clusters: those of the settings, and those that were made later; each holds links and jobs of its own.

Source: CDM API "Querying the Cluster List". What a call about an unknown cluster is answered is not documented;
Cdm.0001 ("absent or not permitted") is the code that fits. What a cluster answers that is not in status 200 is not
documented either; a 5xx of the gateway is plausible, so here it is the gateway's 502 "no backend".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator import gateway
from pulumi_dataarts.simulator.cdm.refusals import refused
from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.http import Answer
from pulumi_dataarts.simulator.timelines import begin, since, state_at

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context, Json, Request
    from pulumi_dataarts.simulator.store import Document

# Documents in the store; the scope of links and jobs is the cluster they live on.
CLUSTER_KIND: Final = "cdm.cluster"
LINK_KIND: Final = "cdm.link"
JOB_KIND: Final = "cdm.job"
NORMAL: Final = "200"
_BORN_MS: Final = milliseconds(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
_DETAILS: Final = {
    "100": "Creating", "200": "Normal", "500": "Restarting", "900": "Stopped", "910": "Stopping", "920": "Starting",
}  # fmt: skip


def list_clusters(_request: Request, context: Context) -> Answer:
    """List all clusters."""
    return Answer(200, {"clusters": [_summary(cluster, context) for cluster in existing(context).values()]})


def show_cluster_detail(request: Request, context: Context) -> Answer:
    """Describe one cluster, whatever its status; it is not wrapped in anything."""
    cluster = find(request.params["cluster_id"], context)
    summary = _summary(cluster, context)
    detail = {
        "instances": [_instance(cluster["id"], summary["status"])],
        "datastore": {"type": "cdm", "version": "2.10.0.300"},
        "flavorName": "cdm.medium",
        "azName": "embedded",
        "isAutoOff": False,
        "clusterMode": "sharding",
        "actions": [],
    }
    return Answer(200, summary | detail)


def cluster_of(request: Request, context: Context) -> str:
    """Return the id of the cluster that a call on links or jobs is about.

    Raises:
        Refused: there is no such cluster, or it does not run.
    """
    cluster_id = request.params["cluster_id"]
    if not is_serving(find(cluster_id, context), context):
        raise gateway.refused(request, 502, "APIGW.0610", f"No backend available: cluster {cluster_id} does not run.")
    return cluster_id


def find(cluster_id: str, context: Context) -> Document:
    """Return one cluster.

    Raises:
        Refused: there is no such cluster.
    """
    cluster = context.store.get(CLUSTER_KIND, "", cluster_id) or _fixed(context).get(cluster_id)
    if cluster is None:
        raise refused("Cdm.0001", f"Cluster [{cluster_id}] does not exist or you do not have permission.")
    return cluster


def existing(context: Context) -> dict[str, Document]:
    """Return all clusters by id, those of the settings first."""
    return _fixed(context) | dict(context.store.list(CLUSTER_KIND, ""))


def is_serving(cluster: Document, context: Context) -> bool:
    """Say whether a cluster can work on links and jobs."""
    return state_at(cluster["timeline"], milliseconds(context.clock.now())) == NORMAL


def _fixed(context: Context) -> dict[str, Document]:
    return {
        cluster_id: {"id": cluster_id, "name": name, "created": _BORN_MS, "timeline": begin(_BORN_MS, NORMAL)}
        for cluster_id, name in context.settings.clusters.items()
    }


def _summary(cluster: Document, context: Context) -> dict[str, Json]:
    now = milliseconds(context.clock.now())
    status = state_at(cluster["timeline"], now)
    return {
        "id": cluster["id"],
        "name": cluster["name"],
        "status": status,
        "statusDetail": _DETAILS[status],
        "created": _time(cluster["created"]),
        "updated": _time(since(cluster["timeline"], now)),
        "isFrozen": "0",
        "publicEndpoint": "",
        "actionProgress": {"CREATING": "50%"} if status == "100" else {},
    }


def _instance(cluster_id: str, status: str) -> Json:
    return {
        "id": f"{cluster_id}-1",
        "name": f"{cluster_id}-1",
        "type": "cdm",
        "status": status,
        "isFrozen": "0",
        "flavor": {"id": "embedded", "links": []},
        "volume": {"type": "LOCAL_DISK", "size": "100"},
        "trafficIp": "127.0.0.1",
        "actions": [],
    }


def _time(at_ms: int) -> str:
    """Return a time as the pages print it here: ISO 8601 without a zone."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
