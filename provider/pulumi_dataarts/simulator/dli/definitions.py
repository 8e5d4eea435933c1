"""A Flink job's settings in their three shapes: flat as kept, nested as read back, flat in an archive. Pure.

Source: DLI API "Creating a SQL Job", "Creating a Flink Jar Job", "Querying Job Details". Create's two defaults for
`run_mode` (shared_cluster) and `job_type` (flink_opensource_sql_job) exclude each other: without a run mode, only a
flink_sql_job is shared here.
"""

from __future__ import annotations

from typing import Any

from pulumi_dataarts.simulator.dli import rules
from pulumi_dataarts.simulator.store import Document

_DEFAULTS: Document = {
    "desc": "",
    "queue_name": "",
    "sql_body": "",
    "cu_number": 2,
    "manager_cu_number": 1,
    "parallel_number": 1,
    "tm_cus": 1,
    "checkpoint_enabled": False,
    "checkpoint_mode": 1,
    "checkpoint_interval": 10,
    "log_enabled": False,
    "restart_when_exception": False,
    "resume_checkpoint": False,
    "resume_max_num": -1,
    "idle_state_retention": 3600,
    "resource_config_version": "v1",
}
# Filled in for a job that says nothing of them, in the detail answer only.
_NEVER_SET: Document = {
    "root_id": -1,
    "graph_editor_enabled": False,
    "graph_editor_data": "",
    "executor_number": None,
    "executor_cu_number": None,
    "config_url": None,
}
_TOP_KEYS = ("name", "desc", "queue_name", "sql_body", "run_mode", "job_type", "main_class", "entrypoint_args")
_NOT_SHOWN = ("tags", "template_id")
_CONFIG_KEYS = tuple(key for key in rules.FIELDS if key not in _TOP_KEYS + _NOT_SHOWN)


def completed(fields: Document, *, is_jar: bool) -> Document:
    """Return the settings of a new job: what was told, and defaults for the rest."""
    job = {**_DEFAULTS, **fields}
    job.setdefault("job_type", rules.JAR_TYPE if is_jar else "flink_opensource_sql_job")
    is_shared = job["job_type"] == "flink_sql_job"
    job.setdefault("run_mode", "shared_cluster" if is_shared else "exclusive_cluster")
    if not is_jar:
        job.setdefault("dirty_data_strategy", "0")
    if not job.get("tm_slot_num"):
        room = max(1, job["cu_number"] - job["manager_cu_number"])
        job["tm_slot_num"] = max(1, job["parallel_number"] * job["tm_cus"] // room)
    return job


def shown_config(settings: Document) -> Document:
    """Return the `job_config` of the detail answer."""
    mode = rules.CHECKPOINT_MODES[settings["checkpoint_mode"]]
    return {**_NEVER_SET, **_picked(settings, _CONFIG_KEYS), "checkpoint_mode": mode}


def shown_top(settings: Document) -> Document:
    """Return the settings that stand beside `job_config` in the detail answer."""
    return _picked(settings, _TOP_KEYS)


def _picked(settings: Document, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: settings.get(key) for key in keys}
