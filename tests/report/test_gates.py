"""What is in the way of a plan: thresholds, built-in policies, a project's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.plans import FieldChange, Plan, TextChange
from pulumi_dataarts.report.gates import Gates, checked, over_limit
from pulumi_dataarts.report.policies import custom
from tests.report.samples import EVERYTHING, plan, step


def refusals(made: Plan, **settings: Any) -> list[str]:
    settings = {name.replace("_", "-"): value for name, value in settings.items()}
    return [item.text for item in checked(made, Gates(settings=settings)).violations]


def stack(standing: int, deleted: int) -> Plan:
    return plan(*(step("cdm:Job", f"j{n}", "delete" if n < deleted else "same") for n in range(standing)))


@pytest.mark.parametrize(
    ("standing", "deleted", "limit", "is_refused"),
    [
        (20, 6, "30%", False),
        (20, 7, "30%", True),
        (10, 10, "30%", False),
        (10, 3, "2", True),
        (10, 2, "2", False),
        (1000, 1, "0", True),
    ],
)
def test_a_plan_that_deletes_too_much_is_refused(standing: int, deleted: int, limit: str, is_refused: bool) -> None:
    assert bool(over_limit(stack(standing, deleted), "max-delete", limit)) == is_refused


def test_replacements_have_a_limit_of_their_own_and_runs_are_none() -> None:
    jobs = [step("cdm:Job", f"job-{number}", "replace") for number in range(3)]
    runs = [step("cdm:JobRun", f"run-{number}", "replace") for number in range(9)]
    assert over_limit(plan(*jobs, *runs), "max-replace", "3") == []
    (refused,) = over_limit(plan(*jobs, *runs), "max-replace", "2")
    assert (refused.policy, refused.text) == ("max-replace", "3 of 12 resources would be replaced; the limit is 2")
    assert over_limit(plan(*jobs, *runs), "max-delete", "0") == []


@pytest.mark.parametrize("limit", ["", "a", "-1", "30 %", "%"])
def test_a_limit_that_is_none_is_said_so(limit: str) -> None:
    with pytest.raises(ConfigError, match="neither a number nor a share"):
        over_limit(EVERYTHING, "max-delete", limit)


def test_nothing_is_deleted_in_production() -> None:
    assert refusals(EVERYTHING, no_delete=True) == ["tmp-backfill (cdm:Job): deletes"]
    assert refusals(EVERYTHING, no_delete=False) == []


@pytest.mark.parametrize(
    ("path", "new", "is_refused"),
    [
        ("secrets.password", {"secret": True}, False),
        ("from_config.password", "hunter2", True),
        ('config["securityKey"]', "abc", True),
        ("from_config.password", {"unknown": True}, False),
        ("username", "hunter2", False),
        ("password_policy", "strict", False),
    ],
)
def test_no_secret_stands_in_a_plain_property(path: str, new: Any, is_refused: bool) -> None:
    made = plan(step("cdm:Link", "l", "create", fields=[FieldChange(path=path, kind="add", new=new)]))
    assert bool(refusals(made, no_inline_secret=True)) == is_refused


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ("set password = 'hunter2'", True),
        ('{"token": "abcdef"}', True),
        ("password = '${pw}'", False),
        ("select 1", False),
    ],
)
def test_no_secret_stands_in_a_script(text: str, is_refused: bool) -> None:
    made = plan(step("dlf:JobImport", "b", "update", texts=[TextChange(name="scripts/s", new=text)]))
    assert bool(refusals(made, no_inline_secret=True)) == is_refused


def test_what_was_edited_by_hand_is_not_overwritten() -> None:
    assert refusals(EVERYTHING, no_overwritten_edit=True) == [
        "raw-zone (obs:Bucket): was changed outside, and would be overwritten"
    ]


def test_names_are_as_agreed_for_all_or_by_type() -> None:
    made = plan(
        step("cdm:Job", "a", "create", fields=[FieldChange(path="name", kind="add", new="Bad Name")]),
        step("obs:Bucket", "b", "create", fields=[FieldChange(path="bucket", kind="add", new="odd")]),
    )
    assert len(refusals(made, names="[a-z_]+")) == 1
    assert len(refusals(made, names={"obs:Bucket": "orders-.*"})) == 1
    with pytest.raises(ConfigError, match="no regular expression"):
        refusals(made, names="[")


@pytest.mark.parametrize(
    ("cron", "window", "is_refused"),
    [
        ("0 30 2 * * ?", "00:00-06:00", False),
        ("0 30 12 * * ?", "00:00-06:00", True),
        ("0 30 23,1 * * ?", "22:00-06:00", False),
        ("0 */10 * * * ?", "00:00-06:00", True),
    ],
)
def test_jobs_start_within_the_window(cron: str, window: str, is_refused: bool) -> None:
    job = json.dumps({"schedule": {"type": "CRON", "cron": {"expression": cron}}})
    made = plan(step("dlf:JobImport", "b", "update", texts=[TextChange(name="jobs/j", new=job)]))
    assert bool(refusals(made, schedule_window=window)) == is_refused


def test_a_policy_that_nobody_knows_is_said_so() -> None:
    with pytest.raises(ConfigError, match="no policy 'no-deletes'"):
        refusals(EVERYTHING, no_deletes=True)


def test_what_is_allowed_is_not_in_the_way() -> None:
    gates = Gates(settings={"no-delete": True}, limits={"max-delete": "0"}, allowed={"no-delete", "max-delete"})
    assert checked(EVERYTHING, gates).violations == []


OWN = """
from pulumi_dataarts.model.plans import Violation
from pulumi_dataarts.report.policies import policy

LIMIT = 3

def small_steps(plan):
    if len(plan.changed()) > LIMIT:
        yield f"{len(plan.changed())} changes at once"

@policy
def marked(whatever):
    return [Violation(policy="marked", text="no")]

def _hidden(plan):
    yield "never"

def other(plan, more):
    yield "never"
"""


def test_a_projects_own_policies_are_functions(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.py").write_text(OWN)
    own = custom.load(tmp_path)
    assert set(own) == {"small-steps", "marked"}
    found = checked(EVERYTHING, Gates(own=own)).violations
    assert {(item.policy, item.text) for item in found} == {("small-steps", "8 changes at once"), ("marked", "no")}


def test_a_policy_that_fails_names_itself_and_its_line(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.py").write_text("def broken(plan):\n    raise KeyError('x')\n")
    with pytest.raises(ConfigError, match=r"policy 'broken' failed: KeyError: 'x' \(ours.py:2\)"):
        checked(EVERYTHING, Gates(own=custom.load(tmp_path)))


def test_a_policy_file_that_cannot_be_imported_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.py").write_text("import no_such_module_here\n")
    with pytest.raises(ConfigError, match="no_such_module_here"):
        custom.load(tmp_path)
