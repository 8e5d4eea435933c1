"""OBS by boto3, over sockets: signatures, names, versions, uploads in parts, and what OBS does differently from S3.

Source: OBS, S3-compatible API.
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

PLAIN = Config(
    signature_version="s3v4",
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"payload_signing_enabled": False},
    retries={"total_max_attempts": 1},
)


def client(cloud: RunningCloud, key: str = "embedded", secret: str = "embedded", **options: Any) -> Any:
    options = {"config": PLAIN, "region_name": "cn-north-4"} | options
    return boto3.client("s3", endpoint_url=cloud.obs, aws_access_key_id=key, aws_secret_access_key=secret, **options)


@pytest.fixture
def s3(cloud: RunningCloud) -> Any:
    return client(cloud)


@pytest.fixture
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="landing", CreateBucketConfiguration={"LocationConstraint": "cn-north-4"})
    return "landing"


def code_of(act: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        act(**arguments)
    code: str = refused.value.response["Error"]["Code"]
    return code


def test_a_deny_for_objects_is_enforced(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert code_of(s3.get_object, Bucket=bucket, Key="a") == "Forbidden"
    s3.delete_bucket_policy(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_an_object_is_written_read_listed_and_deleted(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a/b.txt", Body=b"hello", Metadata={"source_rev": "7"})
    got = s3.get_object(Bucket=bucket, Key="a/b.txt")
    assert (got["Body"].read(), got["Metadata"]) == (b"hello", {"source_rev": "7"})
    head = s3.head_object(Bucket=bucket, Key="a/b.txt")
    assert (head["ContentLength"], head["ETag"]) == (5, '"5d41402abc4b2a76b9719d911017c592"')
    s3.delete_object(Bucket=bucket, Key="a/b.txt")
    assert code_of(s3.head_object, Bucket=bucket, Key="a/b.txt") == "404"
    assert code_of(s3.get_object, Bucket=bucket, Key="a/b.txt") == "NoSuchKey"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
def test_any_key_that_boto3_sends_is_one_object(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    s3.delete_object(Bucket=bucket, Key=key)


def test_the_default_client_is_understood_too(cloud: RunningCloud, bucket: str) -> None:
    plain = client(cloud, config=None)
    plain.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    assert plain.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x" * 100_000


def test_a_link_signed_in_advance_works(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"x"


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [("other", "embedded", "InvalidAccessKeyId"), ("embedded", "other", "SignatureDoesNotMatch")],
)
def test_wrong_credentials_are_refused_in_s3_s_shape(
    cloud: RunningCloud, bucket: str, key: str, secret: str, code: str
) -> None:
    wrong = client(cloud, key, secret)
    assert code_of(wrong.list_buckets) == code
    assert code_of(wrong.put_object, Bucket=bucket, Key="k", Body=b"x") == code
    assert code_of(wrong.head_bucket, Bucket=bucket) == "403"


def test_the_older_signature_is_checked_too(cloud: RunningCloud, bucket: str) -> None:
    v2 = Config(signature_version="s3")
    assert client(cloud, config=v2).list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert code_of(client(cloud, "other", config=v2).list_buckets) == "InvalidAccessKeyId"
    assert code_of(client(cloud, "embedded", "other", config=v2).list_buckets) == "SignatureDoesNotMatch"


def test_some_calls_need_a_digest_of_their_body(cloud: RunningCloud, bucket: str) -> None:
    """As OBS's pages have it; botocore's own replaces it by a checksum that OBS does not know."""
    tags = {"TagSet": [{"Key": "team", "Value": "data"}]}
    assert code_of(client(cloud).put_bucket_tagging, Bucket=bucket, Tagging=tags) == "MissingRequiredHeader"


def test_no_credentials_at_all(cloud: RunningCloud) -> None:
    answer = httpx.get(cloud.obs)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


def test_creating_one_s_own_bucket_again_changes_nothing(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "cn-north-4"})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_a_bucket_that_is_not_empty_is_not_deleted(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert code_of(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    assert code_of(s3.list_objects_v2, Bucket=bucket) == "NoSuchBucket"


def test_an_object_is_created_only_where_there_is_none(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="lock", Body=b"1", IfNoneMatch="*")
    assert code_of(s3.put_object, Bucket=bucket, Key="lock", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"


def test_a_list_goes_on_over_its_pages(s3: Any, bucket: str, cloud: RunningCloud) -> None:
    for number in range(25):
        s3.put_object(Bucket=bucket, Key=f"k{number:02}", Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 10})
    assert [len(page["Contents"]) for page in pages] == [10, 10, 5]


def test_versions_are_kept_and_read(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket, Key="k")
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 2


def test_moto_is_left_to_others_as_it_was(cloud: RunningCloud, s3: Any, bucket: str) -> None:
    import moto.s3.models as moto_models
    from moto.moto_api._internal import mock_random

    dice, clock, owners = mock_random.getstate(), moto_models.utcnow, moto_models.s3_backends.bucket_accounts
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert mock_random.getstate() == dice
    assert (moto_models.utcnow, moto_models.s3_backends.bucket_accounts) == (clock, owners)
