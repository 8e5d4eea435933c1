"""Import of bundles into DataArts Factory, by the official SDK: refusals, the task, and what is there after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator import sdk
from tests.simulator.sdk import dgc, zipped

PATH = "obs://bundles/release/orders.zip"
TASK_S = 0.2


@pytest.fixture(autouse=True)
def stopped_clock(cloud: Any) -> None:
    cloud.freeze()


@pytest.fixture
def factory(cloud: Any) -> Any:
    return sdk.factory(cloud)


def job(name: str = "orders", **more: Any) -> dict[str, Any]:
    node = {
        "name": "load",
        "type": "DWSSQL",
        "location": {"x": "1", "y": "2"},
        "properties": [
            {"name": "scriptName", "value": "load_orders"},
            {"name": "connectionName", "value": "dws_dev"},
            {"name": "database", "value": "dws_dev"},
        ],
    }
    return {"name": name, "nodes": [node], "schedule": {"type": "CRON"}, "processType": "BATCH", **more}


SCRIPT = {"name": "load_orders", "type": "DWSSQL", "content": "select 1", "connectionName": "dws_dev"}
RESOURCE = {"name": "lib", "type": "jar", "location": "obs://libs/lib.jar"}


def upload(cloud: Any, entries: dict[str, Any] | bytes) -> None:
    content = entries if isinstance(entries, bytes) else zipped(entries)
    sdk.put_object(cloud, "bundles", "release/orders.zip", content)


def upload_jobs(cloud: Any, *jobs: dict[str, Any]) -> None:
    upload(cloud, {f"jobs/{body['name']}.job": body for body in jobs})


def start(factory: Any, **order: Any) -> str:
    request = dgc.ImportJobRequest(body=dgc.ImportFileReq(**{"path": PATH, **order}))
    return str(factory.import_job(request).task_id)


def report(factory: Any, task_id: str) -> Any:
    return factory.list_system_tasks(dgc.ListSystemTasksRequest(task_id=task_id))


def imported(cloud: Any, factory: Any, **order: Any) -> Any:
    task_id = start(factory, **order)
    cloud.advance(TASK_S)
    return report(factory, task_id)


def show(factory: Any, name: str = "orders") -> Any:
    return factory.show_job(dgc.ShowJobRequest(job_name=name))


def values(read: Any) -> dict[str, str]:
    return {item.name: item.value for item in read.nodes[0].properties}


def refused(factory: Any, **order: Any) -> tuple[int, str]:
    body = dgc.ImportFileReq(**{"path": PATH, **order})
    return sdk.refusal(factory.import_job, dgc.ImportJobRequest(body=body))


def test_a_bundle_becomes_jobs_scripts_and_resources(cloud: Any, factory: Any) -> None:
    upload(
        cloud,
        {
            "jobs/orders.job": job(directory="/sales/", id=77, version="9"),
            "scripts/load_orders.script": SCRIPT,
            "resources/lib.resource": RESOURCE,
        },
    )
    assert imported(cloud, factory).status == "SUCCESSFUL"
    read = show(factory)
    assert (read.directory, read.version, read.last_update_user) == ("/sales", "1", "embedded")
    (entry,) = factory.list_jobs(dgc.ListJobsRequest()).jobs
    assert entry.status == "STOPPED"
    assert factory.show_script(dgc.ShowScriptRequest(script_name="load_orders")).content == "select 1"
    assert factory.list_resources(dgc.ListResourcesRequest()).resources[0].location == "obs://libs/lib.jar"


def test_the_layout_of_a_batch_export_is_read_too(cloud: Any, factory: Any) -> None:
    entries = {f"jobs/{name}/{name}.job": job(name) for name in ("a", "b")}
    scripts = {f"jobs/{name}/load_orders.script": SCRIPT for name in ("a", "b")}
    upload(cloud, {**entries, **scripts})
    assert [task.name for task in imported(cloud, factory).subtasks] == [
        "Import the a job.",
        "Import the b job.",
    ]
    assert factory.list_scripts(dgc.ListScriptsRequest()).total == 1


def test_a_task_runs_until_its_end_and_has_a_subtask_for_each_job(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job("a"), job("b"))
    task_id = start(factory)
    running = report(factory, task_id)
    assert (running.id, running.status, running.end_time) == (task_id, "RUNNING", None)
    assert {task.status for task in running.subtasks} == {"RUNNING"}
    cloud.advance(TASK_S)
    done = report(factory, task_id)
    assert (done.status, done.name, done.message) == ("SUCCESSFUL", f"Import the job from {PATH}.", None)
    assert {task.status for task in done.subtasks} == {"SUCCESSFUL"}
    assert done.end_time - done.start_time == TASK_S * 1000


def test_a_task_goes_on_across_a_restart_of_the_cloud(tmp_path: Path) -> None:
    with running_cloud(tmp_path) as before:
        before.freeze()
        upload_jobs(before, job())
        factory = sdk.factory(before)
        task_id = start(factory)
        assert report(factory, task_id).status == "RUNNING"
    with running_cloud(tmp_path) as after:
        after.advance(TASK_S)
        assert report(sdk.factory(after), task_id).status == "SUCCESSFUL"
        assert show(sdk.factory(after)).version == "1"


def test_a_task_is_answered_under_both_of_its_paths(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job())
    task_id = start(factory)
    paths = ("systemTasks", "system-tasks")
    answers = [sdk.call(cloud, "GET", f"/v1/embedded/{path}/{task_id}").json() for path in paths]
    assert answers[0] == answers[1]
    assert answers[0]["projectId"] == "embedded"
    assert answers[0]["subtasks"][0]["taskId"] == task_id


def test_an_unknown_task_is_refused_by_name(cloud: Any, factory: Any) -> None:
    answer = sdk.call(cloud, "GET", "/v1/embedded/system-tasks/42")
    assert (answer.status_code, answer.json()) == (
        400,
        {"error_code": "DLF.20810", "error_msg": "Task[42] does not exist"},
    )


@pytest.mark.parametrize("policy", [None, "SKIP"])
def test_a_taken_name_is_skipped_and_called_successful(cloud: Any, factory: Any, policy: str | None) -> None:
    upload(cloud, {"jobs/orders.job": job(logPath="obs://one"), "scripts/load_orders.script": SCRIPT})
    imported(cloud, factory)
    changed = {**SCRIPT, "content": "select 2"}
    others = {"jobs/new.job": job("new"), "scripts/load_orders.script": changed}
    upload(cloud, {"jobs/orders.job": job(logPath="obs://two"), **others})
    report = imported(cloud, factory, same_name_policy=policy)
    assert [task.status for task in report.subtasks] == ["SUCCESSFUL", "SUCCESSFUL"]
    assert (show(factory).log_path, show(factory).version) == ("obs://one", "1")
    assert show(factory, "new").version == "1"
    assert factory.show_script(dgc.ShowScriptRequest(script_name="load_orders")).content == "select 1"


def test_an_overwrite_makes_a_new_version_even_of_the_same_content(cloud: Any, factory: Any) -> None:
    upload(cloud, {"jobs/orders.job": job(), "scripts/load_orders.script": SCRIPT})
    imported(cloud, factory)
    first = show(factory)
    imported(cloud, factory, same_name_policy="OVERWRITE")
    assert (show(factory).id, show(factory).version) == (first.id, "2")
    assert factory.show_script(dgc.ShowScriptRequest(script_name="load_orders")).version == 2


def test_an_overwrite_keeps_a_resources_id(cloud: Any, factory: Any) -> None:
    upload(cloud, {"jobs/orders.job": job(), "resources/lib.resource": RESOURCE})
    imported(cloud, factory)
    (before,) = factory.list_resources(dgc.ListResourcesRequest()).resources
    changed = {**RESOURCE, "location": "obs://libs/lib2.jar"}
    upload(cloud, {"jobs/orders.job": job(), "resources/lib.resource": changed})
    imported(cloud, factory)
    assert factory.list_resources(dgc.ListResourcesRequest()).resources[0].location == RESOURCE["location"]
    imported(cloud, factory, same_name_policy="OVERWRITE")
    (after,) = factory.list_resources(dgc.ListResourcesRequest()).resources
    assert (after.id, after.location) == (before.id, "obs://libs/lib2.jar")


def test_a_scheduled_job_is_not_overwritten_and_fails_its_subtask_alone(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job("a"), job("b"))
    imported(cloud, factory)
    factory.start_job(dgc.StartJobRequest(job_name="a"))
    report = imported(cloud, factory, same_name_policy="OVERWRITE")
    assert (report.status, [task.status for task in report.subtasks]) == ("FAILED", ["FAILED", "SUCCESSFUL"])
    assert "not stopped" in report.subtasks[0].message
    assert (show(factory, "a").version, show(factory, "b").version) == ("1", "2")


def test_a_faulty_job_fails_its_subtask_alone(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job("bad", nodes=[]), job("good"))
    report = imported(cloud, factory)
    assert (report.status, [task.status for task in report.subtasks]) == ("FAILED", ["FAILED", "SUCCESSFUL"])
    assert report.subtasks[0].message == "The job has no nodes."
    assert [entry.name for entry in factory.list_jobs(dgc.ListJobsRequest()).jobs] == ["good"]


def test_a_parameter_that_breaks_a_rule_fails_the_jobs_that_get_it(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job("a"), job("b"))
    report = imported(cloud, factory, jobs_param=[{"name": "a", "params": {"day": "x" * 1025}}])
    assert [task.status for task in report.subtasks] == ["FAILED", "SUCCESSFUL"]
    assert [entry.name for entry in factory.list_jobs(dgc.ListJobsRequest()).jobs] == ["b"]


def test_an_import_and_its_task_belong_to_a_workspace(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job())
    request = dgc.ImportJobRequest(workspace="dev", body=dgc.ImportFileReq(path=PATH))
    task_id = factory.import_job(request).task_id
    assert factory.list_system_tasks(dgc.ListSystemTasksRequest(workspace="dev", task_id=task_id)).id == task_id
    elsewhere = dgc.ListSystemTasksRequest(task_id=task_id)
    assert sdk.refusal(factory.list_system_tasks, elsewhere) == (400, "DLF.20810")
    assert factory.list_jobs(dgc.ListJobsRequest(workspace="dev")).total == 1
    assert factory.list_jobs(dgc.ListJobsRequest()).total == 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no zip at all", id="not a zip"),
        pytest.param(b"\0" * (10 * 1024 * 1024 + 1), id="over 10 MB"),
        pytest.param(zipped({"jobs/a.job": job("a"), "jobs/b.job": b"{"}), id="bad JSON"),
        pytest.param(zipped({"jobs/a.job": job("a"), "../b.job": job("b")}), id="climbs out"),
        pytest.param(zipped({"jobs/a.job": job("a"), "scripts/s.script": {"name": "s"}}), id="faulty script"),
        pytest.param(zipped({"scripts/s.script": SCRIPT}), id="no job"),
    ],
)
def test_a_bad_archive_fails_the_whole_task_and_imports_nothing(cloud: Any, factory: Any, content: bytes) -> None:
    upload(cloud, content)
    report = imported(cloud, factory)
    assert (report.status, report.subtasks) == ("FAILED", [])
    assert PATH in report.message
    assert factory.list_jobs(dgc.ListJobsRequest()).total == 0


def test_a_task_that_is_to_fail_fails_as_a_whole_or_in_one_job(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job("a"), job("b"))
    cloud.fault("task-fails", task=PATH, message="out of order")
    report = imported(cloud, factory)
    assert (report.status, report.message, report.subtasks) == ("FAILED", "out of order", [])
    cloud.fault("task-fails", task="b", message="locked")
    report = imported(cloud, factory)
    assert [task.message for task in report.subtasks] == [None, "locked"]
    assert [entry.name for entry in factory.list_jobs(dgc.ListJobsRequest()).jobs] == ["a"]


def test_parameters_of_the_job_win_over_public_ones_over_declared_ones(cloud: Any, factory: Any) -> None:
    declared = [{"name": name, "value": "bundle", "type": "constants"} for name in ("a", "b", "c")]
    upload_jobs(cloud, job("one", params=declared), job("two", params=declared))
    own = [{"name": "one", "params": {"a": "own", "d": "own"}}, {"name": "ghost", "params": {"a": "x"}}]
    imported(cloud, factory, params={"a": "public", "b": "public"}, jobs_param=own)
    one, two = ({param.name: param.value for param in show(factory, name).params} for name in ("one", "two"))
    assert one == {"a": "own", "b": "public", "c": "bundle", "d": "own"}
    assert two == {"a": "public", "b": "public", "c": "bundle"}
    assert {param.name: param.type for param in show(factory, "one").params}["a"] == "constants"


def test_the_execute_user_is_set_on_every_job(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job(basicConfig={"priority": 2}))
    imported(cloud, factory, execute_user="etl_prod")
    config = show(factory).basic_config
    assert (config.execute_user, config.priority) == ("etl_prod", 2)


def test_a_resource_is_replaced_in_the_properties_that_name_it(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job())
    replacement = dgc.JobResourceInfo(name="dws_dev", type="DWS_CONNECTION", replace="dws_prod")
    imported(cloud, factory, resources=[replacement])
    assert values(show(factory)) == {
        "scriptName": "load_orders",
        "connectionName": "dws_prod",
        "database": "dws_dev",
    }


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "dws_dev", "type": "MRS_HIVE_CONNECTION", "replace": "x"},
        {"name": "other", "type": "DWS_CONNECTION", "replace": "x"},
        {"name": "dws_dev", "type": "DWS_CONNECTION"},
    ],
    ids=["of another type", "of another name", "without a replacement"],
)
def test_nothing_else_is_replaced(cloud: Any, factory: Any, entry: dict[str, str]) -> None:
    upload_jobs(cloud, job())
    imported(cloud, factory, resources=[dgc.JobResourceInfo(**entry)])
    assert values(show(factory))["connectionName"] == "dws_dev"


def test_two_resources_can_change_places(cloud: Any, factory: Any) -> None:
    upload_jobs(cloud, job())
    swap = [
        dgc.JobResourceInfo(name="dws_dev", type="DWS_CONNECTION", replace="dws_prod"),
        dgc.JobResourceInfo(name="dws_prod", type="DWS_CONNECTION", replace="dws_dev"),
    ]
    imported(cloud, factory, resources=swap)
    assert values(show(factory))["connectionName"] == "dws_prod"


def test_a_stream_is_replaced_wherever_a_property_is_its_name(cloud: Any, factory: Any) -> None:
    node = {**job()["nodes"][0], "type": "DISTransferTask", "properties": [{"name": "stream", "value": "in"}]}
    upload_jobs(cloud, job(nodes=[node]))
    imported(cloud, factory, resources=[dgc.JobResourceInfo(name="in", type="DIS_STREAM", replace="in_prod")])
    assert values(show(factory)) == {"stream": "in_prod"}


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"path": None}, "DLF.0802"),
        ({"path": "bundles/release/orders.zip"}, "DLF.0803"),
        ({"path": "obs://bundles"}, "DLF.0803"),
        ({"path": "obs://bundles/other.zip"}, "DLF.0815"),
        ({"path": "obs://no-such-bucket/orders.zip"}, "DLF.0815"),
        ({"same_name_policy": "MERGE"}, "DLF.3051"),
        ({"target_status": "LIVE"}, "DLF.3051"),
        ({"params": {"a": 1}}, "DLF.3051"),
        ({"jobs_param": [{"params": {}}]}, "DLF.3051"),
        ({"resources": [{"name": "x", "type": "TABLE"}]}, "DLF.3051"),
        ({"approvers": [{"name": "x"}]}, "DLF.3051"),
    ],
)
def test_a_faulty_request_is_refused_at_once(cloud: Any, factory: Any, order: dict[str, Any], code: str) -> None:
    upload_jobs(cloud, job())
    assert refused(factory, **order) == (400, code)
    assert factory.list_jobs(dgc.ListJobsRequest()).total == 0


def test_a_look_into_a_bundle_tells_its_jobs_and_scripts_and_imports_nothing(cloud: Any, factory: Any) -> None:
    entries = {
        "jobs/orders.job": job(directory="/test", params=[{"name": "ddd", "value": "dddd"}]),
        "scripts/load_orders.script": {**SCRIPT, "directory": "/path1"},
    }
    upload(cloud, entries)
    answer = sdk.call(cloud, "POST", "/v1/embedded/jobs/check-file", {"path": PATH})
    assert answer.json() == {
        "jobs": [{"name": "orders", "path": "/test", "params": {"ddd": "dddd"}}],
        "scripts": [{"name": "load_orders", "path": "/path1"}],
    }
    read = factory.show_file_info(dgc.ShowFileInfoRequest(body=dgc.FilePath(path=PATH)))
    assert (read.jobs[0].name, read.scripts[0].path) == ("orders", "/path1")
    assert factory.list_jobs(dgc.ListJobsRequest()).total == 0


@pytest.mark.parametrize("path", [PATH, "obs://bundles/other.zip"])
def test_a_look_into_what_is_no_bundle_is_refused(cloud: Any, factory: Any, path: str) -> None:
    upload(cloud, b"no zip")
    request = dgc.ShowFileInfoRequest(body=dgc.FilePath(path=path))
    assert sdk.refusal(factory.show_file_info, request) == (400, "DLF.0815")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A cloud with the review function on."""
    with running_cloud(tmp_path_factory.mktemp("strict"), review=True) as cloud:
        yield cloud


