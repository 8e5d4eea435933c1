"""What means the same looks the same, and nothing else does."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.dlf.canonical import canonical, digest, standing_digest, unlike
from tests.dlf.samples import job, node, orders, script

NAMES = st.text("abcdefghij", min_size=1, max_size=4)
TEXTS = st.text("xyz 0123", min_size=1, max_size=5)
NODES = st.lists(
    st.builds(
        lambda name, kind, properties: node(name, kind, **properties),
        NAMES,
        st.sampled_from(["DLISQL", "CDMJob"]),
        st.dictionaries(NAMES, TEXTS, max_size=4),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda item: item["name"],
)
PARAMS = st.lists(
    st.builds(lambda name, value: {"name": name, "value": value}, NAMES, TEXTS),
    max_size=3,
    unique_by=lambda p: p["name"],
)
JOBS = st.builds(lambda nodes, params: job("a", *nodes, params=params), NODES, PARAMS)


def shuffled(value: Any, order: random.Random) -> Any:
    """Return the value with its keys, and the members of its named lists, in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, order)) for key, item in value.items()]
        order.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        members = [shuffled(item, order) for item in value]
        order.shuffle(members)
        return members
    return value


@given(JOBS, st.randoms())
def test_the_order_of_keys_nodes_properties_and_parameters_means_nothing(body: Any, order: random.Random) -> None:
    assert digest(canonical(shuffled(body, order), "job")) == digest(canonical(body, "job"))


@given(JOBS)
def test_a_job_is_like_itself(body: Any) -> None:
    assert unlike(body, body, "job") == []


@given(JOBS, st.data())
def test_another_value_of_a_property_is_another_job(body: Any, data: st.DataObject) -> None:
    places = [item for one in body["nodes"] for item in one["properties"]]
    if not places:
        return
    other = shuffled(body, random.Random(0))
    place = data.draw(st.sampled_from([item for one in other["nodes"] for item in one["properties"]]))
    place["value"] += "!"
    assert canonical(other, "job") != canonical(body, "job")
    assert len(unlike(body, other, "job")) == 1


EXPORTED: dict[str, Any] = {
    "cleanOverdueDays": 60,
    "cleanWaitingJob": "cleanup",
    "description": "",
    "emptyRunningJob": "0",
    "lastUpdateUser": "someone",
    "location": {"x": "1", "y": "2"},
    "maskedParams": [],
    "resouces": [],
    "runAtOnceAfterIncubate": "0",
    "singleNodeJobFlag": False,
    "taskWorkGroupId": "",
    "useCdmCache": False,
    "version": "2",
}


def test_what_exports_add_on_their_own_means_nothing() -> None:
    """DataArts Factory API "Exporting a Job", "Batch Exporting Jobs": keys seen in real exports."""
    body = orders().jobs["orders_daily"]
    exported = {
        **body,
        **EXPORTED,
        "basicConfig": {"agency": "", "encrypt": False, "isIgnoreWaiting": 0, "tags": [], "taskPriority": 0},
        "schedule": {
            **body["schedule"],
            "requireManualConfirmBeforeExecute": False,
            "scheduleOffset": 1,
            "cron": {**body["schedule"]["cron"], "calendarScheduling": "false", "concurrent": 1, "scanDuration": 0},
        },
        "nodes": [
            {
                **item,
                "execTimeOutRetry": "false",
                "resouces": [],
                "properties": [{**one, "value_is_sensitive": False} for one in item["properties"]],
            }
            for item in body["nodes"]
        ],
    }
    assert canonical(exported, "job") == canonical(body, "job")


def test_what_reads_add_on_their_own_means_nothing() -> None:
    """DataArts Factory API "Viewing Job Details"."""
    body = job("a")
    read = {
        **body,
        "id": 7,
        "createTime": 1,
        "version": "3",
        "downstreamJobs": [{"jobName": "b"}],
        "directory": "/orders",
    }
    assert canonical(read, "job") == canonical(body, "job")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"priority": 1}, {"priority": "1"}),
        ({"encrypt": True}, {"encrypt": "true"}),
        ({"instanceTimeout": 30.0}, {"instanceTimeout": 30}),
        ({"owner2": ""}, {"owner2": None}),
        ({"tags": []}, {"tags": {}}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
    ],
    ids=str,
)
def test_one_value_in_two_spellings_is_one_value(one: dict[str, Any], other: dict[str, Any]) -> None:
    bodies = [job("a", basicConfig=config) for config in (one, other)]
    assert canonical(bodies[0], "job") == canonical(bodies[1], "job")


@pytest.mark.parametrize("config", [{"priority": 2}, {"instanceTimeout": 0}, {"owner2": "x"}], ids=str)
def test_a_value_that_is_no_default_counts(config: dict[str, Any]) -> None:
    assert canonical(job("a", basicConfig=config), "job") != canonical(job("a"), "job")


def test_a_property_without_a_value_is_no_property() -> None:
    assert canonical(job("a", node("x", database="")), "job") == canonical(job("a", node("x")), "job")


def test_upstream_nodes_are_a_set() -> None:
    first = job("a", node("x"), node("y"), node("z", "Dummy", "x", "y"))
    second = job("a", node("x"), node("y"), node("z", "Dummy", "y", "x"))
    assert canonical(first, "job") == canonical(second, "job")


def test_a_scripts_line_ends_and_last_newline_mean_nothing() -> None:
    assert canonical(script("a", "select 1;\r\n"), "script") == canonical(script("a", "select 1;"), "script")
    assert canonical(script("a", "select  1;"), "script") != canonical(script("a", "select 1;"), "script")


def test_a_default_that_was_declared_by_leaving_it_out_has_to_stand() -> None:
    standing = job("a", {**node("clean", scriptName="clean_orders"), "pollingInterval": 30})
    assert unlike(job("a"), standing, "job") == ["nodes.clean.pollingInterval"]
    assert unlike(standing, job("a"), "job") == ["nodes.clean.pollingInterval"]


def test_what_was_not_declared_and_has_no_default_may_be_anything() -> None:
    assert unlike(job("a"), {**job("a"), "logPath": "obs://logs", "basicConfig": {"owner": "them"}}, "job") == []


def test_an_undocumented_key_of_the_service_is_no_drift() -> None:
    assert standing_digest({**job("a"), "novelty": 1}, "job") == standing_digest(job("a"), "job")
    assert standing_digest({**job("a"), "logPath": "obs://l"}, "job") != standing_digest(job("a"), "job")


def test_a_body_of_another_shape_is_compared_all_the_same() -> None:
    odd = {"name": "a", "nodes": "none", "params": [1, "2"], "schedule": []}
    assert canonical(odd, "job") == {"name": "a", "nodes": "none", "params": ["1", "2"]}


def test_digests_are_pinned() -> None:
    """They stand in states: another digest for the same job would be a change for everybody."""
    assert orders().digests().jobs == {"orders_daily": "5578973988e6", "orders_hourly": "6f1a97122c2f"}
