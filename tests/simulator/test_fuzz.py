"""Whatever is sent to any operation of the description: an answer in the service's own shape, and never a fault.

The kernel is called without a socket, so that some thousand requests cost seconds; what sockets add is in
`test_hostile.py`.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from pulumi_dataarts.simulator.embedded import EmbeddedCloud
from pulumi_dataarts.simulator.http import Answer, JsonText, Request
from pulumi_dataarts.simulator.s3 import S3Request
from tests.simulator.cdm_calls import MYSQL, OBS, job, link
from tests.simulator.conftest import TOKEN_REQUEST
from tests.simulator.sdk import zipped

CALLS_IN_AN_EXAMPLE = 10
DLF_JOB = {
    "name": "a",
    "processType": "BATCH",
    "schedule": {"type": "CRON"},
    "nodes": [{"name": "n", "type": "T", "location": {"x": 1, "y": 2}, "properties": []}],
}
# Bodies that would be accepted, to be damaged.
BODIES = [
    job(),
    job("other") | {"clusters": ["embedded"]},
    link("mysql"),
    link("shop", **MYSQL | {"host": "embedded", "database": "../x"}),
    link("files", "obs-connector", **OBS),
    {"cluster": {"name": "c"}},
    {"stop": {}},
    {"restart": {}},
    TOKEN_REQUEST,
    DLF_JOB,
    {"path": "obs://bkt/jobs.zip", "sameNamePolicy": "OVERWRITE", "params": {"a": "b"}},
    {"path": "obs://bkt/broken.zip", "params": [{"name": "a", "type": "HOST", "params": {}}]},
    {"name": "a", "type": "Shell", "content": "echo"},
    {"name": "a", "type": "HOST", "config": {"password": "x"}},
    {"name": "a", "type": "jar", "location": "obs://bkt/a.jar", "directory": "/"},
    {"jobList": ["a"], "obsPath": "obs://bkt/out"},
    {"name": "a", "sql_body": "select 1", "cu_number": 4, "queue_name": "default"},
    {"zip_file": "bkt/flink.zip", "is_cover": True},
    {"obs_dir": "bkt", "is_selected": False},
    {"job_ids": [1], "resume_savepoint": False},
]
NAMES = ["a", "orders", "mysql", "embedded", "all", "1", "..", "a/b", "%", "\0", "é", "\ud800", "x" * 300, "9" * 400]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*NAMES[:9], "", "obs://bkt/jobs.zip", "Add password here", "2024-01-01T00:00:00+08", "0"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES[:6]), inner, max_size=3)
)
queries = st.dictionaries(
    st.sampled_from(
        ["limit", "offset", "page_no", "page_size", "jobType", "filter", "jname", "name", "version", "order"]
    ),
    st.sampled_from(["", "0", "1", "-1", "10", "9" * 30, "²", "BATCH", "NORMAL_JOB", "a", "asc", "true"]),
    max_size=2,
)


def ask(cloud: EmbeddedCloud, method: str, path: str, body: bytes = b"", query: str = "", **headers: str) -> Answer:
    named = {name.lower().replace("_", "-"): value for name, value in headers.items()} | {"host": "127.0.0.1:1"}
    return cloud.answer(
        Request(method, path, dict(parse_qsl(query, keep_blank_values=True)), named, body, raw_query=query)
    )


def operations(cloud: EmbeddedCloud) -> list[tuple[str, str, str]]:
    """Return (method, path template, tag) of every operation of the description."""
    described = ask(cloud, "GET", "/_embedded/openapi.json").body
    return [
        (method.upper(), path, operation["tags"][0])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def fresh(cloud: EmbeddedCloud) -> str:
    """Empty the cloud, put a few things into it, and return a token."""
    cloud.reset()
    token = ask(cloud, "POST", "/v3/auth/tokens", json.dumps(TOKEN_REQUEST).encode()).headers["X-Subject-Token"]
    objects = cloud.context.objects
    cloud.s3.call(S3Request("PUT", "/bkt", {"Content-Length": "0"}))
    with cloud.context.store.transaction():
        objects.write("bkt", "jobs.zip", zipped({"jobs/a.job": DLF_JOB}))
        objects.write("bkt", "broken.zip", b"PK\x03\x04 not really")
        objects.write("bkt", "flink.zip", zipped({"manifest.json": {"format": "dli-flink-jobs", "version": 1}}))
    base = "/v1.1/embedded/clusters/embedded/cdm"
    for path, body in ((f"{base}/link", link("mysql")), (f"{base}/link", link("files", "obs-connector", **OBS))):
        ask(cloud, "POST", path, json.dumps(body).encode(), X_Auth_Token=token)
    ask(cloud, "POST", f"{base}/job", json.dumps(job()).encode(), X_Auth_Token=token)
    ask(cloud, "POST", "/v1/embedded/jobs", json.dumps(DLF_JOB).encode(), X_Auth_Token=token)
    return token


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A body that would be accepted somewhere, with something else in one place; or no JSON at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([b"{", b"NaN", b'"\\ud800"', b"[" * 100_000, b"\xff", b'{"a": 1e999}', b""]))
    body = json.loads(json.dumps(draw(st.sampled_from(BODIES))))
    place: Any = {"root": body}
    key: Any = "root"
    for _ in range(draw(st.integers(0, 7))):
        inner = place[key]
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner))) if isinstance(inner, list) else []
        if not keys:
            break
        place, key = inner, draw(st.sampled_from(keys))
    if draw(st.booleans()):
        place[key] = draw(anything)
    return json.dumps(place["root"] if key == "root" else body).encode()


@st.composite
def requests(draw: st.DrawFn, found: list[tuple[str, str, str]]) -> tuple[str, str, str, bytes, str, str]:
    method, template, service = draw(st.sampled_from(found))
    path = template.replace("{project_id}", "embedded")
    while "{" in path:
        before, _, rest = path.partition("{")
        name = draw(st.sampled_from(["embedded", *NAMES] if rest.startswith("cluster_id") else NAMES))
        path = before + quote(name, safe="", errors="surrogatepass") + rest.partition("}")[2]
    workspace = draw(st.sampled_from(["default", "dev", "", "gone", "é"]))
    return method, path, service, draw(damaged()), urlencode(draw(queries)), workspace


def check(service: str, answer: Answer) -> None:
    """Say that an answer is no fault, and that a refusal has its service's shape."""
    body = json.loads(answer.body.text) if isinstance(answer.body, JsonText) else answer.body
    if not isinstance(body, bytes):
        json.dumps(body, ensure_ascii=False).encode()
    if answer.status < 400:
        return
    assert isinstance(body, dict)
    if answer.status == 502:  # its cluster was stopped by an earlier call
        assert (service, body["error_code"]) == ("cdm", "APIGW.0610")
    elif answer.status == 500:  # as the pages of CDM's deletes and link checks print it
        assert service == "cdm"
        assert "errCode" in body or body["validation-result"]
    elif body.get("error_code", "").startswith("APIGW."):
        assert answer.status in (401, 403, 413, 414)
    else:
        shape = {"iam": {"error"}, "cdm": {"errCode", "externalMessage"}}.get(service, {"error_code", "error_msg"})
        assert shape <= body.keys()
        assert answer.status in ((400, 401, 404) if service == "iam" else (400,))


