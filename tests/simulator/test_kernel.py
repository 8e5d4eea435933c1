"""The kernel: routing, transactions, what is refused before any service sees it, and the admin calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.http import Answer, Route
from pulumi_dataarts.simulator.routing import Router
from pulumi_dataarts.simulator.testing import running_cloud
from tests.cli.samples import outside
from tests.simulator.cdm_calls import BASE, link, make_job, make_links

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.simulator.testing import RunningCloud


def route(template: str) -> Route:
    return Route("GET", template, lambda _request, _context: Answer(), template, "")


ROUTER = Router([route("/v1/{project_id}/jobs/{job_name}"), route("/v1/{project_id}/jobs/import")])


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: name != "import"))
def test_a_name_in_a_path_is_one_parameter_whatever_it_is(name: str) -> None:
    match = ROUTER.match("GET", f"/v1/p/jobs/{quote(name, safe='')}")
    assert match is not None
    assert match[1] == {"project_id": "p", "job_name": name}


def test_a_literal_segment_wins_over_a_parameter() -> None:
    match = ROUTER.match("GET", "/v1/p/jobs/import")
    assert match is not None
    assert match[0].operation == "/v1/{project_id}/jobs/import"


def test_a_path_of_no_service_is_the_gateway_s_404(http: httpx.Client) -> None:
    answer = http.get("/v9/embedded/things")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "APIGW.0101")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1.1/embedded/cluster/modify/embedded"), ("GET", f"{BASE}/job/x/unknown"), ("PATCH", f"{BASE}/job")],
)
def test_a_call_that_is_not_simulated_says_so(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path)
    assert answer.status_code == 501
    assert f"{method} {path}" in answer.json()["error_msg"]


def test_a_body_over_twelve_megabytes_is_refused_after_it_was_heard_out(http: httpx.Client) -> None:
    answer = http.post(f"{BASE}/job", content=b"x" * (12 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error_code"]) == (413, "APIGW.0201")
    assert http.get("/v1.1/embedded/clusters").status_code == 200


def test_an_address_over_32_kilobytes_is_refused(http: httpx.Client) -> None:
    answer = http.get("/v1.1/embedded/clusters?x=" + "y" * 33_000)
    assert (answer.status_code, answer.json()["error_code"]) == (414, "APIGW.0201")


def test_a_refused_request_leaves_nothing_behind(http: httpx.Client) -> None:
    make_links(http)
    make_job(http)
    # The rename of `files` rewrites the job, then the taken name refuses the whole.
    refused = http.put(f"{BASE}/link/files", json=link("mysql", "http-connector"))
    assert refused.status_code == 400
    assert http.get(f"{BASE}/job/orders").json()["jobs"][0]["to-link-name"] == "files"


def test_every_answer_has_a_request_id_of_its_own(http: httpx.Client) -> None:
    ids = {http.get("/v1.1/embedded/clusters").headers["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5


def test_the_request_log_has_what_was_asked(http: httpx.Client, cloud: RunningCloud) -> None:
    http.get("/v1.1/embedded/clusters")
    answer = httpx.get(f"{cloud.api}/_embedded/requests", params={"last": 2}).json()
    assert answer["total"] == 2
    assert [(line["method"], line["path"], line["status"], line["fault"]) for line in answer["requests"]] == [
        ("POST", "/v3/auth/tokens", 201, ""),
        ("GET", "/v1.1/embedded/clusters", 200, ""),
    ]


def test_a_reset_makes_a_new_cloud(http: httpx.Client, cloud: RunningCloud) -> None:
    make_links(http)
    cloud.fault("status")
    assert httpx.post(f"{cloud.api}/_embedded/reset").status_code == 204
    assert cloud.requests() == []
    token = http.get("/v1.1/embedded/clusters")
    assert (token.status_code, token.json()["error_code"]) == (401, "APIGW.0301")


def test_what_was_kept_is_put_back_as_often_as_wished(http: httpx.Client, cloud: RunningCloud) -> None:
    buckets = outside(cloud)
    buckets.create_bucket(Bucket="lake")
    buckets.put_object(Bucket="lake", Key="part", Body=b"before")
    past = cloud.kept()
    for _ in range(2):
        make_links(http)
        buckets.put_object(Bucket="lake", Key="part", Body=b"after")
        buckets.put_object(Bucket="lake", Key="more", Body=b"after")
        cloud.fault("status")
        cloud.put_back(past)
        assert [item["Key"] for item in buckets.list_objects_v2(Bucket="lake")["Contents"]] == ["part"]
        assert buckets.get_object(Bucket="lake", Key="part")["Body"].read() == b"before"
        assert http.get("/v1.1/embedded/clusters/embedded/cdm/link/mysql").status_code == 400


def test_a_web_page_cannot_reset_the_cloud(http: httpx.Client, cloud: RunningCloud) -> None:
    url = f"{cloud.api}/_embedded/reset"
    assert httpx.post(url, headers={"Origin": "https://example.com"}).status_code == 403
    assert httpx.post(url, headers={"Host": "rebound.example.com"}).status_code == 403
    assert http.get("/v1.1/embedded/clusters").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [({"advance": 5}, 200), ({"advance": -1}, 400), ({"advance": True}, 400), ({"frozen": True}, 200), ([], 400)],
)
def test_the_clock_is_set_by_a_call(cloud: RunningCloud, body: Any, status: int) -> None:
    assert httpx.post(f"{cloud.api}/_embedded/clock", json=body).status_code == status


def test_a_frozen_clock_moves_only_when_it_is_told(cloud: RunningCloud) -> None:
    def now() -> float:
        seconds: float = httpx.get(f"{cloud.api}/_embedded/clock").json()["now"]
        return seconds

    cloud.freeze()
    before = now()
    assert now() == before
    cloud.advance(60)
    assert now() == pytest.approx(before + 60)


def test_two_clouds_side_by_side_share_nothing(http: httpx.Client, cloud: RunningCloud, tmp_path: Path) -> None:
    from tests.simulator.sdk import buckets

    with running_cloud(tmp_path) as other:
        buckets(cloud).create_bucket(Bucket="mine")
        buckets(other).create_bucket(Bucket="mine")
        buckets(other).create_bucket(Bucket="theirs")
        assert [bucket["Name"] for bucket in buckets(cloud).list_buckets()["Buckets"]] == ["mine"]
        foreign = httpx.get(f"{other.api}/v1.1/embedded/clusters", headers=http.headers)
        assert foreign.status_code == 401
