"""From the engine's reports to a plan: masked, with reasons in words and codes, and a digest of what will be done."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.engine.events import Outcome, StepReport
from pulumi_dataarts.model.diffs import diff
from pulumi_dataarts.model.plans import Plan, Step
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.model.values import UNKNOWN, Secret
from pulumi_dataarts.report.masking import Mask
from pulumi_dataarts.report.planning import Context, plan_of

CANARY = "canary-hunter2"
TYPE = "pulumi-python:dynamic/cdm:Job"
URN = f"urn:pulumi:dev::p::{TYPE}::job"


def state(inputs: dict[str, Any], type: str = TYPE) -> ResourceState:
    position = "project:///stacks/or%20ders.py#12,4"
    return ResourceState(URN, type, custom=True, inputs=inputs, outputs=inputs, source_position=position)


def report(op: str, old: dict[str, Any] | None, new: dict[str, Any] | None, **fields: Any) -> StepReport:
    type = fields.pop("type", TYPE)
    befores = None if old is None else state(old, type)
    afters = None if new is None else state(new, type)
    changes = tuple(diff(old, new)) if old is not None and new is not None else ()
    return StepReport(URN, type, "job", op, befores, afters, changes, **fields)  # type: ignore[arg-type]


def planned(*reports: StepReport, mask: Mask | None = None, **outputs: Any) -> Plan:
    outcome = Outcome(True, False, Snapshot(), outputs, {}, reports, ())
    return plan_of(outcome, Context("preview", "p", "dev", mask=mask or Mask()))


def only(*reports: StepReport) -> Step:
    return planned(*reports).steps[0]


def test_a_secret_is_hidden_wherever_it_stands() -> None:
    inputs = {"password": Secret(CANARY), "url": f"jdbc:mysql://u:{CANARY}@h", "list": [{"x": f"a{CANARY}b"}]}
    made = planned(
        report("update", {"password": "x"}, inputs, effects=(f"says {CANARY}",), reasons=(CANARY,), error=CANARY),
        leaked=CANARY,
    )
    assert CANARY not in made.to_json()
    assert "[secret]" in made.steps[0].effects[0]


def test_marks_tell_secrets_and_unknowns() -> None:
    fields = {field.path: field.new for field in only(report("create", None, {"a": Secret("x"), "b": UNKNOWN})).fields}
    assert fields == {"a": {"secret": True}, "b": {"unknown": True}}


def test_another_secret_is_another_plan_and_the_same_one_the_same() -> None:
    def made(value: str, key: bytes = b"k" * 32) -> Plan:
        return planned(report("update", {"p": Secret("old")}, {"p": Secret(value)}), mask=Mask(key=lambda: key))

    assert made("one").digest == made("one").digest
    assert made("one").digest != made("two").digest
    assert made("one").steps[0].fields[0].new != made("one", b"q" * 32).steps[0].fields[0].new


@given(
    st.recursive(
        st.text(min_size=5) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=6
    )
)
def test_no_text_inside_a_secret_survives_the_mask(value: Any) -> None:
    mask = Mask()
    mask.learn({"a": Secret(value)})
    texts = [item for item in _texts(value) if len(item) >= 5]
    shown = json.dumps(mask.value({"a": Secret(value), "b": texts}), ensure_ascii=False)
    assert shown == json.dumps(mask.value(json.loads(shown)), ensure_ascii=False)
    assert mask.value(texts) == [mask.text(text) for text in texts]
    assert all(mask.text(text) == "[secret]" or text in "[secret]" or "[secret]" in mask.text(text) for text in texts)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def test_words_that_stand_everywhere_are_not_taken_for_secrets() -> None:
    mask = Mask(["true"])
    assert mask.text("true") == "true"


def test_a_change_outside_is_told_from_what_the_program_declares() -> None:
    look = report("refresh", {"a": 1, "b": 1}, {"a": 2, "b": 1}, result="update")
    declared = report("update", {"a": 2, "b": 1}, {"a": 1, "b": 3})
    both = only(look, declared)
    assert both.causes == ["drift", "declared"]
    assert [field.path for field in both.drift] == ["a"]
    assert both.because[0] == "changed outside: a"
    assert "overwrites an outside edit" in both.hazards
    back = only(look, report("update", {"a": 2, "b": 1}, {"a": 1, "b": 1}))
    assert back.causes == ["drift"]


def test_what_is_declared_by_now_as_it_was_changed_outside_is_left_alone() -> None:
    look = report("refresh", {"a": 1}, {"a": 2}, result="update", paths={"a": "update"})
    step = only(look, report("same", {"a": 2}, {"a": 2}))
    assert (step.op, step.causes, step.is_change, step.is_drift) == ("same", ["agreed"], False, False)
    assert step.because == ["changed outside, as is declared by now: a"]


def test_a_plan_names_what_its_bundles_hold_changed_or_not() -> None:
    held = {"jobs": {"daily": "1"}, "scripts": {"totals": "2"}, "path": "obs://b/k"}
    type = "pulumi-python:dynamic/dlf:JobImport"
    same = planned(report("same", held, held, type=type)).bundles
    moved = planned(report("same", held, {**held, "path": "obs://b/other"}, type=type)).bundles
    edited = planned(report("update", held, {**held, "scripts": {"totals": "3"}}, type=type)).bundles
    assert same == moved != edited
    assert [len(digest) for digest in same.values()] == [64]
    assert planned(report("same", held, held)).bundles == {}


def test_a_look_that_finds_nothing_is_no_step() -> None:
    look = report("refresh", {"a": 1}, {"a": 1}, result="same")
    assert only(look).op == "same"
    assert only(look).causes == []


def test_what_is_gone_says_so_and_is_made_anew() -> None:
    step = only(report("refresh", {"a": 1}, None, result="delete"), report("create", None, {"a": 1}))
    assert (step.op, step.causes) == ("create", ["gone", "new"])
    assert step.because == ["changed outside: gone from the cloud"]


def test_the_two_halves_of_a_replacement_are_one_step() -> None:
    step = only(
        report("delete-replaced", {"a": 1}, None),
        report("create-replacement", {"a": 1}, {"a": 2}, replace_keys=("a",), reasons=("a cannot change",)),
    )
    assert (step.op, step.causes) == ("replace", ["replaces"])
    assert step.fields[0].replaces
    assert step.because[0] == "a cannot change"


def test_what_was_replaced_and_is_only_forgotten_is_no_deletion() -> None:
    made, forgotten = report("create-replacement", {"a": 1}, {"a": 2}), report("remove-pending-replace", {"a": 1}, None)
    assert only(made, forgotten).op == "replace"


def kept(op: str) -> StepReport:
    found = report(op, {"a": 1}, None)
    return replace(found, old=replace(found.state, retain_on_delete=True))


def test_what_stays_in_the_cloud_is_forgotten_and_not_deleted() -> None:
    for step in (only(kept("delete")), only(report("discard", {"a": 1}, None))):
        assert (step.op, step.hazards) == ("forget", [])
        assert step.because == ["no longer in the program", "stays in the cloud"]


def test_what_an_earlier_run_replaced_is_deleted_beside_what_stands() -> None:
    live, left = report("same", {"a": 1}, {"a": 1}), report("delete-replaced", {"a": 0}, None)
    assert (only(live, left).op, only(live, left).because) == ("delete", ["goes: what an earlier run replaced"])
    assert only(live, left).hazards == ["deletes"]
    assert only(live, kept("delete-replaced")).op == "forget"
    edited = only(report("update", {"a": 1}, {"a": 2}), left)
    assert (edited.op, [field.path for field in edited.fields]) == ("update", ["a"])
    assert edited.because == ["a", "goes: what an earlier run replaced"]


def test_a_provider_that_names_no_field_is_quoted() -> None:
    asked = report("update", {"a": 1}, {"a": 1})
    assert only(asked).because == ["its provider says that it changed, and names no field"]
    assert asked.old is not None
    unfinished = replace(asked, old=replace(asked.old, init_errors=("half",)))
    assert only(unfinished).because == ["is brought to its end"]
    assert only(replace(asked, reasons=("it moved",))).because == ["it moved"]


def test_a_destroy_deletes_what_the_program_has() -> None:
    outcome = Outcome(True, False, Snapshot(), {}, {}, (report("delete", {"a": 1}, None),), ())
    assert plan_of(outcome, Context("destroy", "p", "dev")).steps[0].because == []
    assert plan_of(outcome, Context("preview", "p", "dev")).steps[0].because == ["no longer in the program"]


def test_the_place_in_the_program_is_a_path_and_a_line() -> None:
    assert only(report("update", {"a": 1}, {"a": 2})).source == "stacks/or ders.py:12"


def test_default_providers_are_the_engines_own() -> None:
    provider = replace(report("create", None, {}), type="pulumi:providers:pulumi-python", name="default")
    assert planned(provider).steps == []


def test_content_counts_even_where_no_field_tells_of_it() -> None:
    one = report("update", {"a": [1]}, {"a": [2]}, paths={"a.key": "update"})
    other = report("update", {"a": [1]}, {"a": [3]}, paths={"a.key": "update"})
    assert planned(one).steps[0].fields == planned(other).steps[0].fields
    assert planned(one).digest != planned(other).digest


def test_the_digest_knows_no_order_no_time_and_no_words() -> None:
    one = report("update", {"a": 1}, {"a": 2})
    other = replace(report("update", {"b": 1}, {"b": 2}), urn=f"{URN}2")
    assert planned(one, other).digest == planned(other, replace(one, effects=("x",)), output="y").digest
    assert planned(one).digest != planned(one, other).digest


@pytest.mark.parametrize(
    ("made", "hazards"),
    [
        pytest.param(report("delete", {}, None), ["deletes"], id="a deletion"),
        pytest.param(
            report("delete", {"force_destroy": True}, None, type="pulumi-python:dynamic/obs:Bucket"),
            ["deletes data", "deletes"],
            id="a bucket with what it holds",
        ),
        pytest.param(
            report("create", None, {}, type="pulumi-python:dynamic/cdm:JobRun"), ["moves data"], id="a first run"
        ),
        pytest.param(report("create", None, {}), [], id="declaring a job moves nothing"),
        pytest.param(
            report("update", {"x": 1}, {"x": 2, "when_running": "stop"}),
            ["stops a job"],
            id="a job that may be stopped",
        ),
        pytest.param(
            report(
                "update",
                {"jobs": {"a": "edited:1", "b": "2"}},
                {"jobs": {"a": "1"}},
                type="pulumi-python:dynamic/dlf:JobImport",
            ),
            ["deletes", "overwrites an outside edit"],
            id="a job leaves the bundle, another was edited",
        ),
        pytest.param(
            report(
                "update",
                {"jobs": {"a": {"x": 1}}, "savepoint": False, "when_running": "stop"},
                {"jobs": {"a": {"x": 2}}, "savepoint": False, "when_running": "stop"},
                type="pulumi-python:dynamic/dli:FlinkJobImport",
            ),
            ["loses Flink state", "stops a job"],
            id="a Flink job is overwritten without savepoint",
        ),
        pytest.param(
            report(
                "update",
                {"state": "running", "triggers": {"x": 1}},
                {"state": "running", "triggers": {"x": 2}, "trigger_savepoint": True, "resume_savepoint": True},
                type="pulumi-python:dynamic/dli:FlinkJobRun",
            ),
            ["stops a job", "moves data"],
            id="a Flink job is restarted from its savepoint",
        ),
    ],
)
def test_hazards_are_told_from_facts(made: StepReport, hazards: list[str]) -> None:
    assert only(made).hazards == hazards
