"""The official SDK packages, unmodified, against the embedded cloud; and signed HTTP for what their models drop.

The packages write a file into the home directory when they are imported, so they are imported here, with
another one.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import tempfile
import zipfile
from email.utils import formatdate
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote

import httpx

with mock.patch.dict(os.environ, HOME=tempfile.mkdtemp()):
    dgc: Any = importlib.import_module("huaweicloudsdkdgc.v1")
    dlf: Any = importlib.import_module("huaweicloudsdkdlf.v1")
    dli: Any = importlib.import_module("huaweicloudsdkdli.v1")
    iam: Any = importlib.import_module("huaweicloudsdkiam.v3")
    core: Any = importlib.import_module("huaweicloudsdkcore.exceptions.exceptions")
    _credentials: Any = importlib.import_module("huaweicloudsdkcore.auth.credentials")
    _signer: Any = importlib.import_module("huaweicloudsdkcore.signer.signer")
    _request: Any = importlib.import_module("huaweicloudsdkcore.sdk_request")
_obs: Any = importlib.import_module("obs.auth")
_obs_names: Any = importlib.import_module("obs.convertor")

PROJECT = "embedded"
_PAGES = Path(__file__).parents[1] / "fixtures" / "pages"


def factory(cloud: Any) -> Any:
    """Return a client of DataArts Factory."""
    return dgc.DgcClient.new_builder().with_credentials(_key()).with_endpoint(cloud.api).build()


def connections(cloud: Any) -> Any:
    """Return a client of the older package, the only one that knows DataArts Factory's connections."""
    return dlf.DlfClient.new_builder().with_credentials(_key()).with_endpoint(cloud.api).build()


def flink(cloud: Any) -> Any:
    """Return a client of DLI."""
    return dli.DliClient.new_builder().with_credentials(_key()).with_endpoint(cloud.api).build()


def identity(cloud: Any) -> Any:
    """Return a client of IAM, which is asked for the account as a whole."""
    account = _credentials.GlobalCredentials("embedded", "embedded", PROJECT)
    builder = iam.IamClient.new_builder().with_credentials(account)
    return builder.with_endpoint(cloud.api).build()


def buckets(cloud: Any) -> Any:
    """Return an S3 client of the embedded OBS."""
    return _buckets(cloud.obs)


@cache
def _buckets(url: str) -> Any:
    import boto3

    keys = {"aws_access_key_id": "embedded", "aws_secret_access_key": "embedded"}
    return boto3.client("s3", endpoint_url=url, region_name="embedded", **keys)


def operations(package: Any, client: Any) -> dict[str, tuple[str, str]]:
    """Return method and path of each of a client's operations, as the package itself knows them."""
    found = {}
    for attribute in dir(client):
        if attribute.endswith("_http_info"):
            name = attribute.removeprefix("_").removesuffix("_http_info")
            request = getattr(package, f"{name.title().replace('_', '')}Request")
            info = getattr(client, attribute)(request())
            found[name] = (info["method"], info["resource_path"])
    return found


def signed_by_obs(request: httpx.Request) -> httpx.Request:
    """Sign a request to the embedded OBS as its official SDK does; to be given to httpx as `auth`."""
    path, _, query = request.url.raw_path.decode().partition("?")
    parts = [part.partition("=") for part in query.split("&") if part]
    arguments = {unquote(name): unquote(value) if mark else None for name, mark, value in parts}
    request.headers["Date"] = formatdate(usegmt=True)
    signer = _obs.Authentication("embedded", "embedded", True, _obs_names.Adapter("obs"), "", False)
    bucket, _, key = unquote(path)[1:].partition("/")
    signed = signer.doAuth(request.method, bucket, key, arguments, dict(request.headers))
    request.headers["Authorization"] = signed["Authorization"]
    return request


def put_object(cloud: Any, bucket: str, key: str, content: bytes) -> None:
    """Write an object, into a bucket that is made for it where it is missing."""
    client = buckets(cloud)
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key=key, Body=content)


def zipped(entries: dict[str, Any]) -> bytes:
    """Return a zip of entries: bytes as they are, anything else as JSON."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return buffer.getvalue()


def unzipped(content: bytes) -> dict[str, Any]:
    """Return the JSON entries of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def call(
    cloud: Any, method: str, path: str, body: Any = None, *, project: str = PROJECT, **headers: str
) -> httpx.Response:
    """Send one signed request, with a body that may be anything."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    host = cloud.api.removeprefix("http://")
    resource, _, query = path.partition("?")
    request = _request.SdkRequest(
        method=method,
        schema="http",
        host=host,
        resource_path=resource,
        query_params=[tuple(pair.split("=", 1)) for pair in query.split("&") if pair],
        header_params={"Content-Type": "application/json", **headers},
        body=content,
    )
    _signer.Signer(_key(project)).sign(request)
    url = f"http://{host}{request.uri}"
    return httpx.request(method, url, headers=request.header_params, content=content, verify=False)


def page(name: str) -> dict[str, Any]:
    """Return what a documentation page prints."""
    content: dict[str, Any] = json.loads((_PAGES / f"{name}.json").read_text())
    return content


def refusal(act: Any, request: Any) -> tuple[int, str]:
    """Return status and code with which a call is refused."""
    try:
        act(request)
    except core.ClientRequestException as error:
        return error.status_code, error.error_code
    raise AssertionError("the call was not refused")


def credentials(access_key: str, secret_key: str) -> Any:
    """Return a key pair of the project."""
    return _credentials.BasicCredentials(access_key, secret_key, PROJECT)


def _key(project: str = PROJECT) -> Any:
    return _credentials.BasicCredentials("embedded", "embedded", project)
