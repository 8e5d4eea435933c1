"""OBS's errors as ours, and the exchange of objects that all rooms share (`huawei.objects`)."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import (
    AlreadyExists,
    AuthError,
    BadResponse,
    CloudError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    QuotaExceeded,
    ServiceFault,
    Throttled,
    Unreachable,
)
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import resolve

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud


def test_what_is_put_is_got_listed_and_deleted(session: Session, bucket: str) -> None:
    objects.put(session, bucket, "a/ü", b"one")
    objects.put(session, bucket, "b", b"two")
    assert objects.keys(session, bucket, "a/") == ["a/ü"]
    assert objects.get(session, bucket, "a/ü") == b"one"
    objects.delete(session, bucket, "a/ü")
    objects.delete(session, bucket, "a/ü")
    assert objects.keys(session, bucket) == ["b"]


def test_more_than_was_asked_for_is_not_read(session: Session, bucket: str) -> None:
    objects.put(session, bucket, "k", b"12345")
    assert objects.get(session, bucket, "k", size_max_bytes=5) == b"12345"
    with pytest.raises(BadResponse, match="larger than 4 bytes"):
        objects.get(session, bucket, "k", size_max_bytes=4)


def test_a_missing_bucket_is_told_with_code_status_and_request(session: Session) -> None:
    with pytest.raises(NotFound) as missing:
        objects.get(session, "nowhere", "k")
    error = missing.value
    assert (error.service, error.operation, error.status, error.code) == ("obs", "get object", 404, "NoSuchBucket")
    assert error.request_id
    assert "nowhere/k" in str(error)


def test_deleting_in_a_missing_bucket_is_done(session: Session, cloud: RunningCloud) -> None:
    objects.delete(session, "nowhere", "k")
    assert [(asked.method, asked.path, asked.status) for asked in cloud.requests()] == [("DELETE", "/nowhere/k", 404)]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("NoSuchKey", 404, NotFound),
        ("BucketAlreadyExists", 409, AlreadyExists),
        ("BucketAlreadyOwnedByYou", 409, AlreadyExists),
        ("BucketNotEmpty", 409, Conflict),
        ("OperationAborted", 409, Conflict),
        ("TooManyBuckets", 400, QuotaExceeded),
        ("SlowDown", 503, Throttled),
        ("SignatureDoesNotMatch", 403, AuthError),
        ("RequestTimeTooSkewed", 403, AuthError),
        ("AccessDenied", 403, CloudError),
        ("InternalError", 500, OutcomeUnknown),
    ],
)
def test_each_code_becomes_an_error_of_its_own(code: str, status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind) as raised, objects.translated("put object", "b/k"):
        raise _client_error(code, status)
    assert type(raised.value) is kind
    assert "b/k" in str(raised.value)
    assert code in str(raised.value)


def test_a_fault_while_only_reading_had_no_effect() -> None:
    with pytest.raises(ServiceFault), objects.translated("get object", "b/k", safe=True):
        raise _client_error("InternalError", 500)


def test_a_lost_answer_is_an_unknown_outcome_unless_the_call_only_reads(
    session: Session, bucket: str, cloud: RunningCloud
) -> None:
    cloud.fault("drop-before", service="obs", path=f"/{bucket}/k", times=8)
    with pytest.raises(OutcomeUnknown):
        objects.put(session, bucket, "k", b"")
    with pytest.raises(ServiceFault):
        objects.get(session, bucket, "k")


def test_a_closed_port_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        session = _session(f"http://127.0.0.1:{taken.getsockname()[1]}", "embedded")
        with pytest.raises(Unreachable, match="b/k"):
            objects.put(session, "b", "k", b"")


def test_a_wrong_secret_is_refused_without_showing_it(cloud: RunningCloud) -> None:
    with pytest.raises(AuthError, match="SignatureDoesNotMatch") as refused:
        objects.keys(_session(cloud.obs, "not-the-secret"), "b")
    assert "not-the-secret" not in str(refused.value)


def _session(url: str, secret: str) -> Session:
    config = {
        "dataarts:region": "cn-north-4",
        "dataarts:projectId": "p",
        "dataarts:endpoints": json.dumps({"obs": url}),
        "dataarts:accessKey": "embedded",
        "dataarts:secretKey": secret,
    }
    return Session(resolve(config.get, {}))


def _client_error(code: str, status: int) -> Any:
    from botocore.exceptions import ClientError

    answer: Any = {
        "Error": {"Code": code, "Message": "said so"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r1"},
    }
    return ClientError(answer, "Operation")
