"""Export of jobs from DataArts Factory, by the official SDK: layouts, dependencies, delivery, and the way back in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dgc, unzipped


@pytest.fixture
def factory(cloud: Any) -> Any:
    return sdk.factory(cloud)


def node(name: str, **properties: str) -> Any:
    return dgc.Node(
        name=name,
        type="HiveSQL",
        location=dgc.Location(x=1, y=2),
        properties=[dgc.ModelProperty(name=key, value=value) for key, value in properties.items()],
    )


def create(factory: Any, name: str, *nodes: Any, **more: Any) -> None:
    body = dgc.JobInfo(
        **{
            "name": name,
            "process_type": "BATCH",
            "schedule": dgc.Schedule(type="CRON"),
            "nodes": list(nodes) or [node("a")],
            **more,
        }
    )
    factory.create_job(dgc.CreateJobRequest(body=body))


def create_script(factory: Any, name: str) -> None:
    body = dgc.ScriptInfo(name=name, type="HiveSQL", content=f"-- {name} ü")
    factory.create_script(dgc.CreateScriptRequest(body=body))


def export(factory: Any, name: str, **order: Any) -> dict[str, Any]:
    request = dgc.ExportJobRequest(job_name=name, body=dgc.ExportJobReq(**order))
    return unzipped(factory.export_job(request).raw_content)


def test_an_export_holds_the_job_and_what_it_depends_on(factory: Any) -> None:
    for name in ("first", "second", "unused"):
        create_script(factory, name)
    library = dgc.ResourceInfo(name="lib", type="jar", location="obs://libs/lib.jar")
    factory.create_resource(dgc.CreateResourceRequest(body=library))
    create(
        factory,
        "orders",
        node("a", scriptName="first"),
        node("b", scriptName="second", resourcePath="obs://libs/lib.jar"),
        node("c", scriptName="missing"),
    )
    entries = export(factory, "orders")
    assert list(entries) == [
        "jobs/orders.job",
        "scripts/first.script",
        "scripts/second.script",
        "resources/lib.resource",
    ]
    assert entries["jobs/orders.job"]["name"] == "orders"
    assert entries["scripts/first.script"]["content"] == "-- first ü"
    assert entries["resources/lib.resource"]["location"] == "obs://libs/lib.jar"
    assert not {"id", "owner"} & (entries["jobs/orders.job"].keys() | entries["scripts/first.script"].keys())


def test_dependencies_can_be_left_out(factory: Any) -> None:
    create_script(factory, "first")
    create(factory, "orders", node("a", scriptName="first"))
    assert list(export(factory, "orders", export_depend=False)) == ["jobs/orders.job"]


def test_a_batch_puts_each_job_and_its_scripts_into_one_folder(factory: Any) -> None:
    create_script(factory, "shared")
    for name in ("a", "b"):
        create(factory, name, node("n", scriptName="shared"))
    request = dgc.ExportJobListRequest(body=dgc.ExportJobsReq(job_list=["a", "b"]))
    assert list(unzipped(factory.export_job_list(request).raw_content)) == [
        "jobs/a/a.job",
        "jobs/a/shared.script",
        "jobs/b/b.job",
        "jobs/b/shared.script",
    ]


@pytest.mark.parametrize(
    ("names", "code"),
    [([], "DLF.3051"), (["a"] * 101, "DLF.3051"), (["a", "ghost"], "DLF.0100")],
    ids=["none", "101", "one is missing"],
)
def test_a_faulty_batch_is_refused(factory: Any, names: list[str], code: str) -> None:
    create(factory, "a")
    request = dgc.ExportJobListRequest(body=dgc.ExportJobsReq(job_list=names))
    assert sdk.refusal(factory.export_job_list, request) == (400, code)


def test_the_submitted_definition_is_exported_on_request(factory: Any) -> None:
    create(factory, "orders", log_path="obs://submitted")
    saved = dgc.JobInfo(
        name="orders",
        process_type="BATCH",
        schedule=dgc.Schedule(type="CRON"),
        nodes=[node("a")],
        log_path="obs://saved",
        target_status="SAVED",
    )
    factory.update_job(dgc.UpdateJobRequest(job_name="orders", body=saved))
    for status, path in (("DEVELOP", "obs://saved"), ("SUBMIT", "obs://submitted")):
        assert export(factory, "orders", export_status=status)["jobs/orders.job"]["logPath"] == path
    read = factory.show_job(dgc.ShowJobRequest(job_name="orders", get_job_submit_version=True))
    assert read.log_path == "obs://submitted"
    request = dgc.ExportJobRequest(job_name="orders", body=dgc.ExportJobReq(export_status="DRAFT"))
    assert sdk.refusal(factory.export_job, request) == (400, "DLF.3051")


def test_an_export_to_obs_says_where_and_is_there(cloud: Any, factory: Any) -> None:
    create(factory, "orders")
    bucket = sdk.buckets(cloud)
    bucket.create_bucket(Bucket="exports")
    body = {"obsPath": "obs://exports/jobs-storage/"}
    answer = sdk.call(cloud, "POST", "/v1/embedded/jobs/orders/export", body)
    path = answer.json()["obsPath"]
    assert path.startswith("obs://exports/jobs-storage/orders/")
    key = f"{path.removeprefix('obs://exports/')}/orders.zip"
    content = bucket.get_object(Bucket="exports", Key=key)["Body"].read()
    assert list(unzipped(content)) == ["jobs/orders.job"]


def test_an_export_has_what_real_ones_were_seen_to_have_but_no_secret(cloud: Any, factory: Any) -> None:
    create(factory, "orders", node("a", token="t0p"))
    job = sdk.call(cloud, "GET", "/v1/embedded/jobs/orders").json()
    job["nodes"][0]["properties"][0]["value_is_sensitive"] = True
    assert sdk.call(cloud, "PUT", "/v1/embedded/jobs/orders", job).status_code == 204
    exported = export(factory, "orders")["jobs/orders.job"]
    assert {"maskedParams", "resouces", "taskWorkGroupId", "useCdmCache"} <= exported.keys()
    assert exported["nodes"][0]["execTimeOutRetry"] == "false"
    assert exported["nodes"][0]["properties"] == [{"name": "token", "value": "", "value_is_sensitive": True}]


@pytest.mark.parametrize(("path", "code"), [("/tmp/x", "DLF.0803"), ("obs://nowhere/x", "DLF.1242")])
def test_an_export_to_nowhere_is_refused(factory: Any, path: str, code: str) -> None:
    create(factory, "orders")
    request = dgc.ExportJobRequest(job_name="orders", body=dgc.ExportJobReq(obs_path=path))
    assert sdk.refusal(factory.export_job, request) == (400, code)


def test_an_exported_job_comes_back_as_it_was(cloud: Any, factory: Any) -> None:
    create_script(factory, "first")
    create(factory, "orders", node("a", scriptName="first"), directory="/sales", log_path="obs://logs")
    before = sdk.call(cloud, "GET", "/v1/embedded/jobs/orders").json()
    archive = factory.export_job(dgc.ExportJobRequest(job_name="orders")).raw_content
    sdk.put_object(cloud, "bundles", "orders.zip", archive)
    body = {"path": "obs://bundles/orders.zip"}
    assert sdk.call(cloud, "POST", "/v1/embedded/jobs/import", body, workspace="prod").status_code == 200
    after = sdk.call(cloud, "GET", "/v1/embedded/jobs/orders", workspace="prod").json()
    own = {"id", "createTime", "version", "nodes"}
    assert {key: after[key] for key in before.keys() - own} == {key: before[key] for key in before.keys() - own}
    again = factory.export_job(dgc.ExportJobRequest(job_name="orders", workspace="prod")).raw_content
    assert unzipped(again) == unzipped(archive)
    assert factory.show_script(dgc.ShowScriptRequest(workspace="prod", script_name="first")).version == 1
