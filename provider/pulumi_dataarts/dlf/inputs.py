"""What the resources of DataArts Factory are given, and what a change of each field means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pulumi_dataarts.dlf import wire
from pulumi_dataarts.dlf.addresses import PATTERN, SCHEME
from pulumi_dataarts.dlf.bundle import Bundle
from pulumi_dataarts.dlf.schedules import WhenRunning
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.fields import Derived, InProduction, KeyedBy, Local, NotCompared, Replaces, Unordered
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake
from pulumi_dataarts.model.values import Properties

AS_EXPORTED: Final = "as exported"
"""Value of `JobExportInputs.content`; a refresh puts another one in its place where the content is not the export."""
_ADDRESS = re.compile(PATTERN)
_OTHER_WORKSPACE = "jobs of another workspace are other jobs"
_OTHER_JOB = "an export of another job is another export"


class JobParameters(BaseModel):
    """Parameters of one job of an import."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, defer_build=True)

    name: Annotated[str, Field(min_length=1, description="Name of the job. Source: page, table 3.")]
    params: Annotated[
        dict[str, str], Field(description="Values by parameter; they win over `params`. Source: page, table 3.")
    ] = {}


class ResourceReplacement(BaseModel):
    """A resource that the jobs name, and the one that takes its place in this environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Annotated[str, Field(min_length=1, description="Name as it stands in the jobs. Source: page, table 5.")]
    type: Annotated[wire.ResourceType, Field(description="What it is. Source: page, table 5.")]
    replace: Annotated[
        str | None, Field(description="Name to be used instead; without it nothing is replaced. Source: page, table 5.")
    ] = None


class JobImportInputs(Inputs):
    """What a `JobImport` is given. "Page" is "Importing a Job"."""

    path: Annotated[
        str,
        Field(pattern=PATTERN, description="The archive, `obs://bucket/key.zip`. Source: page, table 2."),
    ]
    bundle: Annotated[
        str | None,
        NotCompared(),
        Field(
            description="The same bundle on this machine: a source directory, or a zip. With it a plan names the jobs "
            "and scripts that change. Without it they are known only after the archive was read, and a new archive "
            "under the same path is noticed only by `digest`. Source: dlf/source.py."
        ),
    ] = None
    digest: Annotated[
        str | None,
        Field(
            description="Any text that changes with the archive, such as the digest of the `obs.Object` it is. Needed "
            "only without `bundle`. Source: ours."
        ),
    ] = None
    params: Annotated[
        dict[str, str],
        Field(description="Parameters of all jobs; they override the jobs' own. Source: page, table 2."),
    ] = {}
    same_name_policy: Annotated[
        wire.SameNamePolicy,
        Local(),
        Field(
            description="What to do about objects that this import did not make, have the name of one in the bundle, "
            "and differ from it: SKIP is an error that names them, OVERWRITE overwrites them. Equal ones are taken "
            "over, its own are always overwritten. Source: page, table 2."
        ),
    ] = "SKIP"
    jobs_param: Annotated[
        list[JobParameters],
        KeyedBy("name"),
        Field(description="Parameters of single jobs. They select nothing. Source: page, table 3."),
    ] = []
    execute_user: Annotated[
        str | None, Field(min_length=1, description="User that executes the jobs. Source: page, table 2.")
    ] = None
    target_status: Annotated[
        wire.TargetStatus | None,
        Field(
            description="Status the jobs are brought to, where the review function is on: SAVED cannot be scheduled, "
            "SUBMITTED waits for the approvers, PRODUCTION is for administrators. Source: page, table 2."
        ),
    ] = None
    approvers: Annotated[
        list[str],
        Unordered(),
        Local(),
        Field(description="Who approves, where the review function is on. Source: page, table 4."),
    ] = []
    resources: Annotated[
        list[ResourceReplacement],
        KeyedBy("name"),
        Field(description="Connections, clusters and the like to be replaced in the jobs. Source: page, table 5."),
    ] = []
    workspace: Annotated[
        str | None,
        Replaces(_OTHER_WORKSPACE),
        Field(
            min_length=1,
            description="Id of the workspace. Without it the one that `dataarts:workspace` names when the import is "
            'made; it stays there. Source: DataArts Factory API "Common Message Headers".',
        ),
    ] = None
    when_running: Annotated[
        WhenRunning,
        Local(),
        InProduction("fail"),
        Field(
            description="What to do about a job that is on schedule and is to be overwritten or deleted: fail, stop "
            "it at once, or wait until no instance of it runs and stop it then (a real-time job has no end to wait "
            "for). With `dataarts:production: true` it is `fail` by default. "
            'Source: DataArts Factory API "Importing a Job", "Stopping a Job".'
        ),
    ] = "wait"
    keep_schedule: Annotated[
        bool,
        Local(),
        Field(
            description="Put overwritten jobs that were on schedule back on it afterwards; never a batch job that runs "
            "once, nor with target_status SAVED. Source: ours."
        ),
    ] = True
    deadline_s: Annotated[
        float,
        Local(),
        Field(gt=0, description="How long the import, and each wait for a job, may take, in seconds. Source: ours."),
    ] = 900
    adopt: Annotated[
        bool,
        NotCompared(),
        Field(description="Take over objects of the same name that exist and differ."),
    ] = False
    jobs: Annotated[
        dict[str, str],
        Derived(),
        Field(description="Digest of each job of `bundle` with the scripts and resources it uses. Source: ours."),
    ] = {}
    scripts: Annotated[
        dict[str, str], Derived(), Field(description="Digest of each script of `bundle`. Source: ours.")
    ] = {}
    archive_resources: Annotated[
        dict[str, str], Derived(), Field(description="Digest of each resource of `bundle`. Source: ours.")
    ] = {}

    @property
    def may_overwrite(self) -> bool:
        """Say whether the user agreed to overwrite what this import did not make."""
        return self.adopt or self.same_name_policy == "OVERWRITE"

    derives_from: ClassVar[tuple[str, ...]] = ("bundle",)

    def mistakes(self) -> Iterable[Mistake]:
        """Yield what is wrong with the local bundle, and names that stand twice or in vain."""
        try:
            jobs = self._bundle().jobs
        except ConfigError as error:
            yield Mistake("bundle", str(error))
            return
        for number, name in _repeated([item.name for item in self.jobs_param]):
            yield Mistake(f"jobs_param[{number}].name", f"{name!r} is there twice")
        for number, name in _repeated([item.name for item in self.resources]):
            yield Mistake(f"resources[{number}].name", f"{name!r} is there twice")
        for number, item in enumerate(self.jobs_param):
            if self.bundle and item.name not in jobs:
                yield Mistake(f"jobs_param[{number}].name", f"the bundle has no job {item.name!r}")

    def derived(self) -> Properties:
        """Return the digests of the local bundle."""
        digests = self._bundle().digests()
        return {"jobs": digests.jobs, "scripts": digests.scripts, "archive_resources": digests.resources}

    def request(self, path: str, jobs: Set[str], *, is_overwriting: bool) -> wire.ImportRequest:
        """Return the body of the import of these jobs. The policy is always told, never left to the default."""
        named = [item for item in self.jobs_param if item.name in jobs]
        return wire.ImportRequest(
            path=path,
            params=self.params or None,
            same_name_policy="OVERWRITE" if is_overwriting else self.same_name_policy,
            jobs_param=[wire.JobParam(name=item.name, params=item.params or None) for item in named] or None,
            execute_user=self.execute_user,
            target_status=self.target_status,
            approvers=[wire.Approver(approver_name=name) for name in self.approvers] or None,
            resources=[wire.Replacement(**item.model_dump()) for item in self.resources] or None,
        )

    def submission(self) -> dict[str, Any]:
        """Return the part of a script's body that says what becomes of it, where the review function is on."""
        said: dict[str, Any] = {"targetStatus": self.target_status} if self.target_status else {}
        return said | ({"approvers": [{"approverName": name} for name in self.approvers]} if self.approvers else {})

    def _bundle(self) -> Bundle:
        return read_source(self.bundle) if self.bundle else Bundle()


