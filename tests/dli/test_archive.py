"""Archives and source directories of Flink jobs."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.dli import pack
from pulumi_dataarts.dli.archive import bound, build, load, read
from pulumi_dataarts.dli.wire import FlinkJob, comparable
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.archives import canonical_zip
from pulumi_dataarts.model.bindings import Bindings, parse

if TYPE_CHECKING:
    from pathlib import Path

names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=20)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    jobs = tmp_path / "flink" / "jobs"
    jobs.mkdir(parents=True)
    (jobs / "orders.v2.json").write_text('{"cu_number": 4}')
    (jobs / "orders.v2.sql").write_bytes(b"\xef\xbb\xbfSELECT 1\r\n")
    (jobs / "jar.json").write_text('{"name": "jar", "job_type": "flink_jar_job", "entrypoint": "a.jar"}')
    (jobs / "README.md").write_text("not a job")
    return tmp_path / "flink"


def test_a_source_directory_is_read_with_its_sql(source: Path) -> None:
    archive = load(source)
    assert archive.mistakes == ()
    assert archive.jobs["orders.v2"] == {"name": "orders.v2", "cu_number": 4, "sql_body": "SELECT 1\n"}
    assert archive.jobs.keys() == {"orders.v2", "jar"}


@given(st.lists(names, min_size=1, max_size=4, unique_by=str.casefold), st.integers(2, 400))
def test_what_is_built_is_read_back_for_any_names(chosen: list[str], size: int) -> None:
    jobs = {name: {"name": name, "cu_number": size} for name in chosen}
    archive = read(build(jobs))
    assert archive.mistakes == ()
    assert archive.settings() == {name: comparable(body) for name, body in jobs.items()}


def test_equal_jobs_give_equal_bytes_whatever_their_order() -> None:
    one, two = {"name": "a"}, {"name": "b"}
    assert build({"a": one, "b": two}) == build({"b": two, "a": one})


def test_packing_gives_equal_sources_one_path_relative_to_here(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "program").mkdir()
    monkeypatch.chdir(tmp_path / "program")
    path = pack("../flink")
    assert path.startswith("../.build/")
    assert pack("../flink") == path
    assert load(path).settings() == load(source).settings()
    (source / "jobs" / "jar.json").unlink()
    assert pack("../flink") != path


def test_an_archive_of_another_format_is_known_by_its_digest_alone() -> None:
    data = canonical_zip({"aggregate/job.bin": b"?"})
    archive = read(data)
    assert (archive.jobs, archive.mistakes, len(archive.digest)) == ({}, (), 64)
    assert read(canonical_zip({"aggregate/job.bin": b"!"})).digest != archive.digest


def test_a_newer_version_is_refused_by_name() -> None:
    data = canonical_zip({"manifest.json": b'{"format": "dli-flink-jobs", "version": 2}'})
    with pytest.raises(ConfigError, match="version 2"):
        read(data)


def test_a_hostile_zip_is_refused() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("jobs/../../orders.json", "{}")
    with pytest.raises(ConfigError, match="leaves the archive"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    ("files", "mistakes"),
    [
        ({"a.json": "{"}, ["jobs/a.json: not readable as UTF-8 JSON"]),
        ({"a.json": "[]"}, ["jobs/a.json: not a JSON object"]),
        ({"a.sql": "SELECT 1"}, ["jobs/a.json: not readable"]),
        ({"a.json": '{"sql_body": "x"}', "a.sql": "y"}, ["jobs/a.json: the SQL is in `sql_body` and"]),
        ({"a.json": '{"paralel_number": 1}'}, ["jobs/a.json: paralel_number: Extra inputs"]),
        ({"a.json": '{"cu_number": 1}', "b.json": '{"tm_cus": 0}'}, ["jobs/a.json: cu_number", "jobs/b.json: tm_cus"]),
        ({"a.json": '{"name": "x"}', "b.json": '{"name": "x"}'}, ["jobs/b.json: another entry has the job name 'x'"]),
        ({"a.json": '{"name": ["x"]}'}, ["jobs/a.json: name"]),
        ({"a.json": "{}", "a.sql": "é" * (512 * 1024 + 1)}, ["jobs/a.json: sql_body: "]),
        ({"a.json": '{"checkpoint_mode": {}}'}, ["jobs/a.json: checkpoint_mode"]),
        (
            {"a.json": '{"run_mode": "shared_cluster", "job_type": "flink_opensource_sql_job"}'},
            ["jobs/a.json: run_mode shared_cluster requires job_type flink_sql_job"],
        ),
    ],
)
def test_all_mistakes_are_named_with_their_file(tmp_path: Path, files: dict[str, str], mistakes: list[str]) -> None:
    (tmp_path / "jobs").mkdir()
    for name, text in files.items():
        (tmp_path / "jobs" / name).write_text(text)
    found = load(tmp_path).mistakes
    assert len(found) == len(mistakes)
    assert all(line.startswith(expected) for line, expected in zip(found, mistakes, strict=True))
    with pytest.raises(ConfigError, match="cannot be packed"):
        pack(tmp_path)


def test_two_zips_with_the_same_job_are_a_mistake(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.zip").write_bytes(build({"orders": {"name": "orders", "desc": name}}))
    assert load(tmp_path).mistakes == ("orders: is in two of the zips, which DLI refuses",)


def test_a_folder_with_one_zip_of_another_format_is_known_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(build({"orders": {"name": "orders"}}))
    (tmp_path / "b.zip").write_bytes(canonical_zip({"x": b""}))
    before = load(tmp_path)
    (tmp_path / "a.zip").write_bytes(build({"orders": {"name": "orders", "desc": "new"}}))
    assert before.jobs == {}
    assert load(tmp_path).digest != before.digest


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"checkpoint_mode": 2}, {"checkpoint_mode": "at_least_once"}),
        ({"checkpoint_mode": "exactly_once"}, {"checkpoint_mode": None}),
        ({"dirty_data_strategy": "0"}, {"dirty_data_strategy": None}),
        ({"smn_topic": ""}, {"smn_topic": None}),
        ({"dependency_jars": []}, {"dependency_jars": None}),
        ({"sql_body": "SELECT 1"}, {"sql_body": "SELECT 1"}),
    ],
)
def test_what_the_service_spells_otherwise_compares_equal(declared: dict[str, Any], told: dict[str, Any]) -> None:
    live = FlinkJob(job_id=1, name="a", status="job_init", job_config=json.loads(json.dumps(told)))
    asked = comparable(declared)
    assert {name: comparable(live.settings())[name] for name in asked} == asked


@pytest.mark.parametrize(
    ("declared", "told"),
    [({"cu_number": 4}, {"cu_number": None}), ({"smn_topic": "t"}, {"smn_topic": None})],
)
def test_what_was_taken_away_does_not_compare_equal(declared: dict[str, Any], told: dict[str, Any]) -> None:
    live = FlinkJob(job_id=1, name="a", status="job_init", job_config=told)
    assert comparable(live.settings()).get(next(iter(declared))) != next(iter(declared.values()))


def test_queues_and_sizes_are_those_of_the_environment():
    here = parse('{"queues": {"etl": "etl_prod"}, "workers": {"a": {"cu_number": 8}}}')
    jobs = {"a": {"name": "a", "queue_name": "etl", "cu_number": 2}, "b": {"name": "b"}}
    assert bound(jobs, here) == {"a": {"name": "a", "queue_name": "etl_prod", "cu_number": 8}, "b": {"name": "b"}}
    assert bound(jobs, Bindings()) == jobs
