"""The archive of Flink jobs that export writes and import reads: **an invention of the embedded cloud**.

The format of the real service's archive is not documented and no sample is public, so an archive of the
real service cannot be imported here, nor one of these there. It is versioned, and read as strictly as it is
written:

- a zip of at most 10 MB, its text in UTF-8;
- `manifest.json`: exactly `{"format": "dli-flink-jobs", "version": 1}`;
- `jobs/<name>.json`, one for each job, `<name>` percent-encoded where it is not letters, digits, `_.-~`: an
  object with the keys of the body that creates the job ("Creating a SQL Job", "Creating a Flink Jar Job",
  `checkpoint_mode` as its number or its word) and

  - `job_id`, a whole number: the job's id in the system it was exported from;
  - `job_type`: `flink_jar_job` makes it a jar job; without it, the job is a flink_opensource_sql_job;

- no other entries.

What a job leaves out gets the default of the create call; keys that the create call does not know are
ignored. Two entries must not define the same `name`.

Source: DLI API "Exporting a Flink Job" (the format is unknown).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pulumi_dataarts.simulator.dli import rules
from pulumi_dataarts.simulator.dli.answers import Refusal
from pulumi_dataarts.simulator.documents import parse
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.zips import ArchiveError, read_zip, write_zip

SIZE_BYTES_MAX = 10 * 1024 * 1024

_MANIFEST = {"format": "dli-flink-jobs", "version": 1}
_MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class ArchivedJob:
    """One job of an archive.

    Attributes:
        old_id: the job's id in the system it came from.
        fields: checked fields of the create call.
    """

    old_id: int
    fields: Document
    is_jar: bool


def read_archive(content: bytes) -> list[ArchivedJob]:
    """Return the jobs of an archive, in its order.

    Raises:
        ArchiveError: not an archive of this format; the message says why.
    """
    entries = read_zip(content, size_bytes_max=SIZE_BYTES_MAX)
    if _decoded(_MANIFEST_NAME, entries.pop(_MANIFEST_NAME, b"null")) != _MANIFEST:
        raise ArchiveError("the archive has no manifest of this version")
    jobs = [_job(entry, data) for entry, data in entries.items()]
    names = [job.fields["name"] for job in jobs]
    if not jobs or len(set(names)) < len(names):
        raise ArchiveError("the archive has no job, or the same job twice")
    return jobs


def write_archive(settings_by_id: dict[int, Document]) -> bytes:
    """Return the archive of jobs, given the flat settings of each by its id."""
    entries = {_MANIFEST_NAME: _encoded(_MANIFEST)}
    for job_id, settings in settings_by_id.items():
        fields = rules.known(settings, is_jar=settings["job_type"] == rules.JAR_TYPE)
        entries[f"jobs/{quote(settings['name'], safe='')}.json"] = _encoded({"job_id": job_id, **fields})
    return write_zip(entries)


def _job(entry: str, data: bytes) -> ArchivedJob:
    if not entry.startswith("jobs/") or not entry.endswith(".json"):
        raise ArchiveError(f"{entry} does not belong into the archive")
    body = _decoded(entry, data)
    if not isinstance(body, dict) or type(body.get("job_id")) is not int:
        raise ArchiveError(f"{entry} has no job_id")
    is_jar = body.get("job_type") == rules.JAR_TYPE
    try:
        return ArchivedJob(body["job_id"], rules.checked(body, is_jar=is_jar), is_jar)
    except Refusal as refusal:
        raise ArchiveError(f"{entry}: {refusal.text}") from refusal


def _decoded(entry: str, data: bytes) -> Any:
    try:
        return parse(data)
    except ValueError as error:
        raise ArchiveError(f"{entry} is not JSON") from error


def _encoded(document: Document) -> bytes:
    return json.dumps(document, indent=2).encode()
