"""Signatures and tokens: the published vectors, and everything that must not get in.

Source: IAM API "Obtaining a User Token Through Password Authentication", support.huaweicloud.com/devg-apisign, API
Gateway, "Error Codes".
"""

from __future__ import annotations

import hashlib
import importlib
import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator import auth
from pulumi_dataarts.simulator.clock import ManualClock
from pulumi_dataarts.simulator.http import Refused, Request
from pulumi_dataarts.simulator.settings import Settings
from pulumi_dataarts.simulator.store import Store
from tests.simulator.conftest import TOKEN_REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.simulator.testing import RunningCloud

with mock.patch.dict(os.environ, HOME=tempfile.mkdtemp()):
    signer: Any = importlib.import_module("huaweicloudsdkcore.signer.signer")
    credentials: Any = importlib.import_module("huaweicloudsdkcore.auth.credentials")
    sdk_request: Any = importlib.import_module("huaweicloudsdkcore.sdk_request")

VECTOR_HEADERS = {
    "content-type": "application/json",
    "host": "cdm.cn-north-4.myhuaweicloud.com",
    "x-sdk-date": "20240102T030405Z",
}
LIST = Request(
    method="GET",
    path="/v1.1/p1/clusters/c1/cdm/job/all",
    raw_query="filter=a%20b%2F%C3%A9&page_no=1&page_size=10",
    headers=VECTOR_HEADERS,
)
START = Request(
    method="PUT",
    path="/v1.1/p1/clusters/c1/cdm/job/jdbc2hive/start",
    headers=VECTOR_HEADERS,
    body=b'{"variables":{}}',
)


@pytest.mark.parametrize(
    ("request_", "canonical", "signature"),
    [
        (
            LIST,
            "74c7c2bdf97a882bd7eb3eae823a116a636f6a8b1556964ca5e7ffda3b7a9948",
            "15f4369129c81a3a33701d271d598a22851d92ca2375a6221df23e2d8f9d7873",
        ),
        (
            START,
            "332ccc1f5d83f4267c93d36e74797913f3fceb3e0e2f5a8b0b321f13db2e36a8",
            "22aeaf0b4ce8e2e425802f2ec2c72ba74695d70c9ccbad212fcfed7a1a4af927",
        ),
    ],
    ids=["list", "start"],
)
def test_the_vectors_of_the_fact_sheet(request_: Request, canonical: str, signature: str) -> None:
    names = sorted(VECTOR_HEADERS)
    text = auth.canonical_request(request_, names)
    assert hashlib.sha256(text.encode()).hexdigest() == canonical
    assert auth.sign(request_, names, "SKEXAMPLE") == signature


def signed(
    method: str = "GET",
    path: str = "/v1.1/embedded/clusters",
    query: tuple[tuple[str, str], ...] = (),
    body: str = "",
    secret: str = "embedded",
) -> Request:
    """Return a request as the official SDK signs it."""
    sent = sdk_request.SdkRequest(
        method=method,
        schema="http",
        host="127.0.0.1:8000",
        resource_path=path,
        query_params=list(query),
        header_params={"Content-Type": "application/json"},
        body=body,
    )
    signer.Signer(credentials.BasicCredentials("embedded", secret, "embedded")).sign(sent)
    raw_path, _, raw_query = sent.uri.partition("?")
    headers = {name.lower(): value for name, value in sent.header_params.items()}
    return Request(
        method=method, path=raw_path, raw_query=raw_query, headers=headers, body=body.encode(), request_id="r"
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("auth"))


