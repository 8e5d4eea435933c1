"""The life of an import: what is written, what is left alone, what is removed."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.bundle import Bundle, from_zip
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.errors import AlreadyExists, ConfigError, NotFound
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import (
    PATH,
    calls,
    edited,
    job,
    keys,
    node,
    orders,
    place,
    script,
    upload,
    versions,
    without,
    write_source,
)
from tests.lives import Life


@pytest.fixture
def life(session: Session) -> Life:
    return Life(JobImportProvider, session)


def put(life: Life, folder: Path, bundle: Bundle, **arguments: Any) -> str:
    """Bring an import to a bundle that is uploaded first."""
    upload(life.session, bundle)
    return life.up(path=PATH, bundle=write_source(folder, bundle), **arguments)


def test_an_import_makes_the_jobs_scripts_and_resources_of_the_bundle(life: Life, tmp_path: Path) -> None:
    assert put(life, tmp_path, orders()) == "create"
    here = place(life.session)
    assert api.show_job(here, "orders_daily")["nodes"][0]["properties"][0]["value"] == "cdm-dev"
    assert api.show_script(here, "clean_orders")["content"] == "select 1"
    assert [row["name"] for row in api.list_resources(here)] == ["rules"]
    assert life.outputs["outcome"] == {"orders_daily": "created", "orders_hourly": "created"}
    assert life.outputs["owned_jobs"].keys() == {"orders_daily", "orders_hourly"}
    assert life.outputs["owned_scripts"].keys() == {"clean_orders", "sum_orders"}
    assert life.outputs["owned_resources"].keys() == {"rules"}
    assert life.id == "default/bundles/orders/orders.zip"


def test_nothing_is_asked_of_the_service_when_nothing_changed(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    put(life, tmp_path, orders())
    asked = len(cloud.requests())
    assert put(life, tmp_path, orders()) == "same"
    assert calls(cloud, asked) == []


def test_an_edited_line_of_sql_names_the_script_and_the_job_that_uses_it(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders())
    changed = edited(orders(), clean_orders="select 2")
    plan = life.plan(path=PATH, bundle=write_source(tmp_path, changed))
    assert plan.paths == {"jobs.orders_daily": "update", "scripts.clean_orders": "update"}
    assert plan.effects == ["stops a running job: job orders_daily"]


def test_only_what_changed_is_imported(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders())
    before = versions(life.session)
    assert put(life, tmp_path, edited(orders(), clean_orders="select 2")) == "update"
    after = versions(life.session)
    assert after["orders_daily"] != before["orders_daily"]
    assert after["orders_hourly"] == before["orders_hourly"]
    assert api.show_script(place(life.session), "clean_orders")["content"] == "select 2"
    assert life.outputs["outcome"] == {"orders_daily": "overwritten", "orders_hourly": "unchanged"}


def test_the_archive_of_a_part_is_gone_after_the_import(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders())
    put(life, tmp_path, edited(orders(), clean_orders="select 2"))
    assert keys(life.session) == ["orders/orders.zip"]


def test_another_path_with_the_same_bundle_imports_nothing(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders())
    before = versions(life.session)
    path = upload(life.session, orders(), "released/orders.zip")
    assert life.up(path=path, bundle=str(tmp_path)) == "update"
    assert versions(life.session) == before
    assert life.outputs["path"] == path


def test_a_property_that_left_a_job_leaves_it_in_the_service(life: Life, tmp_path: Path) -> None:
    bundle = orders()
    bundle.jobs["orders_daily"]["params"].append({"name": "rate", "value": "1"})
    put(life, tmp_path, bundle)
    put(life, tmp_path, orders())
    assert [param["name"] for param in api.show_job(place(life.session), "orders_daily")["params"]] == ["day"]


def test_what_leaves_the_bundle_is_removed(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders())
    smaller = without(orders(), "orders_hourly", "sum_orders", "rules")
    plan = life.plan(path=PATH, bundle=write_source(tmp_path, smaller))
    assert "deletes data: job orders_hourly" in plan.effects
    put(life, tmp_path, smaller)
    here = place(life.session)
    assert versions(life.session).keys() == {"orders_daily"}
    assert [row["name"] for row in api.list_scripts(here)] == ["clean_orders"]
    assert list(api.list_resources(here)) == []


def test_a_new_job_is_imported_beside_the_others(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders())
    bundle = orders()
    bundle.jobs["orders_weekly"] = job("orders_weekly", node("sum", scriptName="sum_orders"))
    put(life, tmp_path, bundle)
    assert life.outputs["outcome"]["orders_weekly"] == "created"
    assert life.outputs["outcome"]["orders_daily"] == "unchanged"


def test_a_script_that_no_job_uses_is_written_without_an_import(
    life: Life, tmp_path: Path, cloud: RunningCloud
) -> None:
    bundle = orders()
    bundle.scripts["spare"] = script("spare")
    put(life, tmp_path, bundle)
    asked = len(cloud.requests())
    put(life, tmp_path, edited(bundle, spare="select 9"))
    assert "PUT scripts/spare" in calls(cloud, asked)
    assert "POST jobs/import" not in calls(cloud, asked)
    assert api.show_script(place(life.session), "spare")["content"] == "select 9"


def test_a_resource_that_no_job_uses_is_written_without_an_import(life: Life, tmp_path: Path) -> None:
    bundle = orders()
    spare = {"name": "spare", "type": "file", "location": "obs://libs/spare"}
    bundle.resources["spare"] = spare
    put(life, tmp_path, bundle)
    moved = deepcopy(bundle)
    moved.resources["spare"]["location"] = "obs://libs/moved"
    before = versions(life.session)
    put(life, tmp_path, moved)
    assert versions(life.session) == before
    found = {row["name"]: row["location"] for row in api.list_resources(place(life.session))}
    assert found["spare"] == "obs://libs/moved"


def test_a_destroyed_import_leaves_what_others_made(life: Life, tmp_path: Path, said: list[str]) -> None:
    put(life, tmp_path, orders())
    here = place(life.session)
    api.create_job(here, job("foreign", node("clean", scriptName="clean_orders")))
    life.destroy()
    assert versions(life.session).keys() == {"foreign"}
    assert [row["name"] for row in api.list_scripts(here)] == ["clean_orders"]
    assert list(api.list_resources(here)) == []
    assert "script clean_orders stays: used by foreign" in said


def test_destroying_what_is_gone_is_done(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders())
    here = place(life.session)
    for name in orders().jobs:
        api.delete_job(here, name, [])
    api.delete_script(here, "clean_orders", [])
    life.destroy()
    assert list(api.list_scripts(here)) == []


def test_a_resource_of_the_same_name_in_another_directory_is_another_resource(life: Life, tmp_path: Path) -> None:
    here = place(life.session)
    theirs = {"name": "rules", "type": "jar", "location": "obs://theirs/rules.jar", "directory": "/theirs"}
    bundle = orders()
    bundle.resources["rules"]["directory"] = "/ours/"
    api.create_resource(here, theirs)
    put(life, tmp_path, bundle)
    assert {row["directory"] for row in api.list_resources(here)} == {"/theirs", "/ours"}
    life.refresh()
    assert put(life, tmp_path, bundle) == "same"
    life.destroy()
    assert [row["directory"] for row in api.list_resources(here)] == ["/theirs"]


def test_an_import_whose_workspace_is_gone_is_destroyed(life: Life, tmp_path: Path, said: list[str]) -> None:
    put(life, tmp_path, orders())
    life.provider.delete("nowhere/bundles/orders/orders.zip", life.outputs)
    assert "workspace nowhere is gone, and with it what was imported there" in said


def test_parameters_for_a_job_that_is_not_in_the_archive_are_refused(life: Life) -> None:
    upload(life.session, orders())
    with pytest.raises(ConfigError, match="has no job order_daily, for which jobs_param has parameters"):
        life.up(path=PATH, jobs_param=[{"name": "order_daily"}])


def test_the_bundle_is_put_at_the_path_replaced_with_it_and_removed_with_the_import(life: Life, tmp_path: Path) -> None:
    bucket, key = PATH.removeprefix("obs://").split("/", 1)
    life.session.obs().create_bucket(Bucket=bucket)
    folder = write_source(tmp_path, orders())
    life.up(path=PATH, bundle=folder)
    assert from_zip(objects.get(life.session, bucket, key)).digests() == orders().digests()
    write_source(tmp_path, edited(orders(), clean_orders="select 2"))
    assert life.up(path=PATH, bundle=folder) == "update"
    assert from_zip(objects.get(life.session, bucket, key)).scripts["clean_orders"]["content"] == "select 2"
    life.destroy()
    with pytest.raises(NotFound):
        objects.get(life.session, bucket, key)


def test_an_archive_of_somebody_else_at_the_path_is_not_replaced(life: Life, tmp_path: Path) -> None:
    upload(life.session, orders())
    folder = write_source(tmp_path, edited(orders(), clean_orders="select 2"))
    with pytest.raises(AlreadyExists, match="holds another archive than the bundle"):
        life.up(path=PATH, bundle=folder)
    assert versions(life.session) == {}


def test_an_archive_that_was_uploaded_by_another_stays_with_it(life: Life, tmp_path: Path) -> None:
    upload(life.session, orders())
    life.up(path=PATH, bundle=write_source(tmp_path, orders()))
    life.destroy()
    bucket, key = PATH.removeprefix("obs://").split("/", 1)
    assert objects.get(life.session, bucket, key)


def test_a_missing_archive_is_told_by_its_path(life: Life) -> None:
    upload(life.session, orders(), "elsewhere.zip")
    with pytest.raises(NotFound, match="bundles/orders/orders.zip"):
        life.up(path=PATH)


def test_the_workspace_is_the_one_of_the_first_import(life: Life, tmp_path: Path) -> None:
    put(life, tmp_path, orders(), workspace="dev")
    assert versions(life.session, "dev").keys() == {"orders_daily", "orders_hourly"}
    assert versions(life.session) == {}
    plan = life.plan(path=PATH, bundle=str(tmp_path), workspace="staging")
    assert plan.replaces == ["workspace"]
    assert life.up(path=PATH, bundle=str(tmp_path), workspace="staging") == "replace"
    assert versions(life.session, "dev") == {}


def test_without_a_local_bundle_the_archive_says_what_changed(life: Life) -> None:
    upload(life.session, orders())
    life.up(path=PATH, digest="1")
    before = versions(life.session)
    upload(life.session, edited(orders(), clean_orders="select 2"))
    assert life.up(path=PATH, digest="1") == "same"
    assert life.up(path=PATH, digest="2") == "update"
    assert life.outputs["outcome"] == {"orders_daily": "overwritten", "orders_hourly": "unchanged"}
    assert versions(life.session)["orders_hourly"] == before["orders_hourly"]


def test_a_missing_script_is_told_and_is_no_mistake(life: Life, tmp_path: Path, said: list[str]) -> None:
    put(life, tmp_path, without(orders(), "sum_orders"))
    assert "job orders_hourly uses script sum_orders, which is neither in the bundle nor in the workspace" in said


def test_a_bundle_of_hundreds_of_jobs_is_read_back_in_a_few_calls(
    life: Life, tmp_path: Path, cloud: RunningCloud
) -> None:
    names = [f"job_{number:03}" for number in range(250)]
    bundle = Bundle(
        {name: job(name, node("run", scriptName=name)) for name in names}, {name: script(name) for name in names}
    )
    put(life, tmp_path, bundle)
    asked = len(cloud.requests())
    assert life.refresh()
    assert len(calls(cloud, asked)) == 6, "three exports of a hundred jobs, three pages of scripts"
    assert put(life, tmp_path, bundle) == "same"
