"""The stack of this repository, as a newcomer meets it: up, no-op, edit, drift, repair, destroy.

The tests of this file follow each other on one stack; `pytest -k` of a single one runs what it needs first.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.commands import Folder, copy_of_the_stack
from tests.stacks.cloud_calls import CloudCalls

pytestmark = pytest.mark.xdist_group("orders")

SQL = "stacks/bundles/orders/scripts/orders_daily_totals.sql"
STATE = ".state/.pulumi/stacks/orders-lake/dev.json"
SECRETS = ("orders-sample-password", "orders-sample-secret-key")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = copy_of_the_stack(tmp_path_factory.mktemp("orders"))
    try:
        folder.dataarts("up", "--yes")
        yield folder
    finally:
        folder.dataarts("cloud", "stop")


@pytest.fixture(scope="module")
def calls(orders: Folder) -> CloudCalls:
    return CloudCalls(json.loads(orders.dataarts("cloud", "status", "--json").out)["api"])


def test_the_pipeline_stands_in_the_cloud(orders: Folder, calls: CloudCalls) -> None:
    outputs = json.loads(orders.dataarts("stack", "output", "--json").out)
    assert outputs["fullLoad"]["status"] == "SUCCEEDED"
    assert set(outputs["dailyJobs"]) == {"orders_daily", "orders_live"}
    assert set(outputs["flinkJobs"]) == {"orders_sessions", "orders_alerts"}
    assert calls.cdm_jobs() == {"orders_full", "orders_incremental", "shop_database"}
    assert calls.dlf_jobs("dev") == {"orders_daily", "orders_live"}
    assert calls.dlf_node_property("dev", "orders_daily", "load_increment", "clusterName") == "cdm-embedded"


def test_nothing_differs_right_after(orders: Folder) -> None:
    orders.dataarts("preview", "--expect-no-changes")
    orders.dataarts("preview", "--refresh", "--expect-no-changes")
    assert "no changes" in orders.dataarts("up", "--yes").text


def test_declaring_jobs_started_only_the_one_that_is_run(orders: Folder, calls: CloudCalls) -> None:
    assert calls.cdm_runs("orders_full") == 1
    assert calls.cdm_runs("orders_incremental") == 0
    assert calls.cdm_runs("shop_database") == 0


def test_one_edited_line_of_sql_is_one_update_that_names_the_job(orders: Folder, calls: CloudCalls) -> None:
    version_before = {name: calls.dlf_version("dev", name) for name in ("orders_daily", "orders_live")}
    script = orders.path / SQL
    script.write_text(script.read_text().replace("count(*) AS orders", "count(1) AS orders"))
    changed = orders.plan()
    assert list(changed) == ["jobs (dlf:JobImport)"]
    assert changed["jobs (dlf:JobImport)"]["op"] == "update"
    paths = [field["path"] for field in changed["jobs (dlf:JobImport)"]["fields"]]
    assert paths == ["jobs.orders_daily", "scripts.orders_daily_totals"]
    orders.dataarts("up", "--yes")
    orders.dataarts("preview", "--refresh", "--expect-no-changes")
    assert calls.dlf_version("dev", "orders_daily") != version_before["orders_daily"]
    assert calls.dlf_version("dev", "orders_live") == version_before["orders_live"]
    assert "count(1) AS orders" in calls.dlf_script("dev", "orders_daily_totals")


def test_a_job_changed_by_hand_is_seen_and_repaired(orders: Folder, calls: CloudCalls) -> None:
    calls.edit_cdm_job("orders_full", "toJobConfig.outputDirectory", "somewhere/else/")
    orders.dataarts("preview", "--expect-no-changes")
    changed = orders.plan("--refresh")
    assert list(changed) == ["orders-full (cdm:Job)"]
    assert [field["path"] for field in changed["orders-full (cdm:Job)"]["fields"]] == ["to_config.outputDirectory"]
    assert "changed outside" in changed["orders-full (cdm:Job)"]["because"][0]
    orders.dataarts("up", "--yes", "--refresh")
    assert calls.cdm_input("orders_full", "toJobConfig.outputDirectory") == "orders/full/"
    orders.dataarts("preview", "--refresh", "--expect-no-changes")
    assert calls.cdm_runs("orders_full") == 1


def test_a_flink_job_deleted_by_hand_comes_back(orders: Folder, calls: CloudCalls) -> None:
    calls.delete_flink_job("orders_alerts")
    changed = orders.plan("--refresh")
    assert list(changed) == ["jobs (dli:FlinkJobImport)"]
    orders.dataarts("up", "--yes", "--refresh")
    assert calls.flink_jobs() == {"orders_sessions", "orders_alerts"}
    orders.dataarts("preview", "--refresh", "--expect-no-changes")


def test_outside_edits_become_a_patch_and_then_nothing_differs(orders: Folder, calls: CloudCalls) -> None:
    calls.edit_cdm_job("orders_full", "toJobConfig.outputDirectory", "somewhere/else/")
    calls.edit_cdm_job("orders_full", "throttlingConfig.numExtractors", "6")
    calls.edit_dlf_script("dev", "orders_daily_totals", "AS turnover", "AS revenue")
    calls.edit_dlf_job("dev", "orders_daily", "check", maxExecutionTime=45)
    calls.edit_flink_job("orders_alerts", parallel_number=3)
    before = (orders.path / STATE).read_bytes()
    said = orders.dataarts("drift", "--stack", "dev", "--accept", "outside.patch", code=7).err
    assert "4 of 5 outside edits, in 4 file(s)" in said
    assert "orders-full (cdm.Job)  driver_config.throttlingConfig.numExtractors: other resources" in said
    assert (orders.path / STATE).read_bytes() == before
    assert calls.dlf_script("dev", "orders_daily_totals").count("AS revenue") == 1
    patch = (orders.path / "outside.patch").read_text()
    assert len([line for line in patch.splitlines() if re.match(r"[+-](?![+-])", line)]) == 8
    subprocess.run(["git", "apply", "outside.patch"], cwd=orders.path, check=True)
    left = orders.plan("--refresh")
    # What was edited stands as declared; only the archive of the Flink jobs is packed anew.
    assert list(left) == ["orders-full (cdm:Job)", "archive (obs:Object)"]
    assert [field["path"] for field in left["orders-full (cdm:Job)"]["fields"]] == [
        "driver_config.throttlingConfig.numExtractors"
    ]
    subprocess.run(["git", "apply", "-R", "outside.patch"], cwd=orders.path, check=True)
    orders.dataarts("up", "--yes", "--refresh")
    assert calls.cdm_input("orders_full", "toJobConfig.outputDirectory") == "orders/full/"


def test_changing_the_trigger_runs_the_full_load_once_more(orders: Folder, calls: CloudCalls) -> None:
    orders.dataarts("config", "set", "fullLoad", "again")
    assert list(orders.plan()) == ["first-load (cdm:JobRun)"]
    orders.dataarts("up", "--yes")
    assert calls.cdm_runs("orders_full") == 2


def test_no_secret_stands_in_any_state_or_log(orders: Folder) -> None:
    printed = orders.dataarts("preview", "--diff", "--show-sames", "--json").text
    files = [path for path in orders.path.rglob("*") if path.is_file()]
    assert any(path.name == "dev.json" for path in files)
    for secret in SECRETS:
        assert secret not in printed
        assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_destroy_leaves_no_object_behind(orders: Folder, calls: CloudCalls) -> None:
    orders.dataarts("destroy", "--yes")
    assert calls.cdm_jobs() == calls.dlf_jobs("dev") == calls.flink_jobs() == calls.buckets() == set()
    assert calls.dlf_scripts("dev") == calls.dlf_resources("dev") == set()
    assert calls.cdm_link_answer("shop_mysql").status_code == httpx.codes.BAD_REQUEST
    state = json.loads((orders.path / ".state/.pulumi/stacks/orders-lake/dev.json").read_text())
    assert not state["checkpoint"]["latest"].get("resources")


def test_the_folder_keeps_no_lock_or_journal(orders: Folder) -> None:
    left = [path for path in Path(orders.path / ".state/.pulumi").rglob("*") if path.is_file()]
    assert [path for path in left if path.parent.name == "dev" and "locks" in path.parts] == []
    assert [path for path in left if path.suffix == ".journal"] == []
