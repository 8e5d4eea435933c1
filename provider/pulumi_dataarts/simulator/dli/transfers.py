"""Import and export of Flink jobs, from and to OBS. Both are synchronous: the answer says what came of it.

Source: DLI API "Importing a Flink Job", "Exporting a Flink Job". Not documented, and decided
here: an import that cannot be done in full changes nothing (a faulty archive, a folder with something else
than zips, or with the same job twice); the exported object exists when the call returns.
"""

from __future__ import annotations

from pulumi_dataarts.simulator.dli import jobs
from pulumi_dataarts.simulator.dli.answers import EXISTS, INVALID, MISSING, Refusal, done
from pulumi_dataarts.simulator.dli.archive import ArchivedJob, read_archive, write_archive
from pulumi_dataarts.simulator.dli.inputs import body_of, flag, job_ids, now_ms
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.objects import ObjectError
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.zips import ArchiveError

_SKIPPED_ID = -1


def import_flink_jobs(request: Request, context: Context) -> Answer:
    """Import the jobs of an archive, or of all archives in a folder."""
    body = body_of(request)
    is_cover = flag(body, "is_cover")
    archived = [job for key in _archives(context, *_address(body, "zip_file")) for job in _read(context, *key)]
    names = [job.fields["name"] for job in archived]
    if len(set(names)) < len(names):
        raise Refusal(EXISTS, "The job name already exists.")
    mapping = [_imported(job, request, context, is_cover=is_cover) for job in archived]
    return done("The job is imported successfully.", job_mapping=mapping)


def export_flink_jobs(request: Request, context: Context) -> Answer:
    """Export all jobs, or the selected ones, as one archive in a folder of OBS."""
    body = body_of(request)
    if body.get("is_selected") is None:
        raise Refusal(INVALID, "The parameter is_selected is required.")
    bucket, folder = _address(body, "obs_dir")
    if flag(body, "is_selected"):
        ids = job_ids(body, "job_selected")
        chosen = [jobs.find(context, request.project_id, job_id) for job_id in ids]
    else:
        chosen = [job for _, job in context.store.list(jobs.KIND, request.project_id)]
    key = "/".join(part for part in (folder.strip("/"), f"aggregate_{now_ms(context)}.zip") if part)
    content = write_archive({job["job_id"]: job["settings"] for job in chosen})
    try:
        context.objects.write(bucket, key, content)
    except ObjectError as missing:
        raise _unreadable(bucket) from missing
    return done("The job is successfully exported.", zip_file=[f"{bucket}/{key}"])


def _imported(archived: ArchivedJob, request: Request, context: Context, *, is_cover: bool) -> Document:
    existing = jobs.named(context, request.project_id, archived.fields["name"])
    if existing is None:
        job = jobs.create(context, request.project_id, request.user, archived.fields, is_jar=archived.is_jar)
        return _mapped(archived, job["job_id"], "Job successfully created")
    if not is_cover:
        return _mapped(archived, _SKIPPED_ID, "The job name already exists.")
    jobs.overwrite(context, request.project_id, existing, archived.fields, is_jar=archived.is_jar)
    return _mapped(archived, existing["job_id"], "Job successfully overwritten")


def _mapped(archived: ArchivedJob, new_id: int, remark: str) -> Document:
    return {"old_job_id": archived.old_id, "new_job_id": new_id, "remark": remark}


def _archives(context: Context, bucket: str, path: str) -> list[tuple[str, str]]:
    """Return bucket and key of each archive that a path means: itself, or all in it if it is a folder."""
    if path.endswith(".zip"):
        return [(bucket, path)]
    prefix = f"{path.rstrip('/')}/" if path else ""
    try:
        keys = [key for key in context.objects.keys(bucket, prefix) if not key.endswith("/")]
    except ObjectError as missing:
        raise _unreadable(bucket) from missing
    if not keys or not all(key.endswith(".zip") for key in keys):
        raise Refusal(INVALID, "The folder must hold .zip files and nothing else.")
    return [(bucket, key) for key in keys]


def _read(context: Context, bucket: str, key: str) -> list[ArchivedJob]:
    try:
        return read_archive(context.objects.read(bucket, key))
    except ObjectError as missing:
        raise _unreadable(f"{bucket}/{key}") from missing
    except ArchiveError as bad:
        raise Refusal(INVALID, f"The file {bucket}/{key} cannot be imported: {bad}.") from bad


def _address(body: Document, key: str) -> tuple[str, str]:
    """Return bucket and path; written without a scheme, and taken with `obs://` too."""
    value = body.get(key)
    bucket, _, path = value.removeprefix("obs://").partition("/") if isinstance(value, str) else ("", "", "")
    if not bucket:
        raise Refusal(INVALID, f"The parameter {key} is required.")
    return bucket, path


def _unreadable(path: str) -> Refusal:
    return Refusal(MISSING, f"The OBS path {path} does not exist.")
