"""The embedded DataArts Factory (DLF): jobs and their runs, scripts, resources, connections, import and export.

Every call is about one workspace, told by the header `workspace`; every refusal is an HTTP 400 with a code.

Source: DataArts Factory API, the pages of its operations.
"""

from __future__ import annotations

from pulumi_dataarts.simulator.agenda import up_to_date
from pulumi_dataarts.simulator.dlf import (
    connection_transfers,
    connections,
    development,
    executions,
    exports,
    imports,
    instances,
    resources,
    scheduling,
    scripts,
    tasks,
)
from pulumi_dataarts.simulator.dlf.refusals import MALFORMED
from pulumi_dataarts.simulator.dlf.scheduling import run_due
from pulumi_dataarts.simulator.http import Handler, Route

__all__ = ["routes", "run_due"]


def routes() -> list[Route]:
    """Return every operation of the service."""
    return [
        Route(method, f"/v1/{{project_id}}/{path}", up_to_date(handler, run_due), handler.__name__, source, MALFORMED)
        for source, operations in _OPERATIONS.items()
        for method, path, handler in operations
    ]


# Each handler bears the name of its operation.
_OPERATIONS: dict[str, list[tuple[str, str, Handler]]] = {
    'DataArts Factory API "Creating a Job", the pages of job operations, "Viewing Job Details"': [
        ("POST", "jobs", development.create_job),
        ("GET", "jobs", development.list_jobs),
        ("GET", "jobs/{job_name}", development.show_job),
        ("PUT", "jobs/{job_name}", development.update_job),
        ("DELETE", "jobs/{job_name}", development.delete_job),
    ],
    "DataArts Factory API, the pages of job operations": [
        ("POST", "jobs/{job_name}/start", scheduling.start_job),
        ("POST", "jobs/{job_name}/stop", scheduling.stop_job),
        ("GET", "jobs/{job_name}/status", scheduling.show_job_status),
        ("POST", "jobs/{job_name}/run-immediate", instances.run_once),
        ("GET", "jobs/instances/detail", instances.list_job_instances),
        ("GET", "jobs/{job_name}/instances/{instance_id}", instances.show_job_instance),
        ("POST", "jobs/{job_name}/instances/{instance_id}/stop", instances.stop_job_instance),
        ("POST", "jobs/{job_name}/instances/{instance_id}/restart", instances.restore_job_instance),
    ],
    'DataArts Factory API "Importing a Job"': [
        ("POST", "jobs/import", imports.import_job),
        ("POST", "jobs/check-file", imports.show_file_info),
        ("GET", "system-tasks/{task_id}", tasks.list_system_tasks),
        ("GET", "systemTasks/{task_id}", tasks.list_system_tasks),
    ],
    'DataArts Factory API "Exporting a Job", "Batch Exporting Jobs"': [
        ("POST", "jobs/{job_name}/export", exports.export_job),
        ("POST", "jobs/batch-export", exports.export_job_list),
    ],
    "DataArts Factory API, the pages of scripts, resources and connections": [
        ("POST", "scripts", scripts.create_script),
        ("GET", "scripts", scripts.list_scripts),
        ("GET", "scripts/{script_name}", scripts.show_script),
        ("PUT", "scripts/{script_name}", scripts.update_script),
        ("DELETE", "scripts/{script_name}", scripts.delete_script),
        ("POST", "scripts/{script_name}/execute", executions.execute_script),
        ("GET", "scripts/{script_name}/instances/{instance_id}", executions.list_script_results),
        ("POST", "scripts/{script_name}/instances/{instance_id}/stop", executions.cancel_script),
        ("POST", "connections", connections.create_connection),
        ("GET", "connections", connections.list_connections),
        ("GET", "connections/{connection_name}", connections.show_connection),
        ("PUT", "connections/{connection_name}", connections.update_connection),
        ("DELETE", "connections/{connection_name}", connections.delete_connction),
        ("POST", "connections/export", connection_transfers.export_connections),
        ("POST", "connections/import", connection_transfers.import_connections),
        ("POST", "resources", resources.create_resource),
        ("GET", "resources", resources.list_resources),
        ("GET", "resources/{resource_id}", resources.show_resource),
        ("PUT", "resources/{resource_id}", resources.update_resource),
        ("DELETE", "resources/{resource_id}", resources.delete_resource),
    ],
}
