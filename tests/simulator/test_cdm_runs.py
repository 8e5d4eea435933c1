"""Runs as functions of the clock, jobs that go by themselves, and copies inside the embedded OBS.

Source: CDM API "Starting a Job", "Stopping a Job", "Querying Job Status", "Querying Job Execution History", "Job
Parameter Description".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.cdm_calls import BASE, job, link, make_job, make_links, read_job, values
from tests.simulator.sdk import buckets, call

if TYPE_CHECKING:
    import httpx

    from pulumi_dataarts.simulator.testing import RunningCloud

COUNTERS = "org.apache.sqoop.submission.counter.SqoopCounters"
HERE = {
    "storageType": "OBS",
    "server": "127.0.0.1",
    "port": "80",
    "accessKey": "embedded",
    "securityKey": "embedded",
}


@pytest.fixture(autouse=True)
def _ready(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.freeze()
    make_links(http)
    http.post(f"{BASE}/link", json=link("here", "obs-connector", **HERE))


def start(http: httpx.Client, name: str = "orders") -> Any:
    return http.put(f"{BASE}/job/{name}/start").json()["submissions"][0]


def status(http: httpx.Client, name: str = "orders") -> Any:
    return http.get(f"{BASE}/job/{name}/status").json()["submissions"][0]


def scheduled(disposable: str) -> dict[str, Any]:
    return {"driver-config-values": values("schedulerConfig", {"disposableType": disposable})}


def copying(source: str = "raw", directory: str = "/in", **target: str) -> dict[str, Any]:
    """Return the fields of a job that copies files from bucket to bucket of the embedded OBS."""
    inputs = {"bucketName": source, "inputDirectory": directory, "inputFormat": "BINARY_FILE"}
    outputs = {"bucketName": "curated", "outputDirectory": "/out/", "outputFormat": "BINARY_FILE"}
    return {
        "from-connector-name": "obs-connector",
        "from-link-name": "here",
        "from-config-values": values("fromJobConfig", inputs),
        "to-connector-name": "obs-connector",
        "to-link-name": "here",
        "to-config-values": values("toJobConfig", outputs | target),
    }


@pytest.mark.parametrize(
    ("after_s", "expected", "progress"),
    [(0, "BOOTING", 0.0), (0.09, "BOOTING", 0.0), (0.25, "RUNNING", 50.0), (0.41, "SUCCEEDED", 100.0)],
)
def test_a_run_is_a_function_of_its_start_and_the_clock(
    http: httpx.Client, cloud: RunningCloud, after_s: float, expected: str, progress: float
) -> None:
    make_job(http)
    start(http)
    cloud.advance(after_s)
    shown = status(http)
    assert (shown["status"], shown["progress"]) == (expected, progress)
    assert ("counters" in shown) == (expected == "SUCCEEDED")
    assert read_job(http)["status"] == expected


def test_a_submission_has_the_misspelt_name_and_the_right_one(http: httpx.Client) -> None:
    make_job(http)
    shown = start(http)
    assert shown["last-udpate-user"] == shown["last-update-user"] == "embedded"
    assert (shown["isStopingIncrement"], shown["is-execute-auto"], shown["isDeleteJob"]) == ("", False, False)


def test_a_job_shows_the_counters_of_its_last_run(http: httpx.Client, cloud: RunningCloud) -> None:
    make_job(http)
    start(http)
    cloud.advance(1)
    shown = read_job(http)
    assert shown["rows_written"] == shown["write_rows"] == status(http)["counters"][COUNTERS]["ROWS_WRITTEN"]
    assert shown["external_id"] == status(http)["external-id"]


def test_a_run_fails_where_a_fault_says_so_and_the_next_succeeds(http: httpx.Client, cloud: RunningCloud) -> None:
    make_job(http)
    cloud.fault("task-fails", task="ord*", message="Cdm.0902: SQL failed.\nmore")
    start(http)
    cloud.advance(1)
    failed = status(http)
    assert (failed["status"], failed["progress"]) == ("FAILED", -1.0)
    assert (failed["error-summary"], failed["error-details"]) == (
        "Cdm.0902: SQL failed.",
        "Cdm.0902: SQL failed.\nmore",
    )
    start(http)
    cloud.advance(1)
    assert status(http)["status"] == "SUCCEEDED"


def test_a_run_that_cannot_be_submitted_never_runs(http: httpx.Client, cloud: RunningCloud) -> None:
    make_job(http)
    cloud.fault("task-fails", task="orders", moment="before", message="Cdm.0037: Failed to submit the job.")
    start(http)
    cloud.advance(0.09)
    assert status(http)["status"] == "BOOTING"
    cloud.advance(0.01)
    refused = status(http)
    assert (refused["status"], refused["progress"]) == ("FAILURE_ON_SUBMIT", -1.0)
    assert refused["error-summary"] == "Cdm.0037: Failed to submit the job."
    start(http)
    marked = [asked.fault for asked in cloud.requests() if asked.path.endswith("/start")]
    assert marked == ["task-fails", ""], "the request that started it is marked"


def test_the_history_ends_after_30_days(http: httpx.Client, cloud: RunningCloud) -> None:
    make_job(http)
    start(http)
    cloud.advance(31 * 24 * 3600)  # the token has ended too, a signature has not
    latest = call(cloud, "PUT", f"{BASE}/job/orders/start").json()["submissions"][0]["submission-id"]
    history = call(cloud, "GET", f"{BASE}/submissions?jname=orders").json()
    assert [run["submission-id"] for run in history["submissions"]] == [latest]


def test_a_disabled_job_or_link_is_not_started(http: httpx.Client) -> None:
    make_job(http, enabled=False)
    assert http.put(f"{BASE}/job/orders/start").json()["errCode"] == "Cdm.0059"
    http.put(f"{BASE}/job/orders", json=job())
    body = link("mysql")
    body["links"][0]["enabled"] = False
    http.put(f"{BASE}/link/mysql", json=body)
    assert http.put(f"{BASE}/job/orders/start").json()["errCode"] == "Cdm.0060"


def test_variables_are_an_object(http: httpx.Client) -> None:
    make_job(http)
    path = f"{BASE}/job/orders/start"
    assert http.put(path, json={"variables": ["x"]}).json()["errCode"] == "Cdm.0004"
    assert http.put(path, json={"variables": {"day": "2024-01-01"}}).status_code == 200


@pytest.mark.parametrize(
    ("disposable", "fails", "gone"),
    [
        ("NONE", False, False),
        ("DELETE", False, True),
        ("DELETE", True, True),
        ("DELETE_AFTER_SUCCEED", False, True),
        ("DELETE_AFTER_SUCCEED", True, False),
    ],
)
def test_a_job_goes_by_itself_after_its_run(
    http: httpx.Client, cloud: RunningCloud, disposable: str, *, fails: bool, gone: bool
) -> None:
    make_job(http, "stays")
    make_job(http, **scheduled(disposable))
    if fails:
        cloud.fault("task-fails", task="orders")
    assert start(http)["isDeleteJob"] is (disposable != "NONE")
    assert read_job(http)["name"] == "orders"
    cloud.advance(1)
    assert http.get(f"{BASE}/job/orders").status_code == (400 if gone else 200)
    listed = [job["name"] for job in http.get(f"{BASE}/job/all").json()["jobs"]]
    assert listed == (["stays"] if gone else ["stays", "orders"])


def test_the_name_of_a_job_that_went_is_free_again(http: httpx.Client, cloud: RunningCloud) -> None:
    make_job(http, **scheduled("DELETE"))
    start(http)
    cloud.advance(1)
    make_job(http)
    assert status(http)["status"] == "NEVER_EXECUTED"


def test_a_link_is_free_once_its_job_has_gone(http: httpx.Client, cloud: RunningCloud) -> None:
    make_job(http, **scheduled("DELETE"))
    start(http)
    assert http.delete(f"{BASE}/link/mysql").json()["errCode"] == "Cdm.0321"
    cloud.advance(1)
    assert http.delete(f"{BASE}/link/mysql").status_code == 200


def test_a_stopped_job_does_not_go(http: httpx.Client, cloud: RunningCloud) -> None:
    make_job(http, **scheduled("DELETE"))
    start(http)
    http.put(f"{BASE}/job/orders/stop")
    cloud.advance(1)
    assert status(http)["status"] == "FAILED"


def test_files_are_copied_and_counted(http: httpx.Client, cloud: RunningCloud) -> None:
    s3 = buckets(cloud)
    for bucket in ("raw", "curated"):
        s3.create_bucket(Bucket=bucket)
    for key in ("in/a.csv", "in/deep/b c.csv", "inner/c.csv"):
        s3.put_object(Bucket="raw", Key=key, Body=b"1,2\n")
    make_job(http, **copying())
    start(http)
    cloud.advance(1)
    counters = status(http)["counters"][COUNTERS]
    assert (counters["FILES_READ"], counters["FILES_WRITTEN"], counters["BYTES_WRITTEN"]) == (2, 2, 8)
    copied = [found["Key"] for found in s3.list_objects_v2(Bucket="curated")["Contents"]]
    assert copied == ["out/a.csv", "out/deep/b c.csv"]
    assert s3.get_object(Bucket="curated", Key="out/deep/b c.csv")["Body"].read() == b"1,2\n"


@pytest.mark.parametrize(
    ("policy", "expected", "content"),
    [("REPLACE", "SUCCEEDED", b"new"), ("SKIP", "SUCCEEDED", b"old"), ("ABANDON", "FAILED", b"old")],
)
def test_a_file_that_is_there_already(
    http: httpx.Client, cloud: RunningCloud, policy: str, expected: str, content: bytes
) -> None:
    s3 = buckets(cloud)
    for bucket in ("raw", "curated"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="raw", Key="in/a", Body=b"new")
    s3.put_object(Bucket="curated", Key="out/a", Body=b"old")
    make_job(http, **copying(directory="in/a", duplicateFileOpType=policy))
    start(http)
    cloud.advance(1)
    assert status(http)["status"] == expected
    assert s3.get_object(Bucket="curated", Key="out/a")["Body"].read() == content


@pytest.mark.parametrize(("there", "code"), [([], "Cdm.0801"), (["raw"], "Cdm.0801"), (["raw", "curated"], "Cdm.0420")])
def test_a_copy_without_its_buckets_or_its_files_fails_as_a_run(
    http: httpx.Client, cloud: RunningCloud, there: list[str], code: str
) -> None:
    s3 = buckets(cloud)
    for bucket in there:
        s3.create_bucket(Bucket=bucket)
    if there == ["raw"]:
        s3.put_object(Bucket="raw", Key="in/a", Body=b"")
    make_job(http, **copying())
    assert start(http)["status"] == "BOOTING"
    cloud.advance(1)
    failed = status(http)
    assert failed["status"] == "FAILED"
    assert failed["error-summary"].startswith(code)


def test_a_job_between_another_obs_and_this_one_needs_only_this_one_s_bucket(
    http: httpx.Client, cloud: RunningCloud
) -> None:
    make_job(http, **copying() | {"from-link-name": "files"})
    start(http)
    cloud.advance(1)
    assert status(http)["status"] == "FAILED"
    buckets(cloud).create_bucket(Bucket="curated")
    start(http)
    cloud.advance(1)
    assert status(http)["status"] == "SUCCEEDED"
