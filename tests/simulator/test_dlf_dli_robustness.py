"""Whatever is sent to any operation of DLF or DLI is answered or refused with the service's own 400; nothing breaks.

The handlers are called directly, so that a few hundred hostile requests cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_dataarts.simulator import dlf, dli
from pulumi_dataarts.simulator.clock import ManualClock
from pulumi_dataarts.simulator.databases import Databases
from pulumi_dataarts.simulator.faults import Faults
from pulumi_dataarts.simulator.http import Answer, Context, JsonText, Refused, Request, Route
from pulumi_dataarts.simulator.objects import ObjectError
from pulumi_dataarts.simulator.settings import Settings
from pulumi_dataarts.simulator.store import Store
from tests.simulator.sdk import zipped

NODE = {"name": "n", "type": "T", "location": {"x": 1, "y": 2}, "properties": [{"name": "scriptName", "value": "a"}]}
JOB = {"name": "a", "processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": [NODE]}
FLINK = {"manifest.json": {"format": "dli-flink-jobs", "version": 1}, "jobs/a.json": {"job_id": 1, "name": "a"}}
# Parts of valid requests, so that chance gets past the first check.
PARTS = st.sampled_from(
    [
        *({}, JOB, NODE, [NODE], [JOB], [1], ["1"], ["a"], {"name": "a"}, [{"name": "a"}], "obs://b/bundle.zip"),
        *("a", "1", "obs://b", "b/flink.zip", "b", "CRON", "Shell", "jar", "TRIGGER", "OVERWRITE", "\ud800", "x" * 200),
        *(True, False, None, 0, 1, -1, 2.5, 10**20),
    ]
)
KEYS = st.sampled_from(
    [
        *("name", "type", "content", "location", "directory", "nodes", "schedule", "processType", "params", "path"),
        *("sameNamePolicy", "jobsParam", "resources", "jobList", "exportDepend", "obsPath", "exportStatus"),
        *("jobParams", "targetStatus", "approvers", "configuration", "description", "job_ids", "zip_file"),
        *("is_cover", "obs_dir", "is_selected", "job_selected", "sql_body", "cu_number", "template_id", "action"),
    ]
)
OBJECTS = st.dictionaries(KEYS, PARTS, max_size=4)
BODIES = PARTS | OBJECTS | OBJECTS.map(lambda changes: JOB | changes)
NAMES = ["limit", "offset", "jobType", "jobName", "version", "dependencies", "status", "minPlanTime", "order", "name"]
QUERIES = st.dictionaries(
    st.sampled_from(NAMES),
    st.sampled_from(["", "0", "1", "-1", "--1", "9" * 30, "²", "BATCH", "true", "a", "asc"]),
    max_size=2,
)
ROUTES = [*dlf.routes(), *dli.routes()]


class Shelf:
    """An OBS of one bucket."""

    def __init__(self) -> None:
        self.objects = {"bundle.zip": zipped({"jobs/a.job": JOB}), "flink.zip": zipped(FLINK)}

    def has_bucket(self, bucket: str) -> bool:
        return bucket == "b"

    def read(self, bucket: str, key: str) -> bytes:
        self._check(bucket, key in self.objects)
        return self.objects[key]

    def write(self, bucket: str, key: str, content: bytes) -> None:
        self._check(bucket, is_there=True)
        self.objects[key] = content

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        self._check(bucket, is_there=True)
        return sorted(key for key in self.objects if key.startswith(prefix))

    def _check(self, bucket: str, is_there: bool) -> None:
        if bucket != "b" or not is_there:
            raise ObjectError("NoSuchKey", bucket)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    store = Store(tmp_path)
    yield Context(store, ManualClock(), Shelf(), Settings(), Faults(store), Databases(tmp_path))
    store.close()


def answer(route: Route, context: Context, params: dict[str, str], body: Any, query: dict[str, str]) -> Answer:
    request = Request(
        method=route.method,
        path="",
        query=query,
        body=json.dumps(body).encode(),
        params=params,
        project_id="p",
        user="u",
        malformed=route.malformed,
    )
    try:
        with context.store.transaction():
            return route.handler(request, context)
    except Refused as refused:
        return refused.answer


IDS = st.sampled_from(["a", "1", "2", "", "²", "9" * 400])
CALLS = st.lists(st.tuples(st.sampled_from(ROUTES), IDS, BODIES, QUERIES), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(CALLS)
def test_no_request_breaks_an_operation(context: Context, calls: list[tuple[Route, str, Any, dict[str, str]]]) -> None:
    for route, id, body, query in calls:
        params = dict.fromkeys(
            ("connection_name", "job_name", "job_id", "script_name", "instance_id", "resource_id", "task_id"), id
        )
        answered = answer(route, context, params | {"template_id": id}, body, query)
        assert answered.status in (200, 204, 400), route.operation
        assert answered.status != 400 or {"error_code", "error_msg"} <= answered.body.keys()
        if isinstance(answered.body, JsonText):
            json.loads(answered.body.text)
        elif not isinstance(answered.body, bytes):
            json.dumps(answered.body)
