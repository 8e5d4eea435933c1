"""A session: one for equal settings, and what it does once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pulumi_dataarts.errors import AuthError
from pulumi_dataarts.huawei.session import open_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud

    Open = Callable[..., Session]

CONFIG = {"dataarts:region": "r", "dataarts:projectId": "p", "dataarts:accessKey": "AK", "dataarts:secretKey": "SK"}


def test_equal_settings_share_a_session_and_others_do_not() -> None:
    one, same = open_session(CONFIG.get, {}), open_session(CONFIG.get, {})
    other = open_session({**CONFIG, "dataarts:region": "r2"}.get, {})
    assert one is same
    assert one is not other


def test_a_service_is_made_once_with_its_own_throttle(open_at: Open) -> None:
    session = open_at("http://127.0.0.1:9")
    assert session.service("cdm", {}) is session.service("cdm", {})
    assert session.service("cdm", {}).throttle is not session.service("dlf", {}).throttle


def test_something_is_made_once_by_many_threads(open_at: Open) -> None:
    session, together, made = open_at("http://127.0.0.1:9"), threading.Barrier(8), list[int]()

    def ask(_: int) -> int:
        together.wait()
        return session.once("key", lambda: made.append(1) or len(made))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {1}


def test_a_line_is_told_once_and_without_secrets(open_at: Open, told: list[str]) -> None:
    session = open_at("http://127.0.0.1:9")
    session.conceal(["canary-secret"])
    for _ in range(3):
        session.tell_once("the value canary-secret has a `%`")
    assert told == ["the value [secret] has a `%`"]


def test_people_are_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    open_session(CONFIG.get, {}).tell("waiting")
    assert capsys.readouterr() == ("", "waiting\n")


def test_obs_takes_no_token(open_at: Open) -> None:
    with pytest.raises(AuthError, match="HW_ACCESS_KEY"):
        open_at("http://127.0.0.1:9", access_key="", secret_key="", auth_token="T").obs()


def test_obs_keeps_content_and_gets_the_checksum_it_asks_for(
    cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the event handlers botocore sends CRC32 headers, which OBS answers with 400."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # which cannot reach this machine's loopback
    config = {
        "dataarts:region": "embedded",
        "dataarts:projectId": "embedded",
        "dataarts:endpoint": cloud.api,
        "dataarts:endpoints": f'{{"obs": "{cloud.obs}"}}',
        "dataarts:accessKey": "embedded",
        "dataarts:secretKey": "embedded",
    }
    client, sent = open_session(config.get, {}).obs(), list[dict[str, str]]()
    client.meta.events.register("before-send.s3", lambda request, **_: sent.append(dict(request.headers.items())))
    client.create_bucket(Bucket="b-session", CreateBucketConfiguration={"LocationConstraint": "embedded"})
    client.put_object(Bucket="b-session", Key="k", Body=b"content")
    assert client.get_object(Bucket="b-session", Key="k")["Body"].read() == b"content"
    client.delete_objects(Bucket="b-session", Delete={"Objects": [{"Key": "k"}]})
    put, deleted = ({name.lower(): value for name, value in headers.items()} for headers in (sent[1], sent[3]))
    assert put["x-amz-content-sha256"] == b"UNSIGNED-PAYLOAD"
    assert not any(name.startswith("x-amz-checksum") for name in {**put, **deleted})
    assert "content-md5" in deleted
