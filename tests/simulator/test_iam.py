"""IAM's own calls.

Source: IAM API "Obtaining a User Token Through Password Authentication", IAM API "Obtaining a Temporary Access Key and
SecurityToken Through a Token".
"""

from __future__ import annotations

import copy
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.simulator.conftest import TOKEN_REQUEST

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

KEYS = {
    "auth": {
        "identity": {
            "methods": ["hw_ak_sk"],
            "hw_ak_sk": {"access": {"key": "embedded"}, "secret": {"key": "embedded"}},
        },
        "scope": {"project": {"name": "embedded"}},
    }
}


def issue(cloud: RunningCloud, body: Any) -> httpx.Response:
    return httpx.post(f"{cloud.api}/v3/auth/tokens", json=body)


@pytest.mark.parametrize("body", [TOKEN_REQUEST, KEYS], ids=["password", "hw_ak_sk"])
def test_a_token_is_issued_in_a_header_and_described_in_the_body(cloud: RunningCloud, body: Any) -> None:
    answer = issue(cloud, body)
    assert answer.status_code == 201
    assert answer.headers["X-Subject-Token"].startswith("MII")
    token = answer.json()["token"]
    assert token["methods"] == body["auth"]["identity"]["methods"]
    assert token["project"]["id"] == token["project"]["name"] == "embedded"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", token["expires_at"])


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        (("identity", "password", "user", "password"), "wrong", 401),
        (("identity", "password", "user"), "x", 400),
        (("identity", "methods"), ["totp"], 400),
        (("scope", "project"), {"name": "elsewhere"}, 401),
    ],
)
def test_a_token_is_refused_in_keystone_s_shape(
    cloud: RunningCloud, path: tuple[str, ...], value: Any, status: int
) -> None:
    body = copy.deepcopy(TOKEN_REQUEST)
    parent: Any = body["auth"]
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    answer = issue(cloud, body)
    assert answer.status_code == status
    assert answer.json()["error"].keys() == {"code", "message", "title"}
    assert answer.json()["error"]["code"] == status


def test_a_token_for_the_account_does_not_open_a_project(cloud: RunningCloud) -> None:
    body = {"auth": {"identity": TOKEN_REQUEST["auth"]["identity"]}}
    answer = issue(cloud, body)
    assert "domain" in answer.json()["token"]
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert httpx.get(f"{cloud.api}/v3/auth/projects", headers=headers).status_code == 200
    refused = httpx.get(f"{cloud.api}/v1.1/embedded/clusters", headers=headers)
    assert (refused.status_code, refused.json()["error_code"]) == (401, "APIGW.0307")


def test_projects_are_found_by_name(http: httpx.Client) -> None:
    assert [found["id"] for found in http.get("/v3/projects").json()["projects"]] == ["embedded"]
    assert http.get("/v3/projects", params={"name": "cn-north-4"}).json()["projects"] == []


def test_a_token_is_validated(http: httpx.Client, cloud: RunningCloud) -> None:
    subject = {"X-Subject-Token": http.headers["X-Auth-Token"]}
    assert http.get("/v3/auth/tokens", headers=subject).json()["token"]["methods"] == ["password"]
    assert http.head("/v3/auth/tokens", headers=subject).status_code == 200
    assert http.head("/v3/auth/tokens", headers={"X-Subject-Token": "x"}).status_code == 404


@pytest.mark.parametrize(("duration", "status"), [(900, 201), (86400, 201), (899, 400), (86401, 400), ("x", 400)])
def test_temporary_keys_live_for_the_time_that_is_allowed(http: httpx.Client, duration: Any, status: int) -> None:
    identity = {"methods": ["token"], "token": {"duration_seconds": duration}}
    answer = http.post("/v3.0/OS-CREDENTIAL/securitytokens", json={"auth": {"identity": identity}})
    assert answer.status_code == status
    if status == 201:
        assert answer.json()["credential"].keys() == {"access", "secret", "securitytoken", "expires_at"}


def test_a_temporary_key_lives_for_a_quarter_of_an_hour_unless_told_otherwise(
    http: httpx.Client, cloud: RunningCloud
) -> None:
    cloud.freeze()
    identity = {"methods": ["token"]}
    issued = http.post("/v3.0/OS-CREDENTIAL/securitytokens", json={"auth": {"identity": identity}}).json()
    now = httpx.get(f"{cloud.api}/_embedded/clock").json()["now"]
    ends = datetime.fromisoformat(issued["credential"]["expires_at"]).timestamp()
    assert ends == pytest.approx(now + 900)
