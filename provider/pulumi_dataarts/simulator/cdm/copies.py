"""What a run really moves: objects from bucket to bucket, and rows of an embedded database to one CSV object.

Source: CDM API "Source Job Parameters", "Destination Job Parameters" for the inputs. Not documented: the name of the
object that a table is written to (`<filePrefix><table>.csv` here), how a NULL is written (as nothing), and that
wildcards in a schema or a table are not tried here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pulumi_dataarts.simulator.cdm import definitions
from pulumi_dataarts.simulator.databases import DatabaseError

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.databases import Rows
    from pulumi_dataarts.simulator.http import Context
    from pulumi_dataarts.simulator.store import Document

# (key, path below the directory that was asked for)
Sources: TypeAlias = list[tuple[str, str]]


class RunError(Exception):
    """The run must fail; the message begins with the code."""


@dataclass(frozen=True)
class Moved:
    """What a run has moved."""

    files_read: int = 0
    files_written: int = 0
    files_skipped: int = 0
    rows: int = 0
    size_bytes: int = 0


def check_bucket(bucket: str, context: Context) -> None:
    """Raise `RunError` unless the bucket exists."""
    if not context.objects.has_bucket(bucket):
        raise RunError(f"Cdm.0801: The OBS bucket does not exist. bucketName={bucket}")


def source_objects(job: Document, context: Context) -> Sources:
    """Return every object that the job is to read.

    Raises:
        RunError: there is no such bucket, or nothing to read.
    """
    bucket = definitions.setting(job, "fromJobConfig.bucketName")
    check_bucket(bucket, context)
    found: Sources = []
    paths = definitions.setting(job, "fromJobConfig.inputDirectory")
    for wanted in (path.strip("/") for path in paths.split("|")):
        for key in context.objects.keys(bucket, wanted):
            if key == wanted:
                found.append((key, key.rpartition("/")[2]))
            elif not wanted or key.startswith(wanted + "/"):
                found.append((key, key.removeprefix(wanted).lstrip("/")))
    if not found:
        raise RunError(f"Cdm.0420: The source {bucket}/{paths} does not exist.")
    return found


def objects(job: Document, source: Sources, context: Context) -> Moved:
    """Copy objects into the job's bucket and directory."""
    written = size_bytes = 0
    for key, path in source:
        content = context.objects.read(definitions.setting(job, "fromJobConfig.bucketName"), key)
        if _write(job, path, content, context):
            written, size_bytes = written + 1, size_bytes + len(content)
    return Moved(written, written, len(source) - written, size_bytes=size_bytes)


def source_rows(job: Document, database: str, context: Context) -> Rows:
    """Return the columns and the rows that the job is to read from an embedded database.

    Raises:
        RunError: there is no such database or table, or the query is wrong.
    """
    names = ("useSql", "sql", "schemaName", "tableName", "columnList", "whereClause")
    use_sql, sql, schema, table, columns, where = (definitions.setting(job, f"fromJobConfig.{name}") for name in names)
    try:
        if use_sql == "true":
            return context.databases.query(database, schema, sql)
        return context.databases.table(database, schema, table, columns.split("&") if columns else [], where)
    except DatabaseError as error:
        raise RunError(f"Cdm.0902: Failed to read the database: {error}.") from error


def rows(job: Document, source: Rows, context: Context) -> Moved:
    """Write rows as one CSV object into the job's bucket and directory."""
    columns, values = source
    separator = definitions.setting(job, "toJobConfig.fieldSeparator") or ","
    line_end = definitions.setting(job, "toJobConfig.lineSeparator") or "\n"
    is_quoted = definitions.setting(job, "toJobConfig.quoteChar") == "true"
    has_header = definitions.setting(job, "toJobConfig.firstRowAsHeader") == "true"
    lines = ([columns] if has_header else []) + [list(row) for row in values]
    text = "".join(separator.join(_cell(cell, is_quoted=is_quoted) for cell in line) + line_end for line in lines)
    content, table = text.encode(), definitions.setting(job, "fromJobConfig.tableName") or job["name"]
    path = f"{definitions.setting(job, 'toJobConfig.filePrefix')}{table}.csv"
    if not _write(job, path, content, context):
        return Moved(files_skipped=1)
    return Moved(files_written=1, rows=len(values), size_bytes=len(content))


def _write(job: Document, path: str, content: bytes, context: Context) -> bool:
    """Write one object as the job's policy for duplicates says; say whether it was written."""
    bucket = definitions.setting(job, "toJobConfig.bucketName")
    directory = definitions.setting(job, "toJobConfig.outputDirectory").strip("/")
    policy = definitions.setting(job, "toJobConfig.duplicateFileOpType")
    key = f"{directory}/{path}".lstrip("/")
    is_there = policy != "REPLACE" and key in context.objects.keys(bucket, key)
    if is_there and policy == "ABANDON":
        raise RunError(f"Cdm.0423: The target {bucket}/{key} exists already.")
    if not is_there:
        context.objects.write(bucket, key, content)
    return not is_there


def _cell(value: object, *, is_quoted: bool) -> str:
    text = "" if value is None else value.hex() if isinstance(value, bytes) else str(value)
    return '"' + text.replace('"', '""') + '"' if is_quoted else text
