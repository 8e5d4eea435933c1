"""Making, ending, stopping and starting clusters.

A cluster is a place for links and jobs and nothing more: no flavour, no network. It takes `boot_s` to come up, to stop
and to restart.

Source: CDM API "Querying the Cluster List" for the states, the official SDK (huaweicloudsdkcdm) for the calls; their
pages were not read, so the bodies are the official SDK's models. Not documented: which states allow which action (all
do here), and whether a cluster with jobs may be deleted (it may).
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.cdm import clusters, jobs
from pulumi_dataarts.simulator.cdm.refusals import invalid, refused
from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.http import Answer
from pulumi_dataarts.simulator.timelines import begin, turn

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context, Request
    from pulumi_dataarts.simulator.store import Document

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# By action: the state on the way, and the one at its end.
_ACTIONS: Final = {"start": ("920", "200"), "stop": ("910", "900"), "restart": ("500", "200")}


def create_cluster(request: Request, context: Context) -> Answer:
    """Make a cluster; it serves once it is in status 200."""
    body = request.json()
    asked = body.get("cluster") if isinstance(body, dict) else None
    name = asked.get("name") if isinstance(asked, dict) else None
    if not isinstance(name, str) or not name:
        raise invalid("Cdm.0018", "The cluster's name is missing.")
    cluster = add(str(uuid.uuid4()), name, context)
    instance = {"id": f"{cluster['id']}-1", "name": f"{name}-1", "type": "cdm", "shard_id": ""}
    task = {"id": str(uuid.uuid4()), "name": "rdsCreateInstance"}
    datastore = {"type": "cdm", "version": "2.10.0.300"}
    return Answer(
        200, {"id": cluster["id"], "name": name, "task": task, "datastore": datastore, "instances": [instance]}
    )


def delete_cluster(request: Request, context: Context) -> Answer:
    """Delete a cluster with all its links and jobs."""
    cluster_id = clusters.find(request.params["cluster_id"], context)["id"]
    if cluster_id in context.settings.clusters:
        raise refused("Cdm.0001", f"Cluster [{cluster_id}] is one of the embedded cloud's settings and stays.")
    remove(cluster_id, context)
    return Answer(200, {"jobId": str(uuid.uuid4())})


def act(request: Request, context: Context) -> Answer:
    """Start, stop or restart a cluster."""
    cluster, body = clusters.find(request.params["cluster_id"], context), request.json()
    asked = [action for action in _ACTIONS if isinstance(body, dict) and action in body]
    if len(asked) != 1:
        raise refused("Cdm.0018", f"The body must have one of {', '.join(_ACTIONS)}.")
    now, (passing, final) = milliseconds(context.clock.now()), _ACTIONS[asked[0]]
    timeline = turn(cluster["timeline"], now, (0, passing), (context.settings.boot_s, final))
    _save({**cluster, "timeline": timeline}, context)
    job = str(uuid.uuid4())
    # The official SDK's models read a list from start and stop, a string from restart.
    return Answer(200, {"jobId": job if asked[0] == "restart" else [job]})


def add(cluster_id: str, name: str, context: Context) -> Document:
    """Make a cluster and return it.

    Raises:
        Refused: the id is not one, or is taken.
    """
    if not _ID.fullmatch(cluster_id) or not name:
        raise refused("Cdm.0018", "A cluster needs a name, and an id of up to 64 letters, digits, - and _.")
    if cluster_id in clusters.existing(context):
        raise refused("Cdm.0018", f"Cluster [{cluster_id}] exists already.")
    now = milliseconds(context.clock.now())
    timeline = turn(begin(now, "100"), now, (context.settings.boot_s, clusters.NORMAL))
    cluster = {"id": cluster_id, "name": name, "created": now, "timeline": timeline}
    _save(cluster, context)
    return cluster


def remove(cluster_id: str, context: Context) -> None:
    """Delete a cluster with all its links and jobs."""
    jobs.remove_all(cluster_id, context)
    for name, _ in context.store.list(clusters.LINK_KIND, cluster_id):
        context.store.delete(clusters.LINK_KIND, cluster_id, name)
    context.store.delete(clusters.CLUSTER_KIND, "", cluster_id)


def _save(cluster: Document, context: Context) -> None:
    context.store.put(clusters.CLUSTER_KIND, "", cluster["id"], cluster)
