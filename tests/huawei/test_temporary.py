"""Temporary keys: got when they are needed, again before they expire, and after a refusal; never shown."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import AuthError
from pulumi_dataarts.huawei import settings as configuration
from pulumi_dataarts.huawei.clock import SystemClock
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import Endpoints, Settings
from pulumi_dataarts.huawei.transport import Call
from tests.huawei.servers import Act
from tests.stacks.cloud_calls import CloudCalls

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud
    from tests.huawei.servers import Stage
    from tests.huawei.times import Ticking

    Open = Callable[..., Session]

CLUSTERS = Call("list clusters", "GET", "/v1.1/embedded/clusters", safe=True)
NOBODY = {"access_key": "", "secret_key": ""}
END = "2024-01-02T04:04:05.000000Z"
LATER = "2024-01-02T06:04:05.000000Z"
REFUSED = Act(401, b'{"error_code": "APIGW.0301", "error_msg": "expired"}')


def key(name: str, expires_at: str = END) -> dict[str, Any]:
    return {
        "credential": {
            "access": name,
            "secret": f"canary-{name}",
            "securitytoken": "canary-ST",
            "expires_at": expires_at,
        }
    }


def access(headers: Any) -> str:
    return str(headers["authorization"].partition("Access=")[2].partition(",")[0])


def test_a_file_is_read_again_before_its_key_expires(
    stage: Stage, open_at: Open, clock: Ticking, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(key("A1")))
    service = open_at(stage.url, **NOBODY, credentials_file=str(path)).service("cdm", {})
    service.send(CLUSTERS)
    path.write_text(json.dumps(key("A2", LATER)["credential"]))
    clock.pass_by(1800)
    service.send(CLUSTERS)
    clock.pass_by(1600)
    service.send(CLUSTERS)
    assert [access(seen.headers) for seen in stage.seen] == ["A1", "A1", "A2"]
    assert stage.seen[0].headers["x-security-token"] == "canary-ST"


def test_a_refused_key_is_replaced_once(stage: Stage, open_at: Open, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(key("A1")))
    service = open_at(stage.url, **NOBODY, credentials_file=str(path)).service("cdm", {})
    service.send(CLUSTERS)
    path.write_text(json.dumps(key("A2")))
    stage.acts = [REFUSED, Act(), REFUSED]
    service.send(CLUSTERS)
    assert [access(seen.headers) for seen in stage.seen] == ["A1", "A1", "A2"]
    with pytest.raises(AuthError):
        service.send(CLUSTERS)
    assert len(stage.seen) == 4


def test_an_identity_token_becomes_a_key(stage: Stage, open_at: Open, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("canary-JWT\n")
    stage.acts = [
        Act(201, b'{"token": {}}', {"X-Subject-Token": "canary-T"}),
        Act(201, json.dumps(key("A1")).encode()),
        Act(),
    ]
    session = open_at(stage.url, **NOBODY, identity_provider="github", identity_token_file=str(path))
    session.service("cdm", {}).send(CLUSTERS)
    exchange, temporary, called = stage.seen
    assert exchange.path == "/v3.0/OS-AUTH/id-token/tokens"
    assert exchange.headers["x-idp-id"] == "github"
    assert json.loads(exchange.content) == {
        "auth": {"id_token": {"id": "canary-JWT"}, "scope": {"project": {"id": "p1"}}}
    }
    assert temporary.path == "/v3.0/OS-CREDENTIAL/securitytokens"
    assert temporary.headers["x-auth-token"] == "canary-T"
    assert access(called.headers) == "A1"
    assert "canary" not in session.redacted("canary-JWT canary-T canary-A1 canary-ST")


def test_the_embedded_cloud_admits_a_command_s_key_on_its_services_and_on_obs(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    body = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 900}}}}
    given = CloudCalls(cloud.api).send("POST", "/v3.0/OS-CREDENTIAL/securitytokens", body).json()
    (tmp_path / "keys.json").write_text(json.dumps(given))
    command = shlex.join([sys.executable, "-c", f"print(open({str(tmp_path / 'keys.json')!r}).read())"])
    endpoints = Endpoints(cdm=cloud.api, dlf=cloud.api, dli=cloud.api, iam=cloud.api, obs=cloud.obs)
    session = Session(Settings("embedded", "embedded", endpoints, credentials_command=command), clock=SystemClock())
    assert session.service("cdm", {}).send(CLUSTERS).status == 200
    assert session.obs().list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo canary-x; exit 3", "ended with exit 3"),
        ("echo no json", "gives no JSON"),
        ('echo \'{"credential": {"access": 1}}\'', "gives no access key"),
        ('echo \'{"access": "a", "secret": "b", "expires_at": "soon"}\'', "that is no time"),
        ('echo \'{"access": "a", "secret": "b", "expires_at": "2001-01-01T00:00:00Z"}\'', "have expired"),
    ],
)
def test_what_gives_no_key_says_why_and_shows_nothing(stage: Stage, open_at: Open, command: str, said: str) -> None:
    with pytest.raises(AuthError, match=said) as raised:
        open_at(stage.url, **NOBODY, credentials_command=command).service("cdm", {}).send(CLUSTERS)
    assert "canary" not in str(raised.value)
    assert stage.seen == []


def test_the_environment_and_the_configuration_name_them() -> None:
    def resolved(config: dict[str, str], environment: dict[str, str]) -> Settings:
        base = {"dataarts:region": "cn-north-4", "dataarts:projectId": "p"}
        return configuration.resolve({**base, **config}.get, environment)

    config = {"dataarts:credentialsFile": "keys.json"}
    assert resolved(config, {}).credentials_file == "keys.json"
    assert resolved(config, {"HW_CREDENTIALS_FILE": "other"}).credentials_file == "other"
    assert resolved({}, {"HW_CREDENTIALS_COMMAND": "get"}).credentials_command == "get"
    identity = {"HUAWEICLOUD_SDK_IDP_ID": "github", "HUAWEICLOUD_SDK_ID_TOKEN_FILE": "/t"}
    assert resolved({}, identity).identity_token_file == "/t"
    with pytest.raises(AuthError, match="HUAWEICLOUD_SDK_ID_TOKEN_FILE is not"):
        resolved({}, {"HUAWEICLOUD_SDK_IDP_ID": "github"})
