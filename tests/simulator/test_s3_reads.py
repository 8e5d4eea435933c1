"""Plain reads take a short way past moto's HTTP: each answer is compared with moto's own, header by header."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlencode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator import s3_reads
from pulumi_dataarts.simulator.moto_s3 import Moto
from pulumi_dataarts.simulator.s3 import S3Answer, S3Request

KEYS: Final = ("a/1.csv", "a/2.csv", "a/b/3.csv", "b%20%26%3Cx%3E/%C3%A9.txt", "b", "c%2Fd", "gone/1", "z//y")
ENABLED: Final = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
# Set by the endpoint itself, or drawn by lot.
NOT_COMPARED: Final = {"date", "server", "x-amzn-requestid"}


def filled() -> Moto:
    moto = Moto()
    for bucket in ("lake", "versioned"):
        ask(moto, "PUT", f"/{bucket}")
    ask(moto, "PUT", "/versioned?versioning", ENABLED)
    for bucket in ("lake", "versioned"):
        for number, key in enumerate(KEYS):
            ask(
                moto,
                "PUT",
                f"/{bucket}/{key}",
                b"x" * number,
                **{"x-amz-meta-source_rev": "7", "content-type": "text/csv"},
            )
        ask(moto, "DELETE", f"/{bucket}/gone/1")
    ask(
        moto,
        "PUT",
        "/lake/summed",
        b"12",
        **{"x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-crc32": "T1NEbg=="},
    )
    ask(moto, "PUT", "/lake/cold", b"1", **{"x-amz-storage-class": "GLACIER"})
    ask(moto, "PUT", "/lake/warm", b"1", **{"x-amz-storage-class": "STANDARD_IA"})
    ask(moto, "PUT", "/lake/tagged?tagging", b"<Tagging><TagSet/></Tagging>")
    return moto


def ask(moto: Moto, method: str, target: str, body: bytes = b"", **headers: str) -> S3Answer:
    return moto.call(S3Request(method, target, headers, body), moment_s=1_700_000_000, seed=1)


def facts(answer: S3Answer) -> tuple[int, dict[str, str], bytes]:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status, {name: value for name, value in headers.items() if name not in NOT_COMPARED}, answer.body


def is_short(moto: Moto, method: str, target: str, **headers: str) -> bool:
    """Say whether a read takes the short way; its answer must be the long one's, which any odd header asks for."""
    short = s3_reads.answer(S3Request(method, target, headers), moto._backend)
    if short is not None:
        assert facts(short) == facts(ask(moto, method, target, b"", **{**headers, "x-odd": "1"}))
    return short is not None


@pytest.fixture(scope="module")
def moto() -> Moto:
    return filled()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("bucket", ["lake", "versioned"])
def test_an_object_is_answered_as_by_moto(moto: Moto, method: str, bucket: str) -> None:
    assert [is_short(moto, method, f"/{bucket}/{key}") for key in KEYS] == [key != "gone/1" for key in KEYS]
    assert is_short(moto, method, f"/{bucket}/{KEYS[0]}?x-id=GetObject")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_more_than_plain_goes_motos_way(moto: Moto, method: str) -> None:
    assert is_short(moto, method, "/lake/summed", **{"x-amz-checksum-mode": "ENABLED"})
    assert is_short(moto, method, "/lake/warm")
    for target in (
        "/lake/cold",
        "/lake/none",
        "/none/none",
        "/lake/b?versionId=null",
        "/lake/b?tagging",
        "/lake/b?partNumber=1",
    ):
        assert not is_short(moto, method, target), target
    for name in ("range", "if-match", "if-none-match", "origin", "x-amz-expected-bucket-owner"):
        assert not is_short(moto, method, "/lake/b", **{name: "1"}), name


def test_a_buckets_head_is_answered_as_by_moto(moto: Moto) -> None:
    assert is_short(moto, "HEAD", "/lake")
    assert not is_short(moto, "HEAD", "/none")


def test_a_bucket_with_a_policy_goes_motos_way() -> None:
    moto = filled()
    assert ask(moto, "PUT", "/lake?policy", b'{"Version":"2012-10-17","Statement":[]}').status == 200
    assert not is_short(moto, "GET", "/lake/b")
    assert is_short(moto, "GET", "/versioned/b")


queries = st.fixed_dictionaries(
    {},
    optional={
        "prefix": st.sampled_from(["", "a", "a/", "b", "b &", "zz", "gone/"]),
        "delimiter": st.sampled_from(["", "/", ".", "//"]),
        "max-keys": st.sampled_from(["0", "1", "2", "3", "1000"]),
        "start-after": st.sampled_from(["", "a/1.csv", "a/", "a/b/2", "b", "zzz"]),
        "encoding-type": st.sampled_from(["url", "none"]),
        "fetch-owner": st.sampled_from(["true", "false"]),
    },
)


@given(bucket=st.sampled_from(["lake", "versioned"]), query=queries)
def test_a_list_is_answered_as_by_moto_page_by_page(moto: Moto, bucket: str, query: dict[str, str]) -> None:
    asked = {"list-type": "2", **query}
    for _ in range(10):
        target = f"/{bucket}?{urlencode(asked)}"
        assert is_short(moto, "GET", target)
        _, mark, token = ask(moto, "GET", target).body.partition(b"<NextContinuationToken>")
        if not mark:
            break
        asked["continuation-token"] = token.partition(b"<")[0].decode()


@given(bucket=st.sampled_from(["lake", "versioned"]), query=queries)
def test_a_list_of_the_older_kind_is_that_of_the_newer_page_by_page(
    moto: Moto, bucket: str, query: dict[str, str]
) -> None:
    wanted = {name: value for name, value in query.items() if name not in ("fetch-owner", "max-keys")}
    newer = ask(moto, "GET", f"/{bucket}?{urlencode({'list-type': '2', **wanted})}").body
    asked = {("marker" if name == "start-after" else name): value for name, value in wanted.items()}
    seen: list[str] = []
    for _ in range(20):
        page = ET.fromstring(ask(moto, "GET", f"/{bucket}?{urlencode({**asked, 'max-keys': '2'})}").body)
        seen += names(page)
        marker = page.findtext("{*}NextMarker")
        if not marker:
            break
        assert len(names(page)) == 2
        asked["marker"] = unquote(marker) if query.get("encoding-type") == "url" else marker
    assert sorted(seen) == sorted(names(ET.fromstring(newer)))


def names(page: ET.Element) -> list[str]:
    """Return the keys and the folders of a page."""
    return [
        found.text or ""
        for kind in ("Contents/{*}Key", "CommonPrefixes/{*}Prefix")
        for found in page.iterfind(f"{{*}}{kind}")
    ]


@pytest.mark.parametrize(
    "query", ["list-type=1", "list-type=2&max-keys=x", "list-type=2&continuation-token=odd", "versions"]
)
def test_other_lists_go_motos_way(moto: Moto, query: str) -> None:
    assert not is_short(moto, "GET", f"/lake?{query}")
