"""The pages' own examples: what we send is what they show, what they answer is understood."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf import api, imports, wire
from pulumi_dataarts.dlf.bundle import Bundle, from_zip
from pulumi_dataarts.dlf.inputs import JobImportInputs
from pulumi_dataarts.errors import BadResponse, RunFailed
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Call, Reply
from pulumi_dataarts.lifecycle.inputs import check, parse
from tests.dlf.samples import job, node, place, script, upload

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"


def page(name: str) -> Any:
    return json.loads((PAGES / f"client_dlf_{name}.json").read_text())


@dataclass
class Recorder:
    """Stands where a service does, and answers what a page shows."""

    answer: Any
    project_id: str = PROJECT
    sent: list[Call] = field(default_factory=list)

    def send(self, call: Call) -> Reply:
        self.sent.append(call)
        return Reply(200, {}, json.dumps(self.answer).encode())


def recorded(answer: Any, workspace: str = "default") -> tuple[Recorder, api.Workspace]:
    recorder = Recorder(answer)
    return recorder, api.Workspace(recorder, workspace)  # type: ignore[arg-type]


ARGUMENTS = [
    {"path": "obs://aaaaa/job_batch.zip", "jobs_param": [{"name": "job_batch"}]},
    {
        "path": "obs://aaaaa/job_batch.zip",
        "jobs_param": [{"name": "job_batch"}],
        "target_status": "SUBMITTED",
        "approvers": ["userName1", "userName2"],
    },
]


@pytest.mark.parametrize("number", [0, 1])
def test_an_import_is_sent_as_the_page_shows_with_the_policy_told(number: int) -> None:
    checked, mistakes = check(JobImportInputs, ARGUMENTS[number])
    assert mistakes == []
    request = parse(JobImportInputs, checked).request(checked["path"], {"job_batch"}, is_overwriting=False)
    recorder, workspace = recorded(page("import")["success"])
    assert api.import_jobs(workspace, request) == "008aae2e675933c7016759418e870000"
    (call,) = recorder.sent
    assert (call.method, call.path) == ("POST", f"/v1/{PROJECT}/jobs/import")
    assert call.body == {**page("import")["requests"][number], "sameNamePolicy": "SKIP"}
    assert not call.safe
    assert call.headers == {}


def test_an_import_into_another_workspace_says_so_in_the_header() -> None:
    recorder, workspace = recorded(page("import")["success"], "d1cd7861478748a6925bc02f47c69279")
    api.import_jobs(workspace, wire.ImportRequest(path="obs://aaaaa/x.zip", same_name_policy="OVERWRITE"))
    assert recorder.sent[0].headers == {"workspace": "d1cd7861478748a6925bc02f47c69279"}


def test_every_field_of_the_page_is_sent_under_its_own_name() -> None:
    arguments = {
        "path": "obs://aaaaa/x.zip",
        "params": {"day": "1"},
        "same_name_policy": "OVERWRITE",
        "jobs_param": [{"name": "a", "params": {"rate": 2}}],
        "execute_user": "runner",
        "target_status": "PRODUCTION",
        "approvers": ["userName1"],
        "resources": [{"name": "cdm-dev", "type": "CDM_CLUSTER", "replace": "cdm-prod"}],
    }
    checked, mistakes = check(JobImportInputs, arguments)
    assert mistakes == []
    assert parse(JobImportInputs, checked).request("obs://aaaaa/x.zip", {"a"}, is_overwriting=False).body() == {
        "path": "obs://aaaaa/x.zip",
        "params": {"day": "1"},
        "sameNamePolicy": "OVERWRITE",
        "jobsParam": [{"name": "a", "params": {"rate": "2"}}],
        "executeUser": "runner",
        "targetStatus": "PRODUCTION",
        "approvers": [{"approverName": "userName1"}],
        "resources": [{"name": "cdm-dev", "type": "CDM_CLUSTER", "replace": "cdm-prod"}],
    }


@pytest.mark.parametrize(
    ("arguments", "path", "reason"),
    [
        ({"path": "s3://b/k.zip"}, "path", "pattern"),
        ({"path": "obs://bucket"}, "path", "pattern"),
        ({"same_name_policy": "REPLACE"}, "same_name_policy", "'SKIP' or 'OVERWRITE'"),
        ({"target_status": "DONE"}, "target_status", "'SAVED', 'SUBMITTED' or 'PRODUCTION'"),
        ({"resources": [{"name": "a", "type": "MYSQL"}]}, "resources[0].type", "'CDM_CLUSTER'"),
        ({"jobs_param": [{"params": {}}]}, "jobs_param[0].name", "Field required"),
        ({"jobs_param": [{"name": "a"}, {"name": "a"}]}, "jobs_param[1].name", "'a' is there twice"),
        ({"deadline_s": 0}, "deadline_s", "greater than 0"),
        ({"sameNamePolicy": "SKIP"}, "sameNamePolicy", "did you mean `same_name_policy`?"),
    ],
)
def test_a_wrong_argument_is_told_by_its_path(arguments: dict[str, Any], path: str, reason: str) -> None:
    _, mistakes = check(JobImportInputs, {"path": "obs://aaaaa/x.zip", **arguments})
    assert [mistake.path for mistake in mistakes] == [path]
    assert reason in mistakes[0].reason


def test_a_finished_task_is_understood() -> None:
    recorder, workspace = recorded(page("tasks")["success"])
    task = api.show_task(workspace, "008aae2e67abe2ff0167abe3a28f0000")
    assert recorder.sent[0].path == f"/v1/{PROJECT}/system-tasks/008aae2e67abe2ff0167abe3a28f0000"
    assert (task.status, [part.status for part in task.subtasks]) == ("SUCCESSFUL", ["SUCCESSFUL"])


def test_a_task_that_failed_as_a_whole_says_why_in_the_services_words(session: Session) -> None:
    failure = page("tasks")["failure"]
    _, workspace = recorded({"taskId": "1", **failure})
    request = wire.ImportRequest(path="obs://aaaaa/traffic2.zip", same_name_policy="SKIP")
    with pytest.raises(RunFailed, match="读取OBS文件"):
        imports.run(session, workspace, request, has_landed=lambda: False, deadline_s=10)


def test_a_part_that_failed_is_an_error_though_the_task_says_success(session: Session) -> None:
    task = page("tasks")["success"]
    task["subtasks"][0] |= {"status": "FAILED", "message": "The job is locked."}
    _, workspace = recorded({"taskId": "1", **task})
    request = wire.ImportRequest(path="obs://aaaaa/job_batch.zip", same_name_policy="OVERWRITE")
    with pytest.raises(RunFailed, match=r"Import the job_batch job\. The job is locked\."):
        imports.run(session, workspace, request, has_landed=lambda: False, deadline_s=10)


class Lists:
    """A service with a list, whose `offset` counts pages or rows."""

    project_id = PROJECT

    def __init__(self, rows: int, *, unit: int, total: int) -> None:
        self.rows = [{"name": f"job_{number}"} for number in range(rows)]
        self.unit, self.total = unit, total

    def send(self, call: Call) -> Reply:
        start = int(call.query["offset"]) * self.unit
        rows = self.rows[start : start + int(call.query["limit"])]
        return Reply(200, {}, json.dumps({"total": self.total, "jobs": rows}).encode())


@pytest.mark.parametrize("unit", [100, 1], ids=["pages", "rows"])
@pytest.mark.parametrize("rows", [0, 1, 100, 101, 250])
def test_a_list_is_read_whole_whatever_its_offset_counts(rows: int, unit: int) -> None:
    workspace = api.Workspace(Lists(rows, unit=unit, total=rows), "default")  # type: ignore[arg-type]
    assert [row.name for row in api.list_jobs(workspace, "BATCH")] == [f"job_{number}" for number in range(rows)]


def test_a_list_that_shows_less_than_it_says_is_an_error() -> None:
    workspace = api.Workspace(Lists(150, unit=100, total=151), "default")  # type: ignore[arg-type]
    with pytest.raises(BadResponse, match="jobs: the service says there are 151 and shows 150"):
        list(api.list_jobs(workspace, "BATCH"))


@pytest.mark.parametrize("answer", [[], {}, {"taskId": ""}], ids=str)
def test_an_answer_that_does_not_fit_its_page_is_an_error(answer: Any) -> None:
    _, workspace = recorded(answer)
    with pytest.raises(BadResponse):
        api.import_jobs(workspace, wire.ImportRequest(path="obs://aaaaa/x.zip", same_name_policy="SKIP"))


def test_an_export_is_asked_for_as_the_page_shows_and_read(session: Session) -> None:
    recorder, workspace = recorded({})
    api.export_job(workspace, "myJob", wire.ExportRequest())
    assert f"{recorder.sent[0].method} {recorder.sent[0].path}" == page("export")["request"]
    assert recorder.sent[0].body is None


def test_an_export_of_the_pages_job_has_the_pages_entries(session: Session) -> None:
    names = ["CS_PROCESS_TRIP", "TRIP_RAW_STANDARD"]
    nodes = [node(name.lower(), scriptName=name) for name in names]
    here = place(session)
    for name in names:
        api.create_script(here, script(name))
    api.create_job(here, job("myJob", *nodes))
    bundle = from_zip(api.export_job(here, "myJob", wire.ExportRequest()))
    entries = [f"jobs/{name}.job" for name in bundle.jobs] + sorted(f"scripts/{name}.script" for name in bundle.scripts)
    assert entries == page("export")["entries"]


def test_names_are_encoded_where_they_go_into_the_path() -> None:
    recorder, workspace = recorded({})
    api.show_job(workspace, "orders/日 1")
    assert recorder.sent[0].path == f"/v1/{PROJECT}/jobs/orders%2F%E6%97%A5%201"


def test_the_service_sees_in_an_archive_what_we_put_there(session: Session) -> None:
    bundle = Bundle({"job_batch": job("job_batch")}, {"clean_orders": script("clean_orders")})
    content = api.check_file(place(session), upload(session, bundle))
    assert [entry.name for entry in content.jobs] == ["job_batch"]
    assert [entry.name for entry in content.scripts] == ["clean_orders"]
