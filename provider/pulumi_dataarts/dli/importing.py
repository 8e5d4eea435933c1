"""Bringing the jobs of an archive into DLI: all together, or only those that are missing or different.

DLI reports each job by the id that it has inside the archive, and a name that is taken as -1 inside a success. So what
is believed is what stands afterwards, looked up by name: whether overwriting keeps a job's id is not documented.

Source: DLI API "Importing a Flink Job".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pydantic import JsonValue

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.archive import build, load
from pulumi_dataarts.dli.catalogue import forget_jobs
from pulumi_dataarts.dli.inputs import FlinkJobImportInputs
from pulumi_dataarts.dli.overwriting import Policy, paused
from pulumi_dataarts.dli.wire import FlinkJob, JobMapping, comparable, is_default
from pulumi_dataarts.errors import AlreadyExists, BadResponse, ConfigError, OutcomeUnknown
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.changes import changes
from pulumi_dataarts.lifecycle.handler import restrict

Settings: TypeAlias = Mapping[str, Mapping[str, JsonValue]]
"""Settings by job name, in the form in which they are compared."""


def bring(inputs: FlinkJobImportInputs, ours: Mapping[str, int], before: Settings, session: Session) -> dict[str, int]:
    """Import what is missing or different, and return the ids of the archive's jobs by name.

    Jobs that stand as declared are left alone, so that they are not put back to draft. Where all are to be imported,
    and `zip_file` is there, it is imported itself; otherwise an archive of those alone is put beside it, imported and
    removed. An archive whose format is not known here is always imported whole.

    Args:
        inputs: the import as declared.
        ours: ids by name of the jobs that this resource has brought in before; they may be overwritten.
        before: settings of the jobs as they were last applied or read; nothing at the first time.
        session: the open session.

    Raises:
        AlreadyExists: jobs of the same name stand, are not ours, differ, and may not be overwritten.
        Conflict: one that is to be overwritten runs, and the policy is to refuse.
    """
    job_ids = _bring_each(inputs, ours, before, session) if inputs.jobs else _bring_whole(inputs, ours, session)
    forget_jobs(session, job_ids)
    return job_ids


def standing_jobs(session: Session, names: Iterable[str]) -> list[FlinkJob]:
    """Return the jobs of these names that exist."""
    wanted = set(names)
    return [job for job in api.shared_jobs(session) if job.name in wanted] if wanted else []


def ids_of(jobs: Iterable[FlinkJob]) -> dict[str, int]:
    """Return the jobs' ids by name."""
    return {job.name: job.job_id for job in sorted(jobs, key=lambda job: job.name)}


