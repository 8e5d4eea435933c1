"""Archives of jobs: both layouts are read, one is written, and what cannot be meant is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.dlf import api, wire
from pulumi_dataarts.dlf.bundle import Bundle, checked, from_entries, from_zip
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.archives import canonical_zip
from tests.dlf.samples import edited, job, node, orders, place, script

NAMES = st.text("abcdefghijklmnop_0123456789", min_size=1, max_size=6)
CONTENTS = st.text(max_size=30)
BUNDLES = st.builds(
    Bundle,
    st.dictionaries(NAMES, st.just({}), max_size=4).map(lambda names: {name: job(name) for name in names}),
    st.dictionaries(NAMES, CONTENTS, max_size=4).map(lambda held: {name: script(name, held[name]) for name in held}),
)


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


SINGLE = {
    "jobs/a.job": encoded(job("a")),
    "scripts/clean_orders.script": encoded(script("clean_orders")),
}
BATCH = {
    "jobs/a/a.job": encoded(job("a")),
    "jobs/a/clean_orders.script": encoded(script("clean_orders")),
    "jobs/b/b.job": encoded(job("b")),
    "jobs/b/clean_orders.script": encoded(script("clean_orders")),
}


@given(BUNDLES)
def test_reading_returns_what_was_written(bundle: Bundle) -> None:
    assert from_zip(bundle.to_zip()) == bundle


@given(BUNDLES)
def test_equal_bundles_give_equal_bytes_whatever_the_order(bundle: Bundle) -> None:
    reversed_bundle = Bundle(
        dict(reversed(bundle.jobs.items())),
        {name: dict(reversed(body.items())) for name, body in reversed(bundle.scripts.items())},
    )
    assert reversed_bundle.to_zip() == bundle.to_zip()
    assert reversed_bundle.digests() == bundle.digests()


def test_both_layouts_hold_the_same_definitions() -> None:
    single, batch = from_entries(SINGLE), from_entries(BATCH)
    assert single.jobs["a"] == batch.jobs["a"]
    assert single.scripts == batch.scripts
    assert batch.jobs.keys() == {"a", "b"}


def test_a_name_that_is_left_out_is_the_files() -> None:
    body = job("a")
    del body["name"]
    assert from_entries({"jobs/a.job": encoded(body)}).jobs == {"a": job("a")}


def test_other_entries_are_kept_as_they_are() -> None:
    entries = {**SINGLE, "connections/dws.conn": b"{}", "jobs/readme.txt": b"hello"}
    bundle = from_entries(entries)
    assert bundle.others == {"connections/dws.conn": b"{}", "jobs/readme.txt": b"hello"}
    assert from_zip(bundle.to_zip()) == bundle


def test_an_export_of_the_service_is_read_and_is_the_bundle_it_came_from(session: Session) -> None:
    bundle, here = orders(), place(session)
    for name in bundle.scripts:
        api.create_script(here, bundle.scripts[name])
    api.create_resource(here, bundle.resources["rules"])
    for name in bundle.jobs:
        api.create_job(here, bundle.jobs[name])
    many = from_zip(api.export_jobs(here, wire.BatchExportRequest(job_list=list(bundle.jobs))))
    one = from_zip(api.export_job(here, "orders_hourly", wire.ExportRequest()))
    assert many.digests().scripts == bundle.digests().scripts
    assert many.digests().resources == bundle.digests().resources
    assert one.jobs.keys() == {"orders_hourly"}
    assert one.scripts.keys() == {"sum_orders"}


def test_a_jobs_digest_covers_the_scripts_and_resources_it_uses() -> None:
    before, after = orders().digests(), edited(orders(), sum_orders="select 2").digests()
    assert [name for name in before.jobs if before.jobs[name] != after.jobs[name]] == ["orders_hourly"]
    assert [name for name in before.scripts if before.scripts[name] != after.scripts[name]] == ["sum_orders"]
    moved = orders()
    moved.resources["rules"]["desc"] = "new"
    assert moved.digests().jobs["orders_hourly"] != before.jobs["orders_hourly"]
    assert moved.digests().jobs["orders_daily"] == before.jobs["orders_daily"]


def test_a_resource_is_used_by_name_by_location_and_by_a_nodes_list() -> None:
    bundle = orders()
    bundle.jobs["by_name"] = job("by_name", node("run", "MRSSpark", resourcePath="rules"))
    bundle.jobs["by_list"] = job("by_list", {**node("run"), "resouces": [{"name": "rules"}]})
    used = {name for name, body in bundle.jobs.items() if bundle.resources_of(body)}
    assert used == {"orders_hourly", "by_name", "by_list"}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"jobs/a.job": b"{"}, "jobs/a.job: is not JSON: Expecting property name enclosed in double quotes in line 1"),
        ({"jobs/a.job": b"[]"}, "jobs/a.job: is not a JSON object"),
        ({"jobs/a.job": b"\xff"}, "jobs/a.job: is not UTF-8"),
        ({"jobs/a.job": b'{"a": NaN}'}, "jobs/a.job: is not JSON: NaN"),
        ({"jobs/a.job": b"[" * 100_000}, "jobs/a.job: is nested too deeply"),
        ({"jobs/a.job": b'{"name": "a", "name": "b"}'}, "jobs/a.job: has 'name' twice in one object"),
        ({"jobs/a.job": encoded(job("b"))}, "jobs/a.job: its name is 'b', the file's is 'a'"),
        (
            {**BATCH, "scripts/clean_orders.script": encoded(script("clean_orders", "select 2"))},
            "scripts/clean_orders.script: there is another script 'clean_orders' that differs",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_definition_is_refused_with_its_path(entries: dict[str, bytes], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_entries(entries)
    assert message in str(caught.value)


def bad(**changes: Any) -> Bundle:
    return Bundle({"a": {**job("a"), **changes}})


def bad_node(**changes: Any) -> Bundle:
    return bad(nodes=[{**node("x"), **changes}])


@pytest.mark.parametrize(
    ("bundle", "message"),
    [
        (Bundle(), "there is no job: jobs/<name>.job is missing"),
        (
            Bundle({"n" * 129: job("n" * 129)}),
            "job name nnnnnnnnnnnnnnnnnnnn… has 129 characters; at most 128 are allowed",
        ),
        (Bundle({"n" * 241: job("n" * 241)}), "has 241 characters; at most 128 are allowed"),
        (Bundle({"a b": job("a b")}), "job name 'a b' may hold only letters, digits, '_', '-' and '.'"),
        (bad(processType="STREAM"), "jobs/a.job: processType must be one of BATCH, REAL_TIME, not 'STREAM'"),
        (bad(nodes=[]), "jobs/a.job: nodes must be a list of at least one object"),
        (bad(nodes=[node("x"), node("x")]), "jobs/a.job: nodes: 'x' is there twice"),
        (
            bad(nodes=[node("x", "Dummy", "y"), node("y", "Dummy", "x")]),
            "jobs/a.job: nodes: preNodeName makes a circle",
        ),
        (bad_node(preNodeName=["y"]), "jobs/a.job: nodes[x]: follows 'y', which is no node of the job"),
        (bad_node(type=""), "jobs/a.job: nodes[x]: type is required"),
        (bad_node(location={"x": 1}), "jobs/a.job: nodes[x]: location needs x and y"),
        (bad_node(properties={"a": 1}), "jobs/a.job: nodes[x]: properties must be a list of objects"),
        (bad(schedule={"type": "DAILY"}), "jobs/a.job: schedule.type must be one of EXECUTE_ONCE, CRON, EVENT"),
        (bad(schedule={"type": "CRON", "cron": {"expression": "0 2 * * *"}}), "needs 6 fields"),
        (bad(params=[{"name": "a b", "value": "1"}]), "jobs/a.job: parameter name 'a b' may hold only"),
        (
            bad(params=[{"name": "p", "value": "1" * 1025}]),
            "jobs/a.job: params[p]: the value has more than 1024 characters",
        ),
        (bad(params={"p": "1"}), "jobs/a.job: params must be a list of objects"),
        (Bundle({"a": job("a")}, {"s": {"name": "s", "content": ""}}), "scripts/s.script: type is required"),
        (Bundle({"a": job("a")}, {"s": {"name": "s", "type": "DLISQL"}}), "scripts/s.script: content is required"),
        (
            Bundle({"a": job("a")}, {"s": script("s", "x" * (4 * 1024 * 1024 + 1))}),
            "scripts/s.script: content has more than",
        ),
        (
            Bundle({"a": job("a")}, {}, {"r": {"type": "zip", "location": "obs://b/k"}}),
            "resources/r.resource: type must be one of",
        ),
        (
            Bundle({"a": job("a")}, {}, {"r": {"type": "jar", "location": "/k"}}),
            "resources/r.resource: location must begin with",
        ),
        (Bundle({"a": job("a")}, {}, {"r" * 33: {"type": "jar", "location": "obs://b/k"}}), "at most 32 are allowed"),
    ],
    ids=lambda value: value[-40:] if isinstance(value, str) else "",
)
def test_what_the_service_would_refuse_is_told_before(bundle: Bundle, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(bundle)
    assert message in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    bundle = Bundle({"a": {**job("a"), "processType": "", "nodes": []}}, {"s": {"name": "s"}})
    with pytest.raises(ConfigError) as caught:
        checked(bundle)
    assert len(caught.value.message.splitlines()) == 4


def test_a_name_in_any_alphabet_is_fine() -> None:
    assert checked(Bundle({"订单_daily.v2": job("订单_daily.v2")}))


@pytest.mark.parametrize("data", [b"no zip", canonical_zip({"jobs/a.job": b"{}"})[:-5]], ids=["no zip", "cut off"])
def test_an_archive_that_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match="not a readable zip"):
        from_zip(data)
