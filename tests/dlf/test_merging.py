"""An outside edit is taken into the source as far as it goes, and no farther."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.merging import taken_in

JOB: dict[str, Any] = {
    "name": "daily",
    "processType": "BATCH",
    "params": [{"name": "day", "value": "1"}],
    "basicConfig": {"priority": 1},
    "schedule": {"type": "CRON", "cron": {"expression": "0 30 2 * * ?"}},
    "nodes": [
        {"name": "load", "type": "CDMJob", "retryTimes": 2, "properties": [{"name": "clusterName", "value": "cdm"}]},
        {"name": "end", "type": "Dummy"},
    ],
}
BINDINGS = Bindings.of(
    {"params": {"day": "7", "extra": "x"}, "resources": [{"type": "CDM_CLUSTER", "name": "cdm", "replace": "cdm-dev"}]}
)


def standing() -> dict[str, Any]:
    """Return the job as the service tells it: bound, with numbers as texts and things of its own."""
    job = copy.deepcopy(BINDINGS.bound(JOB))
    job["basicConfig"]["priority"] = "1"
    return {**job, "version": "3", "owner": "somebody", "cleanOverdueDays": 60, "logPath": "obs://log/"}


def taken(edited: dict[str, Any]) -> dict[str, Any]:
    alternatives = {name: new for (_, name), new in BINDINGS.replacements.items()}
    return taken_in(JOB, BINDINGS.bound(JOB), edited, "job", alternatives)


def test_what_is_as_imported_changes_nothing_that_is_declared() -> None:
    assert {key: value for key, value in taken(standing()).items() if key in JOB} == JOB


def test_only_what_was_edited_is_taken() -> None:
    edited = standing()
    edited["schedule"]["cron"]["expression"] = "0 0 5 * * ?"
    edited["basicConfig"]["priority"] = "2"
    edited["nodes"][0]["retryTimes"] = "0"
    merged = taken(edited)
    assert merged["schedule"]["cron"]["expression"] == "0 0 5 * * ?"
    assert merged["basicConfig"] == {"priority": 2}
    assert merged["nodes"][0]["properties"] == [{"name": "clusterName", "value": "cdm"}]
    assert merged["params"] == JOB["params"]
    assert "logPath" not in merged
    assert BINDINGS.unlike(merged, edited) == []


@pytest.mark.parametrize("count", [1, 3])
def test_nodes_come_and_go(count: int) -> None:
    edited = standing()
    edited["nodes"] = [*edited["nodes"], {"name": "more", "type": "Dummy"}][:count]
    merged = taken(edited)
    assert [node["name"] for node in merged["nodes"]] == ["load", "end", "more"][:count]
    assert BINDINGS.unlike(merged, edited) == []


def test_what_nobody_declared_is_taken_where_nothing_else_was_edited() -> None:
    assert taken({**standing(), "description": "by hand"})["description"] == "by hand"
