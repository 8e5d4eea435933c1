"""Where the services are and who calls: sources, precedence, and everything that is wrong said at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import AuthError, ConfigError
from pulumi_dataarts.huawei import embedded
from pulumi_dataarts.huawei.embedded import EmbeddedCloud
from pulumi_dataarts.huawei.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG = {"region": "cn-north-4", "projectId": "p1", "accessKey": "AK", "secretKey": "canary-SK"}


def resolved(environment: Mapping[str, str] | None = None, **config: Any) -> Settings:
    keys = {f"dataarts:{key}": value for key, value in config.items()}
    return resolve(keys.get, environment or {})


@pytest.fixture
def cloud_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded cloud that is up already."""
    found = EmbeddedCloud("http://127.0.0.1:1", "http://127.0.0.1:2")
    monkeypatch.setattr(embedded, "locate", lambda _: found)


def test_the_regions_own_hosts_are_the_default() -> None:
    endpoints = resolved(**CONFIG).endpoints
    assert endpoints.cdm == "https://cdm.cn-north-4.myhuaweicloud.com"
    assert endpoints.dlf == "https://dayu-dlf.cn-north-4.myhuaweicloud.com"
    assert endpoints.dli == "https://dli.cn-north-4.myhuaweicloud.com"
    assert endpoints.iam == "https://iam.cn-north-4.myhuaweicloud.com"
    assert endpoints.obs == "https://obs.cn-north-4.myhuaweicloud.com"


def test_another_clouds_suffix_is_respected() -> None:
    assert resolved({"HW_CLOUD": "example.eu"}, **CONFIG).endpoints.cdm == "https://cdm.cn-north-4.example.eu"
    european = resolved(**{**CONFIG, "region": "eu-west-101"})
    assert european.endpoints.obs == "https://obs.eu-west-101.myhuaweicloud.eu"


def test_one_endpoint_serves_all_but_obs_and_a_services_own_wins() -> None:
    own = json.dumps({"dli": "https://dli.example.com/", "obs": "http://127.0.0.1:9000"})
    endpoints = resolved(**CONFIG, endpoint="https://gate.example.com/", endpoints=own).endpoints
    assert endpoints.cdm == endpoints.dlf == endpoints.iam == "https://gate.example.com"
    assert (endpoints.dli, endpoints.obs) == ("https://dli.example.com", "http://127.0.0.1:9000")
    assert resolved(**CONFIG, endpoint="https://gate.example.com").endpoints.obs.startswith("https://obs.cn-north-4")


def test_the_environment_wins_over_the_config() -> None:
    settings = resolved(
        {
            "HW_REGION_NAME": "cn-east-3",
            "HW_PROJECT_ID": "p2",
            "HW_ACCESS_KEY": "AK2",
            "HW_SECRET_KEY": "SK2",
            "HW_SECURITY_TOKEN": "ST2",
        },
        **CONFIG,
    )
    assert (settings.region, settings.project_id) == ("cn-east-3", "p2")
    assert (settings.access_key, settings.secret_key, settings.security_token) == ("AK2", "SK2", "ST2")
    assert "HW_ACCESS_KEY" in settings.from_environment


@pytest.mark.parametrize(
    ("access", "secret"),
    [
        ("HW_ACCESS_KEY", "HW_SECRET_KEY"),
        ("OS_ACCESS_KEY", "OS_SECRET_KEY"),
        ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
        ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
    ],
)
def test_all_names_that_teams_have_for_keys_are_known_in_order(access: str, secret: str) -> None:
    later = {"CLOUD_SDK_AK": "last", "CLOUD_SDK_SK": "last"}
    settings = resolved({**later, access: "AK", secret: "SK"}, region="r", projectId="p")
    assert (settings.access_key, settings.secret_key) == ("AK", "SK")


def test_keys_are_never_taken_half_from_one_place_and_half_from_another() -> None:
    with pytest.raises(AuthError, match="HW_ACCESS_KEY is set and HW_SECRET_KEY is not"):
        resolved({"HW_ACCESS_KEY": "AK2"}, **CONFIG)
    with pytest.raises(AuthError, match="dataarts:secretKey is set and dataarts:accessKey is not"):
        resolved(region="r", projectId="p", secretKey="canary-SK")


def test_a_security_token_belongs_to_the_key_beside_it_only() -> None:
    settings = resolved({"HW_SECURITY_TOKEN": "ST"}, **CONFIG)
    assert (settings.access_key, settings.security_token) == ("AK", "")