def hammer(cloud: EmbeddedCloud, examples: int) -> None:
    found = operations(cloud)
    asked: set[tuple[str, str]] = set()

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(requests(found), min_size=CALLS_IN_AN_EXAMPLE, max_size=CALLS_IN_AN_EXAMPLE))
    def run(calls: list[tuple[str, str, str, bytes, str, str]]) -> None:
        token = fresh(cloud)
        for method, path, service, body, query, workspace in calls:
            answer = ask(cloud, method, path, body, query, X_Auth_Token=token, workspace=workspace)
            check(service, answer)
            asked.add((method, path))

    run()
    assert len(asked) > len(found)


def test_no_request_is_a_fault_of_the_cloud(kernel: EmbeddedCloud) -> None:
    hammer(kernel, 80)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_request_is_a_fault_of_the_cloud_however_many_are_tried(kernel: EmbeddedCloud) -> None:
    hammer(kernel, 3000)


PROPERTIES = [
    "acl",
    "tagging",
    "versioning",
    "lifecycle",
    "policy",
    "cors",
    "encryption",
    "delete",
    "uploads",
    "append",
]
XML = [
    b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    b"<Delete><Object><Key>k</Key></Object></Delete>",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Tagging>&b;</Tagging>',
    *(b"", b"<", b"<x/>", b"{}", b"\xff", b"<Tagging/>", b"<Delete><Object/></Delete>", b"<a>" * 5000),
]
targets = st.tuples(
    st.sampled_from(["/", "/bkt", "/bkt/k", "/bkt/jobs.zip", "/gone/k", "/..", "/b", "/bkt/%00", "/BKT%20/k"]),
    st.dictionaries(
        st.sampled_from([*PROPERTIES, "uploadId", "partNumber", "versionId", "position", "max-keys", "list-type"]),
        st.sampled_from(["", "0", "-1", "x", "²"]),
        max_size=3,
    ),
)


def hammer_obs(cloud: EmbeddedCloud, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]), targets, st.sampled_from(XML))
    def run(method: str, target: tuple[str, dict[str, str]], body: bytes) -> None:
        path, query = target
        answer = cloud.s3.call(
            S3Request(method, f"{path}?{urlencode(query)}", {"Content-Length": str(len(body))}, body)
        )
        assert answer.status < 500 or (answer.status, answer.code) == (501, "NotImplemented")
        assert answer.status < 400 or method == "HEAD" or answer.code != str(answer.status)

    fresh(cloud)
    run()


def test_no_request_is_a_fault_of_obs(kernel: EmbeddedCloud) -> None:
    hammer_obs(kernel, 150)


@pytest.mark.slow
def test_no_request_is_a_fault_of_obs_however_many_are_tried(kernel: EmbeddedCloud) -> None:
    hammer_obs(kernel, 5000)


def test_the_description_is_openapi_and_has_every_route(kernel: EmbeddedCloud) -> None:
    described = ask(kernel, "GET", "/_embedded/openapi.json").body
    validate(described)
    assert {(method, path) for method, path, _ in operations(kernel)} == {
        (route.method, route.template) for route in kernel.routes
    }
