"""`dlf.JobImport`: a bundle of jobs, scripts and resources, kept as declared.

The service knows an import only as something that happened. Here it is something that stands: the jobs of the bundle,
each with its digest, so that a plan names the job that changes, a refresh finds the one that was edited, and what
leaves the bundle is removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pulumi

from pulumi_dataarts.bindings import current
from pulumi_dataarts.dlf import api, archive, drift, parts, wire
from pulumi_dataarts.dlf.addresses import SCHEME, ObsPath
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Bundle, from_zip
from pulumi_dataarts.dlf.environments import bound
from pulumi_dataarts.dlf.inputs import JobImportInputs
from pulumi_dataarts.dlf.ownership import FACTS, Owned
from pulumi_dataarts.dlf.reconcile import reconcile
from pulumi_dataarts.dlf.removal import remove
from pulumi_dataarts.dlf.schedules import Policy, WhenRunning, note_of, stop
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.dlf.standing import summaries
from pulumi_dataarts.dlf.wording import counted
from pulumi_dataarts.dlf.writing import Work
from pulumi_dataarts.errors import ConfigError, NotFound
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import DELETES_DATA, EDITED, OVERWRITES_EDIT, STOPS_JOB, effect, effects
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made
from pulumi_dataarts.lifecycle.inputs import dump
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties


class JobImportHandler(Handler[JobImportInputs]):
    """Imports bundles, and owns what came of them.

    The id is `<workspace>/<bucket>/<key>`, as the first import had it; the workspace is taken from there ever after.

    A create that fails half way leaves what was imported where it is: nothing can be recorded then, and the next run
    finds those jobs equal and takes them over.
    """

    kind = "dlf.JobImport"
    inputs = JobImportInputs
    identity = ("workspace",)

    def create(self, inputs: JobImportInputs, session: Session) -> Made:
        """Import what does not stand yet; what stands as declared is taken over, what differs is a conflict."""
        path = ObsPath.parse(inputs.path)
        id = f"{inputs.workspace or session.settings.workspace}/{path.bucket}/{path.key}"
        return Made(id, _brought(id, inputs, {}, session))

    def update(
        self, id: str, known: Properties, inputs: JobImportInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Import what changed, was edited or is bound differently, and remove what left the bundle."""
        facts = _brought(id, inputs, known, session)
        if known["path"] != inputs.path:
            parts.remove_left(session, id, known["path"])
            archive.removed(id, known, session)
        return facts

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the digests of what stands; None once all jobs are gone. What the source has by now is no edit."""
        place = _workspace(id, session)
        if not known.keys() >= set(FACTS):
            return _read_for_import(id, known, session)
        before = Owned.of(known)
        now = drift.seen_again(session, place, before, _local_bundle(known), Bindings.of(known))
        if before.jobs and not now.jobs:
            return None
        return Live(drift.as_declared(known, before, now), {**_other_facts(known), **now.facts()})

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Remove the jobs that this import made or took over, and their scripts and resources."""
        place, owned = _workspace(id, session), Owned.of(known)
        try:
            stop(session, place, summaries(session, place, owned.jobs).values(), Policy.of(known))
            remove(session, place, owned, known.get("approvers") or [])
        except NotFound as error:
            if error.code not in api.NO_WORKSPACE:
                raise
            session.tell(f"workspace {place.id} is gone, and with it what was imported there")
        note = note_of(session, id, known["path"])
        if note.read():
            note.remove()
        parts.remove_left(session, id, known["path"])
        archive.removed(id, known, session)

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say which edits are overwritten, and which jobs are taken off schedule meanwhile, or deleted.

        Without a local bundle the jobs that change are known only after the archive was read: any may be.
        """
        if any(change.replaces for change in changed):
            return self.effects_of_removing(known)
        if not declared.get("bundle") or "jobs" not in declared:
            return _stops(known.get("owned_jobs") or {}, declared)
        before, after = known.get("jobs") or {}, declared["jobs"]
        overwritten = [name for name in before if name in after and before[name] != after[name]]
        deleted = [name for name in before if name not in after]
        return _overwrites(known) + _stops([*overwritten, *deleted], declared) + _deletes(deleted)

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say that the jobs go, and are taken off schedule first."""
        jobs = known.get("owned_jobs") or {}
        return _stops(jobs, known) + _deletes(jobs)


def _overwrites(known: Mapping[str, Any]) -> list[str]:
    kinds = {"job": "jobs", "script": "scripts", "resource": "archive_resources"}
    edited = {
        kind: [name for name, digest in (known.get(field) or {}).items() if digest.startswith(EDITED)]
        for kind, field in kinds.items()
    }
    return effects(OVERWRITES_EDIT, [counted(kind, names) for kind, names in edited.items() if names])


def _stops(jobs: Collection[str], policy: Mapping[str, Any]) -> list[str]:
    return [effect(STOPS_JOB, counted("job", jobs))] if jobs and policy.get("when_running") != "fail" else []


def _deletes(jobs: Collection[str]) -> list[str]:
    return [effect(DELETES_DATA, counted("job", jobs))] if jobs else []


def _brought(id: str, inputs: JobImportInputs, known: Mapping[str, Any], session: Session) -> Properties:
    """Bring the workspace to what the archive says, and return the facts."""
    parts.remove_left(session, id, inputs.path)
    found = archive.brought(id, inputs, known, session)
    bindings = Bindings.of(inputs.model_dump(mode="json"))
    work = Work(session, _workspace(id, session), id, inputs, found.bundle, bindings)
    result = reconcile(work, Owned.of(known), Bindings.of(known), note_of(session, id, inputs.path))
    return {**result.owned.facts(), "outcome": result.outcome, **found.facts()}


