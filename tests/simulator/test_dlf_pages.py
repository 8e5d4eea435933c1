"""The pages' own examples, sent byte for byte as the pages print them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator import sdk

IMPORT, EXPORT = sdk.page("dlf_import_job"), sdk.page("dlf_export_job")
PROJECT = IMPORT["project_id"]
SUBMITTED = {"targetStatus": "SUBMITTED", "approvers": [{"approverName": "userName1"}]}


@pytest.fixture(params=[False, True], ids=["review off", "review on"])
def page_cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A cloud with the project of the pages."""
    with running_cloud(tmp_path, project_id=PROJECT, review=request.param) as cloud:
        yield cloud


def job(name: str, *scripts: str) -> dict[str, Any]:
    nodes = [
        {
            "name": f"node_{number}",
            "type": "DWSSQL",
            "location": {"x": "1", "y": "2"},
            "properties": [{"name": "scriptName", "value": script}],
        }
        for number, script in enumerate(scripts or ("none",))
    ]
    return {"name": name, "nodes": nodes, "schedule": {"type": "CRON"}, "processType": "BATCH", **SUBMITTED}


def send(cloud: Any, method: str, path: str, body: Any = None) -> Any:
    return sdk.call(cloud, method, path, body, project=PROJECT)


def test_the_import_page(page_cloud: Any, request: pytest.FixtureRequest) -> None:
    plain, reviewed = IMPORT["requests"]
    body = reviewed if "review on" in request.node.name else plain
    answer = send(page_cloud, IMPORT["method"], IMPORT["path"], body)
    assert (answer.status_code, answer.json()) == (400, IMPORT["responses"]["400"])
    sdk.put_object(page_cloud, "aaaaa", "job_batch.zip", sdk.zipped({"jobs/job_batch.job": job("job_batch")}))
    answer = send(page_cloud, IMPORT["method"], IMPORT["path"], body)
    assert (answer.status_code, answer.json().keys()) == (200, IMPORT["responses"]["200"].keys())
    assert len(answer.json()["taskId"]) == len(IMPORT["responses"]["200"]["taskId"])
    assert send(page_cloud, "GET", f"/v1/{PROJECT}/jobs/job_batch").status_code == 200


def test_the_export_page(page_cloud: Any) -> None:
    answer = send(page_cloud, EXPORT["method"], EXPORT["path"])
    assert (answer.status_code, answer.json()) == (400, EXPORT["responses"]["400"])
    for name in ("CS_PROCESS_TRIP", "TRIP_RAW_STANDARD"):
        script = {"name": name, "type": "DWSSQL", "content": "", **SUBMITTED}
        assert send(page_cloud, "POST", f"/v1/{PROJECT}/scripts", script).status_code == 204
    body = job("myJob", "CS_PROCESS_TRIP", "TRIP_RAW_STANDARD")
    assert send(page_cloud, "POST", f"/v1/{PROJECT}/jobs", body).status_code == 204
    answer = send(page_cloud, EXPORT["method"], EXPORT["path"])
    success = EXPORT["responses"]["200"]
    assert (answer.status_code, answer.headers["content-type"]) == (200, success["content_type"])
    assert EXPORT["file_name"] in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == success["entries"]