APPROVERS = [{"approverName": "userName1"}]


@pytest.mark.parametrize("order", [{}, {"target_status": "SAVED"}, {"approvers": APPROVERS}])
def test_under_review_an_import_needs_a_status_and_approvers(strict: Any, order: dict[str, Any]) -> None:
    strict.reset()
    upload_jobs(strict, job())
    assert refused(sdk.factory(strict), **order) == (400, "DLF.0802")


def test_a_job_that_is_only_saved_cannot_be_started_until_it_is_submitted(strict: Any) -> None:
    strict.reset()
    strict.freeze()
    upload_jobs(strict, job())
    factory = sdk.factory(strict)
    imported(strict, factory, target_status="SAVED", approvers=APPROVERS)
    assert sdk.refusal(factory.start_job, dgc.StartJobRequest(job_name="orders")) == (400, "DLF.3051")
    submitted = {"target_status": "SUBMITTED", "approvers": APPROVERS, "same_name_policy": "OVERWRITE"}
    imported(strict, factory, **submitted)
    assert factory.start_job(dgc.StartJobRequest(job_name="orders")).status_code == 204


def test_under_review_jobs_and_scripts_need_approvers_as_well(strict: Any) -> None:
    strict.reset()
    factory = sdk.factory(strict)
    answer = sdk.call(strict, "POST", "/v1/embedded/jobs", job())
    assert answer.json()["error_code"] == "DLF.0802"
    body = dgc.ScriptInfo(name="s", type="Shell", content="")
    assert sdk.refusal(factory.create_script, dgc.CreateScriptRequest(body=body)) == (400, "DLF.0802")
    reviewed = job(targetStatus="SUBMITTED", approvers=APPROVERS)
    assert sdk.call(strict, "POST", "/v1/embedded/jobs", reviewed).status_code == 204
    assert sdk.refusal(factory.delete_job, dgc.DeleteJobRequest(job_name="orders")) == (400, "DLF.0802")


def test_review_is_on_in_the_workspaces_of_the_setting_alone(tmp_path: Path) -> None:
    with running_cloud(tmp_path, review=("prod",)) as cloud:
        statuses = [
            sdk.call(cloud, "POST", "/v1/embedded/jobs", job(), workspace=workspace).status_code
            for workspace in ("dev", "prod", "default")
        ]
    assert statuses == [204, 400, 204]
