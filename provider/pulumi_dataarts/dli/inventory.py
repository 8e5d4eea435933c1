"""What stands in a project: its Flink jobs, written down as an archive's sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.archive import load
from pulumi_dataarts.dli.importing import ids_of, settings_of, standing_jobs
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.dli.wire import FlinkJob, JobBody
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adoption import Found, adopted
from pulumi_dataarts.lifecycle.handler import Live


@dataclass(frozen=True)
class Contents:
    """Bodies of Flink jobs by name, and why others cannot be declared."""

    jobs: Mapping[str, dict[str, Any]]
    left_out: list[str]


def in_project(session: Session, only: str = "") -> Contents:
    """Return the project's Flink jobs, or one of them. Reads only. Whether they run is no part of it.

    Raises:
        NotFound: there is no job of that name.
    """
    jobs: dict[str, dict[str, Any]] = {}
    left_out = []
    found = [job for job in api.list_jobs(session) if not only or job.name == only]
    if only and not found:
        raise NotFound(f"there is no Flink job {only}", service="dli", operation="list jobs")
    for job in found:
        body = _body(job)
        try:
            JobBody.model_validate(body)
        except ValidationError as error:
            reasons = "; ".join(detail["msg"] for detail in error.errors(include_url=False, include_input=False))
            left_out.append(f"Flink job {job.name}: {reasons}")
        else:
            jobs[job.name] = body
    return Contents(jobs, left_out)


def sources(jobs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the files of a source directory by path: settings, with the SQL beside them."""
    files: dict[str, str] = {}
    for name, body in jobs.items():
        stem = f"jobs/{quote(name, safe=' ')}"
        sql = body.get("sql_body")
        settings = {key: value for key, value in body.items() if key != "sql_body"}
        files[f"{stem}.json"] = json.dumps(settings, ensure_ascii=False, indent=2) + "\n"
        files |= {f"{stem}.sql": sql} if sql else {}
    return files


def adopted_jobs(session: Session, name: str, folder: Path, source: str, zip_file: str) -> Found:
    """Return the import that these Flink jobs might have come from.

    Args:
        session: the open session.
        name: of the resource.
        folder: where the sources lie now.
        source: the same folder, as the program names it.
        zip_file: where the archive shall lie one day; nothing needs to lie there yet.
    """
    declared = load(folder).settings()
    standing = {job.name: job for job in standing_jobs(session, declared)}
    jobs = {name: settings_of(job, declared[name]) for name, job in standing.items()}
    live = Live({"zip_file": zip_file, "jobs": jobs}, {"job_ids": ids_of(standing.values())})
    found = adopted(FlinkJobImportProvider, "dli:FlinkJobImport", name, zip_file, live, said={"archive": str(folder)})
    named = {"archive": source}
    return Found(
        found.kind, found.name, found.id,
        found.inputs | named, found.outputs | named, found.arguments | named,
        found.provider,
    )  # fmt: skip


def _body(job: FlinkJob) -> dict[str, Any]:
    told = {name: value for name, value in job.settings().items() if value not in (None, "", [])}
    return {name: value for name, value in told.items() if name != "job_id"}
