"""Secrets in logs and messages: hidden by name, and by value in every form they take."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.huawei.redaction import Redactor, is_secret_name, secrets_in, secrets_in_text

secrets = st.text(st.characters(blacklist_categories=["Cs"]), min_size=6, max_size=30).filter(
    lambda text: text not in "[secret]"
)


@given(secrets, st.text(max_size=10), st.text(max_size=10))
def test_a_known_secret_is_hidden_in_every_form(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.conceal([secret])
    forms = [secret, quote(secret, safe=""), json.dumps(secret), base64.b64encode(secret.encode()).decode()]
    for form in [*forms, secret.encode().hex()]:
        text = redactor.text(f"{before}|{form}|{after}")
        assert "[secret]" in text
        assert secret not in text.replace("[secret]", "")


def test_a_short_value_is_not_hidden_wherever_it_occurs() -> None:
    redactor = Redactor()
    redactor.conceal(["abc"])
    assert redactor.text("abc in abcdef") == "abc in abcdef"


def test_secrets_are_learnt_from_bodies_by_the_name_they_travel_under() -> None:
    redactor = Redactor()
    redactor.learn({"links": [{"configs": [{"inputs": [{"name": "linkConfig.password", "value": "canary-1"}]}]}]})
    redactor.learn({"auth": {"identity": {"password": {"user": {"name": "reader", "password": "canary-2"}}}}})
    assert redactor.text("canary-1 canary-2 reader") == "[secret] [secret] reader"


def test_secrets_of_jobs_are_learnt_by_mark_and_in_either_form_of_a_property() -> None:
    written = {"properties": [{"name": "arguments", "value": "canary-1", "value_is_sensitive": True}]}
    compared = {"properties": {"password": {"value": "canary-2"}, "arguments": {"value": "plain"}}}
    assert [*secrets_in(written), *secrets_in(compared)] == ["canary-1", "canary-2"]


def test_secrets_of_a_text_are_the_options_with_such_names() -> None:
    sql = "CREATE TABLE t (a INT) WITH ('connector' = 'jdbc', 'password'='it''s', \"db.token\" = 'x y')"
    assert list(secrets_in_text(sql)) == ["it''s", "x y"]


def test_a_body_is_shown_without_its_secrets() -> None:
    body = {
        "inputs": [{"name": "linkConfig.sk", "value": "x"}, {"name": "linkConfig.host", "value": "h"}],
        "token": "t",
    }
    shown = json.loads(Redactor().body(body))
    assert shown == {
        "inputs": [{"name": "linkConfig.sk", "value": "[secret]"}, {"name": "linkConfig.host", "value": "h"}],
        "token": "[secret]",
    }


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("linkConfig.password", True),
        ("linkConfig.securityKey", True),
        ("linkConfig.sk", True),
        ("toJobConfig.dek", True),
        ("X-Auth-Token", True),
        ("linkConfig.accessKey", False),
        ("toJobConfig.primaryKey", False),
        ("fromJobConfig.keySeparator", False),
        ("toJobConfig.disk", False),
    ],
)
def test_secret_names_are_told_from_others(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret
