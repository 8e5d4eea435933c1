"""Who calls: signatures that the embedded cloud accepts, and tokens that are renewed in time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import AuthError, BadResponse
from pulumi_dataarts.huawei.clock import SystemClock
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import Endpoints, Settings
from pulumi_dataarts.huawei.transport import Call
from tests.huawei.servers import Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.simulator.testing import RunningCloud
    from tests.huawei.servers import Stage
    from tests.huawei.times import Ticking

    Open = Callable[..., Session]

CLUSTERS = Call("list clusters", "GET", "/v1.1/embedded/clusters", safe=True)
PASSWORD = {
    "access_key": "",
    "secret_key": "",
    "user_name": "IAMUser",
    "user_password": "canary-IAMPassword",
    "domain_name": "IAMDomain",
}
EXPIRED = Act(401, b'{"error_code": "APIGW.0307", "error_msg": "The token must be updated."}')


def token(name: str, expires_at: str = "2024-01-03T03:04:05.000000Z") -> Act:
    body = json.dumps({"token": {"expires_at": expires_at, "issued_at": "2024-01-02T03:04:05.000000Z"}}).encode()
    return Act(201, body, {"X-Subject-Token": name})


def at(cloud: RunningCloud, **identity: str) -> Session:
    endpoints = Endpoints(cdm=cloud.api, dlf=cloud.api, dli=cloud.api, iam=cloud.api, obs=cloud.obs)
    return Session(Settings("embedded", "embedded", endpoints, **identity), clock=SystemClock())


def test_a_signed_call_is_admitted(cloud: RunningCloud) -> None:
    service = at(cloud, access_key="embedded", secret_key="embedded").service("cdm", {})
    assert service.send(CLUSTERS).json()["clusters"][0]["id"] == "embedded"


def test_a_wrong_secret_key_is_an_authentication_error(cloud: RunningCloud) -> None:
    with pytest.raises(AuthError, match=r"verify aksk signature fail .HTTP 401, APIGW.0301, request "):
        at(cloud, access_key="embedded", secret_key="canary-wrong").service("cdm", {}).send(CLUSTERS)


def test_a_password_is_exchanged_for_a_token_that_is_admitted(cloud: RunningCloud) -> None:
    cloud.reset()
    session = at(cloud, user_name="embedded", user_password="embedded", domain_name="embedded")
    service = session.service("cdm", {})
    assert service.send(CLUSTERS).status == 200
    assert service.send(CLUSTERS).status == 200
    assert [served.path for served in cloud.requests()].count("/v3/auth/tokens") == 1


def test_a_token_that_expired_meanwhile_is_renewed_once_and_the_call_sent_again(cloud: RunningCloud) -> None:
    cloud.reset()
    session = at(cloud, user_name="embedded", user_password="embedded", domain_name="embedded")
    service = session.service("cdm", {})
    service.send(CLUSTERS)
    cloud.advance(25 * 3600)
    assert service.send(CLUSTERS).status == 200
    assert [served.status for served in cloud.requests()] == [201, 200, 401, 201, 200]
    cloud.reset()


def test_the_password_travels_as_its_page_says(stage: Stage, open_at: Open) -> None:
    stage.acts = [token("T1")]
    open_at(stage.url, **PASSWORD).service("cdm", {}).send(CLUSTERS)
    asked, called = stage.seen
    assert (asked.method, asked.path) == ("POST", "/v3/auth/tokens?nocatalog=true")
    assert json.loads(asked.content) == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "domain": {"name": "IAMDomain"},
                        "name": "IAMUser",
                        "password": "canary-IAMPassword",
                    }
                },
            },
            "scope": {"project": {"id": "p1"}},
        }
    }
    assert "authorization" not in asked.headers
    assert called.headers["x-auth-token"] == "T1"


def test_a_token_is_renewed_before_it_expires(stage: Stage, open_at: Open, clock: Ticking) -> None:
    stage.acts = [token("T1"), Act(), Act(), token("T2", "2024-01-04T03:04:05.000000Z")]
    service = open_at(stage.url, **PASSWORD).service("cdm", {})
    service.send(CLUSTERS)
    clock.pass_by(23 * 3600)
    service.send(CLUSTERS)
    clock.pass_by(3600 - 300)
    service.send(CLUSTERS)
    assert [seen.headers.get("x-auth-token") for seen in stage.seen] == [None, "T1", "T1", None, "T2"]


def test_a_call_that_is_refused_with_a_new_token_too_is_given_up(stage: Stage, open_at: Open) -> None:
    stage.acts = [token("T1"), EXPIRED, token("T2"), EXPIRED]
    with pytest.raises(AuthError, match="The token must be updated"):
        open_at(stage.url, **PASSWORD).service("cdm", {}).send(CLUSTERS)
    assert len(stage.seen) == 4


def test_many_threads_get_one_token(stage: Stage, open_at: Open) -> None:
    stage.acts = [token("T1")]
    service = open_at(stage.url, **PASSWORD).service("cdm", {})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: service.send(CLUSTERS), range(16)))
    assert [seen.path for seen in stage.seen].count("/v3/auth/tokens?nocatalog=true") == 1


def test_a_wrong_password_is_an_authentication_error_without_the_password(stage: Stage, open_at: Open) -> None:
    says = {"error": {"code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}}
    stage.acts = [Act(401, json.dumps(says).encode())]
    with pytest.raises(AuthError, match="IAM obtain token: user IAMUser: The username or password is wrong") as raised:
        open_at(stage.url, **PASSWORD).service("cdm", {}).send(CLUSTERS)
    assert "canary" not in f"{raised.value!r}{raised.value}"


@pytest.mark.parametrize(
    "act", [Act(201), Act(201, b'{"token": {}}', {"X-Subject-Token": "T"})], ids=["no-token", "no-expiry"]
)
def test_an_answer_without_a_token_is_a_bad_response(stage: Stage, open_at: Open, act: Act) -> None:
    stage.acts = [act]
    with pytest.raises(BadResponse):
        open_at(stage.url, **PASSWORD).service("cdm", {}).send(CLUSTERS)


def test_a_token_goes_before_a_key_and_is_not_renewed(stage: Stage, open_at: Open) -> None:
    stage.acts = [EXPIRED]
    with pytest.raises(AuthError):
        open_at(stage.url, auth_token="canary-TOKEN").service("cdm", {}).send(CLUSTERS)
    [seen] = stage.seen
    assert seen.headers["x-auth-token"] == "canary-TOKEN"
    assert "authorization" not in seen.headers


def test_a_temporary_key_shows_its_token_and_signs_it(stage: Stage, open_at: Open) -> None:
    open_at(stage.url, security_token="canary-ST").service("cdm", {}).send(CLUSTERS)
    headers: dict[str, Any] = stage.seen[0].headers
    assert headers["x-security-token"] == "canary-ST"
    assert "x-security-token" in headers["authorization"]
