"""Scripts, their executions, and resources of DataArts Factory, by the official SDK."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dgc

SCRIPT = {"name": "echoTimeShell", "type": "Shell", "content": "echo a", "connectionName": "con"}
RESOURCE = {
    "name": "test",
    "type": "jar",
    "location": "obs://dlf-test/hadoop-mapreduce-examples-2.4.1.jar",
    "dependFiles": ["obs://dlf-test/depend1.jar", "obs://dlf-test/depend2.jar"],
    "desc": "test",
    "directory": "/resource",
}


@pytest.fixture(autouse=True)
def stopped_clock(cloud: Any) -> None:
    cloud.freeze()


@pytest.fixture
def factory(cloud: Any) -> Any:
    return sdk.factory(cloud)


def script(name: str = "load", **more: Any) -> Any:
    return dgc.ScriptInfo(**{"name": name, "type": "DLISQL", "content": "select 1", **more})


def create_script(factory: Any, body: Any) -> Any:
    return factory.create_script(dgc.CreateScriptRequest(body=body))


def resource(name: str = "lib", **more: Any) -> Any:
    return dgc.ResourceInfo(**{"name": name, "type": "jar", "location": "obs://libs/lib.jar", **more})


def test_a_created_script_is_read_back_with_what_the_service_adds(factory: Any) -> None:
    assert create_script(factory, script(directory="/sql/")).status_code == 204
    read = factory.show_script(dgc.ShowScriptRequest(script_name="load"))
    assert (read.name, read.type, read.content, read.directory) == ("load", "DLISQL", "select 1", "/sql")
    assert (read.configuration, read.description, read.version, read.owner) == ({}, "", 1, "embedded")


def test_the_pages_script_example_is_accepted(cloud: Any) -> None:
    assert sdk.call(cloud, "POST", "/v1/embedded/scripts", SCRIPT).status_code == 204
    read = sdk.call(cloud, "GET", "/v1/embedded/scripts/echoTimeShell").json()
    assert SCRIPT.items() <= read.items()


def test_every_write_of_a_script_makes_a_version(factory: Any) -> None:
    create_script(factory, script())
    request = dgc.UpdateScriptRequest(script_name="load", body=script(content="select 2"))
    assert factory.update_script(request).status_code == 204
    read = factory.show_script(dgc.ShowScriptRequest(script_name="load"))
    assert (read.content, read.version) == ("select 2", 2)


@pytest.mark.parametrize("change", [{"name": "other"}, {"type": "HiveSQL"}])
def test_name_and_type_of_a_script_stay(factory: Any, change: dict[str, str]) -> None:
    create_script(factory, script())
    request = dgc.UpdateScriptRequest(script_name="load", body=script(**change))
    assert sdk.refusal(factory.update_script, request) == (400, "DLF.0203")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": None}, "DLF.6247"),
        ({"type": "Perl"}, "DLF.3051"),
        ({"name": "a b"}, "DLF.3051"),
        ({"content": None}, "DLF.3051"),
        ({"content": "x" * (4 * 1024 * 1024 + 1)}, "DLF.3051"),
        ({"description": "x" * 256}, "DLF.3050"),
    ],
    ids=["no type", "unknown type", "name", "no content", "over 4 MB", "description"],
)
def test_a_faulty_script_is_refused_with_its_code(factory: Any, change: dict[str, Any], code: str) -> None:
    assert sdk.refusal(factory.create_script, dgc.CreateScriptRequest(body=script(**change))) == (400, code)


def test_a_script_name_is_taken_once(factory: Any) -> None:
    create_script(factory, script())
    assert sdk.refusal(factory.create_script, dgc.CreateScriptRequest(body=script())) == (400, "DLF.0202")


def test_scripts_are_listed_by_page_and_part_of_a_name(factory: Any) -> None:
    for name in ("load_a", "load_b", "clean"):
        create_script(factory, script(name))
    page = factory.list_scripts(dgc.ListScriptsRequest(limit=2, offset=1))
    assert (page.total, [entry.name for entry in page.scripts]) == (3, ["clean"])
    found = factory.list_scripts(dgc.ListScriptsRequest(script_name="load"))
    assert [entry.name for entry in found.scripts] == ["load_a", "load_b"]


def test_a_deleted_script_is_gone(factory: Any) -> None:
    create_script(factory, script())
    assert factory.delete_script(dgc.DeleteScriptRequest(script_name="load")).status_code == 204
    for act, request in (
        (factory.show_script, dgc.ShowScriptRequest(script_name="load")),
        (factory.update_script, dgc.UpdateScriptRequest(script_name="load", body=script())),
        (factory.delete_script, dgc.DeleteScriptRequest(script_name="load")),
        (factory.execute_script, dgc.ExecuteScriptRequest(script_name="load")),
    ):
        assert sdk.refusal(act, request) == (400, "DLF.6201")


def execute(factory: Any) -> str:
    create_script(factory, script())
    body = dgc.ExecuteScriptReq(params={"day": "2019-07-25"})
    return str(factory.execute_script(dgc.ExecuteScriptRequest(script_name="load", body=body)).instance_id)


def result(factory: Any, instance_id: str) -> Any:
    return factory.list_script_results(dgc.ListScriptResultsRequest(instance_id=instance_id, script_name="load"))


def test_an_execution_is_launched_runs_and_finishes(cloud: Any, factory: Any) -> None:
    instance_id = execute(factory)
    assert result(factory, instance_id).status == "LAUNCHING"
    cloud.advance(0.1)
    assert result(factory, instance_id).status == "RUNNING"
    cloud.advance(0.3)
    done = result(factory, instance_id)
    assert (done.status, len(done.results), done.results[0].row_count) == ("FINISHED", 1, 0)


def test_a_stopped_execution_does_not_finish(cloud: Any, factory: Any) -> None:
    instance_id = execute(factory)
    request = dgc.CancelScriptRequest(script_name="load", instance_id=instance_id)
    assert factory.cancel_script(request).status_code == 204
    cloud.advance(60)
    assert result(factory, instance_id).status == "FAILED"


def test_an_execution_that_is_to_fail_fails_with_its_message(cloud: Any, factory: Any) -> None:
    cloud.fault("task-fails", task="load", message="no such table")
    instance_id = execute(factory)
    cloud.advance(0.4)
    assert (result(factory, instance_id).status, result(factory, instance_id).message) == ("FAILED", "no such table")


def test_an_unknown_execution_is_refused(factory: Any) -> None:
    create_script(factory, script())
    request = dgc.ListScriptResultsRequest(script_name="load", instance_id="nothing")
    assert sdk.refusal(factory.list_script_results, request) == (400, "DLF.6205")


def test_the_pages_resource_example_is_accepted_and_found_by_its_id(cloud: Any, factory: Any) -> None:
    answer = sdk.call(cloud, "POST", "/v1/embedded/resources", RESOURCE)
    assert (answer.status_code, list(answer.json())) == (200, ["resourceId"])
    read = factory.show_resource(dgc.ShowResourceRequest(resource_id=answer.json()["resourceId"]))
    assert (read.name, read.directory, read.desc) == ("test", "/resource", "test")
    assert (read.location, read.depend_files) == (RESOURCE["location"], RESOURCE["dependFiles"])


def test_a_resource_is_created_listed_changed_and_deleted(cloud: Any, factory: Any) -> None:
    factory.create_resource(dgc.CreateResourceRequest(body=resource()))
    factory.create_resource(dgc.CreateResourceRequest(body=resource("other")))
    (entry,) = factory.list_resources(dgc.ListResourcesRequest(resource_name="li")).resources
    change = resource(location="obs://libs/lib2.jar", directory="/")
    request = dgc.UpdateResourceRequest(resource_id=entry.id, body=change)
    assert factory.update_resource(request).status_code == 204
    read = factory.show_resource(dgc.ShowResourceRequest(resource_id=entry.id))
    assert (read.id, read.location) == (entry.id, "obs://libs/lib2.jar")
    assert factory.delete_resource(dgc.DeleteResourceRequest(resource_id=entry.id)).status_code == 204
    assert sdk.refusal(factory.show_resource, dgc.ShowResourceRequest(resource_id=entry.id)) == (400, "DLF.6241")
    assert factory.list_resources(dgc.ListResourcesRequest()).total == 1


def test_a_resource_name_is_taken_once_in_a_directory(factory: Any) -> None:
    factory.create_resource(dgc.CreateResourceRequest(body=resource()))
    again = dgc.CreateResourceRequest(body=resource(directory="/"))
    assert sdk.refusal(factory.create_resource, again) == (400, "DLF.6259")
    factory.create_resource(dgc.CreateResourceRequest(body=resource(directory="/a")))
    factory.create_resource(dgc.CreateResourceRequest(body=resource("other")))
    (other,) = factory.list_resources(dgc.ListResourcesRequest(resource_name="other")).resources
    renamed = dgc.UpdateResourceRequest(resource_id=other.id, body=resource(directory="/"))
    assert sdk.refusal(factory.update_resource, renamed) == (400, "DLF.6259")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"directory": None}, "DLF.3051"),
        ({"directory": "/other"}, "DLF.3051"),
        ({"type": "file"}, "DLF.3051"),
    ],
    ids=["no directory", "other directory", "other type"],
)
def test_type_and_directory_of_a_resource_stay(factory: Any, change: dict[str, Any], code: str) -> None:
    factory.create_resource(dgc.CreateResourceRequest(body=resource()))
    (entry,) = factory.list_resources(dgc.ListResourcesRequest()).resources
    body = resource(**{"directory": "/", **change})
    request = dgc.UpdateResourceRequest(resource_id=entry.id, body=body)
    assert sdk.refusal(factory.update_resource, request) == (400, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "a.b"}, "DLF.3051"),
        ({"name": "a" * 33}, "DLF.3051"),
        ({"type": "exe"}, "DLF.6263"),
        ({"location": "/tmp/lib.jar"}, "DLF.6264"),
        ({"location": "obs://b/" + "k" * 1016}, "DLF.6264"),
        ({"desc": "x" * 256}, "DLF.6265"),
    ],
    ids=["name", "long name", "type", "no scheme", "long location", "description"],
)
def test_a_faulty_resource_is_refused_with_its_code(factory: Any, change: dict[str, Any], code: str) -> None:
    request = dgc.CreateResourceRequest(body=resource(**change))
    assert sdk.refusal(factory.create_resource, request) == (400, code)
