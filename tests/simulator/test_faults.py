"""Faults on demand: each kind does what it says, as often as it says, and no more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pulumi_dataarts.simulator.faults import Fault, Faults
from pulumi_dataarts.simulator.store import Store
from tests.simulator.cdm_calls import BASE, job, make_job, make_links
from tests.simulator.conftest import TOKEN_REQUEST
from tests.simulator.sdk import buckets

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.simulator.testing import RunningCloud

CLUSTERS = "/v1.1/embedded/clusters"


def test_a_rule_lets_some_pass_strikes_some_and_is_gone(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("status", path="*/clusters", status=503, skip=1, times=2)
    assert [http.get(CLUSTERS).status_code for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_rule_for_all_times_strikes_until_it_is_removed(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("status", status=500, times=-1)
    assert [http.get(CLUSTERS).status_code for _ in range(3)] == [500, 500, 500]
    httpx.delete(f"{cloud.api}/_embedded/faults")
    assert http.get(CLUSTERS).status_code == 200


def test_a_rule_is_about_its_method_and_path_alone(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("status", method="POST", path="*/cdm/job")
    assert http.get(CLUSTERS).status_code == 200
    assert http.get(f"{BASE}/job/all").status_code == 200
    assert http.post(f"{BASE}/job", json=job()).status_code == 503


@pytest.mark.parametrize(
    ("status", "code"), [(401, "APIGW.0307"), (429, "APIGW.0308"), (500, "APIGW.0601"), (504, "APIGW.0201")]
)
def test_a_status_has_the_gateway_s_shape(http: httpx.Client, cloud: RunningCloud, status: int, code: str) -> None:
    cloud.fault("status", status=status)
    answer = http.get(CLUSTERS)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


@pytest.mark.parametrize(("retry_after", "header"), [(7, "7"), (None, None)])
def test_throttling_with_and_without_retry_after(
    http: httpx.Client, cloud: RunningCloud, retry_after: int | None, header: str | None
) -> None:
    cloud.fault("throttle", retry_after=retry_after)
    answer = http.get(CLUSTERS)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, header)


def test_a_connection_dropped_before_has_no_effect(http: httpx.Client, cloud: RunningCloud) -> None:
    make_links(http)
    cloud.fault("drop-before", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(f"{BASE}/job", json=job())
    assert http.get(f"{BASE}/job/orders").status_code == 400


def test_a_connection_dropped_after_the_commit_has_its_effect(http: httpx.Client, cloud: RunningCloud) -> None:
    make_links(http)
    cloud.fault("drop-after-commit", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(f"{BASE}/job", json=job())
    assert http.get(f"{BASE}/job/orders").status_code == 200


def test_latency_outlasts_an_impatient_client_and_the_request_counts(http: httpx.Client, cloud: RunningCloud) -> None:
    make_links(http)
    cloud.fault("latency", method="POST", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        http.post(f"{BASE}/job", json=job(), timeout=0.1)
    assert http.get(f"{BASE}/job/orders").status_code == 200


def test_a_slow_answer_arrives_whole(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("slow-body", seconds=0.2)
    began = time.monotonic()
    assert http.get(CLUSTERS).json()["clusters"][0]["id"] == "embedded"
    assert time.monotonic() - began >= 0.2


def test_a_stale_read_shows_what_was_there_when_the_rule_was_made(http: httpx.Client, cloud: RunningCloud) -> None:
    make_links(http)
    make_job(http, "before")
    cloud.fault("stale-read", path="*/cdm/job/*", times=2)
    make_job(http, "after")
    http.delete(f"{BASE}/job/before")
    assert http.get(f"{BASE}/job/after").status_code == 400
    assert http.get(f"{BASE}/job/before").status_code == 200
    assert http.get(f"{BASE}/job/after").status_code == 200
    assert http.get(f"{BASE}/job/before").status_code == 400


def test_the_log_names_the_fault_that_struck(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("status")
    http.get(CLUSTERS)
    assert [(line.status, line.fault) for line in cloud.requests()[-1:]] == [(503, "status")]


def test_obs_is_struck_by_rules_of_its_own(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("throttle", service="obs")
    cloud.fault("drop-after-commit", service="obs", method="PUT", path="/landing")
    assert http.get(CLUSTERS).status_code == 200
    assert buckets(cloud).list_buckets()["Buckets"] == []
    struck = [line.fault for line in cloud.requests() if line.service == "obs"]
    assert struck == ["throttle", ""]
    buckets(cloud).create_bucket(Bucket="landing")
    struck = [(line.method, line.fault) for line in cloud.requests() if line.service == "obs"]
    assert struck[2:] == [("PUT", "drop-after-commit"), ("PUT", "")]


def test_a_body_of_obs_is_cut_off_or_trickles(cloud: RunningCloud) -> None:
    s3 = buckets(cloud)
    s3.create_bucket(Bucket="landing")
    s3.put_object(Bucket="landing", Key="a", Body=b"x" * 1000)
    link = s3.generate_presigned_url("get_object", {"Bucket": "landing", "Key": "a"})
    cloud.fault("truncated-body", service="obs", path="/landing/a")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(link)
    cloud.fault("slow-body", service="obs", path="/landing/a", seconds=0.2)
    began = time.monotonic()
    assert httpx.get(link).content == b"x" * 1000
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"kind": "fire"},
        {"kind": "status", "status": "503"},
        {"kind": "status", "sttus": 503},
        {"kind": "kill", "moment": "stop"},
        {"kind": "task-fails", "moment": "never"},
        {"kind": "expire-token", "service": "obs"},
        [],
        {"kind": "slow-body", "seconds": True},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(cloud: RunningCloud, rule: Any) -> None:
    answer = httpx.post(f"{cloud.api}/_embedded/faults", json=rule)
    assert answer.status_code == 400
    assert answer.json()["error_msg"]


def test_rules_are_listed_by_a_call(cloud: RunningCloud) -> None:
    url = f"{cloud.api}/_embedded/faults"
    added = httpx.post(url, json={"kind": "latency", "seconds": 2, "times": 3})
    assert added.status_code == 201
    assert httpx.get(url).json()["faults"] == [added.json()]


def test_rules_outlive_the_process(tmp_path: Path) -> None:
    store = Store(tmp_path)
    Faults(store).add(Fault("status", times=2))
    assert Faults(store).strike("GET", "/x") is not None
    store.close()

    reopened = Faults(Store(tmp_path))
    assert [fault.times for fault in reopened.list()] == [1]
    assert reopened.strike("GET", "/x") is not None
    assert reopened.strike("GET", "/x") is None


def test_a_body_that_is_cut_has_its_effect_and_cannot_be_read(http: httpx.Client, cloud: RunningCloud) -> None:
    make_links(http)
    cloud.fault("truncated-body", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(f"{BASE}/job", json=job())
    assert http.get(f"{BASE}/job/orders").status_code == 200


def test_expired_tokens_are_refused_and_a_new_one_is_not(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("expire-token")
    answers = [http.get(CLUSTERS) for _ in range(2)]
    assert [(answer.status_code, answer.json()["error_code"]) for answer in answers] == [(401, "APIGW.0307")] * 2
    renewed = http.post("/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
    assert http.get(CLUSTERS, headers={"X-Auth-Token": renewed}).status_code == 200


def struck(http: httpx.Client, cloud: RunningCloud, seed: int) -> list[bool]:
    cloud.fault("status", times=-1, probability=0.3, seed=seed)
    found = [http.get(CLUSTERS).status_code == 503 for _ in range(40)]
    httpx.delete(f"{cloud.api}/_embedded/faults")
    return found


def test_a_seed_strikes_the_same_requests_each_time(http: httpx.Client, cloud: RunningCloud) -> None:
    first = struck(http, cloud, 1)
    assert 4 <= sum(first) <= 20
    assert struck(http, cloud, 1) == first
    assert struck(http, cloud, 2) != first


def test_a_rule_by_chance_counts_only_those_it_strikes(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("status", times=2, probability=0.3, seed=1)
    assert sum(http.get(CLUSTERS).status_code == 503 for _ in range(40)) == 2


def test_a_rule_is_removed_by_its_number(http: httpx.Client, cloud: RunningCloud) -> None:
    numbers = [cloud.fault("status", status=500 + number).id for number in range(3)]
    assert httpx.delete(f"{cloud.api}/_embedded/faults/{numbers[0]}").status_code == 204
    assert httpx.delete(f"{cloud.api}/_embedded/faults/{numbers[0]}").status_code == 404
    assert httpx.delete(f"{cloud.api}/_embedded/faults/x").status_code == 404
    assert http.get(CLUSTERS).status_code == 501
