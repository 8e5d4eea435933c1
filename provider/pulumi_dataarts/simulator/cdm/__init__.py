"""CDM: clusters, links, jobs and their runs."""

from __future__ import annotations

from typing import Final

from pulumi_dataarts.simulator.agenda import up_to_date
from pulumi_dataarts.simulator.cdm import clusters, jobs, links, operations, submissions
from pulumi_dataarts.simulator.cdm.refusals import MALFORMED
from pulumi_dataarts.simulator.cdm.submissions import run_due
from pulumi_dataarts.simulator.http import Handler, Route

__all__ = ["routes", "run_due"]

_PROJECT: Final = "/v1.1/{project_id}/clusters"
_CLUSTER: Final = _PROJECT + "/{cluster_id}"
_LINKS: Final = _CLUSTER + "/cdm/link"
_LINK: Final = _LINKS + "/{link_name}"
_JOBS: Final = _CLUSTER + "/cdm/job"
_JOB: Final = _JOBS + "/{job_name}"

_OPERATIONS: Final[tuple[tuple[str, str, Handler, str], ...]] = (
    ("GET", _PROJECT, clusters.list_clusters, 'CDM API "Querying the Cluster List"'),
    ("GET", _CLUSTER, clusters.show_cluster_detail, 'CDM API "Querying the Cluster List"'),
    ("POST", _PROJECT, operations.create_cluster, "the SDK's model (huaweicloudsdkcdm)"),
    ("DELETE", _CLUSTER, operations.delete_cluster, "the SDK's model (huaweicloudsdkcdm)"),
    ("POST", _LINKS, links.create_link, "CDM API, the pages of links"),
    ("GET", _LINK, links.show_link, "CDM API, the pages of links"),
    ("PUT", _LINK, links.update_link, "CDM API, the pages of links"),
    ("DELETE", _LINK, links.delete_link, "CDM API, the pages of links"),
    ("POST", _JOBS, jobs.create_job, 'CDM API "Creating a Job in a Specified Cluster"'),
    ("GET", _JOB, jobs.show_jobs, 'CDM API "Querying a Job"'),
    ("PUT", _JOB, jobs.update_job, 'CDM API "Modifying a Job"'),
    ("DELETE", _JOB, jobs.delete_job, 'CDM API "Deleting a Job"'),
    ("PUT", _JOB + "/start", submissions.start_job, 'CDM API "Starting a Job"'),
    ("PUT", _JOB + "/stop", submissions.stop_job, 'CDM API "Stopping a Job"'),
    ("GET", _JOB + "/status", submissions.show_job_status, 'CDM API "Querying Job Status"'),
    ("GET", _CLUSTER + "/cdm/submissions", submissions.show_submissions, 'CDM API "Querying Job Execution History"'),
    (
        "POST",
        _PROJECT + "/job",
        submissions.create_and_start_random_cluster_job,
        'CDM API "Creating and Executing a Job in a Random Cluster"',
    ),
)


def routes() -> list[Route]:
    """Return CDM's operations; a handler has the official SDK's name of its call."""
    named = [
        Route(method, template, up_to_date(handler, run_due), handler.__name__, source, MALFORMED)
        for method, template, handler, source in _OPERATIONS
    ]
    act = up_to_date(operations.act, run_due)
    # Three operations of the SDK under one path; the body tells which.
    action = "start_cluster, stop_cluster, restart_cluster"
    return [
        *named,
        Route("POST", _CLUSTER + "/action", act, action, "the SDK's model (huaweicloudsdkcdm)", MALFORMED),
    ]
