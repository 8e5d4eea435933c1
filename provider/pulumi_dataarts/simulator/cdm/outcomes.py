"""How a run ends: decided, and done, when it starts.

What lies in the embedded cloud really moves, and is counted: objects of the embedded OBS to the embedded OBS, rows of
an embedded database to CSV objects there. For any other end, the rows, their size and the speed are those of the
settings. A run fails where a `task-fails` fault says so, or where something it needs is not here.

Source: CDM API "Querying Job Status", "Link Parameter Description", "Source Job Parameters", "Destination Job
Parameters", "Job Parameter Description", "Error Codes". Not documented: the wording of run errors, and whether a retry
is a submission of its own (here all tries are one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_dataarts.simulator.cdm import copies, definitions, links
from pulumi_dataarts.simulator.cdm.copies import Moved, RunError
from pulumi_dataarts.simulator.objects import ObjectError

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context
    from pulumi_dataarts.simulator.store import Document


def decide(job: Document, cluster: str, context: Context) -> Document:
    """Return a run's outcome, having moved what is to be moved, with the seconds that it takes besides `run_s`.

    A job whose `retryJobType` is RETRY_TRIPLE tries up to three times more before it fails.
    """
    retries = 3 if definitions.setting(job, "retryJobConfig.retryJobType") == "RETRY_TRIPLE" else 0
    outcome = _attempt(job, cluster, context)
    for number in range(1, retries + 1):
        if outcome["status"] == "SUCCEEDED":
            break
        outcome = _attempt(job, cluster, context)
        outcome["seconds"] = outcome.get("seconds", 0.0) + number * context.settings.run_s
    return outcome


def _attempt(job: Document, cluster: str, context: Context) -> Document:
    if fault := context.faults.failing(job["name"]):
        return {"status": "FAILURE_ON_SUBMIT" if fault.moment == "before" else "FAILED", "error": fault.message}
    try:
        moved = _run(job, cluster, context)
    except (RunError, ObjectError) as error:
        return {"status": "FAILED", "error": str(error)}
    seconds = moved.size_bytes / context.settings.bytes_per_s
    return {"status": "SUCCEEDED", "counters": _counters(moved), "seconds": seconds}


def _run(job: Document, cluster: str, context: Context) -> Moved:
    source, destination = (
        links.find(cluster, job[f"{end}-link-name"], context) if job[f"{end}-link-name"] else None
        for end in ("from", "to")
    )
    to_here = destination is not None and links.is_embedded_obs(destination)
    if to_here:
        copies.check_bucket(definitions.setting(job, "toJobConfig.bucketName"), context)
    if source is not None and links.is_embedded_obs(source):
        objects = copies.source_objects(job, context)
        return copies.objects(job, objects, context) if to_here else _declared(job, context)
    if source is not None and links.is_embedded_database(source):
        rows = copies.source_rows(job, links.setting(source, "database"), context)
        count = len(rows[1])
        size_bytes = count * context.settings.row_bytes
        return copies.rows(job, rows, context) if to_here else Moved(rows=count, size_bytes=size_bytes)
    return _declared(job, context)


def _declared(job: Document, context: Context) -> Moved:
    settings, table = context.settings, ""
    if job["from-connector-name"] == "generic-jdbc-connector":
        names = (definitions.setting(job, f"fromJobConfig.{name}") for name in ("schemaName", "tableName"))
        table = ".".join(names)
    rows = settings.table_rows.get(table, settings.rows)
    return Moved(1, 1, rows=rows, size_bytes=rows * settings.row_bytes)


def _counters(moved: Moved) -> dict[str, int]:
    return {
        "BYTES_WRITTEN": moved.size_bytes,
        "BYTES_READ": moved.size_bytes,
        "TOTAL_FILES": max(moved.files_read, moved.files_written) + moved.files_skipped,
        "TOTAL_SIZE": moved.size_bytes,
        "FILES_READ": moved.files_read,
        "FILES_WRITTEN": moved.files_written,
        "FILES_SKIPPED": moved.files_skipped,
        "ROWS_READ": moved.rows,
        "ROWS_WRITTEN": moved.rows,
        "ROWS_WRITTEN_SKIPPED": 0,
    }