def _local_bundle(known: Mapping[str, Any]) -> Bundle:
    """Return the bundle on this machine, if it is there and can be used; a look at the cloud does not depend on it."""
    try:
        return read_source(known["bundle"]) if known.get("bundle") else Bundle()
    except ConfigError:
        return Bundle()


def _workspace(id: str, session: Session) -> api.Workspace:
    return api.workspace(session, id.partition("/")[0])


def _other_facts(known: Mapping[str, Any]) -> Properties:
    return {name: known[name] for name in ("outcome", "archive_sha256", "uploaded") if name in known}


def _read_for_import(id: str, known: Mapping[str, Any], session: Session) -> Live | None:
    """Look for the jobs of the archive at the id's path, for a resource of which nothing else is known."""
    path = ObsPath.parse(f"{SCHEME}{id.partition('/')[2]}")
    try:
        content = objects.get(session, path.bucket, path.key)
    except NotFound:
        return None
    bundle, workspace, sha256 = from_zip(content), _workspace(id, session), hashlib.sha256(content).hexdigest()
    owned = drift.discovered(session, workspace, bundle, Bindings.of(known))
    if not owned.jobs:
        return None
    facts = {**owned.facts(), "outcome": {}, **archive.Archive(bundle, sha256, is_ours=False).facts()}
    digests = bundle.digests()
    declared = {"jobs": digests.jobs, "scripts": digests.scripts, "archive_resources": digests.resources}
    usual = dump(JobImportInputs(path=str(path)))
    told = {**usual, **drift.as_declared(declared, owned, owned)}
    is_usual = workspace.id == session.settings.workspace
    return Live(told if is_usual else {**told, "workspace": workspace.id}, facts)


class JobImportProvider(DynamicProvider):
    """The dynamic provider of dlf.JobImport."""

    handler = JobImportHandler()


class JobImport(DataArtsResource, module="dlf", name="JobImport"):
    """The jobs of an archive in OBS, with the scripts and resources they use.

    Each job is known by a digest that covers what it uses: an edited line of SQL changes the script's digest and that
    of its jobs. Only what changed in the bundle, was edited outside, or is bound differently is imported again, since
    every import makes a new version of every job in it. Jobs on schedule are taken off it meanwhile and put back.
    What leaves the bundle is removed, and so is everything that was imported when the resource is; what others made
    is not touched, and a script that other jobs use stays.

    `dataarts:bindings` of the stack fill in what the program leaves out: `resources`, parameters, approvers, the target
    status, and names in scripts. Jobs that stand already and are as declared are taken over, which is also how an
    import that was cut off goes on.

    Source: DataArts Factory API "Importing a Job"; arguments in
    `inputs.JobImportInputs`.
    """

    provider = JobImportProvider
    facts = ("jobs", "scripts", "archive_resources", *FACTS, "outcome", "archive_sha256", "uploaded")

    path: pulumi.Output[str]
    jobs: pulumi.Output[dict[str, str]]
    """Digest of each job, by name, with the scripts and resources it uses."""
    scripts: pulumi.Output[dict[str, str]]
    """Digest of each script, by name."""
    archive_resources: pulumi.Output[dict[str, str]]
    """Digest of each resource of the bundle, by name."""
    owned_jobs: pulumi.Output[dict[str, dict[str, str]]]
    """What this import made or took over, with digests as of then; so `owned_scripts` and `owned_resources`."""
    owned_scripts: pulumi.Output[dict[str, dict[str, str]]]
    owned_resources: pulumi.Output[dict[str, dict[str, str]]]
    outcome: pulumi.Output[dict[str, str]]
    """What the last import did to each job: `created`, `overwritten` or `unchanged`."""
    archive_sha256: pulumi.Output[str]
    """Digest (hex) of the archive that stands."""

    def __init__(
        self,
        resource_name: str,
        *,
        path: pulumi.Input[str],
        bundle: pulumi.Input[str] | None = None,
        digest: pulumi.Input[str] | None = None,
        params: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        same_name_policy: pulumi.Input[wire.SameNamePolicy] | None = None,
        jobs_param: pulumi.Input[Sequence[pulumi.Input[Mapping[str, Any]]]] | None = None,
        execute_user: pulumi.Input[str] | None = None,
        target_status: pulumi.Input[wire.TargetStatus] | None = None,
        approvers: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        resources: pulumi.Input[Sequence[pulumi.Input[Mapping[str, Any]]]] | None = None,
        workspace: pulumi.Input[str] | None = None,
        when_running: pulumi.Input[WhenRunning] | None = None,
        keep_schedule: pulumi.Input[bool] | None = None,
        deadline_s: pulumi.Input[float] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "path": path,
            "bundle": bundle,
            "digest": digest,
            "params": params,
            "same_name_policy": same_name_policy,
            "jobs_param": jobs_param,
            "execute_user": execute_user,
            "target_status": target_status,
            "approvers": approvers,
            "resources": resources,
            "workspace": workspace,
            "when_running": when_running,
            "keep_schedule": keep_schedule,
            "deadline_s": deadline_s,
            "adopt": adopt,
        }
        super().__init__(resource_name, bound(arguments, current()), opts)