def settings_of(job: FlinkJob, declared: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a job's settings as compared; what the service never tells (tags) is taken to stand as declared."""
    told = job.settings()
    return {**{name: value for name, value in declared.items() if name not in told}, **comparable(told)}


def _bring_each(
    inputs: FlinkJobImportInputs, ours: Mapping[str, int], before: Settings, session: Session
) -> dict[str, int]:
    standing = {job.name: job for job in standing_jobs(session, inputs.jobs)}
    different = [
        job
        for job in standing.values()
        if _differences(inputs, job) or _is_outdated(job, before.get(job.name, {}), inputs.jobs[job.name])
    ]
    strange = [job for job in different if job.name not in ours]
    if strange and not (inputs.is_cover or inputs.adopt):
        raise _conflict(f"exist already and differ: {_told(inputs, strange)}")
    for name in sorted(standing.keys() - ours.keys()):
        session.tell(f"Flink job {name}: exists already, taken over")
    wanted = (inputs.jobs.keys() - standing.keys()) | {job.name for job in different}
    with paused(session, different, Policy.of(inputs.model_dump()), inputs.zip_file):
        if wanted:
            mapping = _import_part(inputs, wanted, is_cover=inputs.is_cover or bool(different), session=session)
            _check_arrived(inputs, wanted, mapping, session)
    return ids_of(standing_jobs(session, inputs.jobs))


def _import_part(
    inputs: FlinkJobImportInputs, wanted: set[str], *, is_cover: bool, session: Session
) -> list[JobMapping]:
    if wanted == inputs.jobs.keys() and _lies(session, inputs.zip_file):
        return _import(inputs, inputs.zip_file, is_cover=is_cover, session=session)
    archive = load(inputs.archive or "")
    if archive.settings() != inputs.jobs:
        raise ConfigError(f"{inputs.archive} was changed while this was under way", hint="Run again.")
    content = build({name: archive.jobs[name] for name in wanted})
    digest = hashlib.sha256(content).hexdigest()[:12]
    bucket, _, key = f"{inputs.zip_file.removesuffix('.zip')}.part-{digest}.zip".partition("/")
    session.tell(f"{inputs.zip_file}: import of {', '.join(sorted(wanted))} alone")
    objects.put(session, bucket, key, content)
    try:
        return _import(inputs, f"{bucket}/{key}", is_cover=is_cover, session=session)
    finally:
        objects.delete(session, bucket, key)


def _lies(session: Session, zip_file: str) -> bool:
    """Say whether the archive, or a folder of archives, is there: for jobs that were adopted it never has to be."""
    bucket, _, key = zip_file.partition("/")
    return any(found == key or found.startswith(f"{key}/") for found in objects.keys(session, bucket, key))


def _import(inputs: FlinkJobImportInputs, zip_file: str, *, is_cover: bool, session: Session) -> list[JobMapping]:
    """Import; without an answer, once more, since a second time changes nothing that the first has not changed.

    But for an archive of another format: there a name that is taken could not be told from a job of the first import.
    """
    try:
        return api.import_jobs(session, zip_file, is_cover=is_cover)
    except OutcomeUnknown:
        if not is_cover and not inputs.jobs:
            raise
        session.tell(f"import of {zip_file}: no answer, once more")
        return api.import_jobs(session, zip_file, is_cover=is_cover)


def _check_arrived(inputs: FlinkJobImportInputs, wanted: set[str], mapping: list[JobMapping], session: Session) -> None:
    """Hold what stands now against the archive: -1 hides in a success, and OBS may have held another archive."""
    standing = {job.name: job for job in standing_jobs(session, wanted)}
    if missing := sorted(wanted - standing.keys()):
        raise BadResponse(
            f"{inputs.zip_file}: imported, but there is no Flink job {', '.join(missing)}",
            service="dli",
            hint="Is `archive` the archive that lies at `zip_file`?",
        )
    different = [job for job in standing.values() if _differences(inputs, job)]
    if different and any(entry.new_job_id == -1 for entry in mapping):
        _undo(mapping, session)
        raise _conflict(f"were made by somebody else meanwhile, and differ: {_told(inputs, different)}")
    if different:
        session.tell(f"{inputs.zip_file}: imported, but not as `archive` declares: {_told(inputs, different)}")


def _bring_whole(inputs: FlinkJobImportInputs, ours: Mapping[str, int], session: Session) -> dict[str, int]:
    """Import an archive that cannot be read here; return the ids of the jobs that came of it by name."""
    with paused(session, standing_jobs(session, ours), Policy.of(inputs.model_dump()), inputs.zip_file):
        mapping = _import(inputs, inputs.zip_file, is_cover=inputs.is_cover or inputs.adopt, session=session)
    taken = [entry for entry in mapping if entry.new_job_id == -1]
    if taken:
        _undo(mapping, session)
        told = ", ".join(f"{entry.old_job_id} ({entry.remark or 'no remark'})" for entry in taken)
        raise _conflict(f"have names that are taken (ids within the archive: {told})")
    made = {entry.new_job_id for entry in mapping}
    return ids_of(job for job in api.shared_jobs(session) if job.job_id in made)


def _undo(mapping: list[JobMapping], session: Session) -> None:
    for entry in mapping:
        if entry.new_job_id != -1:
            api.delete_job(session, entry.new_job_id)


def _is_outdated(job: FlinkJob, before: Mapping[str, JsonValue], declared: Mapping[str, JsonValue]) -> bool:
    """Say whether a setting that is declared no longer still stands, or one changed that the service never tells."""
    if not before:
        return False
    told, standing = job.settings(), comparable(job.settings())
    changed = [name for name in {*before, *declared} if before.get(name) != declared.get(name)]
    gone = [name for name in changed if name not in declared]
    return any(name not in told for name in changed) or any(not is_default(name, standing.get(name)) for name in gone)


def _differences(inputs: FlinkJobImportInputs, job: FlinkJob) -> list[str]:
    declared = {"jobs": {job.name: inputs.jobs[job.name]}}
    live = {"jobs": {job.name: settings_of(job, inputs.jobs[job.name])}}
    model = FlinkJobImportInputs
    return [change.path for change in changes(model, restrict(model, declared, live), declared)]


def _told(inputs: FlinkJobImportInputs, jobs: Iterable[FlinkJob]) -> str:
    return ", ".join(path.removeprefix("jobs.") for job in jobs for path in _differences(inputs, job)[:3])


def _conflict(text: str) -> AlreadyExists:
    return AlreadyExists(
        f"Flink jobs {text}",
        service="dli",
        operation="import Flink jobs",
        hint="Set is_cover=True or adopt=True to overwrite them, or rename them. Nothing of this import is left.",
    )
