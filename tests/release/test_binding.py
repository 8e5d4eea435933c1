"""What a release needs is bound, stands, or is named with the place that needs it."""

from __future__ import annotations

import json

import pytest

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.bindings import LOGICAL, Bindings, Target, parse
from pulumi_dataarts.release.binding import Verdict, judge
from pulumi_dataarts.release.manifest import Content, Need, entries_of

NEEDS = (
    Need(kind="bucket", name="landing", used_by=("CDM job full, to_config.bucketName",)),
    Need(kind="cluster", name="cdm", type="CDM_CLUSTER", used_by=("CDM job full", "job daily, node load (a.job:7)")),
    Need(kind="connection", name="dws", type="DWS_CONNECTION", used_by=("job daily, node sum (a.job:9)",)),
    Need(kind="parameter", name="daily.day", used_by=("job daily (a.job:3)",)),
    Need(kind="parameter", name="daily.limit", type="HAS_VALUE", used_by=("job daily (a.job:4)",)),
)
CONTENT = Content(project="p", entries=entries_of({"content/f.json": ("flink-job", "alerts", b"{}")}), needs=NEEDS)
CLUSTERS = {("c1", "cdm-one")}


def stands(need: Need, own: Target) -> bool | None:
    if need.kind == "cluster":
        return any(own.id in ("", id) and own.name in ("", name) for id, name in CLUSTERS)
    return {"bucket": own.name == "lake-landing"}.get(need.kind)


def judged(**bindings: object) -> Verdict:
    whole = {
        "clusters": {"cdm": {"id": "c1", "name": "cdm-one"}},
        "connections": {"dws": "dws_one"},
        "buckets": {"landing": "lake-landing"},
        "parameters": {"daily": {"day": "1"}},
    }
    return judge(CONTENT, parse(json.dumps({**whole, **bindings})), stands)


def test_whole_bindings_have_nothing_to_say():
    assert judged() == Verdict()


@pytest.mark.parametrize(
    ("bindings", "said"),
    [
        (
            {"clusters": {}},
            "cluster cdm is not bound, and there is none of that name; needed by CDM job full, job daily",
        ),
        ({"clusters": {"cdm": "cdm-one"}}, "bound without an id, which CDM needs; needed by CDM job full"),
        ({"clusters": {"cdm": {"id": "c2", "name": "cdm-one"}}}, "is bound to cdm-one (id c2), and there is none"),
        ({"buckets": {}}, "bucket landing is not bound, and there is none of that name; needed by CDM job full, to_co"),
        ({"parameters": {}}, "parameter daily.day has no value, and is not bound; needed by job daily (a.job:3)"),
    ],
)
def test_what_is_missing_is_named_with_its_place(bindings: dict[str, object], said: str):
    found = judged(**bindings)
    assert len(found.problems) == 1
    assert said in found.problems[0]


def test_what_cannot_be_looked_up_and_is_not_bound_is_told():
    assert judged(connections={}).notes == (
        "connection dws is not bound, and cannot be looked up: that very name is used",
    )


def test_what_nothing_uses_is_told():
    found = judged(
        queues={"q": "x"},
        parameters={"day": "1", "nope": "2", "daily": {"gone": "3"}},
        workers={"alerts": {"cu_number": 4}, "other": {"cu_number": 4}},
    )
    assert found.problems == ()
    assert [note.split(" is not used")[0].removeprefix("dataarts:bindings.") for note in found.notes] == [
        "queues.q", "parameters.daily.gone", "parameters.nope", "workers.other",
    ]  # fmt: skip


def test_a_name_that_means_two_things_is_ambiguous_once_it_is_bound_to_another():
    twice = (NEEDS[2], NEEDS[2].model_copy(update={"type": "MRS_HIVE_CONNECTION", "used_by": ("job x",)}))
    content = Content(project="p", entries=(), needs=twice)
    (problem,) = judge(content, parse('{"connections": {"dws": "other"}}'), stands).problems
    assert "ambiguous" in problem
    assert "job x" in problem
    assert judge(content, parse('{"connections": {"dws": "dws"}}'), stands).problems == ()


def test_under_logical_names_everything_is_called_by_its_own():
    here = parse(LOGICAL)
    assert here.required("clusters", "cdm-orders") == Target(name="cdm-orders", id="cdm-orders")
    assert here.name_of("queues", "q") == "q"


def test_an_unbound_name_that_is_required_says_how_to_bind_it():
    with pytest.raises(ConfigError, match=r"clusters has no 'x'; bound are cdm") as caught:
        parse('{"clusters": {"cdm": "y"}}').required("clusters", "x")
    assert "config set --path" in caught.value.hint


@pytest.mark.parametrize("text", ['{"cluster": {}}', '{"schedules": "off"}', "[]", "no", '{"clusters": {"a": [1]}}'])
def test_malformed_bindings_are_named(text: str):
    with pytest.raises(ConfigError, match="dataarts:bindings"):
        parse(text)


def test_without_bindings_names_are_what_they_are():
    assert parse(None) == Bindings()
    assert Bindings().name_of("connections", "dws") == "dws"
