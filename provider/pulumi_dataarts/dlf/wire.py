"""The bodies of DataArts Factory's calls as they travel. Names are the service's, mapped here and nowhere else.

Jobs, scripts and resources travel as plain JSON (`canonical.Body`): real ones carry keys that no page lists, and
those must survive.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from pulumi_dataarts.dlf.canonical import Body

TargetStatus = Literal["SAVED", "SUBMITTED", "PRODUCTION"]
SameNamePolicy = Literal["SKIP", "OVERWRITE"]
ExportStatus = Literal["DEVELOP", "SUBMIT"]
ResourceType = Literal[
    "DWS_CONNECTION",
    "DIS_STREAM",
    "CDM_CLUSTER",
    "MRS_CLUSTER",
    "MRS_HIVE_CONNECTION",
    "MRS_SPARK_CONNECTION",
    "GES_GRAPH",
    "ROMA_INSTANCE",
    "TICS_INSTANCE",
    "DRS_TASK",
]


class Wire(BaseModel):
    """Base of the wire models: camelCase outside, snake_case inside; unknown keys of answers are passed over."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", defer_build=True
    )

    def body(self) -> Body:
        """Return the JSON body; what is None is not sent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class JobParam(Wire):
    """Parameters of one job of an import."""

    name: str
    params: dict[str, str] | None = None


class Approver(Wire):
    """Who approves what is submitted."""

    approver_name: str


class Replacement(Wire):
    """A resource that the jobs name, and the one that takes its place."""

    name: str
    type: ResourceType
    replace: str | None = None


class ImportRequest(Wire):
    """Body of "importing a job". Source: page "Importing a Job", tables 2 to 5."""

    path: str
    params: dict[str, str] | None = None
    same_name_policy: SameNamePolicy
    jobs_param: list[JobParam] | None = None
    execute_user: str | None = None
    target_status: TargetStatus | None = None
    approvers: list[Approver] | None = None
    resources: list[Replacement] | None = None


class Subtask(Wire):
    """One part of an import. `name` is text for people in their language: never parsed."""

    name: str = ""
    status: str = ""
    message: str = ""

    @field_validator("name", "status", "message", mode="before")
    @classmethod
    def _null_is_empty(cls, value: Any) -> Any:
        return "" if value is None else value


class Task(Subtask):
    """An import under way, or done. Source: DataArts Factory API "Querying System Task Details"."""

    subtasks: list[Subtask] = Field(default_factory=list)

    @field_validator("subtasks", mode="before")
    @classmethod
    def _null_is_none_of_them(cls, value: Any) -> Any:
        return value or []


class FileEntry(Wire):
    """A job or script that the service sees in an archive."""

    name: str
    path: str | None = None


class FileContent(Wire):
    """Answer of "viewing a job file". Source: DataArts Factory API "Viewing a Job File"."""

    jobs: list[FileEntry] = Field(default_factory=list)
    scripts: list[FileEntry] = Field(default_factory=list)


class ExportRequest(Wire):
    """Body of "exporting a job". Source: DataArts Factory API "Exporting a Job"."""

    export_depend: bool = True
    export_status: ExportStatus = "DEVELOP"


class BatchExportRequest(ExportRequest):
    """Body of "batch exporting jobs". Source: DataArts Factory API "Batch Exporting Jobs"."""

    job_list: list[str] = Field(min_length=1, max_length=100)


class JobSummary(Wire):
    """A job in a list. Source: DataArts Factory API "Viewing a Job List", JobResult."""

    name: str
    job_type: str = "BATCH"
    status: str = ""

    @property
    def is_real_time(self) -> bool:
        """Say whether the job processes a stream and has no end of its own."""
        return self.job_type == "REAL_TIME"


class Instance(Wire):
    """A run of a batch job. What its type means is told nowhere but by its number: 2 is a manual run.

    Source: DataArts Factory API "Viewing a Job Instance List".
    """

    instance_id: int
    job_name: str
    status: str
    instance_type: int | None = None
    error_message: str | None = None
    version: int | None = None
    start_time: int | None = None
    end_time: int | None = None
