"""A release is made of an environment only if that is what its program declares."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model.plans import FieldChange, Plan, Step
from pulumi_dataarts.release.environments import require_standing


def plan(*steps: Step) -> Plan:
    return Plan(tool="t", operation="preview", project="p", stack="dev", steps=list(steps))


def step(op: Any, **more: Any) -> Step:
    return Step(urn="u", type="cdm:Job", name="full", op=op, **more)


def test_what_stands_as_declared_is_fine():
    require_standing(plan(step("same"), step("read"), step("refresh")))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (step("update", fields=[FieldChange(path="to_config.x", kind="update")]), "would be updated: to_config.x"),
        (step("create"), "would be created"),
        (step("create", causes=["gone"]), "was changed outside: is gone"),
        (
            step("refresh", causes=["drift"], drift=[FieldChange(path="enabled", kind="update")]),
            "was changed outside: enabled",
        ),
    ],
)
def test_what_differs_is_named(found: Step, said: str):
    with pytest.raises(PlanError, match=f"cdm:Job full {said}") as caught:
        require_standing(plan(step("same"), found))
    assert "up --stack dev --refresh" in caught.value.hint


def test_a_long_list_is_cut():
    with pytest.raises(PlanError, match="and 5 more"):
        require_standing(plan(*(step("create") for _ in range(25))))
