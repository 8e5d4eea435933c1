"""What stands already: equal things are taken over, different ones are left alone until the user says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.errors import AlreadyExists
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import PATH, calls, job, node, orders, place, script, upload, versions, write_source
from tests.lives import Life


@pytest.fixture
def life(session: Session) -> Life:
    upload(session, orders())
    return Life(JobImportProvider, session)


def up(life: Life, folder: Path, **arguments: Any) -> str:
    return life.up(path=PATH, bundle=write_source(folder, orders()), **arguments)


def test_jobs_that_stand_as_declared_are_taken_over_without_an_import(
    life: Life, tmp_path: Path, cloud: RunningCloud, said: list[str]
) -> None:
    up(life, tmp_path)
    before, asked = versions(life.session), len(cloud.requests())
    other = Life(JobImportProvider, life.session)
    up(other, tmp_path)
    assert "POST jobs/import" not in calls(cloud, asked)
    assert versions(life.session) == before
    assert other.outputs["owned_jobs"] == life.outputs["owned_jobs"]
    assert other.outputs["outcome"] == {"orders_daily": "unchanged", "orders_hourly": "unchanged"}
    assert any(line.startswith("exists already as declared, taken over: job orders_daily") for line in said)


def test_only_the_missing_jobs_of_an_import_that_was_cut_off_are_imported(life: Life, tmp_path: Path) -> None:
    up(life, tmp_path)
    before = versions(life.session)
    api.delete_job(place(life.session), "orders_hourly", [])
    again = Life(JobImportProvider, life.session)
    up(again, tmp_path)
    assert again.outputs["outcome"] == {"orders_daily": "unchanged", "orders_hourly": "created"}
    assert versions(life.session)["orders_daily"] == before["orders_daily"]


def test_a_job_that_differs_is_never_skipped_in_silence(life: Life, tmp_path: Path, cloud: RunningCloud) -> None:
    foreign = job("orders_daily", node("load", "CDMJob", clusterName="theirs", jobName="load_orders"))
    api.create_job(place(life.session), foreign)
    with pytest.raises(AlreadyExists) as caught:
        up(life, tmp_path)
    text = str(caught.value)
    assert "workspace default already has job orders_daily (differs in nodes.clean" in text
    assert "nodes.load.properties.clusterName.value" in text
    assert 'same_name_policy="OVERWRITE" or adopt=True' in text
    assert "POST jobs/import" not in calls(cloud)
    assert versions(life.session).keys() == {"orders_daily"}


def test_a_script_that_differs_is_not_overwritten_either(life: Life, tmp_path: Path) -> None:
    api.create_script(place(life.session), script("clean_orders", "select 'theirs'"))
    with pytest.raises(AlreadyExists, match=r"script clean_orders \(differs in content\)"):
        up(life, tmp_path)
    assert api.show_script(place(life.session), "clean_orders")["content"] == "select 'theirs'"


@pytest.mark.parametrize("consent", [{"adopt": True}, {"same_name_policy": "OVERWRITE"}], ids=["adopt", "overwrite"])
def test_what_differs_is_overwritten_when_the_user_agrees(
    life: Life, tmp_path: Path, consent: dict[str, Any], said: list[str]
) -> None:
    here = place(life.session)
    api.create_job(here, job("orders_daily", node("other", "Dummy")))
    api.create_script(here, script("sum_orders", "select 'theirs'"))
    up(life, tmp_path, **consent)
    assert [item["name"] for item in api.show_job(here, "orders_daily")["nodes"]] == ["load", "clean"]
    assert api.show_script(here, "sum_orders")["content"] == "select sum(1)"
    assert life.outputs["outcome"] == {"orders_daily": "overwritten", "orders_hourly": "created"}
    assert any(line.startswith("overwrites what exists already: job orders_daily (differs in") for line in said)


def test_what_the_service_filled_in_is_no_difference(life: Life, tmp_path: Path) -> None:
    here = place(life.session)
    api.create_job(here, {**orders().jobs["orders_daily"], "description": "", "cleanOverdueDays": 60, "logPath": None})
    up(life, tmp_path)
    assert life.outputs["outcome"]["orders_daily"] == "unchanged"


def test_a_node_too_many_is_a_difference(life: Life, tmp_path: Path) -> None:
    daily = orders().jobs["orders_daily"]
    daily["nodes"].append(node("extra", "Dummy"))
    api.create_job(place(life.session), daily)
    with pytest.raises(AlreadyExists, match=r"differs in nodes\.extra"):
        up(life, tmp_path)


def test_a_setting_that_was_left_at_its_default_is_a_difference_elsewhere(life: Life, tmp_path: Path) -> None:
    daily = orders().jobs["orders_daily"]
    daily["nodes"][0]["retryTimes"] = 3
    api.create_job(place(life.session), daily)
    with pytest.raises(AlreadyExists, match=r"differs in nodes\.load\.retryTimes"):
        up(life, tmp_path)
