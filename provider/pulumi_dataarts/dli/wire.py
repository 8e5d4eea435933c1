"""The bodies of DLI's Flink job calls as they travel, and what of a job is compared.

A job is written flat (`JobBody`) and read back nested (`FlinkJob.job_config`), with defaults filled in and some values
spelled differently; `comparable` brings both to one form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

_MODES = {1: "exactly_once", 2: "at_least_once", "1": "exactly_once", "2": "at_least_once"}
_DIGESTED = ("sql_body", "runtime_config", "operator_config", "static_estimator_config", "entrypoint_args")
_JSON_TEXTS = ("runtime_config", "operator_config", "static_estimator_config")
_SQL_MAX_BYTES = 1024 * 1024
_UNORDERED = ("tags", "edge_group_ids")
_DEFAULTS: Mapping[str, JsonValue] = {
    "run_mode": "shared_cluster",
    "cu_number": 2,
    "manager_cu_number": 1,
    "parallel_number": 1,
    "tm_cus": 1,
    "checkpoint_enabled": False,
    "checkpoint_mode": "exactly_once",
    "checkpoint_interval": 10,
    "log_enabled": False,
    "restart_when_exception": False,
    "resume_checkpoint": False,
    "resume_max_num": -1,
    "idle_state_retention": 3600,
    "dirty_data_strategy": "0",
    "resource_config_version": "v1",
}
"""What a null in an answer stands for. Source: DLI API "Creating a SQL Job", table 2."""


def _mode(mode: Any) -> Any:
    return _MODES.get(mode, mode) if isinstance(mode, int | str) else mode


def _sql(text: str) -> str:
    if len(text.encode()) > _SQL_MAX_BYTES:
        raise ValueError(f"the SQL must have at most {_SQL_MAX_BYTES} bytes in UTF-8")
    return text


class JobTag(BaseModel):
    """A tag given at creation; details do not tell tags."""

    model_config = ConfigDict(extra="forbid", defer_build=True)
    key: Annotated[str, Field(min_length=1, max_length=128)]
    value: Annotated[str, Field(max_length=255)]


class JobBody(BaseModel):
    """The body that creates a SQL job or a jar job, which an archive's entries hold too.

    Source: DLI API "Creating a SQL Job", "Creating a Flink Jar Job".
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    name: Annotated[str, Field(min_length=1, max_length=57)]
    desc: Annotated[str, Field(max_length=512)] | None = None
    job_id: int | None = None
    job_type: Literal["flink_sql_job", "flink_opensource_sql_job", "flink_jar_job"] | None = None
    run_mode: Literal["shared_cluster", "exclusive_cluster", "edge_node"] | None = None
    queue_name: Annotated[str, Field(max_length=128)] | None = None
    template_id: int | None = None
    sql_body: Annotated[str, AfterValidator(_sql)] | None = None
    main_class: str | None = None
    entrypoint: str | None = None
    entrypoint_args: str | None = None
    dependency_jars: list[str] | None = None
    dependency_files: list[str] | None = None
    cu_number: Annotated[int, Field(ge=2, le=400)] | None = None
    manager_cu_number: Annotated[int, Field(ge=1)] | None = None
    parallel_number: Annotated[int, Field(ge=1, le=2000)] | None = None
    tm_cus: Annotated[int, Field(ge=1)] | None = None
    tm_slot_num: Annotated[int, Field(ge=1)] | None = None
    checkpoint_enabled: bool | None = None
    checkpoint_mode: Annotated[Literal["exactly_once", "at_least_once"] | None, BeforeValidator(_mode)] = None
    checkpoint_interval: Annotated[int, Field(ge=0)] | None = None
    checkpoint_path: str | None = None
    obs_bucket: str | None = None
    log_enabled: bool | None = None
    smn_topic: str | None = None
    restart_when_exception: bool | None = None
    resume_checkpoint: bool | None = None
    resume_max_num: Annotated[int, Field(ge=-1)] | None = None
    idle_state_retention: Annotated[int, Field(ge=0)] | None = None
    edge_group_ids: list[str] | None = None
    dirty_data_strategy: Annotated[str, Field(pattern=r"^([01]|2:.+)$")] | None = None
    udf_jar_url: str | None = None
    runtime_config: str | None = None
    operator_config: str | None = None
    static_estimator_config: str | None = None
    flink_version: str | None = None
    flink_log_config: JsonValue = None
    feature: Literal["basic", "custom"] | None = None
    image: str | None = None
    execution_agency_urn: str | None = None
    resource_config_version: Literal["v1", "v2"] | None = None
    resource_config: dict[str, JsonValue] | None = None
    tags: list[JobTag] | None = None

    @model_validator(mode="after")
    def _runs_where_its_type_may(self) -> JobBody:
        if self.run_mode == "shared_cluster" and self.job_type not in (None, "flink_sql_job"):
            raise ValueError("run_mode shared_cluster requires job_type flink_sql_job")
        return self


class FlinkJob(BaseModel):
    """A job as a detail, or a list with `show_detail`, tells it.

    Source: DLI API "Querying Job Details", tables 3 and 4.
    """

    model_config = ConfigDict(extra="allow", defer_build=True)

    job_id: int
    name: str
    status: str
    status_desc: str | None = None
    job_config: dict[str, JsonValue] | None = None

    def settings(self) -> dict[str, Any]:
        """Return what the answer tells of the fields of `JobBody`, flat; null where it is null."""
        told = {**self.model_dump(), **(self.job_config or {})}
        return {name: told[name] for name in JobBody.model_fields if name in told}


class JobPage(BaseModel):
    """One page of a list; `total_count` counts the jobs of all pages."""

    total_count: int = 0
    jobs: list[FlinkJob] = []


class JobMapping(BaseModel):
    """What became of one job of an imported archive; `new_job_id` is -1 where its name was taken.

    The ids are numbers on the wire and strings in the page's own example.
    """

    old_job_id: int | None = None
    new_job_id: int
    remark: str | None = None


def comparable(body: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return a job's settings in the form in which they are compared and kept in the state.

    Long texts become digests, however a JSON text is laid out; modes become their names, nulls the documented defaults,
    empty texts and lists nothing; tags and edge groups have no order. `name` and `job_id` are left out: they say which
    job it is, not how it is set up.
    """
    settings: dict[str, JsonValue] = {}
    for name, value in body.items():
        value = _DEFAULTS.get(name) if value is None else value
        if name in {"name", "job_id"} or value in (None, "", []):
            continue
        settings[name] = _comparable(name, value)
    return settings


def is_default(name: str, value: JsonValue) -> bool:
    """Say whether a compared setting is what stands where nothing was declared."""
    return value is None or value == _DEFAULTS.get(name)


def _comparable(name: str, value: Any) -> JsonValue:
    if name in _JSON_TEXTS:
        value = _without_layout(str(value))
    if name in _DIGESTED:
        return f"sha256:{hashlib.sha256(str(value).encode()).hexdigest()}"
    if name in _UNORDERED and isinstance(value, list):
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
    compared: JsonValue = _mode(value) if name == "checkpoint_mode" else value
    return compared


def _without_layout(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text
