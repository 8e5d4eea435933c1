"""The schema of plan-v1 that is checked in is that of the models, and the golden plans obey it."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.report.schema import PATH, plan_schema
from tests.report.conftest import GOLDEN


def test_the_schema_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--golden-update"):
        PATH.write_text(plan_schema(), encoding="utf-8")
    assert PATH.read_text(encoding="utf-8") == plan_schema()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden_plans_obey_it(path: object) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    Plan.model_validate(document)
    schema = json.loads(plan_schema())
    assert set(document) == set(schema["properties"])
    assert set(document["steps"][0]) == set(schema["$defs"]["Step"]["properties"])


@pytest.mark.parametrize(
    "spoilt", [{"schema": "plan-v2"}, {"steps": [{"urn": "x"}]}, {"operation": "destroy everything"}, {"extra": 1}]
)
def test_what_is_no_plan_is_refused(spoilt: dict[str, object]) -> None:
    document = json.loads((GOLDEN / "everything.json").read_text(encoding="utf-8"))
    with pytest.raises(ValidationError):
        Plan.model_validate({**document, **spoilt})


def test_every_field_is_documented() -> None:
    page = (PATH.parents[3] / "docs" / "reference" / "plan.md").read_text(encoding="utf-8")
    schema = json.loads(plan_schema())
    models = [schema, *schema["$defs"].values()]
    names = {name for model in models for name in model.get("properties", {})}
    assert {name for name in names if f"`{name}`" not in page} == set()
