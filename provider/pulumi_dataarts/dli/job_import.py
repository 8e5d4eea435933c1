"""`dli.FlinkJobImport`: the jobs of an archive, managed one by one though they are imported together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from pulumi_dataarts.bindings import current
from pulumi_dataarts.dli.archive import pack, read
from pulumi_dataarts.dli.importing import bring, ids_of, settings_of, standing_jobs
from pulumi_dataarts.dli.inputs import FlinkJobImportInputs
from pulumi_dataarts.dli.overwriting import Policy, WhenRunning, remove
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import DELETES_DATA, RESTARTS_AFRESH, RESTARTS_SAVED, STOPS_JOB, effects
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties


class FlinkJobImportHandler(Handler[FlinkJobImportInputs]):
    """Imports an archive and owns the jobs that came of it, by name: a name is a job's identity in its project."""

    kind = "dli.FlinkJobImport"
    inputs = FlinkJobImportInputs

    def create(self, inputs: FlinkJobImportInputs, session: Session) -> Made:
        """Import; jobs that stand as declared are taken over, others of the same name are a conflict."""
        return Made(inputs.zip_file, {"job_ids": bring(inputs, {}, {}, session)})

    def update(
        self, id: str, known: Properties, inputs: FlinkJobImportInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Import what differs, then delete the jobs of ours that are no longer in the archive."""
        ours = known.get("job_ids", {})
        if not inputs.jobs and {change.field for change in changed} <= {"jobs"}:
            return {"job_ids": ours}  # the archive is declared no longer; what came of it stays
        job_ids = bring(inputs, ours, known.get("jobs", {}), session)
        remove(session, standing_jobs(session, ours.keys() - job_ids.keys()), Policy.of(inputs.model_dump()))
        return {"job_ids": job_ids}

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the settings of our jobs as they stand; None once all of them are gone."""
        ours, declared = known.get("job_ids"), known.get("jobs", {})
        if ours is None:
            return _read_for_import(id, session)
        standing = {job.name: job for job in standing_jobs(session, ours)}
        if ours and not standing:
            return None
        lost = ", ".join(sorted(ours.keys() - standing.keys()))
        digest = f"incomplete: {lost} gone" if lost and not declared else known.get("digest", "")
        jobs = {name: settings_of(standing[name], declared[name]) for name in declared if name in standing}
        return Live({"jobs": jobs, "digest": digest}, {"job_ids": ids_of(standing.values())})

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Delete the jobs that this import made or took over."""
        remove(session, standing_jobs(session, known.get("job_ids", {})), Policy.of(known))

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say which jobs are restarted if they run, or deleted."""
        before, after = known.get("jobs", {}), declared.get("jobs", {})
        if not before and not after:
            is_imported = any(change.field in {"zip_file", "digest"} for change in changed)
            return _restarts(known.get("job_ids", {}) if is_imported else (), declared)
        said = _restarts([name for name in before if name in after and before[name] != after[name]], declared)
        return said + _deletes([name for name in before if after and name not in after], declared)

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say that the jobs go, and are stopped first if they run."""
        return _deletes(list(known.get("job_ids") or {}), known)


def _restarts(names: Iterable[str], declared: Mapping[str, Any]) -> list[str]:
    if declared.get("when_running") != "stop":
        return []
    return effects(RESTARTS_SAVED if declared.get("savepoint") else RESTARTS_AFRESH, names)


def _deletes(names: Sequence[str], policy: Mapping[str, Any]) -> list[str]:
    jobs = [f"Flink job {name}" for name in names]
    stopped = effects(STOPS_JOB, jobs) if policy.get("when_running") == "stop" else []
    return stopped + effects(DELETES_DATA, jobs)


def _read_for_import(id: str, session: Session) -> Live | None:
    """Look for the jobs of the archive at `id` (`bucket/key`), for a resource of which nothing else is known."""
    bucket, _, key = id.partition("/")
    try:
        declared = read(objects.get(session, bucket, key)).settings()
    except NotFound:
        return None
    standing = standing_jobs(session, declared)
    jobs = {job.name: settings_of(job, declared[job.name]) for job in standing}
    own = {name: {key: jobs[name][key] for key in declared[name] if key in jobs[name]} for name in jobs}
    return Live({"zip_file": id, "jobs": own}, {"job_ids": ids_of(standing)})


def _bound(archive: Any) -> Any:
    """Return the archive as `pack` made it for this environment, where a source directory is named."""
    is_source = isinstance(archive, str) and (Path(archive) / "jobs").is_dir()
    return pack(archive) if is_source and (current().queues or current().workers) else archive


class FlinkJobImportProvider(DynamicProvider):
    """The dynamic provider of dli.FlinkJobImport."""

    handler = FlinkJobImportHandler()


class FlinkJobImport(DataArtsResource, module="dli", name="FlinkJobImport"):
    """The Flink jobs of an archive in OBS.

    Each job is compared with its declaration in `archive`; jobs that changed in the archive, or were edited or deleted
    by hand, are imported again, and no others. Jobs that leave the archive are deleted, and so are all that were
    imported when the resource is. A job that runs is treated as `when_running` says.

    Source: DLI API "Importing a Flink Job"; arguments in `inputs.FlinkJobImportInputs`.
    """

    provider = FlinkJobImportProvider
    facts = ("jobs", "digest", "job_ids")

    zip_file: pulumi.Output[str]
    is_cover: pulumi.Output[bool]
    jobs: pulumi.Output[dict[str, dict[str, Any]]]
    """Settings by job name, as far as `archive` declares them; long texts as digests."""
    job_ids: pulumi.Output[dict[str, int]]
    """DLI's id of each job, by name."""

    def __init__(
        self,
        resource_name: str,
        *,
        zip_file: pulumi.Input[str],
        is_cover: pulumi.Input[bool] | None = None,
        archive: pulumi.Input[str] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        when_running: pulumi.Input[WhenRunning] | None = None,
        savepoint: pulumi.Input[bool] | None = None,
        deadline_s: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "zip_file": zip_file,
            "is_cover": is_cover,
            "archive": _bound(archive),
            "adopt": adopt,
            "when_running": when_running,
            "savepoint": savepoint,
            "deadline_s": deadline_s,
        }
        super().__init__(resource_name, arguments, opts)
