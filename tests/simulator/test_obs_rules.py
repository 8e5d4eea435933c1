"""What OBS refuses where S3 would not: each rule by boto3, and by the bodies alone.

Source: OBS, S3-compatible API.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator import obs_rules
from pulumi_dataarts.simulator.s3 import S3Request
from tests.simulator.sdk import buckets

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud


def code(request: S3Request, count: int = 1) -> str:
    refusal = obs_rules.refusal(request, count)
    return "" if refusal is None else refusal.code


def lifecycle(*rules: str) -> bytes:
    return (
        f"<LifecycleConfiguration>{''.join(f'<Rule>{rule}</Rule>' for rule in rules)}</LifecycleConfiguration>".encode()
    )


def tagging(**tags: str) -> bytes:
    told = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in tags.items())
    return f'<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>{told}</TagSet></Tagging>'.encode()


@pytest.mark.parametrize("name", ["abc", "a-b.c", "0ab", "a" * 63])
def test_a_buckets_name_that_fits_is_taken(name: str) -> None:
    assert code(S3Request("PUT", f"/{name}")) == ""


@pytest.mark.parametrize("name", ["ab", "Abc", "a_b", "-ab", ".ab", "a..b", "a.-b", "a-.b", "10.0.0.1", "a" * 64])
def test_a_buckets_name_that_does_not_fit_is_refused(name: str) -> None:
    assert code(S3Request("PUT", f"/{name}")) == "InvalidBucketName"


def test_the_hundred_and_first_bucket_is_refused() -> None:
    assert code(S3Request("PUT", "/lake"), 99) == ""
    assert code(S3Request("PUT", "/lake"), 100) == "TooManyBuckets"
    assert code(S3Request("PUT", "/lake?tagging", body=tagging()), 100) == ""


def test_a_rule_needs_a_prefix_of_its_own() -> None:
    fits, filtered = "<Prefix>a/</Prefix><ID>1</ID>", "<Filter><Prefix>a/</Prefix></Filter>"
    assert code(S3Request("PUT", "/lake?lifecycle", body=lifecycle(fits))) == ""
    assert code(S3Request("PUT", "/lake?lifecycle", body=lifecycle(fits, filtered))) == "MalformedXML"
    assert code(S3Request("PUT", "/lake?lifecycle", body=lifecycle(*[fits] * 800))) == "MalformedXML"


@pytest.mark.parametrize(
    "tags",
    [
        {f"k{number}": "v" for number in range(21)},
        {"k" * 37: "v"},
        {"k": "v" * 44},
        {"k": "a,b"},
        {"a|b": "v"},
        {"": "v"},
    ],
)
def test_tags_that_do_not_fit_are_refused(tags: dict[str, str]) -> None:
    assert code(S3Request("PUT", "/lake?tagging", body=tagging(**tags))) == "InvalidTag"


def test_tags_at_the_limits_are_taken() -> None:
    tags = {f"{number:036}": "v" * 43 for number in range(19)} | {"é": ""}
    assert code(S3Request("PUT", "/lake?tagging", body=tagging(**tags))) == ""


@pytest.mark.parametrize(("algorithm", "expected"), [("aws:kms", ""), ("AES256", "InvalidEncryptionAlgorithmError")])
def test_objects_are_encrypted_by_kms_alone(algorithm: str, expected: str) -> None:
    body = f"<Configuration><Rule><SSEAlgorithm>{algorithm}</SSEAlgorithm></Rule></Configuration>"
    assert code(S3Request("PUT", "/lake?encryption", body=body.encode())) == expected


def test_rights_are_not_granted_by_headers() -> None:
    assert code(S3Request("PUT", "/lake", {"x-amz-grant-read": "id=1"})) == "NotImplemented"


@given(
    st.sampled_from(["lifecycle", "tagging", "encryption", "acl"]), st.binary(max_size=60) | st.text().map(str.encode)
)
def test_no_body_breaks_it(name: str, body: bytes) -> None:
    assert code(S3Request("PUT", f"/lake?{name}", body=body)) in ("", "MalformedXML", "InvalidTag")


def test_boto3_hears_of_it(cloud: RunningCloud) -> None:
    s3: Any = buckets(cloud)
    s3.create_bucket(Bucket="lake")

    def add_digest(request: Any, **_: Any) -> None:
        request.headers["Content-MD5"] = base64.b64encode(hashlib.md5(request.body).digest()).decode()

    s3.meta.events.register("before-sign.s3.PutBucketLifecycleConfiguration", add_digest)
    rule = {"ID": "old", "Status": "Enabled", "Expiration": {"Days": 1}}
    with pytest.raises(ClientError, match="a Filter is not known"):
        s3.put_bucket_lifecycle_configuration(
            Bucket="lake", LifecycleConfiguration={"Rules": [{**rule, "Filter": {"Prefix": "a/"}}]}
        )
    s3.put_bucket_lifecycle_configuration(Bucket="lake", LifecycleConfiguration={"Rules": [{**rule, "Prefix": "a/"}]})
    for call in ("get_bucket_request_payment",):
        with pytest.raises(ClientError, match="does not simulate"):
            getattr(s3, call)(Bucket="lake")