class JobExportInputs(Inputs):
    """What a `JobExport` is given. "Page" is "Exporting a Job"."""

    job_name: Annotated[
        str,
        Replaces(_OTHER_JOB),
        Field(min_length=1, max_length=128, description="Name of the job. Source: page, table 1."),
    ]
    destination: Annotated[
        str,
        Field(
            min_length=1,
            description="Where the archive is written: `obs://bucket/key`, or the path of a file. Source: ours; the "
            "page answers with a stream.",
        ),
    ]
    workspace: Annotated[
        str | None,
        Replaces(_OTHER_WORKSPACE),
        Field(
            min_length=1,
            description="Id of the workspace. Without it the one that `dataarts:workspace` names when the export is "
            "made. Source: page, table 2.",
        ),
    ] = None
    export_depend: Annotated[
        bool,
        Field(
            description="Export the scripts and resources that the job uses, too. "
            'Source: DataArts Factory API "Exporting a Job".'
        ),
    ] = True
    export_status: Annotated[
        wire.ExportStatus,
        Field(
            description="Which version: the saved one (DEVELOP) or the submitted one (SUBMIT). "
            'Source: DataArts Factory API "Exporting a Job".'
        ),
    ] = "DEVELOP"
    triggers: Annotated[
        dict[str, JsonValue],
        Replaces("a trigger changed"),
        Field(description="Any values: a change of one exports the job anew. Source: ours."),
    ] = {}
    adopt: Annotated[
        bool,
        NotCompared(),
        Field(description="Overwrite what lies at the destination already and differs."),
    ] = False
    content: Annotated[
        str,
        Derived(),
        Field(description="Whether what lies at the destination is still the export. Source: ours."),
    ] = ""

    def mistakes(self) -> Iterable[Mistake]:
        """Yield a mistake where the destination looks like OBS and is not."""
        if self.destination.startswith(SCHEME) and not _ADDRESS.match(self.destination):
            yield Mistake("destination", "must be `obs://bucket/key`, or the path of a file")

    def derived(self) -> Properties:
        """Return what is declared of the content: that it is the export."""
        return {"content": AS_EXPORTED}


def _repeated(names: list[str]) -> Iterable[tuple[int, str]]:
    return [(number, name) for number, name in enumerate(names) if name in names[:number]]
