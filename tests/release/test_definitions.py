"""What a program declares becomes definitions without an environment in them, needs with places, and differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.errors import ConfigError, PlanError
from pulumi_dataarts.model.values import UNKNOWN, Secret
from pulumi_dataarts.release.archive import Release
from pulumi_dataarts.release.comparing import compare
from pulumi_dataarts.release.definitions import Declared, definitions_of
from pulumi_dataarts.release.manifest import Content, EntryKind, Manifest, Provenance, entries_of
from pulumi_dataarts.release.needs import needs_of

JOB: dict[str, Any] = {
    "cluster_id": "cdm-orders",
    "name": "full",
    "job_type": "NORMAL_JOB",
    "from_connector": "generic-jdbc-connector",
    "from_link": "shop",
    "from_config": {"tableName": "orders"},
    "from_secrets": Secret({"dek": "hunter2"}),
    "to_connector": "obs-connector",
    "to_link": "lake",
    "to_config": {"bucketName": "landing"},
    "adopt": False,
    "__provider": "pickled",
}
NODE = {
    "name": "sum",
    "type": "DWSSQL",
    "properties": [{"name": "connectionName", "value": "dws"}, {"name": "scriptName", "value": "totals"}],
}
LOAD = {"name": "load", "type": "CDMJob", "properties": [{"name": "clusterName", "value": "cdm-orders"}]}
SPARK = {"name": "train", "type": "DLISpark", "properties": [{"name": "clusterName", "value": "gpu"}]}
LIVE = {"name": "live", "type": "Dummy", "properties": [], "eventTrigger": {"eventType": "DIS", "channel": "clicks"}}
DAILY = {
    "name": "daily",
    "processType": "BATCH",
    "schedule": {"type": "EXECUTE_ONCE"},
    "params": [{"name": "day", "value": ""}, {"name": "limit", "value": "5"}],
    "nodes": [{**node, "location": {"x": "0", "y": "0"}, "preNodeName": []} for node in (LOAD, NODE, SPARK, LIVE)],
}
TOTALS = {"name": "totals", "type": "DWSSQL", "connectionName": "dws", "content": "SELECT 1;\nSELECT 2;"}
ALERTS = {"name": "alerts", "job_type": "flink_opensource_sql_job", "queue_name": "etl", "job_id": 7, "sql_body": "x"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    files = {
        "bundles/a/jobs/daily.job": json.dumps(DAILY, indent=1),
        "bundles/a/scripts/totals.script": json.dumps(TOTALS, indent=1),
        "flink/jobs/alerts.json": json.dumps(ALERTS),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


DECLARED = (
    Declared("cdm:Link", "shop", {"name": "shop"}),
    Declared("cdm:Job", "full", JOB),
    Declared("dlf:JobImport", "factory", {"bundle": "bundles/a"}),
    Declared("dli:FlinkJobImport", "streams", {"archive": "flink"}),
    Declared("obs:Bucket", "lake", {"bucket": "lake"}),
)


def test_each_job_script_and_flink_job_is_a_file_without_secrets(program: Path):
    files = definitions_of(DECLARED, program).files()
    assert {path: kind for path, (kind, _, _) in files.items()} == {
        "content/cdm-job/full/full.json": "cdm-job",
        "content/dlf-job/factory/daily.json": "dlf-job",
        "content/dlf-script/factory/totals.json": "dlf-script",
        "content/flink-job/streams/alerts.json": "flink-job",
    }
    job = json.loads(files["content/cdm-job/full/full.json"][2])
    assert job["to_config"] == {"bucketName": "landing"}
    assert not {"from_secrets", "adopt", "__provider"} & job.keys()
    assert "job_id" not in json.loads(files["content/flink-job/streams/alerts.json"][2])
    assert b"hunter2" not in b"".join(data for _, _, data in files.values())


def test_needs_are_what_the_program_does_not_bring_with_their_lines(program: Path):
    text = (program / "bundles/a/jobs/daily.job").read_text()
    files = {"stacks/bundles/a/jobs/daily.job": text.encode()}
    needs = needs_of(definitions_of(DECLARED, program), DECLARED, files, "stacks/")
    found = {(need.kind, need.name, need.type): need.used_by for need in needs}
    assert found.keys() == {
        ("bucket", "landing", ""),
        ("cluster", "cdm-orders", "CDM_CLUSTER"),
        ("connection", "dws", ""),
        ("connection", "dws", "DWS_CONNECTION"),
        ("link", "lake", ""),
        ("parameter", "daily.day", ""),
        ("parameter", "daily.limit", "HAS_VALUE"),
        ("queue", "etl", ""),
        ("queue", "gpu", ""),
        ("stream", "clicks", ""),
    }
    (place,) = found["connection", "dws", "DWS_CONNECTION"]
    line = int(place.rpartition(":")[2].rstrip(")"))
    assert place.startswith("job daily, node sum (stacks/bundles/a/jobs/daily.job:")
    assert '"dws"' in text.splitlines()[line - 1]
    assert found["cluster", "cdm-orders", "CDM_CLUSTER"][0] == "CDM job full"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (Declared("cdm:Job", "full", {**JOB, "to_config": {"bucketName": UNKNOWN}}), "to_config is known only after"),
        (Declared("dlf:JobImport", "factory", {"path": "obs://b/x.zip"}), "has no bundle"),
        (Declared("dli:FlinkJobImport", "streams", {"zip_file": "b/x.zip"}), "has no archive"),
    ],
)
def test_what_a_release_cannot_hold_is_refused(program: Path, item: Declared, said: str):
    with pytest.raises(PlanError, match=said):
        definitions_of([item], program)


def test_sources_with_mistakes_are_refused(program: Path):
    (program / "flink/jobs/alerts.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"alerts\.json"):
        definitions_of(DECLARED, program)


def of(files: dict[str, tuple[EntryKind, str, bytes]]) -> Release:
    content = Content(project="p", entries=entries_of(files))
    manifest = Manifest.of(content, Provenance(created="2026-11-01T00:00:00Z"))
    return Release(manifest, {path: data for path, (_, _, data) in files.items()})


def test_a_difference_is_told_by_the_line_of_sql(program: Path):
    before = of(definitions_of(DECLARED, program).files())
    changed = {**TOTALS, "content": "SELECT 1;\nSELECT 3;"}
    (program / "bundles/a/scripts/totals.script").write_text(json.dumps(changed))
    (program / "flink/jobs/more.json").write_text(json.dumps({**ALERTS, "name": "more"}))
    after = of(definitions_of(DECLARED, program).files())
    found = compare(before, after)
    assert [(change.kind, change.name, change.op) for change in found.changes] == [
        ("dlf-script", "totals", "changed"),
        ("flink-job", "more", "added"),
    ]
    lines = found.changes[0].lines
    assert [line for line in lines if line[0] in "+-"] == ["-  SELECT 2;", "+  SELECT 3;"]
    assert compare(before, before).changes == ()


def test_a_file_that_is_no_text_is_told_without_lines():
    old, new = (of({"program/x.bin": ("file", "x.bin", bytes([number, 0, 255]))}) for number in (1, 2))
    (change,) = compare(old, new).changes
    assert (change.op, change.lines) == ("changed", ())
