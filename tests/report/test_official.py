"""What the official CLI says of a preview makes the same plan: from a recorded document, and from the CLI itself."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.report.official import UNKNOWN_TEXT, outcome_of
from pulumi_dataarts.report.planning import Context, plan_of
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.samples import declare, sample

TYPE = "pulumi-python:dynamic/cdm:Job"
URN = f"urn:pulumi:dev::p::{TYPE}::"


def state(name: str, **inputs: Any) -> dict[str, Any]:
    return {"urn": URN + name, "type": TYPE, "custom": True, "id": name, "inputs": inputs, "outputs": inputs}


def known(name: str, **inputs: Any) -> ResourceState:
    return ResourceState(URN + name, TYPE, custom=True, inputs=inputs, outputs=inputs)


def told(op: str, name: str, old: dict[str, Any] | None, new: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    states = {"oldState": old and state(name, **old), "newState": new and state(name, **new)}
    return {"op": op, "urn": URN + name, **{key: value for key, value in states.items() if value}, **more}


def steps(base: list[ResourceState], *documents: dict[str, Any]) -> dict[str, Any]:
    plan = plan_of(outcome_of({"steps": list(documents)}, Snapshot(tuple(base))), Context("preview", "p", "dev"))
    return {step.name: step for step in plan.steps}


def test_steps_are_read_with_what_changes() -> None:
    found = steps(
        [known("a", x=1), known("b", x=1), known("c", x=1), known("same", x=1)],
        told("update", "a", {"x": 1}, {"x": 2}),
        told("replace", "b", {"x": 1}, {"x": 2}, replaceReasons=["x"]),
        told("delete", "c", {"x": 1}, None),
        told("create", "d", None, {"x": UNKNOWN_TEXT}),
    )
    assert {name: step.op for name, step in found.items()} == {
        "a": "update",
        "b": "replace",
        "c": "delete",
        "d": "create",
        "same": "same",
    }
    assert found["b"].fields[0].replaces
    assert found["b"].causes == ["replaces"]
    assert found["d"].fields[0].new == {"unknown": True}


def test_a_look_is_told_from_the_state_before_and_the_step_after() -> None:
    found = steps(
        [known("a", x=1), known("gone", x=1), known("still", x=1)],
        told("refresh", "a", {"x": 1}, {"x": 1}),
        told("refresh", "gone", {"x": 1}, {"x": 1}),
        told("refresh", "still", {"x": 1}, {"x": 1}),
        told("update", "a", {"x": 5}, {"x": 1}),
        told("create", "gone", None, {"x": 1}),
    )
    assert found["a"].causes == ["drift"]
    assert (found["a"].drift[0].old, found["a"].drift[0].new) == (1, 5)
    assert found["gone"].causes == ["gone", "new"]
    assert found["still"].op == "same"


def test_a_secret_that_is_never_told_is_no_change() -> None:
    found = steps([known("a", x=1)], told("update", "a", {"x": 1, "p": "[secret]"}, {"x": 2, "p": "[secret]"}))
    assert [field.path for field in found["a"].fields] == ["x"]


def test_a_failed_preview_is_no_plan() -> None:
    document = {"diagnostics": [{"severity": "error", "message": "the program failed\n"}]}
    outcome = outcome_of(document, Snapshot())
    assert not outcome.ok
    assert outcome.errors == ("the program failed",)


PROGRAM = """
bucket = obs.Bucket("raw", bucket="sample-raw")
obs.Object("a", bucket=bucket.bucket, key="a", content={content!r})
"""


@pytest.mark.official
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("fresh_processes")
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the official CLI is not on the PATH")
def test_both_engines_plan_the_same(tmp_path: Path, cloud: RunningCloud) -> None:
    cloud.reset()
    folder = sample(tmp_path, cloud)
    folder.environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    declare(folder, PROGRAM.format(content="one"))
    folder.dataarts("up", "--yes")
    declare(folder, PROGRAM.format(content="two"))
    ours, theirs = (
        json.loads(folder.dataarts("preview", "--json", "--engine", engine).out) for engine in ("embedded", "pulumi")
    )
    assert [(step["urn"], step["op"]) for step in ours["steps"] if step["op"] != "same"] == [
        (step["urn"], step["op"]) for step in theirs["steps"] if step["op"] != "same"
    ]
    assert ours["state"] == theirs["state"]
    spoken = folder.dataarts("preview", "--engine", "pulumi", "--expect-no-changes", "--summary", "p.md", code=7)
    assert "from $PATH" not in spoken.out + spoken.err, "that our host is taken is no news"
    assert "| ~ | a | obs.Object |" in (folder.path / "p.md").read_text()
