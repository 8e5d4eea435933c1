"""A plan as a value: what an operation would do, or did, with every secret masked.

This is the one structure that people's and machines' views are drawn from. It is versioned (`plan-v1`), and it holds
nothing that may not be shown: secrets are `{"secret": true}`, values that only an up can know `{"unknown": true}`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Operation = Literal[
    "create",
    "update",
    "replace",
    "delete",
    "same",
    "read",
    "refresh",
    "import",
    "create-replacement",
    "delete-replaced",
]

SECRET_MARK = {"secret": True}
UNKNOWN_MARK = {"unknown": True}


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class FieldChange(_Value):
    """One property that differs."""

    path: str = Field(description='Property path, e.g. `jobs["orders_daily"]`.')
    kind: Literal["add", "update", "delete"]
    old: Any = None
    new: Any = None
    replaces: bool = Field(default=False, description="Whether this change alone forces a replacement.")


class Step(_Value):
    """What is done to one resource."""

    urn: str
    type: str = Field(
        description="Type without the `pulumi-python:dynamic/` that all dynamic resources share: `cdm:Job`."
    )
    name: str
    op: Operation
    fields: list[FieldChange] = []
    because: list[str] = Field(default=[], description="Why, for people; the first entry is the shortest.")
    effects: list[str] = Field(default=[], description="What the step does besides configuration.")
    depends_on: list[str] = []
    parent: str = ""
    error: str = Field(default="", description="Why the step failed; empty where it did not.")


class Plan(_Value):
    """Everything an operation would do, in the order it was decided."""

    version: Literal["plan-v1"] = Field(default="plan-v1", alias="schema")
    tool: str = Field(description="Name and version of what made the plan.")
    operation: Literal["preview", "update", "refresh", "destroy"]
    project: str
    stack: str
    steps: list[Step] = []
    outputs: dict[str, Any] = Field(default={}, description="The stack's outputs, masked.")
    warnings: list[str] = []

    def changed(self) -> list[Step]:
        """Return the steps that change something."""
        return [step for step in self.steps if step.op not in ("same", "read", "refresh")]

    def counts(self) -> dict[str, int]:
        """Return how many steps there are of each operation; a replacement counts once, a failure not."""
        counts: dict[str, int] = {}
        for step in self.steps:
            op = {"create-replacement": "replace", "delete-replaced": ""}.get(step.op, step.op)
            if op and not step.error:
                counts[op] = counts.get(op, 0) + 1
        return counts
