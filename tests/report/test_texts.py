"""The changed texts of bundles in a plan: only where the one before is provably the one that stands, never a secret."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.dli import archive as flink
from pulumi_dataarts.engine.events import StepReport
from pulumi_dataarts.model.diffs import diff
from pulumi_dataarts.model.plans import Plan, TextChange
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.report.masking import Mask
from pulumi_dataarts.report.texts import NOT_AT_HAND, TOO_LONG, Sources, with_texts
from tests.report.samples import plan, step, urn

CANARY = "canary-hunter2"
SCRIPT = {"type": "DLISQL", "directory": "/x", "connectionName": "c", "database": "d", "queueName": "q"}
NODE = {
    "name": "n",
    "type": "DLISQL",
    "location": {"x": "0", "y": "0"},
    "preNodeName": [],
    "properties": [{"name": "scriptName", "value": "totals"}, {"name": "database", "value": "d"}],
}
JOB = {"processType": "BATCH", "schedule": {"type": "EXECUTE_ONCE"}, "nodes": [NODE], "directory": "/x"}


class Project:
    """A program's folder with a bundle, and the folder of archives built before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.builds = path / ".build"
        self.builds.mkdir()
        for folder in ("jobs", "scripts"):
            (path / "bundle" / folder).mkdir(parents=True)
        (path / "bundle/jobs/daily.job").write_text(json.dumps(JOB))
        (path / "bundle/scripts/totals.script").write_text(json.dumps(SCRIPT))
        self.write("select 1\n")

    def write(self, sql: str) -> None:
        (self.path / "bundle/scripts/totals.sql").write_text(sql)

    def inputs(self) -> dict[str, Any]:
        digests = read_source(self.path / "bundle").digests()
        return {"bundle": "bundle", "path": "obs://bucket/x.zip", "jobs": digests.jobs, "scripts": digests.scripts}

    def archived(self, *, keep: bool = True) -> str:
        data = read_source(self.path / "bundle").to_zip()
        sha256 = hashlib.sha256(data).hexdigest()
        if keep:
            (self.builds / f"{sha256}.zip").write_bytes(data)
        return sha256

    def texts(
        self, type: str, before: dict[str, Any], facts: dict[str, Any], after: dict[str, Any]
    ) -> list[TextChange]:
        name = urn(type, "x")
        old = ResourceState(name, type, custom=True, inputs=before, outputs={**before, **facts})
        new = ResourceState(name, type, custom=True, inputs=after)
        fields = [
            {"path": change.text, "kind": change.kind.value, "old": change.old, "new": change.new}
            for change in diff(before, after)
        ]
        made: Plan = plan(step(type, "x", "update", fields=fields))
        report = StepReport(name, type, "x", "update", old, new)
        return with_texts(made, [report], Sources(self.path, self.builds), Mask([CANARY])).steps[0].texts


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def changed(project: Project, sql: str, *, keep: bool = True, sha256: str = "") -> list[TextChange]:
    before, archive = project.inputs(), project.archived(keep=keep)
    project.write(sql)
    return project.texts("dlf:JobImport", before, {"archive_sha256": sha256 or archive}, project.inputs())


def test_a_changed_script_comes_with_the_text_before(project: Project) -> None:
    (text,) = changed(project, "select 2\n")
    assert text == TextChange(name="scripts/totals", old="select 1\n", new="select 2\n")


def test_a_job_that_changed_only_by_its_script_is_not_repeated(project: Project) -> None:
    assert [text.name for text in changed(project, "select 2\n")] == ["scripts/totals"]


def test_without_the_archive_before_the_plan_says_so(project: Project) -> None:
    texts = changed(project, "select 2\n", keep=False)
    assert {text.name: text.note for text in texts} == {"jobs/daily": NOT_AT_HAND, "scripts/totals": NOT_AT_HAND}
    assert all(text.old is None for text in texts)


def test_an_archive_that_is_not_the_one_that_stands_is_not_shown(project: Project) -> None:
    other = project.builds / f"{'0' * 64}.zip"
    project.archived()
    other.write_bytes(next(project.builds.glob("*.zip")).read_bytes())
    assert {text.note for text in changed(project, "select 2\n", sha256="0" * 64)} == {NOT_AT_HAND}


def test_a_secret_in_a_script_is_hidden_on_both_sides(project: Project) -> None:
    project.write(f"set pw = '{CANARY}';\n")
    (text,) = changed(project, f"set pw = '{CANARY}'; select 2;\n")
    assert CANARY not in text.model_dump_json()
    assert "[secret]" in (text.old or "")


def test_a_text_that_is_too_long_is_left_out(project: Project) -> None:
    (text,) = changed(project, "select 2;\n" * 20_000)
    assert (text.note, text.new) == (TOO_LONG, None)


def test_a_bundle_that_cannot_be_read_is_no_reason_to_fail(project: Project) -> None:
    before = project.inputs()
    after = {**before, "bundle": "nosuch", "scripts": {}}
    assert project.texts("dlf:JobImport", before, {"archive_sha256": "x"}, after) == []


def test_flink_sql_is_shown_if_the_body_is_the_one_in_the_state(project: Project) -> None:
    def built(name: str, sql: str) -> dict[str, Any]:
        data = flink.build({"alerts": {"name": "alerts", "job_type": "flink_opensource_sql_job", "sql_body": sql}})
        (project.path / name).write_bytes(data)
        return {"archive": name, "zip_file": "bucket/x.zip", "jobs": flink.load(project.path / name).settings()}

    before, after = built("old.zip", "select 1"), built("new.zip", "select 2")
    (text,) = project.texts("dli:FlinkJobImport", before, {}, after)
    assert (text.name, text.old, text.new) == ("jobs/alerts", "select 1", "select 2")
    (project.path / "old.zip").write_bytes((project.path / "new.zip").read_bytes())
    (text,) = project.texts("dli:FlinkJobImport", before, {}, after)
    assert (text.old, text.note) == (None, NOT_AT_HAND)
