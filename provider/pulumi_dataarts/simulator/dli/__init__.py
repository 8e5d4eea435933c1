"""The embedded DLI, as far as Flink goes: jobs, runs, savepoints, templates, import and export.

Source: DLI API, the Flink job pages.
"""

from __future__ import annotations

from pulumi_dataarts.simulator.dli import development, runs, templates, transfers
from pulumi_dataarts.simulator.dli.answers import MALFORMED
from pulumi_dataarts.simulator.http import Handler, Route


def routes() -> list[Route]:
    """Return every operation of the service."""
    return [
        Route(
            method,
            f"/v1.0/{{project_id}}/streaming/{path}",
            handler,
            handler.__name__,
            source,
            MALFORMED,
        )
        for source, operations in _OPERATIONS.items()
        for method, path, handler in operations
    ]


# Each handler bears the name of its operation.
_OPERATIONS: dict[str, list[tuple[str, str, Handler]]] = {
    'DLI API "Importing a Flink Job"': [
        ("POST", "jobs/import", transfers.import_flink_jobs),
    ],
    'DLI API "Exporting a Flink Job"': [
        ("POST", "jobs/export", transfers.export_flink_jobs),
    ],
    'DLI API "Creating a SQL Job", "Creating a Flink Jar Job"': [
        ("POST", "sql-jobs", development.create_flink_sql_job),
        ("PUT", "sql-jobs/{job_id}", development.update_flink_sql_job),
        ("POST", "flink-jobs", development.create_flink_jar_job),
        ("PUT", "flink-jobs/{job_id}", development.update_flink_jar_job),
    ],
    "DLI API, the Flink job pages": [
        ("GET", "jobs", development.list_flink_jobs),
        ("GET", "jobs/{job_id}", development.show_flink_job),
        ("DELETE", "jobs/{job_id}", development.delete_flink_job),
        ("POST", "jobs/delete", development.batch_delete_flink_jobs),
        ("POST", "jobs/run", runs.batch_run_flink_jobs),
        ("POST", "jobs/stop", runs.batch_stop_flink_jobs),
        ("GET", "jobs/{job_id}/execute-graph", runs.show_flink_job_execution_graph),
    ],
    "the SDK's model (huaweicloudsdkdli)": [
        ("POST", "jobs/{job_id}/savepoint", runs.execute_flink_job_savepoint),
        ("POST", "jobs/{job_id}/import-savepoint", runs.import_flink_job_savepoint),
        ("POST", "job-templates", templates.create_flink_sql_job_template),
        ("GET", "job-templates", templates.list_flink_sql_job_templates),
        ("PUT", "job-templates/{template_id}", templates.update_flink_sql_job_template),
        ("DELETE", "job-templates/{template_id}", templates.delete_flink_sql_job_template),
    ],
}
