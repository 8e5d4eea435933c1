"""What the services have and the embedded cloud has not: known by name, refused with 501."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.gateway import not_simulated
from pulumi_dataarts.simulator.http import Route

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Answer, Context, Request

# First segments of paths below which the services have calls, and the embedded cloud none: DLI's, and IAM's.
ROOTS: Final = ("v2.0", "v3-ext", "v5")

_PROJECT: Final = "/v1.1/{project_id}"
_OPERATIONS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "the SDK's model (huaweicloudsdkcdm)": (
        ("POST", _PROJECT + "/cluster/modify/{cluster_id}", "modify_cluster"),
        ("GET", _PROJECT + "/clusters/{cluster_id}/enterprise-projects", "show_cluster_enterprise_projects"),
        ("GET", _PROJECT + "/datastores", "show_datastores"),
        ("GET", _PROJECT + "/datastores/{datastore_id}/flavors", "show_flavors"),
        ("GET", _PROJECT + "/enterprise-projects", "show_enterprise_projects"),
        ("GET", _PROJECT + "/flavors/{flavor_id}", "show_flavor_detail"),
        ("GET", _PROJECT + "/instances/{instance_id}", "show_instance_detail"),
        ("GET", _PROJECT + "/regions/{region_id}/availability_zones", "show_availability_zones"),
    ),
    "the official SDK huaweicloudsdkdgc": (
        ("PUT", "/v2/{project_id}/factory/jobs/{job_name}/rename", "update_factory_job_name"),
        ("GET", "/v1.0/{project_id}/directory/tree", "show_directory_tree"),
    ),
    "the SDK's model (huaweicloudsdkdli)": (
        ("POST", "/v1.0/{project_id}/streaming/jobs/metrics", "show_flink_metric"),
        ("POST", "/v3/{project_id}/streaming/jobs/{job_id}/gen-graph", "create_flink_sql_job_graph"),
    ),
    'IAM API "Obtaining a User Token Through Password Authentication"': (
        ("GET", "/v3/auth/domains", "keystone_list_auth_domains"),
    ),
}


def routes() -> list[Route]:
    """Return the operations that are known and refused."""
    return [
        Route(method, template, _refuse, operation, source)
        for source, operations in _OPERATIONS.items()
        for method, template, operation in operations
    ]


def _refuse(request: Request, _context: Context) -> Answer:
    raise not_simulated(request)
