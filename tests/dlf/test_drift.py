"""A refresh finds what was edited or deleted outside, and nothing else; the next update mends just that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import PATH, calls, edited, orders, place, script, upload, versions, write_source
from tests.lives import Life


@pytest.fixture
def life(session: Session, tmp_path: Path) -> Life:
    upload(session, orders())
    life = Life(JobImportProvider, session)
    life.up(path=PATH, bundle=write_source(tmp_path, orders()))
    return life


def change(life: Life, name: str, edit: Callable[[dict[str, Any]], None]) -> None:
    here = place(life.session)
    body = api.show_job(here, name)
    edit(body)
    api.update_job(here, name, body)


def test_a_refresh_of_what_stands_as_imported_changes_nothing(life: Life, tmp_path: Path) -> None:
    inputs, outputs = life.inputs, life.outputs
    assert life.refresh()
    assert (life.inputs, life.outputs) == (inputs, outputs)
    assert life.up(path=PATH, bundle=str(tmp_path)) == "same"


def test_a_job_edited_by_hand_is_named_and_mended(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    change(life, "orders_daily", lambda body: body["nodes"][0].update(retryTimes=5))
    before = versions(life.session)
    life.refresh()
    assert life.outputs["jobs"]["orders_daily"].startswith("edited:")
    plan = life.plan(path=PATH, bundle=str(tmp_path))
    assert plan.paths == {"jobs.orders_daily": "update"}
    assert plan.effects[0] == "overwrites something edited by hand: job orders_daily"
    assert life.up(path=PATH, bundle=str(tmp_path)) == "update"
    assert api.show_job(place(life.session), "orders_daily")["nodes"][0]["retryTimes"] == 0
    assert versions(life.session)["orders_hourly"] == before["orders_hourly"]
    life.refresh()
    assert life.up(path=PATH, bundle=str(tmp_path)) == "same"


def test_an_edit_that_was_taken_back_is_no_drift(life: Life, tmp_path: Path) -> None:
    change(life, "orders_daily", lambda body: body["nodes"][0].update(retryTimes=5))
    life.refresh()
    change(life, "orders_daily", lambda body: body["nodes"][0].update(retryTimes=0))
    life.refresh()
    assert life.up(path=PATH, bundle=str(tmp_path)) == "same"


def test_a_script_edited_by_hand_is_mended_without_touching_its_jobs(life: Life, tmp_path: Path) -> None:
    api.update_script(place(life.session), "clean_orders", script("clean_orders", "select 'theirs'"))
    before = versions(life.session)
    life.refresh()
    assert life.plan(path=PATH, bundle=str(tmp_path)).paths == {"scripts.clean_orders": "update"}
    life.up(path=PATH, bundle=str(tmp_path))
    assert api.show_script(place(life.session), "clean_orders")["content"] == "select 1"
    assert versions(life.session) == before


def test_a_resource_edited_by_hand_is_mended(life: Life, tmp_path: Path) -> None:
    here = place(life.session)
    row = next(api.list_resources(here))
    api.update_resource(here, row["id"], {**row, "location": "obs://theirs/rules.jar"})
    life.refresh()
    assert life.plan(path=PATH, bundle=str(tmp_path)).paths == {"archive_resources.rules": "update"}
    life.up(path=PATH, bundle=str(tmp_path))
    assert next(api.list_resources(here))["location"] == "obs://libs/rules.jar"


def test_a_deleted_job_is_made_again(life: Life, tmp_path: Path) -> None:
    api.delete_job(place(life.session), "orders_hourly", [])
    assert life.refresh()
    assert life.plan(path=PATH, bundle=str(tmp_path)).paths == {"jobs.orders_hourly": "add"}
    life.up(path=PATH, bundle=str(tmp_path))
    assert life.outputs["outcome"] == {"orders_daily": "unchanged", "orders_hourly": "created"}


def test_an_import_of_which_no_job_is_left_is_gone(life: Life) -> None:
    for name in orders().jobs:
        api.delete_job(place(life.session), name, [])
    assert not life.refresh()


def test_a_new_version_with_the_same_content_is_no_drift(life: Life, tmp_path: Path) -> None:
    change(life, "orders_daily", lambda body: body.update(nodes=body["nodes"][::-1]))
    life.refresh()
    assert life.up(path=PATH, bundle=str(tmp_path)) == "same"


def test_without_a_local_bundle_the_edited_and_the_missing_are_named(session: Session) -> None:
    upload(session, orders())
    life = Life(JobImportProvider, session)
    life.up(path=PATH)
    change(life, "orders_daily", lambda body: body["nodes"][0].update(retryTimes=5))
    api.delete_job(place(session), "orders_hourly", [])
    life.refresh()
    assert life.outputs["jobs"]["orders_daily"].startswith("edited:")
    assert life.outputs["jobs"]["orders_hourly"] == "gone"
    assert life.up(path=PATH) == "update"
    assert life.outputs["outcome"] == {"orders_daily": "overwritten", "orders_hourly": "created"}
    life.refresh()
    assert life.up(path=PATH) == "same"


def test_an_edit_of_the_bundle_and_one_by_hand_are_both_applied(life: Life, tmp_path: Path) -> None:
    change(life, "orders_hourly", lambda body: body.update(description="theirs"))
    life.refresh()
    changed = edited(orders(), clean_orders="select 2")
    upload(life.session, changed)
    life.up(path=PATH, bundle=write_source(tmp_path, changed))
    assert life.outputs["outcome"] == {"orders_daily": "overwritten", "orders_hourly": "overwritten"}
    assert api.show_job(place(life.session), "orders_hourly")["description"] == ""


def test_an_import_is_found_by_its_id_alone(life: Life, tmp_path: Path) -> None:
    """What `dataarts import` asks: the id, and nothing known."""
    found = Life(JobImportProvider, life.session, id=life.id)
    assert found.refresh()
    assert found.outputs["path"] == PATH
    assert found.outputs["owned_jobs"] == life.outputs["owned_jobs"]
    assert found.up(path=PATH, bundle=str(tmp_path)) == "same"


def test_what_departs_from_the_archive_is_told_when_an_import_is_found_by_its_id(life: Life, tmp_path: Path) -> None:
    change(life, "orders_daily", lambda body: body["nodes"][0].update(retryTimes=5))
    found = Life(JobImportProvider, life.session, id=life.id)
    assert found.refresh()
    assert found.plan(path=PATH, bundle=str(tmp_path)).paths == {"jobs.orders_daily": "update"}


def test_nothing_is_found_where_there_is_no_archive_or_no_job(session: Session) -> None:
    upload(session, orders())
    assert not Life(JobImportProvider, session, id="default/bundles/orders/orders.zip").refresh()
    assert not Life(JobImportProvider, session, id="default/bundles/nothing.zip").refresh()


def test_the_refresh_of_a_small_import_is_a_handful_of_calls(life: Life, cloud: RunningCloud) -> None:
    asked = len(cloud.requests())
    life.refresh()
    assert sorted(calls(cloud, asked)) == [
        "GET resources",
        "GET scripts/clean_orders",
        "GET scripts/sum_orders",
        "POST jobs/batch-export",
    ]


def test_an_edit_that_was_taken_into_the_source_is_none_any_more(life: Life, tmp_path: Path) -> None:
    change(life, "orders_daily", lambda body: body["nodes"][0].update(retryTimes=5))
    source = tmp_path / "jobs" / "orders_daily.job"
    body = json.loads(source.read_text())
    body["nodes"][0]["retryTimes"] = 5
    source.write_text(json.dumps(body))
    before = versions(life.session)
    assert life.plan(path=PATH, bundle=str(tmp_path)).paths == {"jobs.orders_daily": "update"}
    life.refresh()
    assert life.up(path=PATH, bundle=str(tmp_path)) == "same"
    assert versions(life.session) == before


def test_a_source_that_changed_is_not_taken_for_what_stands(life: Life, tmp_path: Path) -> None:
    source = tmp_path / "jobs" / "orders_daily.job"
    body = json.loads(source.read_text())
    body["nodes"][0]["retryTimes"] = 5
    source.write_text(json.dumps(body))
    life.refresh()
    plan = life.plan(path=PATH, bundle=str(tmp_path))
    assert plan.paths == {"jobs.orders_daily": "update"}
