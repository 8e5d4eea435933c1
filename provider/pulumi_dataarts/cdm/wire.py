"""CDM's bodies as they travel: the service's own spelling, and nowhere else.

Source: CDM API "Creating a Job in a Specified Cluster", the pages of job operations, the pages of links.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

COUNTERS: Final = "org.apache.sqoop.submission.counter.SqoopCounters"


class Wire(BaseModel):
    """Base of all bodies. What no page names is left out when reading."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, defer_build=True)

    def body(self) -> dict[str, Any]:
        """Return the body as it travels; what is None is absent."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Input(Wire):
    """One input; `name` has its group's prefix. `values`, where it is read, are the choices, not the value."""

    name: str
    value: Any = Field(default=None, repr=False)
    sensitive: Annotated[bool | None, Field(exclude=True)] = None


def _listed(inputs: Any) -> Any:
    """An empty group may be `{}` instead of `[]`."""
    return [] if inputs in ({}, None) else inputs


class Config(Wire):
    """One group of inputs."""

    name: str
    inputs: Annotated[list[Input], BeforeValidator(_listed)] = []


class ConfigValues(Wire):
    """All groups of one side of a job, of its driver, or of a link."""

    configs: list[Config] = []


class LinkBody(Wire):
    """A link."""

    name: str
    connector_name: str = Field(alias="connector-name")
    link_config_values: ConfigValues = Field(alias="link-config-values", default_factory=ConfigValues)
    enabled: bool | None = None


class JobBody(Wire):
    """A job. `status` and the dates are the service's own and are never sent."""

    name: str
    job_type: str = "NORMAL_JOB"
    from_connector_name: str = Field(alias="from-connector-name")
    from_link_name: str | None = Field(alias="from-link-name", default=None)
    from_config_values: ConfigValues = Field(alias="from-config-values", default_factory=ConfigValues)
    to_connector_name: str | None = Field(alias="to-connector-name", default=None)
    to_link_name: str | None = Field(alias="to-link-name", default=None)
    to_config_values: ConfigValues = Field(alias="to-config-values", default_factory=ConfigValues)
    driver_config_values: ConfigValues = Field(alias="driver-config-values", default_factory=ConfigValues)
    enabled: bool | None = None
    status: str | None = None
    creation_date: int | None = Field(alias="creation-date", default=None)
    update_date: int | None = Field(alias="update-date", default=None)


class JobPage(Wire):
    """One page of jobs. `total` is 0 for a single one."""

    jobs: list[JobBody] = []
    total: int = 0


class LinkPage(Wire):
    """The answer to reading one link."""

    links: list[LinkBody] = []


class Counters(Wire):
    """What a run has moved. -1 where the engine does not know."""

    rows_read: int | None = Field(alias="ROWS_READ", default=None)
    rows_written: int | None = Field(alias="ROWS_WRITTEN", default=None)
    files_read: int | None = Field(alias="FILES_READ", default=None)
    files_written: int | None = Field(alias="FILES_WRITTEN", default=None)
    bytes_read: int | None = Field(alias="BYTES_READ", default=None)
    bytes_written: int | None = Field(alias="BYTES_WRITTEN", default=None)

    def known(self) -> dict[str, int]:
        """Return the counters that say something, by field name."""
        return {name: value for name, value in self.model_dump(exclude_none=True).items() if value >= 0}


class Submission(Wire):
    """One run of a job. Dates are numbers, or numbers in strings, in milliseconds."""

    submission_id: int | None = Field(alias="submission-id", default=None)
    status: str = ""
    progress: float | None = None
    write_rows: int | None = None
    creation_date: int | None = Field(alias="creation-date", default=None)
    execute_date: int | None = Field(alias="execute-date", default=None)
    last_update_date: int | None = Field(alias="last-update-date", default=None)
    error_summary: str = Field(alias="error-summary", default="")
    error_details: str = Field(alias="error-details", default="")
    counters: dict[str, Counters] | None = None

    @property
    def began_ms(self) -> int | None:
        """When it was started."""
        return self.execute_date or self.creation_date

    def moved(self) -> dict[str, int]:
        """Return the counters that say something, by name: `rows_written` and so on."""
        return self.counters[COUNTERS].known() if self.counters and COUNTERS in self.counters else {}


class Submissions(Wire):
    """Runs; of a status call, the last one alone."""

    submissions: list[Submission] = []


class ClusterSummary(Wire):
    """One cluster of the project. Source: CDM API "Querying the Cluster List"."""

    id: str
    name: str = ""


class Clusters(Wire):
    """The clusters of the project."""

    clusters: list[ClusterSummary] = []
