"""Signatures of OBS requests, made by botocore and changed on the way."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
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


def digest(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()


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


def older(target: str, signer: Any, **headers: str) -> S3Request:
    """Return a request as botocore signs it the V2 way, or a link that it signs in advance."""
    request = AWSRequest("GET", f"http://127.0.0.1:9000{target}", headers=headers, auth_path=target.partition("?")[0])
    signer.add_auth(request)
    sent = {"Host": "127.0.0.1:9000", **dict(request.headers.items())}
    return S3Request("GET", request.url.removeprefix("http://127.0.0.1:9000"), sent)


KEY = Credentials("embedded", "embedded")
LINKS = {"v2": HmacV1QueryAuth(KEY, 60), "v4": S3SigV4QueryAuth(KEY, "s3", "cn-north-4", 60)}


@pytest.mark.parametrize("target", ["/bkt/key", "/bkt/a%20b?versionId=7&x=1", "/bkt/?acl"])
def test_the_older_signature_covers_method_resource_and_headers(target: str) -> None:
    request = older(target, HmacV1Auth(KEY), **{"x-amz-meta-a": "1"})
    assert verdict(request) == ""
    assert verdict(replace(request, method="DELETE")) == "SignatureDoesNotMatch"
    assert verdict(replace(request, target=target.replace("bkt", "other"))) == "SignatureDoesNotMatch"
    changed = {**request.headers, "x-amz-meta-a": "2"}
    assert verdict(replace(request, headers=changed)) == "SignatureDoesNotMatch"
    assert verdict(request, 880) == ""
    assert verdict(request, 920) == verdict(request, -920) == "RequestTimeTooSkewed"
    undated = {name: value for name, value in request.headers.items() if name != "Date"}
    assert verdict(replace(request, headers=undated)) == "AccessDenied"


@pytest.mark.parametrize("scheme", LINKS)
def test_a_link_signed_in_advance_ends(scheme: str) -> None:
    request = older("/bkt/key", LINKS[scheme])
    assert verdict(request) == verdict(request, 58) == ""
    assert verdict(request, 62) == "AccessDenied"
    assert verdict(replace(request, target=request.target.replace("key", "other"))) == "SignatureDoesNotMatch"
    longer = re.sub(r"Expires=\d+", "Expires=99999999999", request.target)
    assert verdict(replace(request, target=longer), 62) == "SignatureDoesNotMatch"


def test_a_link_of_tomorrow_does_not_hold_today() -> None:
    assert verdict(older("/bkt/key", LINKS["v4"]), -920) == "RequestTimeTooSkewed"


@pytest.mark.parametrize(
    ("md5", "code"), [(digest(b"x"), ""), (digest(b"y"), "BadDigest"), ("nonsense!", "InvalidDigest")]
)
def test_a_body_must_be_the_one_of_its_digest(md5: str, code: str) -> None:
    assert verdict(signed(**{"Content-MD5": md5})) == code


@pytest.mark.parametrize(("method", "query"), [("PUT", "lifecycle"), ("PUT", "tagging"), ("POST", "delete")])
def test_a_call_that_needs_a_digest_is_refused_without(method: str, query: str) -> None:
    assert verdict(signed(method, f"/bkt?{query}")) == "MissingRequiredHeader"
    assert verdict(signed(method, f"/bkt?{query}", **{"Content-MD5": digest(b"x")})) == ""
    assert verdict(signed("PUT", "/bkt/key?tagging")) == ""


def test_a_refusal_of_head_has_no_body() -> None:
    answer = s3_auth.refusal(S3Request("HEAD", "/bkt"), Settings(), time.time(), lambda _: None)
    assert answer is not None
    assert (answer.status, answer.body) == (403, b"")


def test_an_error_text_cannot_break_out_of_its_xml() -> None:
    answer = s3_auth.error(403, "AccessDenied", "<&>", S3Request("GET", "/<x>"))
    assert b"<Message>&lt;&amp;&gt;</Message><Resource>/&lt;x&gt;</Resource>" in answer.body
