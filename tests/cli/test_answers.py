"""Answers where questions arise: explain, doctor, status, graph, and errors that name the line."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from pulumi_dataarts.backend.conditions import Conditions
from pulumi_dataarts.cli import doctor
from pulumi_dataarts.cli.explain import EXITS, NEXT, kinds, page_of
from pulumi_dataarts.huawei.calls import Reply
from pulumi_dataarts.huawei.codes import meanings
from pulumi_dataarts.huawei.transport import Connection
from tests.cli.commands import Folder
from tests.cli.samples import declare, sample, typed

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

PROGRAM = """
bucket = obs.Bucket("landing", bucket="answers-landing")
obs.Object("seed", bucket=bucket.bucket, key="seed.txt", content="one")
"""


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, cloud: RunningCloud) -> Folder:
    """A stack with a bucket and an object in it, up once."""
    cloud.reset()
    folder = sample(tmp_path_factory.mktemp("answers"), cloud)
    declare(folder, PROGRAM)
    folder.dataarts("up", "--yes")
    return folder


@pytest.mark.parametrize("code", ["Cdm.0104", "cdm.104", "APIG.0308", "NoSuchBucket", "LockHeld", "exit 5", "255"])
def test_a_code_is_explained_however_it_is_written(tmp_path: Path, code: str) -> None:
    assert ": " in typed(Folder(tmp_path), "explain", code).out


def test_every_error_of_ours_has_an_exit_code_that_is_listed_and_a_next_step() -> None:
    assert {kind.exit_code for kind in kinds()} <= EXITS.keys()
    assert {kind.__name__ for kind in kinds()} - {"ProvisionError"} == set(NEXT)


def test_an_explanation_says_what_is_made_of_a_code_here_and_where_it_is_written() -> None:
    lines = dict(page_of("Cdm.0321").lines)
    assert lines["here"] == "Conflict, exit 4"
    assert "Delete the jobs that use the link first" in lines["do"]
    assert "support.huaweicloud.com" in lines["source"]


def test_an_unknown_code_names_the_nearest(tmp_path: Path) -> None:
    assert "did you mean `cdm.0104`?" in typed(Folder(tmp_path), "explain", "Cdmm.0104", code=2).err


def test_the_list_has_every_code_of_the_services(tmp_path: Path) -> None:
    listed = typed(Folder(tmp_path), "explain", "--list").out
    assert all(f"\n{item.code} " in listed for item in meanings().values())


def test_doctor_finds_a_healthy_stack_healthy(standing: Folder) -> None:
    found = {item["check"]: item for item in json.loads(typed(standing, "doctor", "--json").out)}
    assert all(item["ok"] for item in found.values()), found
    assert found["sign-in"]["told"] == "accepted"
    assert "clock within a minute" in found["cdm"]["told"]


def test_doctor_says_how_to_mend_what_is_wrong(standing: Folder) -> None:
    folder = Folder(standing.path, {**standing.environment, "HW_SECRET_KEY": "wrong"})
    told = typed(folder, "doctor", code=2)
    assert "not as it should be: sign-in" in told.err
    assert "Check the credentials" in told.out
    folder = Folder(standing.path, {"PULUMI_BACKEND_URL": "s3://bucket?endpoint=127.0.0.1:9&disableSSL=true"})
    with (
        patch("pulumi_dataarts.backend.s3.S3Blobs.find", return_value=[]),
        patch(
            "pulumi_dataarts.backend.conditions.conditions_of", return_value=Conditions("if-none-match", exchanges=True)
        ),
    ):
        assert "a lease in the bucket, by if-none-match" in typed(folder, "doctor", code=2).out


def test_a_clock_that_the_services_would_refuse_is_named() -> None:
    late = Reply(200, {"date": "Wed, 01 Jan 2020 00:00:00 GMT"}, b"")
    with patch.object(Connection, "exchange", return_value=late):
        found = doctor._tried("iam", lambda: doctor._endpoint("https://iam.example.com"))
    assert not found.ok
    assert "minutes off" in found.told
    assert "timedatectl" in found.mend


def test_an_endpoint_that_cannot_be_reached_has_its_mend() -> None:
    found = doctor._tried("cdm", lambda: doctor._endpoint("http://127.0.0.1:9"))
    assert not found.ok
    assert "`dataarts:endpoints`" in found.mend


def test_doctor_changes_nothing(standing: Folder) -> None:
    before = {path: path.stat().st_mtime_ns for path in standing.path.rglob("*") if path.is_file()}
    typed(standing, "doctor")
    assert before == {path: path.stat().st_mtime_ns for path in standing.path.rglob("*") if path.is_file()}


def test_status_tells_the_last_runs(standing: Folder) -> None:
    (row,) = json.loads(typed(standing, "status", "--json").out)
    assert row["last_runs"][0]["result"] == "succeeded"
    assert row["at_work"] == []
    assert "ask" in typed(standing, "status").out


def test_a_graph_is_an_svg_of_its_own(standing: Folder) -> None:
    typed(standing, "graph", "out.svg")
    root = ET.fromstring((standing.path / "out.svg").read_text())
    texts = {item.text for item in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"landing", "seed"} <= texts
    assert root.find("{http://www.w3.org/2000/svg}style") is not None


def test_a_misspelt_key_is_named_with_file_line_and_what_was_meant(tmp_path: Path, cloud: RunningCloud) -> None:
    folder = sample(tmp_path, cloud, **{"dataarts:wokspace": "dev"})
    declare(folder, "")
    told = typed(folder, "preview", code=2).err
    assert "Pulumi.dev.yaml, line 6: dataarts:wokspace: no such key; did you mean `workspace`?" in told


def test_a_missing_key_names_the_one_that_was_meant(tmp_path: Path, cloud: RunningCloud) -> None:
    folder = sample(tmp_path, cloud, **{"sample:databseHost": "db"})
    (folder.path / "Pulumi.yaml").write_text(
        "name: sample\nruntime: python\nconfig:\n  databaseHost:\n    type: string\n"
    )
    told = typed(folder, "preview", code=2).err
    assert "missing configuration sample:databaseHost" in told
    assert "Line 6 has databseHost: was databaseHost meant?" in told


def test_an_error_without_advice_ends_with_a_command(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: 1\n")
    assert "`dataarts explain ConfigError` says more." in typed(Folder(tmp_path), "stack", "ls", code=2).err
