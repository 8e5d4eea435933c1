"""What a look found becomes a patch: of the configuration, of the file that is uploaded; and what does not says why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.engine.events import Outcome, StepReport
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.report.planning import Context, plan_of
from pulumi_dataarts.report.writeback.drafts import Draft
from pulumi_dataarts.report.writeback.edits import Project
from pulumi_dataarts.report.writeback.taking import WriteBack, written_back
from tests.lives import open_at

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

PROGRAM = """\
import pulumi
from pulumi_dataarts import obs
config = pulumi.Config()
obs.Bucket("raw", bucket="lake-raw", storage_class=config.require("class"), tags={"a": "b"})
obs.Object("rates", bucket="lake-raw", key="rates.csv", source="data/rates.csv")
"""


def found(type: str, name: str, line: int, old: dict[str, Any], new: dict[str, Any] | None, **paths: str) -> StepReport:
    urn = f"urn:pulumi:dev::lake::pulumi-python:dynamic/{type}::{name}"
    full = f"pulumi-python:dynamic/{type}"
    before = ResourceState(urn, full, custom=True, outputs=old, source_position=f"project:///main.py#{line}")
    after = None if new is None else ResourceState(urn, full, custom=True, outputs=new)
    result = "delete" if new is None else "update"
    return StepReport(urn, full, name, "refresh", before, after, paths=paths, result=result)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  lake:class: STANDARD  # for now\n  lake:other: x\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/rates.csv").write_text("eur,1.0\n")
    return tmp_path


def taken(folder: Path, cloud: RunningCloud, *reports: StepReport) -> WriteBack:
    outcome = Outcome(True, False, Snapshot(), {}, {}, reports, ())
    plan = plan_of(outcome, Context("preview", "lake", "dev"))
    # A refresh alone tells no place in the program: that is of the state before.
    steps = [step.model_copy(update={"source": r.old.source_position.removeprefix("project:///").replace("#", ":")})
             for step, r in zip(plan.steps, reports, strict=True) if r.old]  # fmt: skip
    values = {"lake:class": "STANDARD", "lake:other": "x"}
    project = Project(folder, "lake", folder / "Pulumi.dev.yaml", values, lambda: open_at(cloud, []))
    return written_back(plan.model_copy(update={"steps": steps}), reports, Draft(folder), project)


def test_a_value_of_the_configuration_is_changed_there(folder: Path, cloud: RunningCloud) -> None:
    old = {"storage_class": "STANDARD"}
    result = taken(folder, cloud, found("obs:Bucket", "raw", 4, old, {"storage_class": "WARM"}, storage_class="update"))
    assert [item.file for item in result.taken] == ["Pulumi.dev.yaml (lake:class)"]
    assert "-  lake:class: STANDARD  # for now\n+  lake:class: WARM  # for now\n" in result.patch
    assert result.files == ["Pulumi.dev.yaml"]


def test_the_content_of_an_object_goes_into_its_file(folder: Path, cloud: RunningCloud) -> None:
    cloud.reset()
    session = open_at(cloud, [])
    session.obs().create_bucket(Bucket="lake-raw")
    objects.put(session, "lake-raw", "rates.csv", b"eur,1.1\n")
    known = {"bucket": "lake-raw", "key": "rates.csv", "source": "data/rates.csv"}
    look = found("obs:Object", "rates", 5, {**known, "digest": "1"}, {**known, "digest": "2"}, digest="update")
    result = taken(folder, cloud, look)
    assert [(item.path, item.file) for item in result.taken] == [("content", "data/rates.csv")]
    assert "-eur,1.0\n+eur,1.1\n" in result.patch


def test_what_is_not_written_says_why(folder: Path, cloud: RunningCloud) -> None:
    bucket = found(
        "obs:Bucket",
        "raw",
        4,
        {"tags": {"a": "b"}},
        {"tags": {"a": "b", "c": "d"}},
        **{"tags.c": "add", "x": "update-replace"},
    )
    result = taken(folder, cloud, bucket, found("obs:Object", "rates", 5, {}, None))
    assert result.patch == ""
    assert [item.reason for item in result.left] == [
        "was added or removed as a whole, which is not written back",
        "cannot be changed in place, so it is another object by now",
        "is gone from the cloud: take its declaration out of the program at main.py:5",
    ]
