"""Rules, definitions and bindings of DataArts Factory as values: for whatever JSON comes in."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.dlf.bindings import Bindings, Replacement, read_bindings
from pulumi_dataarts.simulator.dlf.definitions import exported, kept, normal_directory, upstream_jobs
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.dlf.resources import check_resource
from pulumi_dataarts.simulator.dlf.rules import check_job
from pulumi_dataarts.simulator.dlf.scripts import check_script

CRON = {
    "startTime": "2018-10-22T23:59:59+08",
    "expression": "0 0 0/1 * * ?",
    "dependJobs": {"jobs": ["before"]},
}
JOB: dict[str, Any] = {
    "name": "orders",
    "processType": "BATCH",
    "description": "daily",
    "directory": "/sales/",
    "schedule": {"type": "CRON", "cron": CRON, "event": {"eventType": "DIS"}},
    "params": [{"name": "day", "value": "1"}],
    "basicConfig": {"owner": "me", "priority": "1", "instanceTimeout": 0, "customFields": {"team": "etl"}},
    "nodes": [
        {
            "name": name,
            "type": "DWSSQL",
            "location": {"x": 1, "y": -2.5},
            "preNodeName": before,
            "conditions": [{"preNodeName": other, "expression": "#{true}"} for other in before],
            "properties": [{"name": "connectionName", "value": "dws"}],
            "retryTimes": "3",
            "eventTrigger": {"eventType": "KAFKA"},
            "cronTrigger": {**CRON, "period": "1 hours"},
        }
        for name, before in (("a", []), ("b", ["a"]))
    ],
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.text(max_size=3)
    | st.sampled_from(["CRON", "EVENT", "a", "obs://b/k"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "type", "jobs", "x"]), inner),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


@st.composite
def altered_jobs(draw: st.DrawFn) -> dict[str, Any]:
    job = JOB
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(job)[1:]))
        job = replaced(job, path, draw(JSON))
    return job


def test_the_sample_passes() -> None:
    check_job(JOB)


@given(altered_jobs())
def test_a_definition_is_refused_or_can_be_kept_and_exported_and_imported_again(job: dict[str, Any]) -> None:
    try:
        check_job(job)
    except Refusal:
        return
    definition = kept(job, "user")
    upstream_jobs(definition)
    recorded = {"version": 3, "lastUpdateUser": "user"}
    again = exported(recorded, definition)
    check_job(again)
    back = kept(again, "somebody else")
    assert all(back[key] == value for key, value in definition.items() if key != "nodes")
    # An export says more than was sent: once imported, it changes no more.
    assert kept(exported(recorded, back), "a third") == back


@given(JSON, st.sampled_from(["name", "type", "content", "location", "configuration", "dependFiles", "directory"]))
def test_scripts_and_resources_are_refused_or_accepted_but_never_break_the_rules(value: Any, key: str) -> None:
    for check in (check_script, check_resource):
        with contextlib.suppress(Refusal):
            check({"name": "a", "type": "jar", "content": "", "location": "obs://b/k", key: value})


@given(st.dictionaries(st.sampled_from(["params", "jobsParam", "resources", "approvers", "executeUser"]), JSON))
def test_an_order_is_refused_or_can_be_applied(order: dict[str, Any]) -> None:
    with contextlib.suppress(Refusal):
        check_job(read_bindings(order).applied(JOB))


@given(st.lists(st.sampled_from(["", "a", "b c", "."]), max_size=4))
def test_a_directory_is_normal_once_it_was_normalised(parts: list[str]) -> None:
    path = "/".join(parts)
    assert normal_directory(normal_directory(path)) == normal_directory(path)
    assert normal_directory(path) == "/" or not normal_directory(path).endswith("/")


@given(
    st.dictionaries(st.sampled_from("abc"), st.text(max_size=2)),
    st.dictionaries(st.sampled_from("abc"), st.text(max_size=2)),
)
def test_bindings_change_nothing_but_what_they_name(public: dict[str, str], own: dict[str, str]) -> None:
    bindings = Bindings(public, {"orders": own}, "", "", (Replacement("dws", "DWS_CONNECTION", "dws2"),))
    before = copy.deepcopy(JOB)
    bound = bindings.applied(JOB)
    assert before == JOB
    values = {param["name"]: param["value"] for param in bound["params"]}
    assert values == {"day": "1", **public, **own}
    assert {item["value"] for node in bound["nodes"] for item in node["properties"]} == {"dws2"}
    assert {key: bound[key] for key in bound.keys() - {"params", "nodes"}} == {
        key: JOB[key] for key in JOB.keys() - {"params", "nodes"}
    }