class At:
    """A clock that stands."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return self.seconds


def admit(store: Store, request: Request, project: str = "embedded", late_s: float = 0.0) -> str:
    """Return the admitted user, or the code of the refusal."""
    wall = At(datetime.now(UTC).timestamp() + late_s)
    gatekeeper = auth.Gatekeeper(Settings(), store, ManualClock(), wall)
    try:
        return gatekeeper.admit(request, project)
    except Refused as refusal:
        assert refusal.answer.body["request_id"] == "r"
        return f"{refusal.answer.status} {refusal.answer.body['error_code']}"


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(st.lists(words.filter(lambda word: word not in {".", ".."}), max_size=3), words, words)
def test_whatever_the_official_signer_signs_is_admitted(parts: list[str], key: str, value: str) -> None:
    store = Store.__new__(Store)  # a signature of the account's own key needs no store
    path = "/v1.1/embedded/clusters/" + "/".join(quote(part, safe="~") for part in parts)
    assert admit(store, signed(path=path, query=((key, value), ("a", "")))) == "embedded"


def test_a_changed_request_is_refused(store: Store) -> None:
    original = signed("PUT", "/v1.1/embedded/clusters/c/cdm/job/j/start", body='{"variables":{}}')
    refusal = "401 APIGW.0301"
    assert admit(store, original) == "embedded"
    assert admit(store, replace(original, body=b'{"variables":{"a":"b"}}')) == refusal
    assert admit(store, replace(original, method="POST")) == refusal
    assert admit(store, replace(original, path=original.path.replace("/j/", "/k/"))) == refusal
    assert admit(store, replace(original, raw_query="a=b")) == refusal
    assert admit(store, replace(original, headers=original.headers | {"host": "elsewhere"})) == refusal


def test_a_declared_digest_must_be_the_body_s(store: Store) -> None:
    names = ["host", "x-sdk-content-sha256", "x-sdk-date"]
    headers = {
        "host": "h",
        "x-sdk-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        "x-sdk-content-sha256": hashlib.sha256(b"one").hexdigest(),
    }
    request = Request("PUT", "/x", headers=headers, body=b"one", request_id="r")

    def sent(body: bytes) -> Request:
        signature = auth.sign(request, names, "embedded")
        text = f"{auth.ALGORITHM} Access=embedded, SignedHeaders={';'.join(names)}, Signature={signature}"
        return replace(request, body=body, headers=headers | {"authorization": text})

    assert admit(store, sent(b"one")) == "embedded"
    assert admit(store, sent(b"two")) == "401 APIGW.0301"


def test_a_header_that_must_be_signed_may_not_be_left_out(store: Store) -> None:
    request = Request("GET", "/x", headers={"x-sdk-date": "20240102T030405Z"}, request_id="r")
    signature = auth.sign(request, ["x-sdk-date"], "embedded")
    text = f"{auth.ALGORITHM} Access=embedded, SignedHeaders=x-sdk-date, Signature={signature}"
    headers = {**request.headers, "authorization": text}
    assert admit(store, replace(request, headers=headers)) == "401 APIGW.0301"


@pytest.mark.parametrize("authorization", ["Access=a", "", "SDK-HMAC-SHA256 ,,,=", "SDK-HMAC-SHA256 Access"])
def test_a_garbled_authorization_is_refused(store: Store, authorization: str) -> None:
    headers = signed().headers | {"authorization": f"SDK-HMAC-SHA256 {authorization}"}
    assert admit(store, replace(signed(), headers=headers)) == "401 APIGW.0301"


@pytest.mark.parametrize(("late_s", "expected"), [(890, "embedded"), (-890, "embedded"), (910, ""), (-910, "")])
def test_a_signature_lives_for_fifteen_minutes(store: Store, late_s: float, expected: str) -> None:
    assert admit(store, signed(), late_s=late_s) == (expected or "401 APIGW.0301")


def test_a_wrong_key_a_wrong_secret_and_a_foreign_project_are_refused(store: Store) -> None:
    assert admit(store, signed(secret="wrong")) == "401 APIGW.0301"
    foreign = signed().headers["authorization"].replace("Access=embedded", "Access=other")
    assert admit(store, replace(signed(), headers=signed().headers | {"authorization": foreign})) == "401 APIGW.0301"
    assert admit(store, signed(), project="other") == "403 APIGW.0302"


def test_no_credentials_at_all(cloud: RunningCloud) -> None:
    answer = httpx.get(f"{cloud.api}/v1.1/embedded/clusters")
    assert answer.status_code == 401
    assert answer.json()["error_code"] == "APIGW.0301"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_a_token_ends_with_the_cloud_s_clock(cloud: RunningCloud, http: httpx.Client) -> None:
    path = "/v1.1/embedded/clusters"
    assert http.get(path).status_code == 200
    cloud.advance(timedelta(hours=24).total_seconds())
    expired = http.get(path)
    assert (expired.status_code, expired.json()["error_code"]) == (401, "APIGW.0307")
    http.headers["X-Auth-Token"] = http.post("/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
    assert http.get(path).status_code == 200


def test_a_token_that_was_never_issued_is_refused(http: httpx.Client) -> None:
    answer = http.get("/v1.1/embedded/clusters", headers={"X-Auth-Token": "MIIforged"})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")


def test_a_temporary_key_needs_its_security_token_and_ends(tmp_path: Path) -> None:
    store, clock = Store(tmp_path), ManualClock()
    temporary = {"secret": "s", "securitytoken": "t", "expires": clock.now() + 900}
    with store.transaction():
        store.put(auth.TEMPORARY_KIND, "", "TEMP", temporary)
    gatekeeper = auth.Gatekeeper(Settings(), store, clock, At(datetime.now(UTC).timestamp()))

    def sent(token: str) -> Request:
        names = ["host", "x-sdk-date", "x-security-token"]
        headers = {"host": "h", "x-sdk-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", "x-security-token": token}
        request = Request("GET", "/x", headers=headers)
        signature = auth.sign(request, names, "s")
        text = f"{auth.ALGORITHM} Access=TEMP, SignedHeaders={';'.join(names)}, Signature={signature}"
        return replace(request, headers=headers | {"authorization": text})

    assert gatekeeper.admit(sent("t"), "embedded") == "embedded"
    with pytest.raises(Refused):
        gatekeeper.admit(sent("other"), "embedded")
    clock.advance(900)
    with pytest.raises(Refused):
        gatekeeper.admit(sent("t"), "embedded")
