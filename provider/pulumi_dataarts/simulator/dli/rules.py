"""What the body of a Flink job must be like, for creating, for updating and inside an archive.

Each field is one line of a table; what the tables do not name is kept out. A null counts as absent.

Source: DLI API "Creating a SQL Job", "Creating a Flink Jar Job". Not documented: what an unknown field does (it is
ignored), and the code of a faulty one (DLI.0001).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from pulumi_dataarts.simulator.dli.answers import INVALID, Refusal
from pulumi_dataarts.simulator.store import Document

# Says what a value must be, or nothing if it is.
_Rule: TypeAlias = Callable[[Any], str]

SQL_TYPES = ("flink_sql_job", "flink_opensource_sql_job")
JAR_TYPE = "flink_jar_job"
# Wire words of `checkpoint_mode`, by the number that create takes.
CHECKPOINT_MODES = {1: "exactly_once", 2: "at_least_once"}
# What may change while a job runs.
CHANGEABLE_RUNNING = frozenset(
    {
        "smn_topic",
        "restart_when_exception",
        "resume_checkpoint",
        "resume_max_num",
        "checkpoint_path",
        "obs_bucket",
    }
)


def _text(limit: int, *, least: int = 0) -> _Rule:
    def rule(value: Any) -> str:
        is_text = isinstance(value, str) and least <= len(value) <= limit
        return "" if is_text else f"a string of {least} to {limit} characters"

    return rule


def _bytes(limit: int) -> _Rule:
    def rule(value: Any) -> str:
        is_text = isinstance(value, str) and len(value.encode("utf-8", "surrogatepass")) <= limit
        return "" if is_text else f"a string of at most {limit} bytes in UTF-8"

    return rule


def _whole(low: int, high: int) -> _Rule:
    def rule(value: Any) -> str:
        is_whole = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return "" if is_whole else f"a whole number from {low} to {high}"

    return rule


def _one_of(*choices: Any) -> _Rule:
    def rule(value: Any) -> str:
        return "" if not isinstance(value, bool) and value in choices else f"one of {choices}"

    return rule


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _texts(value: Any) -> str:
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return "" if is_list else "a list of strings"


def _tags(value: Any) -> str:
    is_list = isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("key"), str) for item in value
    )
    return "" if is_list else "a list of tags, each with its key"


def _dirty_data(value: Any) -> str:
    is_strategy = isinstance(value, str) and re.fullmatch(r"0|1|2:.+", value) is not None
    return "" if is_strategy else "0, 1 or 2:<folder in OBS>"


def _object(value: Any) -> str:
    return "" if isinstance(value, dict) else "an object"


_SHORT, _LONG = _text(1024), _text(1024 * 1024)
_SHARED: dict[str, _Rule] = {
    "name": _text(57, least=1),
    "desc": _text(512),
    "queue_name": _text(128),
    "cu_number": _whole(2, 400),
    "manager_cu_number": _whole(1, 400),
    "parallel_number": _whole(1, 2000),
    "tm_cus": _whole(1, 400),
    "tm_slot_num": _whole(0, 2000),
    "checkpoint_enabled": _flag,
    "checkpoint_mode": _one_of(*CHECKPOINT_MODES, *CHECKPOINT_MODES.values()),
    "checkpoint_interval": _whole(0, 2**31),
    "obs_bucket": _SHORT,
    "log_enabled": _flag,
    "smn_topic": _SHORT,
    "restart_when_exception": _flag,
    "resume_checkpoint": _flag,
    "resume_max_num": _whole(-1, 2**31),
    "runtime_config": _LONG,
    "flink_log_config": _LONG,
    "flink_version": _SHORT,
    "execution_agency_urn": _SHORT,
    "resource_config_version": _one_of("v1", "v2"),
    "resource_config": _object,
    "tags": _tags,
}
_SQL: dict[str, _Rule] = {
    **_SHARED,
    "job_type": _one_of(*SQL_TYPES),
    "template_id": _whole(0, 2**31),
    "sql_body": _bytes(1024 * 1024),
    "run_mode": _one_of("shared_cluster", "exclusive_cluster", "edge_node"),
    "idle_state_retention": _whole(0, 2**31),
    "edge_group_ids": _texts,
    "dirty_data_strategy": _dirty_data,
    "udf_jar_url": _SHORT,
    "operator_config": _LONG,
    "static_estimator_config": _LONG,
}
_JAR: dict[str, _Rule] = {
    **_SHARED,
    "job_type": _one_of(JAR_TYPE),
    "main_class": _SHORT,
    "entrypoint": _SHORT,
    "entrypoint_args": _LONG,
    "dependency_jars": _texts,
    "dependency_files": _texts,
    "checkpoint_path": _SHORT,
    "feature": _one_of("basic", "custom"),
    "image": _SHORT,
}


FIELDS = tuple({**_SQL, **_JAR})


def known(body: Document, *, is_jar: bool) -> Document:
    """Return the fields that the create call of this kind of job knows, without nulls."""
    return {key: body[key] for key in (_JAR if is_jar else _SQL) if body.get(key) is not None}


def checked(body: Document, *, is_jar: bool, is_new: bool = True) -> Document:
    """Return the known fields of a body, with `checkpoint_mode` as its number.

    Args:
        body: of a create or update call, or of a job in an archive.
        is_jar: the job is a jar job, not an SQL job.
        is_new: the job is to be created, so it needs a name.

    Raises:
        Refused: DLI.0001, with the first fault.
    """
    rules = _JAR if is_jar else _SQL
    fields = known(body, is_jar=is_jar)
    if is_new and "name" not in fields:
        raise Refusal(INVALID, "The parameter name is required.")
    for key, value in fields.items():
        if wanted := rules[key](value):
            raise Refusal(INVALID, f"The parameter {key} must be {wanted}.")
    numbers = {word: number for number, word in CHECKPOINT_MODES.items()}
    if "checkpoint_mode" in fields:
        fields["checkpoint_mode"] = numbers.get(fields["checkpoint_mode"], fields["checkpoint_mode"])
    return fields


def check_together(job: Document) -> None:
    """Refuse settings of a whole job that exclude each other.

    Source: DLI API "Creating a SQL Job": shared_cluster requires flink_sql_job.
    """
    if job["run_mode"] == "shared_cluster" and job["job_type"] != "flink_sql_job":
        raise Refusal(INVALID, "Jobs of this type cannot run in shared_cluster mode.")
    if job["manager_cu_number"] >= job["cu_number"]:
        raise Refusal(INVALID, "The parameter cu_number must be larger than manager_cu_number.")
