"""OBS by the official SDK, unmodified: what is done with buckets and objects, by each of its three signatures.

The SDK signs as S3 does (versions 2 and 4) where it is given an address, and in OBS's own way where it is given a name.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx
import pytest

import obs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.testing import RunningCloud

SIGNATURES = ["v2", "v4", "obs"]


def client(cloud: RunningCloud, signature: str, key: str = "embedded", secret: str = "embedded", **more: Any) -> Any:
    url = cloud.obs.replace("127.0.0.1", "localhost") if signature == "obs" else cloud.obs
    keys = {"access_key_id": key, "secret_access_key": secret}
    return obs.ObsClient(**keys, server=url, signature=signature, region="embedded", max_retry_count=0, **more)


@pytest.fixture(autouse=True)
def _every_bucket_of_localhost_is_here() -> Iterator[None]:
    """The SDK puts the bucket's name before the host's; `landing.localhost` is known to few resolvers."""
    resolve = socket.getaddrinfo

    def here(host: Any, *more: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *more, **named)

    with mock.patch("socket.getaddrinfo", here):
        yield


@pytest.fixture(params=SIGNATURES)
def signature(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sdk(cloud: RunningCloud, signature: str) -> Iterator[Any]:
    sdk = client(cloud, signature)
    assert sdk.createBucket("landing", location="embedded").status == 200
    yield sdk
    sdk.close()


def told(answer: Any) -> tuple[int, str | None]:
    return answer.status, answer.errorCode


def test_each_signature_is_what_it_is_called(cloud: RunningCloud, sdk: Any, signature: str) -> None:
    url = sdk.createSignedUrl("GET", "landing", "k", expires=60).signedUrl
    marks = {"v2": "AWSAccessKeyId=", "v4": "X-Amz-Signature=", "obs": "AccessKeyId="}
    assert marks[signature] in url
    assert ("landing.localhost" in url) is (signature == "obs")
    assert {asked.agent for asked in cloud.requests()} == {"obs-sdk-python/3.26.6"}


def test_buckets_are_made_found_and_deleted(sdk: Any) -> None:
    assert [bucket.name for bucket in sdk.listBuckets().body.buckets] == ["landing"]
    assert sdk.headBucket("landing").status == 200
    assert sdk.headBucket("elsewhere").status == 404
    assert sdk.createBucket("landing", location="embedded").status == 200
    sdk.putContent("landing", "k", "x")
    assert told(sdk.deleteBucket("landing")) == (409, "BucketNotEmpty")
    assert sdk.deleteObject("landing", "k").status == 204
    assert sdk.deleteBucket("landing").status == 204
    assert told(sdk.listObjects("landing")) == (404, "NoSuchBucket")


@pytest.mark.parametrize("key", ["a/b.txt", "ü ber+%2F&=~.csv"])
def test_an_object_is_written_described_read_and_deleted(sdk: Any, key: str) -> None:
    headers = obs.PutObjectHeader(contentType="text/csv")
    assert sdk.putContent("landing", key, "1,2", metadata={"revision": "7"}, headers=headers).status == 200
    head = sdk.getObjectMetadata("landing", key)
    assert (head.body.contentLength, head.body.contentType, head.body.etag) == (
        3,
        "text/csv",
        '"05cf281c050be3da4eecf3bc6e8aac1b"',
    )
    assert [value for name, value in head.header if name.endswith("revision")] == ["7"]
    assert sdk.getObject("landing", key, loadStreamInMemory=True).body.buffer == b"1,2"
    assert sdk.deleteObject("landing", key).status == 204
    gone = sdk.getObject("landing", key, loadStreamInMemory=True)
    assert (*told(gone), gone.requestId) == (404, "NoSuchKey", gone.requestId)
    assert gone.requestId in dict(gone.header).values()


def test_objects_are_listed_by_page_and_by_folder(sdk: Any) -> None:
    for number in range(5):
        sdk.putContent("landing", f"day/{number}", "")
    first = sdk.listObjects("landing", prefix="day/", max_keys=3).body
    assert ([item.key for item in first.contents], first.is_truncated) == (["day/0", "day/1", "day/2"], True)
    rest = sdk.listObjects("landing", prefix="day/", max_keys=3, marker=first.next_marker or "day/2").body
    assert ([item.key for item in rest.contents], rest.is_truncated) == (["day/3", "day/4"], False)
    folders = sdk.listObjects("landing", delimiter="/").body.commonPrefixs
    assert [folder.prefix for folder in folders] == ["day/"]


def test_an_object_grows_by_appending(sdk: Any) -> None:
    first = sdk.appendObject("landing", "log", obs.AppendObjectContent(content="one,", position=0))
    assert first.body.nextPosition == 4
    assert sdk.appendObject("landing", "log", obs.AppendObjectContent(content="two", position=4)).body.nextPosition == 7
    again = sdk.appendObject("landing", "log", obs.AppendObjectContent(content="x", position=4))
    assert told(again) == (409, "PositionNotEqualToLength")
    head = sdk.getObjectMetadata("landing", "log").body
    assert (head.isAppendable, head.nextPosition) == (True, 7)


def test_a_copy_an_upload_in_parts_and_a_deletion_of_many(sdk: Any) -> None:
    sdk.putContent("landing", "a", "content")
    assert sdk.copyObject("landing", "a", "landing", "b").status == 200
    upload = sdk.initiateMultipartUpload("landing", "c").body.uploadId
    part = sdk.uploadPart("landing", "c", 1, upload, content="content")
    parts = obs.CompleteMultipartUploadRequest([obs.CompletePart(1, part.body.etag)])
    assert sdk.completeMultipartUpload("landing", "c", upload, parts).status == 200
    read = [sdk.getObject("landing", key, loadStreamInMemory=True).body.buffer for key in "abc"]
    assert read == [b"content"] * 3
    many = obs.DeleteObjectsRequest(quiet=False, objects=[obs.Object(key) for key in "abc"])
    assert sorted(item.key for item in sdk.deleteObjects("landing", many).body.deleted) == ["a", "b", "c"]
    assert sdk.listObjects("landing").body.contents == []


def test_versions_tags_and_rules(sdk: Any) -> None:
    assert sdk.setBucketVersioning("landing", "Enabled").status == 200
    assert sdk.getBucketVersioning("landing").body == "Enabled"
    for content in ("1", "2"):
        sdk.putContent("landing", "k", content)
    assert len(sdk.listVersions("landing").body.versions) == 2
    assert sdk.setBucketTagging("landing", obs.TagInfo([obs.Tag("team", "data")])).status == 204
    assert [(tag.key, tag.value) for tag in sdk.getBucketTagging("landing").body.tagSet] == [("team", "data")]
    rule = obs.Rule(id="old", prefix="tmp/", status="Enabled", expiration=obs.Expiration(days=3))
    assert sdk.setBucketLifecycle("landing", obs.Lifecycle([rule])).status == 200
    [read] = sdk.getBucketLifecycle("landing").body.lifecycleConfig.rule
    assert (read.id, read.prefix, read.expiration.days) == ("old", "tmp/", 3)
    assert sdk.setBucketPolicy("landing", '{"Statement": []}').status == 204


def test_a_default_class_is_set_and_read(cloud: RunningCloud) -> None:
    sdk = client(cloud, "v4")
    sdk.createBucket("landing", location="embedded")
    assert sdk.getBucketStoragePolicy("landing").body.storageClass == "STANDARD"
    assert sdk.setBucketStoragePolicy("landing", "STANDARD_IA").status == 200
    assert sdk.getBucketStoragePolicy("landing").body.storageClass == "STANDARD_IA"


def test_a_damaged_body_and_what_is_not_there(sdk: Any) -> None:
    wrong = obs.PutObjectHeader(md5="AAAAAAAAAAAAAAAAAAAAAA==")
    assert told(sdk.putContent("landing", "k", "x", headers=wrong)) == (400, "BadDigest")
    assert told(sdk.getBucketQuota("landing")) == (501, "NotImplemented")
    assert told(sdk.setBucketQuota("landing", 7)) == (501, "NotImplemented")


def test_another_secret_or_another_key_is_refused(cloud: RunningCloud, sdk: Any, signature: str) -> None:
    assert told(client(cloud, signature, secret="wrong").listObjects("landing")) == (403, "SignatureDoesNotMatch")
    assert told(client(cloud, signature, key="other").listObjects("landing")) == (403, "InvalidAccessKeyId")
    assert told(client(cloud, signature, secret="wrong").putContent("landing", "k", "x"))[0] == 403


def test_a_link_signed_in_advance_holds_for_its_time_its_key_and_its_method(sdk: Any) -> None:
    sdk.putContent("landing", "k", "x")
    url = sdk.createSignedUrl("GET", "landing", "k", expires=60).signedUrl
    assert httpx.get(url).text == "x"
    for changed in (url.replace("/k?", "/l?"), url.replace("ignature=", "ignature=0")):
        assert "<Code>SignatureDoesNotMatch</Code>" in httpx.get(changed).text
    assert httpx.delete(url).status_code == 403
    ended = sdk.createSignedUrl("GET", "landing", "k", expires=-60).signedUrl
    assert "<Code>AccessDenied</Code>" in httpx.get(ended).text


def test_a_temporary_key_signs_with_its_token(cloud: RunningCloud, http: httpx.Client, signature: str) -> None:
    body = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 900}}}}
    issued = http.post("/v3.0/OS-CREDENTIAL/securitytokens", json=body).json()["credential"]
    sdk = client(cloud, signature, issued["access"], issued["secret"], security_token=issued["securitytoken"])
    assert sdk.createBucket("landing", location="embedded").status == 200
    without = client(cloud, signature, issued["access"], issued["secret"])
    assert told(without.listObjects("landing")) == (403, "InvalidAccessKeyId")
