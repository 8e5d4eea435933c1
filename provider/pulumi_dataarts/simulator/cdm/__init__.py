"""CDM: clusters, links, jobs and their runs."""

from __future__ import annotations

from typing import Final

from pulumi_dataarts.simulator.cdm import clusters, jobs, links, operations, submissions
from pulumi_dataarts.simulator.cdm.refusals import MALFORMED
from pulumi_dataarts.simulator.http import Handler, Route

_PROJECT: Final = "/v1.1/{project_id}/clusters"
_CLUSTER: Final = _PROJECT + "/{cluster_id}"
_LINKS: Final = _CLUSTER + "/cdm/link"
_LINK: Final = _LINKS + "/{link_name}"
_JOBS: Final = _CLUSTER + "/cdm/job"
_JOB: Final = _JOBS + "/{job_name}"

_OPERATIONS: Final[tuple[tuple[str, str, Handler, str], ...]] = (
    ("GET", _PROJECT, clusters.list_clusters, "huawei-cdm.md section 9"),
    ("GET", _CLUSTER, clusters.show_cluster_detail, "huawei-cdm.md section 9"),
    ("POST", _PROJECT, operations.create_cluster, "huawei-sdks.md section 6, CDM"),
    ("DELETE", _CLUSTER, operations.delete_cluster, "huawei-sdks.md section 6, CDM"),
    ("POST", _LINKS, links.create_link, "huawei-cdm.md section 4"),
    ("GET", _LINK, links.show_link, "huawei-cdm.md section 4"),
    ("PUT", _LINK, links.update_link, "huawei-cdm.md section 4"),
    ("DELETE", _LINK, links.delete_link, "huawei-cdm.md section 4"),
    ("POST", _JOBS, jobs.create_job, "seed 002; huawei-cdm.md section 3.1"),
    ("GET", _JOB, jobs.show_jobs, "huawei-cdm.md section 3.3"),
    ("PUT", _JOB, jobs.update_job, "huawei-cdm.md section 3.4"),
    ("DELETE", _JOB, jobs.delete_job, "huawei-cdm.md section 3.5"),
    ("PUT", _JOB + "/start", submissions.start_job, "seed 003; huawei-cdm.md section 3.6"),
    ("PUT", _JOB + "/stop", submissions.stop_job, "huawei-cdm.md section 3.7"),
    ("GET", _JOB + "/status", submissions.show_job_status, "huawei-cdm.md section 3.8"),
    ("GET", _CLUSTER + "/cdm/submissions", submissions.show_submissions, "huawei-cdm.md section 3.9"),
    (
        "POST",
        _PROJECT + "/job",
        submissions.create_and_start_random_cluster_job,
        "huawei-cdm.md section 3.2",
    ),
)


def routes() -> list[Route]:
    """Return CDM's operations; a handler has the official SDK's name of its call."""
    named = [
        Route(method, template, handler, handler.__name__, source, MALFORMED)
        for method, template, handler, source in _OPERATIONS
    ]
    # Three operations of the SDK under one path; the body tells which.
    action = "start_cluster, stop_cluster, restart_cluster"
    return [
        *named,
        Route("POST", _CLUSTER + "/action", operations.act, action, "huawei-sdks.md section 6, CDM", MALFORMED),
    ]
