"""Sending: what is repeated, what never is, how long, and what is said about it."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pulumi_dataarts.errors import (
    AuthError,
    BadResponse,
    OutcomeUnknown,
    ProvisionError,
    ServiceFault,
    Throttled,
    Unreachable,
)
from pulumi_dataarts.huawei.transport import Call, Connection, Limits, answers
from tests.huawei.servers import CUT, DROP, Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.huawei.session import Session
    from tests.huawei.servers import Stage
    from tests.huawei.times import Ticking

    Open = Callable[..., Session]

LOOK = Call("query job", "GET", "/v1.1/p1/job/a%2Fb", safe=True, query={"filter": "a b/é"}, resource="job a/b")
MAKE = Call("create job", "POST", "/v1.1/p1/job", body={"jobs": [{"name": "é"}]}, resource="job é")
BUSY = Act(503, b'{"error_code": "APIGW.0613", "error_msg": "unavailable"}')
THROTTLED = Act(429, b'{"error_code": "APIGW.0308", "error_msg": "over ratelimit"}', {"Retry-After": "7"})


def test_a_call_arrives_as_it_was_meant(stage: Stage, open_at: Open) -> None:
    stage.acts = [Act(content=b'{"name": "x"}', headers={"X-Request-Id": "r1"})]
    reply = open_at(stage.url).service("cdm", {}).send(MAKE)
    assert (reply.status, reply.json(), reply.headers["x-request-id"]) == (200, {"name": "x"}, "r1")
    [seen] = stage.seen
    assert (seen.method, seen.path, json.loads(seen.content)) == ("POST", "/v1.1/p1/job", MAKE.body)
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["x-project-id"] == "p1"
    assert seen.headers["authorization"].startswith("SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders=")


def test_encoded_slashes_and_queries_travel_as_they_are_signed(stage: Stage, open_at: Open) -> None:
    open_at(stage.url).service("cdm", {}).send(LOOK)
    assert stage.seen[0].path == "/v1.1/p1/job/a%2Fb?filter=a%20b%2F%C3%A9"


@pytest.mark.parametrize("act", [BUSY, DROP, CUT], ids=["5xx", "no-answer", "half-an-answer"])
def test_a_safe_call_is_repeated(stage: Stage, open_at: Open, act: Act) -> None:
    stage.acts = [act, act]
    assert open_at(stage.url).service("cdm", {}).send(LOOK).status == 200
    assert len(stage.seen) == 3


def test_a_safe_call_is_given_up_after_a_few_attempts(stage: Stage, open_at: Open, clock: Ticking) -> None:
    stage.acts = [BUSY] * 20
    with pytest.raises(ServiceFault, match=r"job a/b: unavailable .HTTP 503, APIGW.0613"):
        open_at(stage.url).service("cdm", {}).send(LOOK)
    assert len(stage.seen) == 4
    assert clock.now_s() < 10


@pytest.mark.parametrize("act", [BUSY, DROP, CUT], ids=["5xx", "no-answer", "half-an-answer"])
def test_an_unsafe_call_is_never_repeated_once_it_was_sent(stage: Stage, open_at: Open, act: Act) -> None:
    stage.acts = [act]
    with pytest.raises(OutcomeUnknown) as raised:
        open_at(stage.url).service("cdm", {}).send(MAKE)
    assert len(stage.seen) == 1
    assert (raised.value.service, raised.value.operation) == ("cdm", "create job")
    assert "looked for before anything is made" in str(raised.value)


def test_throttling_is_waited_out_as_asked_and_said(
    stage: Stage, open_at: Open, clock: Ticking, told: list[str]
) -> None:
    stage.acts = [THROTTLED, THROTTLED]
    assert open_at(stage.url).service("cdm", {}).send(MAKE).status == 200
    assert 14 <= clock.now_s() <= 2 * 7 * 1.25 + 1
    assert len(told) == 2
    assert "over ratelimit (HTTP 429, APIGW.0308)" in told[0]
    assert "create job is sent again in" in told[0]


def test_throttling_without_end_is_given_up_within_the_budget(stage: Stage, open_at: Open, clock: Ticking) -> None:
    stage.acts = [THROTTLED] * 200
    with pytest.raises(Throttled):
        open_at(stage.url).service("cdm", {}).send(MAKE)
    assert clock.now_s() <= 331


def test_503_with_retry_after_is_a_refusal_even_of_an_unsafe_call(stage: Stage, open_at: Open) -> None:
    stage.acts = [Act(503, b"{}", {"Retry-After": "1"})]
    assert open_at(stage.url).service("cdm", {}).send(MAKE).status == 200
    assert len(stage.seen) == 2


def test_all_callers_wait_when_one_is_throttled(
    stage: Stage, open_at: Open, clock: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.acts = [THROTTLED]
    service, held = open_at(stage.url).service("cdm", {}), list[float]()
    monkeypatch.setattr(service.throttle, "hold", held.append)
    service.send(LOOK)
    assert held == [pytest.approx(sum(clock.slept))]


def test_what_was_never_sent_is_repeated_and_then_named(open_at: Open, clock: Ticking) -> None:
    url = f"http://127.0.0.1:{_free_port()}"
    with pytest.raises(Unreachable, match=r"CDM create job: job é: cannot reach 127.0.0.1") as raised:
        open_at(url).service("cdm", {}).send(MAKE)
    assert 1.75 <= sum(clock.slept) <= 3.5, "three waits of 0.5, 1 and 2 s, each at least half of that"
    assert "dataarts:endpoint" in raised.value.hint


def test_an_embedded_cloud_that_is_down_is_to_be_started(open_at: Open) -> None:
    session = open_at(f"http://127.0.0.1:{_free_port()}", is_embedded=True)
    with pytest.raises(Unreachable, match="dataarts cloud start"):
        session.service("cdm", {}).send(LOOK)


def test_a_refused_key_is_not_tried_again(stage: Stage, open_at: Open) -> None:
    stage.acts = [Act(401, b'{"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}')]
    with pytest.raises(AuthError, match="verify aksk signature fail"):
        open_at(stage.url).service("cdm", {}).send(LOOK)
    assert len(stage.seen) == 1


@pytest.mark.parametrize("status", [401, 403], ids=["key", "project"])
def test_an_environment_that_wins_over_what_the_embedded_cloud_knows_is_named(
    stage: Stage, open_at: Open, status: int
) -> None:
    stage.acts = [Act(status)]
    session = open_at(stage.url, is_embedded=True, from_environment=("HW_ACCESS_KEY", "HW_PROJECT_ID"))
    with pytest.raises(ProvisionError, match="HW_ACCESS_KEY, HW_PROJECT_ID in the environment win"):
        session.service("cdm", {}).send(LOOK)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(stage: Stage, clock: Ticking) -> None:
    stage.acts = [Act(content=b"x" * 2_000_000)]
    connection = Connection(clock, Limits(content_max=100_000))
    with pytest.raises(BadResponse, match="larger than 100000 bytes"):
        connection.exchange("GET", stage.url, {}, b"")


def test_an_answer_that_is_not_json_is_a_bad_response(stage: Stage, open_at: Open) -> None:
    stage.acts = [Act(content=b"<html>")]
    reply = open_at(stage.url).service("cdm", {}).send(LOOK)
    with pytest.raises(BadResponse, match="not JSON"):
        reply.json()


def test_no_secret_is_in_a_log_a_message_or_an_error(
    stage: Stage, open_at: Open, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "canary-p4ssword"
    body = {"links": [{"inputs": [{"name": "linkConfig.password", "value": canary}]}]}
    says = json.dumps({"errCode": "Cdm.9", "externalMessage": f"cannot log in with {canary}"}).encode()
    stage.acts = [Act(429, says, {"Retry-After": "3"}), Act(400, says)]
    session = open_at(stage.url, security_token="canary-t0ken")
    with pytest.raises(ProvisionError) as raised:
        session.service("cdm", {}).send(Call("create link", "POST", "/link", body=body))
    session.tell(f"never {canary}")
    seen = f"{caplog.text}{told}{raised.value!r}{raised.value}{vars(raised.value)}{session.settings!r}"
    seen += repr(session.service("cdm", {}))
    assert "create link" in seen
    assert "[secret]" in seen
    for secret in (canary, "canary-SKEXAMPLE", "canary-t0ken"):
        assert secret not in seen


def test_no_proxy_stands_between_this_machine_and_itself(
    stage: Stage, open_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{_free_port()}")
    assert open_at(stage.url).service("cdm", {}).send(LOOK).status == 200


def test_the_environment_s_proxy_is_taken_but_where_it_says_not(
    stage: Stage, clock: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", stage.url)
    monkeypatch.setenv("no_proxy", ".inside.invalid")
    connection = Connection(clock)
    assert connection.exchange("GET", "http://cdm.invalid/jobs", {}, b"").status == 200
    assert [seen.path for seen in stage.seen] == ["http://cdm.invalid/jobs"]
    with pytest.raises(Unreachable):
        connection.exchange("GET", "http://cdm.inside.invalid/jobs", {}, b"")


def test_answers_tells_a_living_server_from_a_dead_one(stage: Stage) -> None:
    stage.acts = [Act(401)]
    assert answers(stage.url)
    assert not answers(f"http://127.0.0.1:{_free_port()}")


def test_neither_httpx_nor_boto3_is_imported_before_it_is_needed() -> None:
    program = (
        "import sys; import pulumi_dataarts.huawei.session; "
        "sys.exit(', '.join({'httpx', 'boto3', 'botocore'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])
