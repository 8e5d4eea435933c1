"""A saved plan that does not hold any more says what has moved."""

from __future__ import annotations

from pulumi_dataarts.model.plans import FieldChange, Plan, StateMark
from pulumi_dataarts.report.stale import TOLD_MAX, moved
from tests.report.samples import EVERYTHING, large, plan, step

JOB = step("cdm:Job", "load", "update", fields=[FieldChange(path="name", kind="update", old="a", new="b")])
SAVED = plan(JOB)


def test_the_same_plan_holds_whenever_it_is_made() -> None:
    assert moved(EVERYTHING, EVERYTHING.model_copy(update={"made": "later", "outputs": {}})) == []


def test_another_state_is_said_with_its_serials() -> None:
    fresh = plan(JOB, state=StateMark(digest="cd" * 32, serial=43))
    assert moved(SAVED, fresh) == ["the state has changed since: update 41 then, 43 now"]


def test_other_steps_are_named() -> None:
    fresh = plan(step("cdm:Job", "load", "replace"), step("cdm:Link", "extra", "create"))
    assert moved(SAVED, fresh) == [
        "load (cdm:Job): update in the plan, replace now",
        "extra (cdm:Link): create now, not in the plan",
    ]
    assert moved(SAVED, plan()) == ["load (cdm:Job): update in the plan, nothing to do now"]


def test_other_content_is_named_by_its_path() -> None:
    other = JOB.model_copy(update={"fields": [FieldChange(path="name", kind="update", old="a", new="c")]})
    assert moved(SAVED, plan(other)) == ["load (cdm:Job): other content at name"]
    assert moved(SAVED, plan(JOB.model_copy(update={"content": "x"}))) == ["load (cdm:Job): other content"]


def test_what_was_changed_outside_meanwhile_is_said_so() -> None:
    drift = [FieldChange(path="name", kind="update", old="a", new="z")]
    assert moved(SAVED, plan(JOB.model_copy(update={"drift": drift}))) == [
        "load (cdm:Job): changed outside meanwhile at name"
    ]


def test_an_edited_file_does_not_hold() -> None:
    edited = SAVED.model_copy(update={"steps": []})
    assert "the file was edited: its digest is not that of its steps" in moved(edited, SAVED)


def test_a_plan_of_another_stack_is_not_compared() -> None:
    assert moved(SAVED, SAVED.model_copy(update={"stack": "prod"})) == ["it is for orders-lake/staging"]


def test_long_lists_are_cut() -> None:
    found = moved(large(100), plan())
    assert len(found) == TOLD_MAX + 1
    assert found[-1].endswith("more")


def test_a_plan_is_read_back_as_it_was_saved() -> None:
    assert Plan.model_validate_json(EVERYTHING.to_json()).digest == EVERYTHING.digest
