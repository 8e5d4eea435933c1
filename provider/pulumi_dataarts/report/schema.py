"""The JSON Schema of `plan-v1`, made from the models: what is checked in beside this module is a copy of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pulumi_dataarts.model.plans import Plan

PATH: Final = Path(__file__).with_name("plan-v1.schema.json")


def plan_schema() -> str:
    """Return the schema as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
