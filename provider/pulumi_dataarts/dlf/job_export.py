"""`dlf.JobExport`: the archive of one job, written to OBS or to a file, once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pulumi_dataarts.dlf import api, wire
from pulumi_dataarts.dlf.bundle import from_entries
from pulumi_dataarts.dlf.destinations import Destination, destination
from pulumi_dataarts.dlf.inputs import AS_EXPORTED, JobExportInputs
from pulumi_dataarts.errors import AlreadyExists, BadResponse, ConfigError
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.archives import canonical_zip, read_zip
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import DELETES_DATA, OVERWRITES_EDIT, effect
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties


class JobExportHandler(Handler[JobExportInputs]):
    """Exports a job as it is now. Later edits of the job change nothing: a trigger, or a new argument, exports anew.

    The id is `<workspace>/<job name>`. The archive's entries are kept byte for byte and packed in the canonical form,
    so that two exports of an unchanged job are equal.
    """

    kind = "dlf.JobExport"
    inputs = JobExportInputs
    identity = ("destination",)

    def create(self, inputs: JobExportInputs, session: Session) -> Made:
        """Export, and write to the destination unless something else lies there."""
        place = api.workspace(session, inputs.workspace or session.settings.workspace)
        content, facts = _exported(place, inputs)
        _check_free(inputs, destination(session, inputs.destination), facts["digest"])
        destination(session, inputs.destination).write(content)
        return Made(f"{place.id}/{inputs.job_name}", facts)

    def update(
        self, id: str, known: Properties, inputs: JobExportInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Export anew, write to the destination, and remove what was written to another one before."""
        content, facts = _exported(api.workspace(session, id.partition("/")[0]), inputs)
        has_moved = inputs.destination != known["destination"]
        if has_moved:
            _check_free(inputs, destination(session, inputs.destination), facts["digest"])
        destination(session, inputs.destination).write(content)
        if has_moved:
            self.delete(id, known, session)
        return facts

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Say whether the export still lies at its destination; None if nothing does."""
        if "digest" not in known:
            return None
        content = destination(session, known["destination"]).read()
        if content is None:
            return None
        digest = hashlib.sha256(content).hexdigest()
        return Live(
            {"content": AS_EXPORTED if digest == known["digest"] else f"overwritten: {digest[:12]}"},
            {name: known[name] for name in JobExport.facts if name in known},
        )

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Remove the archive, if it is still the one that was written."""
        where = destination(session, known["destination"])
        content = where.read()
        if content is None:
            return
        if hashlib.sha256(content).hexdigest() == known["digest"]:
            where.remove()
        else:
            session.tell(f"{known['destination']} stays: it was overwritten since the export")

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say what lies at the old destination and is overwritten or removed."""
        before, after = known.get("destination"), declared.get("destination")
        if before != after:
            return self.effects_of_removing(known) if isinstance(after, str) else []
        return [effect(OVERWRITES_EDIT, after)] if known.get("content") != AS_EXPORTED else []

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say that the archive goes."""
        return [effect(DELETES_DATA, f"the export at {known.get('destination')}")]


def _exported(place: api.Workspace, inputs: JobExportInputs) -> tuple[bytes, Properties]:
    """Return the archive in its canonical form, and its facts.

    Raises:
        NotFound: no such job.
        BadResponse: the answer is not an archive with that job in it.
    """
    request = wire.ExportRequest(export_depend=inputs.export_depend, export_status=inputs.export_status)
    try:
        entries = read_zip(api.export_job(place, inputs.job_name, request))
        bundle = from_entries(entries, is_export=True)
    except ConfigError as error:
        raise BadResponse(f"job {inputs.job_name}: {error.message}", service="dlf", operation="export job") from error
    if inputs.job_name not in bundle.jobs:
        raise BadResponse(f"the export does not hold job {inputs.job_name}", service="dlf", operation="export job")
    content, digests = canonical_zip(entries), bundle.digests()
    contents = {"jobs": digests.jobs, "scripts": digests.scripts, "resources": digests.resources}
    return content, {"digest": hashlib.sha256(content).hexdigest(), "contents": contents}


def _check_free(inputs: JobExportInputs, where: Destination, digest: str) -> None:
    lying = where.read()
    if lying is not None and hashlib.sha256(lying).hexdigest() != digest and not inputs.adopt:
        raise AlreadyExists(
            f"export of {inputs.job_name}: something else lies at {inputs.destination}",
            hint="Set adopt=True to overwrite it, or choose another destination.",
        )


class JobExportProvider(DynamicProvider):
    """The dynamic provider of dlf.JobExport."""

    handler = JobExportHandler()


class JobExport(DataArtsResource, module="dlf", name="JobExport"):
    """The archive of a job and of what it depends on, at a place of yours.

    The export is taken when the resource is made, and again when an argument changes. It is gone when nothing lies at
    the destination any more, and is written anew when something else does. Deleting the resource removes the archive,
    unless somebody has overwritten it.

    Source: DataArts Factory API "Exporting a Job", "Batch Exporting Jobs"; arguments in
    `inputs.JobExportInputs`.
    """

    provider = JobExportProvider
    facts = ("digest", "contents")

    job_name: pulumi.Output[str]
    destination: pulumi.Output[str]
    digest: pulumi.Output[str]
    """SHA-256 (hex) of the archive as it was written."""
    contents: pulumi.Output[dict[str, dict[str, str]]]
    """Digests of what is in it, by name, under `jobs`, `scripts` and `resources`."""

    def __init__(
        self,
        resource_name: str,
        *,
        job_name: pulumi.Input[str],
        destination: pulumi.Input[str],
        workspace: pulumi.Input[str] | None = None,
        export_depend: pulumi.Input[bool] | None = None,
        export_status: pulumi.Input[wire.ExportStatus] | None = None,
        triggers: pulumi.Input[Mapping[str, Any]] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "job_name": job_name,
            "destination": destination,
            "workspace": workspace,
            "export_depend": export_depend,
            "export_status": export_status,
            "triggers": triggers,
            "adopt": adopt,
        }
        super().__init__(resource_name, arguments, opts)
