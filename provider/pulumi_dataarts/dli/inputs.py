"""What the resources of DLI are given, and what a change of each field means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue

from pulumi_dataarts.dli.archive import Archive, load
from pulumi_dataarts.dli.runs import DEADLINE_S
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.fields import Derived, Local, MovesByItself, NotCompared, Replaces, ServerFills
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake
from pulumi_dataarts.model.values import Properties

_LOCATION = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^/]+(/[^/]+)*")


def _location(path: str) -> str:
    """Bring `obs://bucket/key` and `bucket/folder/` to the page's own form, `bucket/key`."""
    place = path.removeprefix("obs://").rstrip("/")
    if not _LOCATION.fullmatch(place):
        raise ValueError("must be `bucket/path/to.zip` or `bucket/path/to/folder`, with or without `obs://`")
    return place


class FlinkJobImportInputs(Inputs):
    """What a `FlinkJobImport` is given."""

    zip_file: Annotated[
        str,
        AfterValidator(_location),
        Field(
            description="The archive in OBS, or a folder with nothing but archives in it. "
            'Source: DLI API "Importing a Flink Job", table 2.'
        ),
    ]
    is_cover: Annotated[
        bool,
        Local(),
        Field(
            description="Overwrite jobs of the same name that this resource did not import. Its own jobs are "
            "overwritten in any case. Source: importing a Flink job, table 2."
        ),
    ] = False
    archive: Annotated[
        str | None,
        NotCompared(),
        Field(
            description="The same archive on this machine: a zip, a directory of zips, or a source directory. With it "
            "each job is compared, and only jobs that changed are imported again. Source: dli/archive.py."
        ),
    ] = None
    adopt: Annotated[
        bool,
        NotCompared(),
        Field(description="Take over jobs of the same name that exist and differ."),
    ] = False
    when_running: Annotated[
        Literal["fail", "stop", "wait"],
        Local(),
        Field(
            description="What to do about a job that runs and is to be overwritten or deleted: refuse, stop it (and "
            'run it again if it was overwritten), or wait until it ends. Source: DLI API "Importing a Flink Job".'
        ),
    ] = "fail"
    savepoint: Annotated[
        bool,
        Local(),
        Field(
            description="Take a savepoint before an overwrite stops a job, and run it again from there. "
            'Source: DLI API "Stopping Jobs in Batches" (trigger_savepoint), "Running Jobs in Batches".'
        ),
    ] = True
    deadline_s: Annotated[
        float,
        Local(),
        Field(gt=0, description="How long one stop, one wait or one start may take, in seconds. Source: ours."),
    ] = DEADLINE_S
    jobs: Annotated[
        dict[str, dict[str, JsonValue]],
        Derived(),
        ServerFills(),
        Field(
            description="The declared settings of each job of `archive`, long texts as digests. "
            'Source: DLI API "Querying Job Details".'
        ),
    ] = {}
    digest: Annotated[
        str,
        Derived(),
        Field(description="sha256 of an `archive` whose format is not known here. Source: dli/archive.py."),
    ] = ""

    derives_from: ClassVar[tuple[str, ...]] = ("archive",)

    def mistakes(self) -> Iterable[Mistake]:
        """Yield what is wrong with the local archive."""
        try:
            found = self._archive()
        except ConfigError as error:
            yield Mistake("archive", error.message)
            return
        yield from (Mistake("archive", mistake) for mistake in found.mistakes)
        if self.archive and not found.mistakes and not found.jobs and not found.digest:
            yield Mistake("archive", "there is no job in it")

    def derived(self) -> Properties:
        """Return the jobs of the local archive, or its digest where its format is not known."""
        found = self._archive()
        return {"jobs": found.settings(), "digest": found.digest}

    def _archive(self) -> Archive:
        return load(self.archive) if self.archive else Archive()


class FlinkJobRunInputs(Inputs):
    """What a `FlinkJobRun` is given."""

    job_name: Annotated[
        str | None,
        Replaces("a run belongs to one job"),
        Field(
            min_length=1,
            max_length=57,
            description='Name of the job. Source: DLI API "Listing Jobs".',
        ),
    ] = None
    job_id: Annotated[
        int | None,
        Replaces("a run belongs to one job"),
        Field(
            description="Id of the job, instead of its name; overwriting a job may give it another id. "
            'Source: DLI API "Querying Job Details".'
        ),
    ] = None
    state: Annotated[
        Literal["running", "stopped"],
        MovesByItself(),
        Field(
            description="What the job is to be. One that has finished counts as running. "
            'Source: DLI API "Querying Job Details".'
        ),
    ] = "running"
    triggers: Annotated[
        dict[str, JsonValue],
        Field(description="Any values: a change of one stops the job and runs it again. Source: ours."),
    ] = {}
    resume_savepoint: Annotated[
        bool,
        Local(),
        Field(description='Run from the latest savepoint. Source: DLI API "Running Jobs in Batches".'),
    ] = False
    trigger_savepoint: Annotated[
        bool,
        Local(),
        Field(description='Take a savepoint when the job is stopped. Source: DLI API "Stopping Jobs in Batches".'),
    ] = False
    deadline_s: Annotated[
        float,
        Local(),
        Field(gt=0, description="How long starting or stopping may take, in seconds. Source: ours."),
    ] = DEADLINE_S

    def mistakes(self) -> Iterable[Mistake]:
        """Yield a mistake unless the job is named in exactly one way."""
        if (self.job_name is None) == (self.job_id is None):
            yield Mistake("job_name", "give either job_name or job_id")
