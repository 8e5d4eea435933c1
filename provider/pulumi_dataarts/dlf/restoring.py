"""The jobs of an import as they stand, exported by the service, and imported again by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from pulumi_dataarts.dlf import api, canonical, parts, standing, wire
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Bundle, from_entries
from pulumi_dataarts.dlf.inputs import JobImportInputs
from pulumi_dataarts.dlf.ownership import Owned
from pulumi_dataarts.dlf.reconcile import reconcile
from pulumi_dataarts.dlf.schedules import note_of
from pulumi_dataarts.dlf.writing import Work
from pulumi_dataarts.errors import ConfigError, Corrupt, NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.archives import read_zip

_POLICY: Final = ("target_status", "approvers", "execute_user", "when_running", "keep_schedule", "deadline_s")
_OTHERS: Final = "without a job.zip"
_WORDS: Final[Mapping[canonical.Kind, str]] = {"job": "Factory job", "script": "script", "resource": "resource"}


def settings(id: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a `dlf.JobImport` in the state is needed to find its jobs again, and to import them."""
    policy = {name: known[name] for name in _POLICY if known.get(name) is not None}
    owned = Owned.of(known)
    return {
        "id": id,
        "path": known["path"],
        "jobs": sorted(owned.jobs),
        "scripts": sorted(owned.scripts),
        "resources": {name: mark.id for name, mark in owned.resources.items()},
        **policy,
    }


def seen(session: Session, told: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the service's export of each job that stands, and what else of the import does, in an archive alike."""
    place, files = _workspace(session, told), dict[str, bytes]()
    for name in standing.summaries(session, place, told["jobs"]):
        try:
            files[f"{quote(name, safe=' ')}.zip"] = api.export_job(place, name, wire.ExportRequest())
        except NotFound:
            continue
    exported = _bundle(files)
    scripts = standing.scripts(session, place, set(told["scripts"]) - exported.scripts.keys())
    ids = {name: {"id": id} for name, id in told["resources"].items() if name not in exported.resources}
    rest = Bundle({}, scripts, standing.resources(session, place, ids))
    return {**files, _OTHERS: rest.to_zip()} if rest.scripts or rest.resources else files


saved = seen


def obstacle(_told: Mapping[str, Any], _files: Mapping[str, bytes]) -> str:
    """Return why the jobs cannot be imported; an export always can."""
    return ""


def definitions(told: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Mapping[str, Any]]:
    """Return jobs, scripts and resources as they are compared, by what people call them."""
    bundle = _bundle(files)
    kinds: dict[canonical.Kind, Mapping[str, Any]] = {
        "job": bundle.jobs,
        "script": bundle.scripts,
        "resource": bundle.resources,
    }
    where = told["id"].partition("/")[0]
    return {
        f"{_WORDS[kind]} {name} in workspace {where}": {
            "kind": kind,
            "body": canonical.canonical(
                {key: value for key, value in body.items() if key in canonical.DOCUMENTED[kind]}, kind
            ),
        }
        for kind, bodies in kinds.items()
        for name, body in bodies.items()
    }


def unlike(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return where two definitions differ."""
    return canonical.unlike(before["body"], now["body"], before["kind"])


def loaded(session: Session, told: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Import the jobs as they were exported, off their schedules meanwhile; what stands like that is left alone.

    Raises:
        Conflict: a job is on schedule, and the import's policy is to fail.
        RunFailed: the import failed.
    """
    bundle = _bundle(files)
    policy = {name: told[name] for name in _POLICY if name in told}
    parts.remove_left(session, told["id"], told["path"])
    with parts.lying(session, told["id"], told["path"], bundle.to_zip()) as path:
        inputs = JobImportInputs(path=str(path), same_name_policy="OVERWRITE", **policy)
        work = Work(session, _workspace(session, told), told["id"], inputs, bundle, Bindings())
        reconcile(work, Owned(), Bindings(), note_of(session, told["id"], told["path"]))


def _workspace(session: Session, told: Mapping[str, Any]) -> api.Workspace:
    return api.workspace(session, told["id"].partition("/")[0])


def _bundle(files: Mapping[str, bytes]) -> Bundle:
    """Return the union of the exports: a script that two jobs use stands in both."""
    whole = Bundle()
    for name, content in sorted(files.items()):
        try:
            part = from_entries(read_zip(content), is_export=True)
        except ConfigError as error:
            raise Corrupt(f"the export {name} cannot be read: {error.message}") from error
        whole = Bundle(
            {**whole.jobs, **part.jobs}, {**whole.scripts, **part.scripts}, {**whole.resources, **part.resources}
        )
    return whole
