"""What the stack's bindings make of an import: replacements, parameters, and names an import cannot replace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf.environments import bound, in_place
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.bindings import LOGICAL, parse

NODES = [
    {"name": "load", "type": "CDMJob", "properties": [{"name": "clusterName", "value": "cdm"}]},
    {"name": "sum", "type": "DWSSQL", "properties": [{"name": "connectionName", "value": "dws"}]},
    {"name": "ship", "type": "Shell", "properties": [{"name": "connectionName", "value": "host"}]},
]
EMPTY = dict.fromkeys(("bundle", "resources", "params", "jobs_param", "approvers", "target_status", "keep_schedule"))


def job(name: str, **more: Any) -> dict[str, Any]:
    location = {"x": "0", "y": "0"}
    nodes = [{**node, "location": location, "preNodeName": []} for node in NODES]
    return {"name": name, "processType": "BATCH", "schedule": {"type": "EXECUTE_ONCE"}, "nodes": nodes, **more}


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "a/jobs").mkdir(parents=True)
    (tmp_path / "a/scripts").mkdir()
    (tmp_path / "a/jobs/daily.job").write_text(json.dumps(job("daily", params=[{"name": "day", "value": "1"}])))
    (tmp_path / "a/jobs/weekly.job").write_text(json.dumps(job("weekly", params=[{"name": "day", "value": "7"}])))
    script = {"name": "sql", "type": "DLISQL", "connectionName": "dli", "queueName": "etl", "content": "SELECT 1"}
    (tmp_path / "a/scripts/sql.script").write_text(json.dumps(script))
    monkeypatch.chdir(tmp_path)
    return "a"


def test_without_bindings_nothing_is_added(bundle: str):
    for text in (None, LOGICAL):
        assert bound({**EMPTY, "bundle": bundle}, parse(text)) == {**EMPTY, "bundle": bundle}


def test_what_an_import_can_replace_is_left_to_it(bundle: str):
    here = parse('{"clusters": {"cdm": {"name": "cdm-prod", "id": "1"}}, "connections": {"dws": "dws_prod"}}')
    found = bound({**EMPTY, "bundle": bundle}, here)
    assert found["bundle"] == bundle
    assert found["resources"] == [
        {"name": "cdm", "type": "CDM_CLUSTER", "replace": "cdm-prod"},
        {"name": "dws", "type": "DWS_CONNECTION", "replace": "dws_prod"},
    ]


def test_other_names_are_written_into_the_bundle(bundle: str):
    here = parse('{"connections": {"host": "bastion", "dli": "dli_prod"}, "queues": {"etl": "etl_prod"}}')
    found = bound({**EMPTY, "bundle": bundle}, here)
    written = read_source(found["bundle"])
    assert written == in_place(read_source(bundle), here)
    assert (written.scripts["sql"]["connectionName"], written.scripts["sql"]["queueName"]) == ("dli_prod", "etl_prod")
    assert written.jobs["daily"]["nodes"][2]["properties"][0]["value"] == "bastion"
    assert written.jobs["daily"]["nodes"][1]["properties"][0]["value"] == "dws"


def test_parameters_reach_the_jobs_that_declare_them(bundle: str):
    here = parse('{"parameters": {"daily": {"day": "2"}, "elsewhere": {"x": "1"}, "undeclared": "1"}}')
    found = bound({**EMPTY, "bundle": bundle}, here)
    assert found["jobs_param"] == [{"name": "daily", "params": {"day": "2"}}]
    assert not found["params"]


def test_a_parameter_that_jobs_declare_with_different_values_is_ambiguous(bundle: str):
    with pytest.raises(ConfigError, match=r"parameter 'day' is ambiguous: jobs daily, weekly") as caught:
        bound({**EMPTY, "bundle": bundle}, parse('{"parameters": {"day": "2"}}'))
    assert "parameters: {daily: {day: …}}" in caught.value.hint


def test_a_name_of_two_types_is_ambiguous(bundle: str, tmp_path: Path):
    other = {**NODES[1], "type": "HiveSQL", "location": {"x": "0", "y": "0"}, "preNodeName": []}
    (tmp_path / "a/jobs/third.job").write_text(json.dumps(job("third") | {"nodes": [other]}))
    with pytest.raises(ConfigError, match="'dws' is ambiguous: job daily, node sum means a DWS_CONNECTION, job third"):
        bound({**EMPTY, "bundle": bundle}, parse('{"connections": {"dws": "x"}}'))


def test_who_approves_and_the_status_come_from_the_environment_unless_said(bundle: str):
    here = parse('{"approvers": ["li"], "targetStatus": "SUBMITTED", "schedules": "paused"}')
    found = bound({**EMPTY, "bundle": bundle}, here)
    assert (found["approvers"], found["target_status"], found["keep_schedule"]) == (["li"], "SUBMITTED", False)
    said = {**EMPTY, "approvers": [], "target_status": "SAVED", "keep_schedule": True}
    found = bound(said, here)
    assert (found["approvers"], found["target_status"], found["keep_schedule"]) == ([], "SAVED", True)
