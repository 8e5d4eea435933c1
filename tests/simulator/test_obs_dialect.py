"""Locks and journals on the embedded OBS: writes that never overwrite, and appends at the end only.

Source: page obs_04_0088 for appends; `x-obs-forbid-overwrite` as public clients have it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator.sdk import buckets, signed_by_obs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pulumi_dataarts.simulator.testing import RunningCloud

FORBID = {"x-obs-forbid-overwrite": "true"}


@pytest.fixture
def send(cloud: RunningCloud) -> Callable[..., httpx.Response]:
    buckets(cloud).create_bucket(Bucket="state")
    return lambda method, target, **more: httpx.request(method, cloud.obs + target, auth=signed_by_obs, **more)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.partition("<Code>")[2].partition("<")[0]


def append(send: Any, position: int | str, content: bytes, key: str = "log") -> httpx.Response:
    answer: httpx.Response = send("POST", f"/state/{key}?append&position={position}", content=content)
    return answer


def test_a_write_that_forbids_overwriting_creates_once(send: Any) -> None:
    assert send("PUT", "/state/lock", content=b"mine", headers=FORBID).status_code == 200
    assert code(send("PUT", "/state/lock", content=b"yours", headers=FORBID)) == (409, "ObjectAlreadyExists")
    assert send("GET", "/state/lock").content == b"mine"
    assert send("DELETE", "/state/lock").status_code == 204
    assert send("PUT", "/state/lock", content=b"yours", headers=FORBID).status_code == 200


def test_of_many_that_want_a_lock_one_gets_it(send: Any) -> None:
    def take(number: int) -> int:
        status: int = send("PUT", "/state/lock", content=str(number).encode(), headers=FORBID).status_code
        return status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(16))) == [200] + [409] * 15


def test_an_object_grows_at_its_end_only(send: Any) -> None:
    first = append(send, 0, b"one,")
    assert (first.status_code, first.headers["x-obs-next-append-position"]) == (200, "4")
    assert code(append(send, 0, b"again")) == (409, "PositionNotEqualToLength")
    assert code(append(send, 9, b"beyond")) == (409, "PositionNotEqualToLength")
    assert append(send, 4, b"two").headers["x-obs-next-append-position"] == "7"
    assert send("GET", "/state/log").content == b"one,two"
    head = send("HEAD", "/state/log").headers
    assert (head["x-obs-object-type"], head["x-obs-next-append-position"]) == ("Appendable", "7")


def test_an_object_that_was_put_cannot_grow_until_it_is_made_anew(send: Any) -> None:
    send("PUT", "/state/log", content=b"put")
    assert code(append(send, 3, b"more")) == (409, "ObjectNotAppendable")
    send("DELETE", "/state/log")
    assert append(send, 0, b"anew").status_code == 200
    send("PUT", "/state/log", content=b"put")
    assert code(append(send, 3, b"more")) == (409, "ObjectNotAppendable")


@pytest.mark.parametrize("position", ["", "-1", "x", "²"])
def test_a_position_must_be_a_number(send: Any, position: str) -> None:
    assert code(append(send, position, b"x")) == (400, "InvalidArgument")


def test_an_append_needs_its_bucket(send: Any) -> None:
    assert code(send("POST", "/gone/log?append&position=0", content=b"x")) == (404, "NoSuchBucket")


def test_what_was_appended_outlives_the_process_and_goes_on_growing(tmp_path: Path) -> None:
    with running_cloud(tmp_path) as cloud:
        buckets(cloud).create_bucket(Bucket="state")
        httpx.post(f"{cloud.obs}/state/log?append&position=0", content=b"1", auth=signed_by_obs)
    with running_cloud(tmp_path) as cloud:
        answer = httpx.post(f"{cloud.obs}/state/log?append&position=1", content=b"2", auth=signed_by_obs)
        assert answer.status_code == 200
        assert httpx.get(f"{cloud.obs}/state/log", auth=signed_by_obs).content == b"12"


def test_a_bucket_has_a_default_class_that_can_be_changed(send: Any) -> None:
    policy = "<StoragePolicy><DefaultStorageClass>{}</DefaultStorageClass></StoragePolicy>"
    assert send("HEAD", "/state").headers["x-default-storage-class"] == "STANDARD"
    assert send("PUT", "/state?storagePolicy", content=policy.format("GLACIER")).status_code == 200
    assert send("PUT", "/cold", headers={"x-default-storage-class": "STANDARD_IA"}).status_code == 200
    told = [send("HEAD", f"/{bucket}").headers["x-default-storage-class"] for bucket in ("state", "cold")]
    assert told == ["GLACIER", "STANDARD_IA"]
    assert code(send("PUT", "/state?storagePolicy", content=policy.format("HOT"))) == (400, "MalformedXML")
    assert code(send("PUT", "/none?storagePolicy", content=policy.format("GLACIER"))) == (404, "NoSuchBucket")
