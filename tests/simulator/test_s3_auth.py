"""Signatures of OBS requests, made by botocore and changed on the way."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator import s3_auth
from pulumi_dataarts.simulator.s3 import S3Request
from pulumi_dataarts.simulator.settings import Settings


def signed(
    method: str = "PUT", target: str = "/bkt/key", body: bytes = b"x", *, secret: str = "embedded", **headers: str
) -> S3Request:
    """Return a request as botocore signs it."""
    request = AWSRequest(method, f"http://127.0.0.1:9000{target}", data=body, headers=headers)
    S3SigV4Auth(Credentials("embedded", secret), "s3", "cn-north-4").add_auth(request)
    sent = {"Host": "127.0.0.1:9000", **dict(request.headers.items())}
    return S3Request(method, target, sent, body)


def verdict(request: S3Request, late_s: float = 0.0) -> str:
    """Return the code of the refusal, or an empty string."""
    answer = s3_auth.refusal(request, Settings(), time.time() + late_s, lambda _: None)
    return "" if answer is None else answer.body.decode().partition("<Code>")[2].partition("</Code>")[0]


segment = st.text("abcXYZ019-_.~%+ é/", min_size=1, max_size=8)


@given(segment, segment, st.text("ab c&=é", max_size=6))
def test_what_botocore_signs_is_accepted(key: str, name: str, value: str) -> None:
    from urllib.parse import quote

    target = f"/bkt/{quote(key, safe='/~')}?{quote(name, safe='~')}={quote(value, safe='~')}"
    assert verdict(signed("GET", target, b"")) == ""


def test_a_changed_request_is_refused() -> None:
    request = signed(**{"x-amz-meta-a": "1"})
    assert verdict(request) == ""
    assert verdict(replace(request, method="DELETE")) == "SignatureDoesNotMatch"
    assert verdict(replace(request, target="/bkt/other")) == "SignatureDoesNotMatch"
    assert verdict(replace(request, target="/bkt/key?acl")) == "SignatureDoesNotMatch"
    changed = {**request.headers, "x-amz-meta-a": "2"}
    assert verdict(replace(request, headers=changed)) == "SignatureDoesNotMatch"
    assert verdict(signed(secret="other")) == "SignatureDoesNotMatch"


def test_a_request_may_be_dated_by_its_plain_date() -> None:
    request = signed(Date=format_datetime(datetime.now(UTC), usegmt=True))
    assert "X-Amz-Date" not in request.headers
    assert verdict(request) == ""
    assert verdict(replace(request, headers={**request.headers, "Date": "yesterday"})) == "AccessDenied"


def test_a_changed_body_is_refused() -> None:
    assert verdict(replace(signed(), body=b"y")) == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(("late_s", "code"), [(880, ""), (-880, ""), (920, "RequestTimeTooSkewed")])
def test_a_signature_lives_for_fifteen_minutes(late_s: float, code: str) -> None:
    assert verdict(signed(), late_s) == code


def test_a_refusal_of_head_has_no_body() -> None:
    answer = s3_auth.refusal(S3Request("HEAD", "/bkt"), Settings(), time.time(), lambda _: None)
    assert answer is not None
    assert (answer.status, answer.body) == (403, b"")


def test_an_error_text_cannot_break_out_of_its_xml() -> None:
    answer = s3_auth.error(403, "AccessDenied", "<&>", S3Request("GET", "/<x>"))
    assert b"<Message>&lt;&amp;&gt;</Message><Resource>/&lt;x&gt;</Resource>" in answer.body
