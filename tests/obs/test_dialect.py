"""Where OBS differs from S3: what really goes on the wire, caught before it is sent."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import resolve
from pulumi_dataarts.obs import api
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.wire import LifecycleRule
from tests.lives import Life

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = {
    "dataarts:region": "cn-north-4",
    "dataarts:projectId": "p",
    "dataarts:accessKey": "k",
    "dataarts:secretKey": "s",
}


@dataclass
class Wire:
    """Takes every request in place of the network, and answers 200 with `headers`."""

    sent: list[Any] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        self.sent.append(request)
        return AWSResponse(request.url, 200, self.headers, _Nothing())

    def last(self) -> Any:
        return self.sent[-1]


class _Nothing:
    def stream(self) -> Iterator[bytes]:
        yield b""


@pytest.fixture(scope="module")
def opened() -> tuple[Session, Wire]:
    session, wire = Session(resolve(CONFIG.get, {})), Wire()
    session.obs().meta.events.register("before-send.s3", wire)
    return session, wire


@pytest.fixture
def wire(opened: tuple[Session, Wire]) -> Wire:
    opened[1].sent.clear()
    opened[1].headers.clear()
    return opened[1]


@pytest.fixture
def session(opened: tuple[Session, Wire]) -> Session:
    return opened[0]


def test_buckets_are_addressed_by_host(session: Session, wire: Wire) -> None:
    api.put_versioning(session, "orders", True)
    assert wire.last().url == "https://orders.obs.cn-north-4.myhuaweicloud.com/?versioning"


def test_an_object_travels_as_it_is_and_its_payload_unsigned(session: Session, wire: Wire) -> None:
    wire.headers["ETag"] = '"e"'
    with memory(b"content") as body:
        assert api.put_object(session, "orders", "k", body) == "e"
    headers = {name.lower(): _text(value) for name, value in wire.last().headers.items()}
    assert headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert headers["content-length"] == "7"
    assert not {"transfer-encoding", "content-encoding", "x-amz-trailer"} & headers.keys()
    assert not any("checksum" in name for name in headers)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda session: api.put_tags(session, "orders", {"a": "b"}), id="tags"),
        pytest.param(lambda session: api.put_object_tags(session, "orders", "k", {"a": "b"}), id="object tags"),
        pytest.param(
            lambda session: api.put_lifecycle(session, "orders", [LifecycleRule(id="r", expiration_days=1)]),
            id="lifecycle",
        ),
        pytest.param(
            lambda session: api.delete_versions(session, "orders", [{"Key": "k", "VersionId": "1"}]), id="delete"
        ),
    ],
)
def test_calls_that_obs_wants_a_digest_for_carry_content_md5(session: Session, wire: Wire, call: Any) -> None:
    call(session)
    expected = base64.b64encode(hashlib.md5(wire.last().body).digest()).decode()
    headers = {name.lower(): _text(value) for name, value in wire.last().headers.items()}
    assert headers["content-md5"] == expected
    assert not any("checksum" in name for name in headers)


def test_a_lifecycle_rule_has_its_prefix_in_itself(session: Session, wire: Wire) -> None:
    api.put_lifecycle(session, "orders", [LifecycleRule(id="r", prefix="raw/", expiration_days=1)])
    assert b"<ID>r</ID><Prefix>raw/</Prefix>" in wire.last().body
    assert b"Filter" not in wire.last().body


def test_a_bucket_is_created_in_its_region_and_storage_class(session: Session, wire: Wire) -> None:
    api.create_bucket(session, "orders", region="cn-north-4", storage_class="WARM")
    assert b"<LocationConstraint>cn-north-4</LocationConstraint>" in wire.last().body
    assert _text(wire.last().headers["x-default-storage-class"]) == "STANDARD_IA"


def test_a_storage_class_is_read_and_changed_in_place(session: Session, wire: Wire) -> None:
    wire.headers["x-default-storage-class"] = "GLACIER"
    life = Life(BucketProvider, session, "orders", outputs={"bucket": "orders", "storage_class": "WARM"})
    assert life.refresh()
    assert life.outputs["storage_class"] == "COLD"
    assert life.up(bucket="orders", storage_class="WARM") == "update"
    put = next(request for request in wire.sent if request.url.endswith("?storagePolicy"))
    assert (put.method, b"<DefaultStorageClass>STANDARD_IA</DefaultStorageClass>" in put.body) == ("PUT", True)


def test_where_the_storage_class_is_not_told_it_is_believed(session: Session, wire: Wire) -> None:
    life = Life(BucketProvider, session, "orders", outputs={"bucket": "orders", "storage_class": "WARM"})
    assert life.refresh()
    assert life.outputs["storage_class"] == "WARM"


def memory(content: bytes) -> Any:
    import io

    return io.BytesIO(content)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
