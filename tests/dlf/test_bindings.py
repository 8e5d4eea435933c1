"""An environment's own parameters and names: what they make of a job, and when it has to be imported again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import PATH, calls, job, node, orders, place, upload, versions, write_source
from tests.lives import Life, Mistaken

CDM_PROD = {"name": "cdm-dev", "type": "CDM_CLUSTER", "replace": "cdm-prod"}


@pytest.fixture
def life(session: Session, tmp_path: Path) -> Life:
    upload(session, orders())
    write_source(tmp_path, orders())
    return Life(JobImportProvider, session)


def up(life: Life, folder: Path, **arguments: Any) -> str:
    return life.up(path=PATH, bundle=str(folder), **arguments)


def standing_job(life: Life, name: str) -> dict[str, Any]:
    return api.show_job(place(life.session), name)


def values(job: dict[str, Any]) -> dict[str, str]:
    return {param["name"]: param["value"] for param in job["params"]}


def test_the_jobs_stand_with_the_environments_parameters_and_resources(
    life: Life, tmp_path: Path, said: list[str]
) -> None:
    own = [{"name": "orders_daily", "params": {"day": "monday"}}]
    up(life, tmp_path, params={"day": "any", "rate": "7"}, jobs_param=own, resources=[CDM_PROD], execute_user="runner")
    daily, hourly = standing_job(life, "orders_daily"), standing_job(life, "orders_hourly")
    assert daily["nodes"][0]["properties"][0]["value"] == "cdm-prod"
    assert (values(daily), values(hourly)) == ({"day": "monday", "rate": "7"}, {"day": "any", "rate": "7"})
    assert daily["basicConfig"]["executeUser"] == "runner"
    assert not [line for line in said if "differently from the bundle" in line]


def test_bound_jobs_are_no_drift_and_are_taken_over_by_an_equal_import(life: Life, tmp_path: Path) -> None:
    arguments = {"params": {"rate": "7"}, "resources": [CDM_PROD], "execute_user": "runner"}
    up(life, tmp_path, **arguments)
    before = versions(life.session)
    life.refresh()
    assert up(life, tmp_path, **arguments) == "same"
    up(Life(JobImportProvider, life.session), tmp_path, **arguments)
    assert versions(life.session) == before


def test_another_replacement_imports_only_the_jobs_that_name_the_resource(life: Life, tmp_path: Path) -> None:
    up(life, tmp_path)
    before = versions(life.session)
    up(life, tmp_path, resources=[CDM_PROD])
    assert standing_job(life, "orders_daily")["nodes"][0]["properties"][0]["value"] == "cdm-prod"
    assert versions(life.session)["orders_hourly"] == before["orders_hourly"]
    up(life, tmp_path)
    assert standing_job(life, "orders_daily")["nodes"][0]["properties"][0]["value"] == "cdm-dev"


def test_another_parameter_of_one_job_imports_just_that_job(life: Life, tmp_path: Path) -> None:
    up(life, tmp_path)
    up(life, tmp_path, jobs_param=[{"name": "orders_daily", "params": {"day": "monday"}}])
    assert versions(life.session) == {"orders_daily": "2", "orders_hourly": "1"}
    assert values(standing_job(life, "orders_daily")) == {"day": "monday"}


@pytest.mark.parametrize("moved", [{"execute_user": "runner"}, {"target_status": "SUBMITTED"}, {"params": {"x": "1"}}])
def test_what_concerns_all_jobs_imports_all_of_them(life: Life, tmp_path: Path, moved: dict[str, Any]) -> None:
    up(life, tmp_path)
    assert up(life, tmp_path, **moved) == "update"
    assert versions(life.session) == {"orders_daily": "2", "orders_hourly": "2"}


def test_a_changed_policy_or_approver_is_recorded_without_a_call(
    life: Life, tmp_path: Path, cloud: RunningCloud
) -> None:
    up(life, tmp_path)
    asked = len(cloud.requests())
    moved = {"approvers": ["a"], "when_running": "stop", "same_name_policy": "OVERWRITE", "keep_schedule": False}
    assert up(life, tmp_path, **moved) == "update"
    assert calls(cloud, asked) == []


def test_the_order_of_named_arguments_means_nothing(life: Life, tmp_path: Path) -> None:
    other = {"name": "dws", "type": "DWS_CONNECTION", "replace": "dws-prod"}
    up(life, tmp_path, resources=[CDM_PROD, other], approvers=["a", "b"])
    assert up(life, tmp_path, resources=[other, CDM_PROD], approvers=["b", "a"]) == "same"


def test_parameters_for_a_job_that_is_not_in_the_bundle_are_a_mistake(life: Life, tmp_path: Path) -> None:
    with pytest.raises(Mistaken) as caught:
        up(life, tmp_path, jobs_param=[{"name": "order_daily"}])
    assert caught.value.failures == {"jobs_param[0].name": "the bundle has no job 'order_daily'"}


def bound(**inputs: Any) -> Bindings:
    return Bindings.of(inputs)


def test_the_service_may_add_an_undeclared_parameter_or_not() -> None:
    declared = job("a")
    bindings = bound(params={"rate": "7"})
    assert bindings.unlike(declared, declared) == []
    assert bindings.unlike(declared, {**declared, "params": [{"name": "rate", "value": "7"}]}) == []


def test_a_declared_parameter_has_to_stand_with_the_given_value() -> None:
    declared = job("a", params=[{"name": "rate", "value": "1"}])
    assert bound(params={"rate": "7"}).unlike(declared, declared) == ["params.rate.value"]


def test_a_documented_place_of_a_resource_has_to_be_replaced() -> None:
    declared = job("a", node("load", "CDMJob", clusterName="cdm-dev"))
    assert bound(resources=[CDM_PROD]).unlike(declared, declared) == ["nodes.load.properties.clusterName.value"]


def test_in_an_undocumented_place_a_resource_may_stand_either_way() -> None:
    declared = job("a", node("load", "Shell", clusterName="cdm-dev"))
    replaced = job("a", node("load", "Shell", clusterName="cdm-prod"))
    theirs = job("a", node("load", "Shell", clusterName="cdm-theirs"))
    bindings = bound(resources=[CDM_PROD])
    assert bindings.unlike(declared, declared) == []
    assert bindings.unlike(declared, replaced) == []
    assert bindings.unlike(declared, theirs) == ["nodes.load.properties.clusterName.value"]
    assert bindings.touches(declared, bound()), "the service may replace it"


def test_who_executes_a_job_may_stand_in_it_or_not() -> None:
    declared = job("a", basicConfig={"executeUser": "author"})
    bindings = bound(execute_user="runner")
    assert bindings.unlike(declared, declared) == []
    assert bindings.unlike(declared, job("a", basicConfig={"executeUser": "runner"})) == []
    assert bindings.unlike(declared, job("a")) == []
    assert bound().unlike(declared, job("a")) == ["basicConfig"]


def test_a_replacement_without_a_new_name_changes_nothing() -> None:
    declared = job("a", node("load", "CDMJob", clusterName="cdm-dev"))
    assert bound(resources=[{"name": "cdm-dev", "type": "CDM_CLUSTER"}]).unlike(declared, declared) == []
