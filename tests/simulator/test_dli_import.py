"""Import and export of Flink jobs, by the official SDK; and the import page's own example."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dli, unzipped, zipped

PREFIX = "/v1.0/embedded/streaming"
MANIFEST = {"format": "dli-flink-jobs", "version": 1}


@pytest.fixture(autouse=True)
def stopped_clock(cloud: Any) -> None:
    cloud.freeze()


@pytest.fixture
def flink(cloud: Any) -> Any:
    return sdk.flink(cloud)


def job(name: str = "orders", job_id: int = 100, **more: Any) -> dict[str, Any]:
    return {"job_id": job_id, "name": name, "queue_name": "default", "sql_body": "select 1", **more}


def archive(*jobs: dict[str, Any]) -> bytes:
    return zipped({"manifest.json": MANIFEST, **{f"jobs/{body['name']}.json": body for body in jobs}})


def upload(cloud: Any, content: bytes, key: str = "flink/jobs.zip") -> None:
    sdk.put_object(cloud, "archives", key, content)


def request(path: str = "archives/flink/jobs.zip", cover: bool | None = None) -> Any:
    body = dli.ImportFlinkJobsRequestBody(zip_file=path, is_cover=cover)
    return dli.ImportFlinkJobsRequest(body=body)


def mapping(flink: Any, **order: Any) -> list[tuple[int, int]]:
    answer = flink.import_flink_jobs(request(**order))
    assert answer.is_success == "true"
    return [(entry.old_job_id, entry.new_job_id) for entry in answer.job_mapping]


def show(flink: Any, job_id: int) -> Any:
    return flink.show_flink_job(dli.ShowFlinkJobRequest(job_id=job_id)).job_detail


def count(flink: Any) -> int:
    return int(flink.list_flink_jobs(dli.ListFlinkJobsRequest()).job_list.total_count)


def run(flink: Any, job_id: int) -> None:
    body = dli.BatchRunFlinkJobsRequestBody(job_ids=[job_id])
    flink.batch_run_flink_jobs(dli.BatchRunFlinkJobsRequest(body=body))


def test_the_import_page(cloud: Any, flink: Any) -> None:
    page = sdk.page("dli_import_flink_job")
    (example,), success = page["requests"], page["responses"]["200"]
    sdk.put_object(cloud, "test", "ggregate_1582677879475.zip", archive(job()))
    path = page["path"].replace("{project_id}", "embedded")
    answer = sdk.call(cloud, page["method"], path, example)
    assert (answer.status_code, answer.json().keys()) == (200, success.keys())
    body = answer.json()
    assert (body["is_success"], body["message"]) == ("true", success["message"])
    (entry,) = body["job_mapping"]
    assert entry["old_job_id"] == int(success["job_mapping"][0]["old_job_id"])
    assert entry["remark"] == success["job_mapping"][0]["remark"]
    assert show(flink, entry["new_job_id"]).sql_body == "select 1"


def test_an_imported_job_is_a_draft_with_defaults(cloud: Any, flink: Any) -> None:
    upload(cloud, archive(job(checkpoint_mode="at_least_once")))
    ((old, new),) = mapping(flink)
    read = show(flink, new)
    assert (old, read.status, read.job_type) == (100, "job_init", "flink_opensource_sql_job")
    assert (read.job_config.checkpoint_mode, read.job_config.cu_number) == ("at_least_once", 2)


def test_a_jar_job_is_imported_as_one(cloud: Any, flink: Any) -> None:
    upload(cloud, archive(job(job_type="flink_jar_job", entrypoint="a.jar", main_class="A")))
    ((_, new),) = mapping(flink)
    assert (show(flink, new).job_type, show(flink, new).job_config.entrypoint) == ("flink_jar_job", "a.jar")


def test_without_cover_a_taken_name_is_skipped_inside_a_success(cloud: Any, flink: Any) -> None:
    upload(cloud, archive(job()))
    mapping(flink)
    upload(cloud, archive(job(sql_body="select 2"), job("new", 101)))
    (skipped, created) = mapping(flink)
    assert skipped == (100, -1)
    assert created[1] > 0
    (entry,) = flink.list_flink_jobs(dli.ListFlinkJobsRequest(name="orders", show_detail=True)).job_list.jobs
    assert entry.sql_body == "select 1"


def test_cover_replaces_all_settings_and_makes_a_running_job_a_draft(cloud: Any, flink: Any) -> None:
    upload(cloud, archive(job(smn_topic="alerts")))
    ((_, first),) = mapping(flink)
    run(flink, first)
    cloud.advance(0.1)
    assert show(flink, first).status == "job_running"
    upload(cloud, archive(job(job_id=555, sql_body="select 2")))
    assert mapping(flink, cover=True) == [(555, first)]
    read = show(flink, first)
    assert (read.status, read.sql_body, read.job_config.smn_topic) == ("job_init", "select 2", None)
    assert count(flink) == 1


@pytest.mark.parametrize("path", ["archives/flink", "archives/flink/", "obs://archives/flink"])
def test_all_archives_in_a_folder_are_imported(cloud: Any, flink: Any, path: str) -> None:
    upload(cloud, archive(job("a", 1)), "flink/a.zip")
    upload(cloud, archive(job("b", 2)), "flink/b.zip")
    assert [old for old, _ in mapping(flink, path=path)] == [1, 2]


def refused(flink: Any, path: str = "archives/flink/jobs.zip", cover: bool | None = None) -> tuple[int, str]:
    answer = sdk.refusal(flink.import_flink_jobs, request(path, cover))
    assert count(flink) == 0
    return answer


def test_a_folder_with_the_same_job_twice_is_refused_even_with_cover(cloud: Any, flink: Any) -> None:
    for key in ("flink/a.zip", "flink/b.zip"):
        upload(cloud, archive(job()), key)
    answer = sdk.call(cloud, "POST", f"{PREFIX}/jobs/import", {"zip_file": "archives/flink", "is_cover": True})
    assert (answer.status_code, answer.json()) == (
        400,
        {"error_code": "DLI.0006", "error_msg": "The job name already exists."},
    )
    assert count(flink) == 0


def test_a_folder_with_something_else_is_refused(cloud: Any, flink: Any) -> None:
    upload(cloud, archive(job()))
    upload(cloud, archive(job("other")), "flink/readme.txt")
    assert refused(flink, "archives/flink") == (400, "DLI.0001")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("archives/flink/other.zip", "DLI.0002"),
        ("nowhere/jobs.zip", "DLI.0002"),
        ("nowhere/folder", "DLI.0002"),
        ("archives/empty", "DLI.0001"),
        ("", "DLI.0001"),
    ],
)
def test_what_cannot_be_read_is_refused(cloud: Any, flink: Any, path: str, code: str) -> None:
    upload(cloud, archive(job()))
    assert refused(flink, path) == (400, code)


FAULTY = [
    ("not a zip", b"zip"),
    ("no manifest", zipped({"jobs/a.json": job("a")})),
    ("a later version", zipped({"manifest.json": {**MANIFEST, "version": 2}, "jobs/a.json": job("a")})),
    ("another format", zipped({"manifest.json": {**MANIFEST, "format": "x"}, "jobs/a.json": job("a")})),
    ("no jobs", zipped({"manifest.json": MANIFEST})),
    ("another entry", zipped({"manifest.json": MANIFEST, "jobs/a.json": job("a"), "jobs/b.txt": b""})),
    ("bad JSON", zipped({"manifest.json": MANIFEST, "jobs/a.json": b"{"})),
    ("no id", zipped({"manifest.json": MANIFEST, "jobs/a.json": {"name": "a"}})),
    ("no name", zipped({"manifest.json": MANIFEST, "jobs/a.json": {"job_id": 1}})),
    ("a faulty job", archive(job("good"), job("bad", cu_number=0))),
    ("jobs that exclude themselves", archive(job("good"), job("bad", cu_number=3, manager_cu_number=3))),
    ("one name twice", zipped({"manifest.json": MANIFEST, "jobs/a.json": job("a"), "jobs/b.json": job("a")})),
    ("climbs out", zipped({"manifest.json": MANIFEST, "jobs/../a.json": job("a")})),
]


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in FAULTY])
def test_a_faulty_archive_is_refused_and_imports_nothing(cloud: Any, flink: Any, content: bytes) -> None:
    upload(cloud, content)
    assert refused(flink) == (400, "DLI.0001")


def test_cover_must_be_a_flag(cloud: Any) -> None:
    body = {"zip_file": "archives/flink/jobs.zip", "is_cover": "true"}
    assert sdk.call(cloud, "POST", f"{PREFIX}/jobs/import", body).json()["error_code"] == "DLI.0001"


def export(flink: Any, folder: str = "exports/flink", jobs: list[int] | None = None) -> Any:
    body = dli.ExportFlinkJobsRequestBody(obs_dir=folder, is_selected=jobs is not None, job_selected=jobs)
    return dli.ExportFlinkJobsRequest(body=body)


def exported(cloud: Any, path: str) -> dict[str, Any]:
    bucket, _, key = path.partition("/")
    return unzipped(sdk.buckets(cloud).get_object(Bucket=bucket, Key=key)["Body"].read())


def test_an_export_is_an_archive_that_can_be_imported(cloud: Any, flink: Any) -> None:
    orders = job(checkpoint_mode=2, tags=[{"key": "a", "value": "b"}])
    upload(cloud, archive(orders, job("jar", job_type="flink_jar_job")))
    before = {show(flink, new).name: show(flink, new) for _, new in mapping(flink)}
    sdk.buckets(cloud).create_bucket(Bucket="exports")
    (path,) = flink.export_flink_jobs(export(flink)).zip_file
    assert path.startswith("exports/flink/aggregate_")
    assert list(exported(cloud, path)) == ["manifest.json", "jobs/orders.json", "jobs/jar.json"]
    for read in before.values():
        flink.delete_flink_job(dli.DeleteFlinkJobRequest(job_id=read.job_id))
    pairs = mapping(flink, path=path)
    assert [old for old, _ in pairs] == [read.job_id for read in before.values()]
    for _, new in pairs:
        read = show(flink, new)
        old = before[read.name]
        assert read.job_config.to_dict() == old.job_config.to_dict()
        assert (read.job_type, read.run_mode, read.sql_body) == (old.job_type, old.run_mode, old.sql_body)


def test_selected_jobs_are_exported_with_their_ids(cloud: Any, flink: Any) -> None:
    upload(cloud, archive(job("a"), job("b"), job("c")))
    ids = [new for _, new in mapping(flink)]
    sdk.buckets(cloud).create_bucket(Bucket="exports")
    (path,) = flink.export_flink_jobs(export(flink, "exports", ids[1:2])).zip_file
    assert path.startswith("exports/aggregate_")
    assert exported(cloud, path)["jobs/b.json"]["job_id"] == ids[1]


def test_a_name_that_is_no_file_name_is_written_encoded(cloud: Any, flink: Any) -> None:
    body = dli.CreateFlinkSqlJobRequestBody(name="../up and/away")
    flink.create_flink_sql_job(dli.CreateFlinkSqlJobRequest(body=body))
    sdk.buckets(cloud).create_bucket(Bucket="exports")
    (path,) = flink.export_flink_jobs(export(flink)).zip_file
    assert list(exported(cloud, path)) == ["manifest.json", "jobs/..%2Fup%20and%2Faway.json"]
    assert mapping(flink, path=path)[0][1] == -1


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"jobs": [999]}, "DLI.16001"),
        ({"jobs": []}, "DLI.0001"),
        ({"folder": ""}, "DLI.0001"),
        ({"folder": "nowhere/flink"}, "DLI.0002"),
    ],
    ids=["missing job", "no job", "no folder", "missing bucket"],
)
def test_a_faulty_export_is_refused(flink: Any, order: dict[str, Any], code: str) -> None:
    assert sdk.refusal(flink.export_flink_jobs, export(flink, **order)) == (400, code)
