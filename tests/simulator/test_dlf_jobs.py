"""Jobs of DataArts Factory, by the official SDK: create, read, list, update, delete, and the rules for a definition."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dgc

# The create page's own example (DataArts Factory API "Creating a Job").
EXAMPLE: dict[str, Any] = {
    "basicConfig": {
        "customFields": {},
        "executeUser": "",
        "instanceTimeout": 0,
        "owner": "test_user",
        "priority": 0,
    },
    "directory": "/myDir",
    "logPath": "obs://dlf-test-log",
    "name": "myJob",
    "nodes": [
        {
            "failPolicy": "FAIL_CHILD",
            "location": {"x": "-45.5", "y": "-134.5"},
            "maxExecutionTime": 360,
            "name": "MRS_Hive_SQL",
            "pollingInterval": 20,
            "preNodeName": [],
            "properties": [
                {"name": "scriptName", "value": "test_hive_sql"},
                {"name": "connectionName", "value": "mrs_hive_test"},
                {"name": "database", "value": "default"},
                {"name": "scriptArgs", "value": "test_var=111"},
            ],
            "retryInterval": 120,
            "retryTimes": 0,
            "type": "HiveSQL",
        }
    ],
    "processType": "BATCH",
    "schedule": {"type": "CRON"},
}


@pytest.fixture
def factory(cloud: Any) -> Any:
    return sdk.factory(cloud)


def node(name: str = "a", **more: Any) -> Any:
    return dgc.Node(
        name=name,
        type="Dummy",
        location=dgc.Location(x=1, y=2),
        properties=[dgc.ModelProperty(name="k", value="v")],
        **more,
    )


def job(name: str = "orders", **more: Any) -> Any:
    return dgc.JobInfo(
        **{
            "name": name,
            "nodes": [node()],
            "schedule": dgc.Schedule(type="EXECUTE_ONCE"),
            "process_type": "BATCH",
            **more,
        }
    )


def create(factory: Any, body: Any, workspace: str | None = None) -> Any:
    return factory.create_job(dgc.CreateJobRequest(workspace=workspace, body=body))


def show(factory: Any, name: str = "orders", workspace: str | None = None) -> Any:
    return factory.show_job(dgc.ShowJobRequest(job_name=name, workspace=workspace))


def test_a_created_job_is_read_back_with_what_the_service_adds(factory: Any) -> None:
    assert create(factory, job()).status_code == 204
    read = show(factory)
    assert (read.name, read.process_type, read.version, read.directory) == ("orders", "BATCH", "1", "/")
    assert (read.description, read.empty_running_job, read.last_update_user) == ("", "0", "embedded")
    assert (read.basic_config.owner, read.basic_config.agency) == ("embedded", "")
    assert isinstance(read.id, int)
    assert (read.nodes[0].location.x, read.nodes[0].location.y) == ("1", "2")
    assert (read.nodes[0].polling_interval, read.nodes[0].fail_policy) == (10, "FAIL")


def test_the_pages_example_is_accepted_and_read_back_as_it_was_sent(cloud: Any) -> None:
    assert sdk.call(cloud, "POST", "/v1/embedded/jobs", EXAMPLE).status_code == 204
    read = sdk.call(cloud, "GET", "/v1/embedded/jobs/myJob").json()
    assert read["nodes"] == EXAMPLE["nodes"]
    assert read["basicConfig"] == {**EXAMPLE["basicConfig"], "agency": "", "tags": {}}
    assert {key: read[key] for key in ("directory", "logPath", "processType", "schedule")} == {
        "directory": "/myDir",
        "logPath": "obs://dlf-test-log",
        "processType": "BATCH",
        "schedule": {"type": "CRON"},
    }
    assert not {"targetStatus", "approvers"} & read.keys()


def test_unknown_keys_are_kept_and_the_services_own_are_not_taken(cloud: Any) -> None:
    node = {**EXAMPLE["nodes"][0], "location": {"x": 1, "y": -2.5}, "resouces": []}
    sent = {**EXAMPLE, "nodes": [node], "id": 7, "version": "99", "taskWorkGroupId": "", "targetStatus": "SAVED"}
    sdk.call(cloud, "POST", "/v1/embedded/jobs", sent)
    read = sdk.call(cloud, "GET", "/v1/embedded/jobs/myJob").json()
    assert (read["taskWorkGroupId"], read["version"], "targetStatus" in read) == ("", "1", False)
    assert (read["nodes"][0]["location"], read["nodes"][0]["resouces"]) == ({"x": "1", "y": "-2.5"}, [])


def test_a_directory_loses_its_last_slash(factory: Any) -> None:
    create(factory, job(directory="/dir/a/"))
    assert show(factory).directory == "/dir/a"


def test_a_second_job_of_a_name_is_refused_and_changes_nothing(factory: Any) -> None:
    create(factory, job())
    assert sdk.refusal(factory.create_job, dgc.CreateJobRequest(body=job(log_path="obs://x"))) == (400, "DLF.0102")
    assert show(factory).log_path is None


def test_every_write_makes_a_version(factory: Any) -> None:
    create(factory, job())
    for version in ("2", "3"):
        answer = factory.update_job(dgc.UpdateJobRequest(job_name="orders", body=job()))
        assert (answer.status_code, show(factory).version) == (204, version)


def test_an_update_with_another_name_renames_and_keeps_the_id(factory: Any) -> None:
    create(factory, job())
    before = show(factory)
    factory.update_job(dgc.UpdateJobRequest(job_name="orders", body=job("orders2")))
    assert show(factory, "orders2").id == before.id
    assert sdk.refusal(factory.show_job, dgc.ShowJobRequest(job_name="orders")) == (400, "DLF.0100")


def test_an_update_does_not_take_another_jobs_name(factory: Any) -> None:
    create(factory, job())
    create(factory, job("other"))
    request = dgc.UpdateJobRequest(job_name="orders", body=job("other"))
    assert sdk.refusal(factory.update_job, request) == (400, "DLF.0102")
    assert show(factory).version == "1"


def test_a_missing_job_is_a_400_for_every_call(factory: Any) -> None:
    assert sdk.refusal(factory.show_job, dgc.ShowJobRequest(job_name="x")) == (400, "DLF.0100")
    assert sdk.refusal(factory.update_job, dgc.UpdateJobRequest(job_name="x", body=job())) == (400, "DLF.0100")
    assert sdk.refusal(factory.delete_job, dgc.DeleteJobRequest(job_name="x")) == (400, "DLF.0100")
    assert sdk.refusal(factory.start_job, dgc.StartJobRequest(job_name="x")) == (400, "DLF.0100")
    assert sdk.refusal(factory.stop_job, dgc.StopJobRequest(job_name="x")) == (400, "DLF.0100")
    assert sdk.refusal(factory.run_once, dgc.RunOnceRequest(job_name="x")) == (400, "DLF.0100")
    assert sdk.refusal(factory.export_job, dgc.ExportJobRequest(job_name="x")) == (400, "DLF.0100")


def test_a_deleted_job_is_gone_and_its_name_is_free(factory: Any) -> None:
    create(factory, job())
    request = dgc.DeleteJobRequest(job_name="orders", body=dgc.DeleteReq(approvers=[dgc.JobApprover("u")]))
    assert factory.delete_job(request).status_code == 204
    assert sdk.refusal(factory.delete_job, request) == (400, "DLF.0100")
    assert create(factory, job()).status_code == 204


def test_workspaces_are_apart_and_default_is_meant_without_a_header(factory: Any) -> None:
    create(factory, job(), workspace="dev")
    assert sdk.refusal(factory.show_job, dgc.ShowJobRequest(job_name="orders")) == (400, "DLF.0100")
    create(factory, job(), workspace="default")
    assert show(factory).name == "orders"
    assert show(factory, workspace="dev").id != show(factory).id


def test_an_unknown_workspace_is_refused(factory: Any) -> None:
    request = dgc.ListJobsRequest(workspace="nowhere")
    assert sdk.refusal(factory.list_jobs, request) == (400, "DLF.0819")


def test_a_list_is_paged_by_page_number_and_by_type(factory: Any) -> None:
    for number in range(12):
        create(factory, job(f"job_{number:02}"))
    create(factory, job("stream", process_type="REAL_TIME"))
    first, second = (factory.list_jobs(dgc.ListJobsRequest(offset=page)) for page in (0, 1))
    assert first.total == second.total == 12
    assert [entry.name for entry in first.jobs] == [f"job_{number:02}" for number in range(10)]
    assert [entry.name for entry in second.jobs] == ["job_10", "job_11"]
    streams = factory.list_jobs(dgc.ListJobsRequest(job_type="REAL_TIME"))
    assert [entry.name for entry in streams.jobs] == ["stream"]


def test_a_list_finds_a_part_of_a_name(factory: Any) -> None:
    for name in ("orders_daily", "daily", "orders"):
        create(factory, job(name))
    found = factory.list_jobs(dgc.ListJobsRequest(job_name="daily"))
    assert (found.total, [entry.name for entry in found.jobs]) == (2, ["orders_daily", "daily"])


def test_a_list_entry_tells_the_jobs_facts(factory: Any) -> None:
    create(factory, job(directory="/a", basic_config=dgc.BasicConfig(owner="me", priority=2)))
    (entry,) = factory.list_jobs(dgc.ListJobsRequest()).jobs
    assert (entry.job_type, entry.status, entry.path, entry.owner) == ("BATCH", "STOPPED", "/a", "me")
    assert (entry.priority, entry.create_user, entry.single_node_job_flag) == (2, "embedded", False)


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"job_type": "HOURLY"}])
def test_a_list_outside_its_limits_is_refused(factory: Any, page: dict[str, Any]) -> None:
    assert sdk.refusal(factory.list_jobs, dgc.ListJobsRequest(**page)) == (400, "DLF.3051")


def test_downstream_jobs_are_told_when_asked_for(cloud: Any, factory: Any) -> None:
    create(factory, job())
    cron = {
        "startTime": "2026-01-01T00:00:00+08",
        "expression": "0 0 1 * * ?",
        "dependJobs": {"jobs": ["orders"]},
    }
    later = {**EXAMPLE, "name": "later", "schedule": {"type": "CRON", "cron": cron}}
    assert sdk.call(cloud, "POST", "/v1/embedded/jobs", later).status_code == 204
    read = factory.show_job(dgc.ShowJobRequest(job_name="orders", dependencies=True))
    assert [entry.job_name for entry in read.downstream_jobs] == ["later"]


FAULTY: list[tuple[str, dict[str, Any], str]] = [
    ("no name", {"name": None}, "DLF.3004"),
    ("empty name", {"name": ""}, "DLF.3004"),
    ("name with a space", {"name": "a b"}, "DLF.3018"),
    ("name of dots", {"name": ".."}, "DLF.3018"),
    ("name of 129", {"name": "a" * 129}, "DLF.3018"),
    ("no nodes", {"nodes": []}, "DLF.1006"),
    ("nodes missing", {"nodes": None}, "DLF.1006"),
    ("two nodes of a name", {"nodes": [EXAMPLE["nodes"][0]] * 2}, "DLF.3051"),
    ("no schedule", {"schedule": None}, "DLF.3025"),
    ("unknown schedule", {"schedule": {"type": "WEEKLY"}}, "DLF.3025"),
    ("event without its kind", {"schedule": {"type": "EVENT", "event": {}}}, "DLF.3025"),
    ("cron without a start", {"schedule": {"type": "CRON", "cron": {"expression": "0 0 1 * * ?"}}}, "DLF.3025"),
    (
        "cron with seconds",
        {"schedule": {"type": "CRON", "cron": {"startTime": "2026-01-01T00:00:00Z", "expression": "5 0 1 * * ?"}}},
        "DLF.3025",
    ),
    ("unknown process type", {"processType": "STREAM"}, "DLF.3051"),
    ("parameter name", {"params": [{"name": "a.b", "value": "1"}]}, "DLF.3051"),
    ("parameter value of 1025", {"params": [{"name": "a", "value": "1" * 1025}]}, "DLF.3051"),
    ("parameter type", {"params": [{"name": "a", "value": "1", "type": "secret"}]}, "DLF.3051"),
    ("priority 3", {"basicConfig": {"priority": 3}}, "DLF.3051"),
    ("timeout 4", {"basicConfig": {"instanceTimeout": 4}}, "DLF.3051"),
    ("long description", {"description": "x" * 256}, "DLF.3050"),
    ("target status", {"targetStatus": "DONE"}, "DLF.3051"),
    ("approver without a name", {"approvers": [{}]}, "DLF.3051"),
    ("not an object", {"basicConfig": [1]}, "DLF.3051"),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(*case[1:], id=case[0]) for case in FAULTY])
def test_a_faulty_definition_is_refused_with_its_code(cloud: Any, change: dict[str, Any], code: str) -> None:
    answer = sdk.call(cloud, "POST", "/v1/embedded/jobs", {**EXAMPLE, **change})
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)


FAULTY_NODES: list[tuple[str, dict[str, Any]]] = [
    ("no name", {"name": None}),
    ("no type", {"type": ""}),
    ("no location", {"location": None}),
    ("half a location", {"location": {"x": 1}}),
    ("no properties", {"properties": None}),
    ("property without a name", {"properties": [{"value": "x"}]}),
    ("retries", {"retryTimes": 6}),
    ("polling", {"pollingInterval": 61}),
    ("execution time", {"maxExecutionTime": 4}),
    ("retry interval", {"retryInterval": "4"}),
    ("fail policy", {"failPolicy": "PANIC"}),
    ("follows nobody", {"preNodeName": ["ghost"]}),
    ("follows itself", {"preNodeName": ["MRS_Hive_SQL"]}),
    ("condition on nobody", {"conditions": [{"preNodeName": "ghost", "expression": "#{true}"}]}),
]


@pytest.mark.parametrize("change", [pytest.param(case[1], id=case[0]) for case in FAULTY_NODES])
def test_a_faulty_node_is_refused(cloud: Any, change: dict[str, Any]) -> None:
    body = copy.deepcopy(EXAMPLE)
    body["nodes"][0] = {key: value for key, value in {**body["nodes"][0], **change}.items() if value is not None}
    answer = sdk.call(cloud, "POST", "/v1/embedded/jobs", body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "DLF.3051")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"7", b'{"x": "\\ud800"}', b'{"x": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_proper_object_is_refused(cloud: Any, body: bytes) -> None:
    answer = sdk.call(cloud, "POST", "/v1/embedded/jobs", body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "DLF.3051")
