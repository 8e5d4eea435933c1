"""What a service says in an unsuccessful answer, whatever the shape, and which error that is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_dataarts.errors import (
    AuthError,
    BadResponse,
    CloudError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProvisionError,
    ServiceFault,
    Throttled,
)
from pulumi_dataarts.huawei.calls import Call, Reply
from pulumi_dataarts.huawei.failures import VALIDATION, complaint, error_of

TABLE: dict[str, type[CloudError]] = {"Cdm.0100": NotFound, VALIDATION: CloudError}


def reply(status: int, body: Any, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def error(answer: Reply, *, safe: bool = False) -> ProvisionError | None:
    call = Call("create job", "POST", "/x", safe=safe, resource="job orders on cluster c1")
    said = complaint(answer)
    return said and error_of(said, service="cdm", call=call, table=TABLE, auth_hint="check the key", rights_hint="ask")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param(
            {"code": "Cdm.0104", "errCode": "Cdm.0104", "message": "m", "externalMessage": "taken"},
            "Cdm.0104", "taken", id="cdm-four-keys",
        ),
        pytest.param({"errCode": "Cdm.0104", "ternalMessage": "taken"}, "Cdm.0104", "taken", id="seed-misprint"),
        pytest.param({"errCode": "Cdm.0100", "externalMessage": "gone"}, "Cdm.0100", "gone", id="cdm-two-keys"),
        pytest.param({"error_code": "DLF.0815", "error_msg": "no file"}, "DLF.0815", "no file", id="gateway-and-dlf"),
        pytest.param({"errorCode": "X.1", "errorMsg": "no"}, "X.1", "no", id="camel-case"),
        pytest.param({"errors": [{"error_code": "DLF.62", "error_msg": "none"}]}, "DLF.62", "none", id="nested"),
        pytest.param({"error": {"code": 401, "message": "wrong", "title": "No"}}, "", "wrong", id="keystone"),
        pytest.param(
            {VALIDATION: [{}, {"linkConfig": [{"message": "no route", "status": "ERROR"}]}]},
            VALIDATION, "no route", id="validation",
        ),
    ],
)  # fmt: skip
def test_every_shape_is_read(body: Any, code: str, message: str) -> None:
    said = complaint(reply(400, body, x_request_id="r1"))
    assert said is not None
    assert (said.code, said.message, said.request_id) == (code, message, "r1")


def test_the_request_id_may_be_in_the_body() -> None:
    said = complaint(reply(429, {"error_code": "APIGW.0308", "request_id": "r2"}))
    assert said is not None
    assert said.request_id == "r2"


@pytest.mark.parametrize("content", [b"<html>nginx</html>", b"", b"\xff\xfe"])
def test_a_body_that_is_no_json_is_no_reason_to_fail(content: bytes) -> None:
    said = complaint(reply(502, content))
    assert said is not None
    assert said.message in ("Bad Gateway", "\ufffd\ufffd")


@pytest.mark.parametrize(
    ("status", "body", "safe", "kind"),
    [
        pytest.param(400, {"errCode": "Cdm.0100"}, False, NotFound, id="by-code"),
        pytest.param(500, {"errCode": "Cdm.0100"}, False, NotFound, id="by-code-whatever-the-status"),
        pytest.param(500, {VALIDATION: [{"a": [{"message": "no"}]}]}, False, CloudError, id="validation"),
        pytest.param(400, {"errCode": "Cdm.9999"}, False, CloudError, id="unknown-code"),
        pytest.param(401, {"error_code": "APIGW.0301"}, False, AuthError, id="unauthorised"),
        pytest.param(403, {"error_code": "APIGW.0302"}, False, CloudError, id="forbidden"),
        pytest.param(404, {"error_code": "IAM.0004"}, False, NotFound, id="missing"),
        pytest.param(409, {"error_code": "X.1"}, False, Conflict, id="conflict"),
        pytest.param(429, {"error_code": "APIGW.0308"}, False, Throttled, id="throttled"),
        pytest.param(503, {}, True, ServiceFault, id="safe-5xx"),
        pytest.param(504, {"error_code": "APIGW.0201"}, False, OutcomeUnknown, id="unsafe-5xx-may-have-happened"),
        pytest.param(302, {}, False, BadResponse, id="redirection"),
    ],
)  # fmt: skip
def test_the_error_follows_the_code_and_else_the_status(
    status: int, body: Any, safe: bool, kind: type[ProvisionError]
) -> None:
    assert type(error(reply(status, body), safe=safe)) is kind


@pytest.mark.parametrize("body", [{"error_code": "APIGW.0101", "error_msg": "no such API"}, b"<html>", b""])
def test_a_path_nobody_serves_is_not_an_object_that_is_gone(body: Any) -> None:
    """Taken for a missing object it would empty the state of a stack whose endpoint is misspelt."""
    assert type(error(reply(404, body), safe=True)) is BadResponse


def test_a_success_is_no_error() -> None:
    assert error(reply(200, {"errCode": "Cdm.0100"})) is None


def test_an_error_says_what_was_done_what_was_answered_and_what_to_do() -> None:
    found = error(reply(400, {"errCode": "Cdm.9", "externalMessage": "no"}, x_request_id="r7"))
    assert str(found) == "CDM create job: job orders on cluster c1: no (HTTP 400, Cdm.9, request r7)"
    refused = error(reply(401, {"error_code": "APIGW.0301", "error_msg": "bad signature"}, x_request_id="r8"))
    assert str(refused) == (
        "CDM create job: job orders on cluster c1: bad signature (HTTP 401, APIGW.0301, request r8)\n  check the key"
    )


def test_a_page_of_text_is_cut() -> None:
    found = error(reply(400, {"errCode": "Cdm.9", "externalMessage": "x" * 100_000}))
    assert len(str(found)) < 1000
