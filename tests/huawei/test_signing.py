"""The signature against the published vectors and against the official signer."""

from __future__ import annotations

import importlib
import os
import tempfile
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.huawei.signing import authorization

with mock.patch.dict(os.environ, HOME=tempfile.mkdtemp()):  # the SDK writes into it when it is imported
    _signer: Any = importlib.import_module("huaweicloudsdkcore.signer.signer")
    _credentials: Any = importlib.import_module("huaweicloudsdkcore.auth.credentials")
    _request: Any = importlib.import_module("huaweicloudsdkcore.sdk_request")

HEADERS = {
    "Host": "cdm.cn-north-4.myhuaweicloud.com",
    "Content-Type": "application/json",
    "X-Sdk-Date": "20240102T030405Z",
}


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "signature"),
    [
        pytest.param(
            "GET",
            "/v1.1/p1/clusters/c1/cdm/job/all",
            [("page_size", "10"), ("filter", "a b/é"), ("page_no", "1")],
            b"",
            "15f4369129c81a3a33701d271d598a22851d92ca2375a6221df23e2d8f9d7873",
            id="query",
        ),
        pytest.param(
            "PUT",
            "/v1.1/p1/clusters/c1/cdm/job/jdbc2hive/start",
            [],
            b'{"variables":{}}',
            "22aeaf0b4ce8e2e425802f2ec2c72ba74695d70c9ccbad212fcfed7a1a4af927",
            id="body",
        ),
    ],
)
def test_the_published_vectors_are_reproduced(
    method: str, path: str, query: list[tuple[str, str]], body: bytes, signature: str
) -> None:
    """Vectors: support.huaweicloud.com/devg-apisign."""
    signed = authorization("AKEXAMPLE", "SKEXAMPLE", method=method, path=path, query=query, headers=HEADERS, body=body)
    assert signed == (
        "SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders=content-type;host;x-sdk-date, " + f"Signature={signature}"
    )


words = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
parts = st.lists(words.map(lambda word: quote(word, safe="")), max_size=4)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    parts=parts,
    query=st.dictionaries(words, words, max_size=4),
    workspace=header_values,
    body=st.one_of(st.just(b""), words.map(str.encode)),
)
def test_the_official_signer_agrees(
    method: str, parts: list[str], query: dict[str, str], workspace: str, body: bytes
) -> None:
    path = "/" + "/".join(parts)
    headers = {**HEADERS, "workspace": workspace}
    official = _request.SdkRequest(
        method=method,
        schema="https",
        host=HEADERS["Host"],
        resource_path=path,
        query_params=list(query.items()),
        header_params=dict(headers),
        body=body,
    )
    _signer.Signer(_credentials.BasicCredentials("AK", "SK")).sign(official)
    ours = authorization("AK", "SK", method=method, path=path, query=query.items(), headers=headers, body=body)
    assert ours == official.header_params["Authorization"]