def test_a_password_needs_its_user_and_domain() -> None:
    environment = {"HW_USER_NAME": "u", "HW_USER_PASSWORD": "canary-pw"}
    with pytest.raises(AuthError, match="Set HW_DOMAIN_NAME as well"):
        resolved(environment, region="r", projectId="p")
    settings = resolved({**environment, "HW_DOMAIN_NAME": "d"}, region="r", projectId="p")
    assert (settings.user_name, settings.user_password, settings.domain_name) == ("u", "canary-pw", "d")


def test_a_ready_token_is_enough() -> None:
    assert resolved({"OS_AUTH_TOKEN": "canary-t"}, region="r", projectId="p").auth_token == "canary-t"


def test_without_any_credentials_the_ways_to_give_them_are_named() -> None:
    with pytest.raises(AuthError, match=r"HW_ACCESS_KEY and HW_SECRET_KEY.*dataarts:endpoint embedded"):
        resolved(region="r", projectId="p")


def test_all_that_is_wrong_is_said_at_once() -> None:
    keys = {"dataarts:endpoint": "gate.example.com", "dataarts:endpoints": "[]", "dataarts:rateLimit": "fast"}
    with pytest.raises(ConfigError) as raised:
        resolve(keys.get, {}, ["dataarts:regoin", "dataarts:projectId", "other:key"])
    text = str(raised.value)
    assert "6 settings are missing or malformed" in text
    for part in (
        "dataarts:regoin: no such key; did you mean `region`?",
        "`dataarts config set dataarts:region cn-north-4`, or HW_REGION_NAME",
        "dataarts:projectId is not set",
        "dataarts:rateLimit is calls a second, such as 20, and not `fast`",
        'dataarts:endpoints must be a JSON object such as {"cdm"',
        "dataarts:endpoint must be a URL",
    ):
        assert part in text
    assert "other:key" not in text


@pytest.mark.parametrize("rate", ["0", "-1", "inf", "nan"])
def test_a_rate_must_let_calls_through_and_have_a_limit(rate: str) -> None:
    with pytest.raises(ConfigError, match="rateLimit"):
        resolved(**CONFIG, rateLimit=rate)


def test_an_unknown_service_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match=r"endpoints.dl1: no such service; did you mean `dl[if]`"):
        resolved(**CONFIG, endpoints='{"dl1": "https://x"}')
    with pytest.raises(ConfigError, match=r"endpoints.cdm must be a URL"):
        resolved(**CONFIG, endpoints='{"cdm": 7}')


@pytest.mark.usefixtures("cloud_at")
def test_the_embedded_cloud_needs_nothing_else() -> None:
    settings = resolved(endpoint="embedded")
    assert (settings.region, settings.project_id) == ("embedded", "embedded")
    assert (settings.access_key, settings.secret_key) == ("embedded", "embedded")
    assert settings.endpoints.cdm == settings.endpoints.iam == "http://127.0.0.1:1"
    assert settings.endpoints.obs == "http://127.0.0.1:2"
    assert settings.is_embedded
    assert settings.secrets() == ["", "", ""]


@pytest.mark.usefixtures("cloud_at")
def test_the_environment_wins_even_there_and_is_remembered() -> None:
    settings = resolved({"HW_ACCESS_KEY": "AK", "HW_SECRET_KEY": "SK"}, endpoint="embedded")
    assert settings.access_key == "AK"
    assert settings.from_environment == ("HW_ACCESS_KEY", "HW_SECRET_KEY")


def test_nothing_is_started_while_the_settings_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "locate", lambda _: pytest.fail("must not be asked"))
    with pytest.raises(ConfigError):
        resolved(endpoint="embedded", rateLimit="fast")
    with pytest.raises(AuthError):
        resolved({"HW_ACCESS_KEY": "AK"}, endpoint="embedded")


def test_secrets_are_in_no_repr() -> None:
    environment = {
        "HW_SECURITY_TOKEN": "canary-st",
        "HW_ACCESS_KEY": "AK",
        "HW_SECRET_KEY": "canary-sk",
        "HW_AUTH_TOKEN": "canary-at",
        "HW_USER_NAME": "u",
        "HW_USER_PASSWORD": "canary-pw",
        "HW_DOMAIN_NAME": "d",
    }
    settings = resolved(environment, region="r", projectId="p")
    assert "canary" not in repr(settings)
    assert sorted(settings.secrets()) == ["canary-at", "canary-pw", "canary-sk", "canary-st"]
