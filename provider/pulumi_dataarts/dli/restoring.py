"""The Flink jobs of an import as they stand, exported by DLI, and imported again by it.

DLI's archive is taken as it is: its form is not documented, and DLI alone imports it. The settings that the service
tells are kept beside it, for people and for comparing.

Source: DLI API "Importing a Flink Job", "Exporting a Flink Job".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, unquote

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.catalogue import forget_jobs
from pulumi_dataarts.dli.importing import standing_jobs
from pulumi_dataarts.dli.overwriting import Policy, paused
from pulumi_dataarts.dli.wire import comparable
from pulumi_dataarts.errors import CloudError, NotFound, OutcomeUnknown, WaitTimeout
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session

ARCHIVE: Final = "export.zip"
_POLICY: Final = ("when_running", "savepoint", "deadline_s")
_EXPORT_S: Final = 60.0


def settings(_id: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a `dli.FlinkJobImport` in the state is needed to find its jobs again, and to import them."""
    policy = {name: known[name] for name in _POLICY if name in known}
    return {"zip_file": known["zip_file"], "jobs": sorted(known.get("job_ids") or {}), **policy}


def seen(session: Session, told: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the settings of each job that stands."""
    return {f"{quote(job.name, safe=' ')}.json": _text(job.settings()) for job in standing_jobs(session, told["jobs"])}


def saved(session: Session, told: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the settings of each job that stands, and DLI's archive of them all, if it gives one.

    Where DLI refuses the export (it needs an agency that may write to the bucket), what it says is told, and the jobs
    are kept as they are read, to be looked at.
    """
    standing = standing_jobs(session, told["jobs"])
    files = {f"{quote(job.name, safe=' ')}.json": _text(job.settings()) for job in standing}
    if not standing:
        return files
    bucket, _, key = told["zip_file"].partition("/")
    try:
        return {**files, ARCHIVE: _exported(session, [job.job_id for job in standing], bucket, _folder(key))}
    except (CloudError, WaitTimeout) as error:
        names = ", ".join(job.name for job in standing)
        session.tell(f"Flink jobs {names} are kept as they are read, and cannot be loaded again: {error.message}")
        return files


def obstacle(_told: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Return why the jobs cannot be imported; empty where they can."""
    return "" if ARCHIVE in files else "they were read, and not exported"


def definitions(_told: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Mapping[str, Any]]:
    """Return the settings of each job as they are compared, by what people call it."""
    return {
        f"Flink job {unquote(name.removesuffix('.json'))}": comparable(json.loads(content))
        for name, content in files.items()
        if name != ARCHIVE
    }


def unlike(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return which settings differ."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def loaded(session: Session, told: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Import the jobs as they were exported; those that run are treated as the import's policy says.

    Raises:
        Conflict: one of them runs, and the policy is to fail.
    """
    content = files[ARCHIVE]
    bucket, _, key = told["zip_file"].partition("/")
    path = f"{key.removesuffix('.zip')}.restored-{hashlib.sha256(content).hexdigest()[:12]}.zip"
    objects.put(session, bucket, path, content)
    try:
        with paused(session, standing_jobs(session, told["jobs"]), Policy.of(told), told["zip_file"]):
            _import(session, f"{bucket}/{path}")
    finally:
        forget_jobs(session, told["jobs"])
        objects.delete(session, bucket, path)


def _import(session: Session, zip_file: str) -> None:
    """Import over what stands; without an answer once more, since that changes nothing more."""
    try:
        api.import_jobs(session, zip_file, is_cover=True)
    except OutcomeUnknown:
        api.import_jobs(session, zip_file, is_cover=True)


def _exported(session: Session, job_ids: Sequence[int], bucket: str, folder: str) -> bytes:
    """Return DLI's archive. It writes to OBS alone, under a name of its own, so it lies in `folder` meanwhile.

    Whether it is there when the call returns is not documented, so it is waited for.
    """

    def look() -> bytes | None:
        try:
            return objects.get(session, bucket, key)
        except NotFound:
            return None

    _empty(session, bucket, folder)
    try:
        [path] = api.export_jobs(session, f"{bucket}/{folder}", job_ids)
        key = path.removeprefix("obs://").partition("/")[2]
        return session.wait_until(look, what=f"the export at {path}", deadline_s=_EXPORT_S)
    finally:
        _empty(session, bucket, folder)


def _folder(key: str) -> str:
    """Return a folder that is this import's own, beside no archive: an import may read a whole folder of them."""
    return f"restore-point-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _empty(session: Session, bucket: str, folder: str) -> None:
    for key in objects.keys(session, bucket, f"{folder}/"):
        objects.delete(session, bucket, key)


def _text(document: Mapping[str, Any]) -> bytes:
    told = {name: value for name, value in document.items() if value is not None}
    return f"{json.dumps(told, indent=2, ensure_ascii=False, sort_keys=True)}\n".encode()
