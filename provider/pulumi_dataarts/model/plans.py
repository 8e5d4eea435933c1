"""A plan as a value: what an operation would do, or did, with every secret masked.

This is the one structure that people's and machines' views are drawn from. It is versioned (`plan-v1`), and it holds
nothing that may not be shown: secrets are `{"secret": true}`, values that only an up can know `{"unknown": true}`.
A secret may carry a `fingerprint`, keyed by the stack's passphrase: it tells that a value changed, not which it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Operation: TypeAlias = Literal["create", "update", "replace", "delete", "forget", "same", "read", "refresh", "import"]
Cause: TypeAlias = Literal["new", "declared", "drift", "gone", "removed", "replaces", "requested", "agreed"]
Hazard: TypeAlias = Literal[
    "deletes data",
    "deletes",
    "replaces",
    "loses Flink state",
    "overwrites an outside edit",
    "stops a job",
    "moves data",
]

SECRET_MARK: Final = {"secret": True}
UNKNOWN_MARK: Final = {"unknown": True}


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid", defer_build=True)


class FieldChange(_Value):
    """One property that differs."""

    path: str = Field(description='Property path, e.g. `jobs["orders_daily"]`.')
    kind: Literal["add", "update", "delete"]
    old: Any = Field(default=None, description="Value before, masked; null where there was none.")
    new: Any = Field(default=None, description="Value after, masked; null where there is none.")
    replaces: bool = Field(default=False, description="Whether this change alone forces a replacement.")


class TextChange(_Value):
    """A text inside an archive, before and after: for people, no part of what is checked."""

    name: str = Field(description="Where it stands in the bundle, e.g. `scripts/orders_daily_totals`.")
    old: str | None = Field(default=None, description="Text before; null where there was none, or it is not at hand.")
    new: str | None = Field(default=None, description="Text after; null where it goes.")
    note: str = Field(default="", description="Why a text is not shown.")


class Step(_Value):
    """What is done to one resource."""

    urn: str
    type: str = Field(
        description="Type without the `pulumi-python:dynamic/` that all dynamic resources share: `cdm:Job`."
    )
    name: str
    op: Operation
    fields: list[FieldChange] = Field(default=[], description="What the step changes.")
    drift: list[FieldChange] = Field(default=[], description="What a look at the cloud found changed outside.")
    texts: list[TextChange] = Field(default=[], description="Changed texts of a bundle, where they are at hand.")
    because: list[str] = Field(default=[], description="Why, for people; the first entry is the shortest.")
    causes: list[Cause] = Field(default=[], description="Why, for programs.")
    effects: list[str] = Field(default=[], description="What the step does besides configuration, for people.")
    hazards: list[Hazard] = Field(default=[], description="The same, for programs and policies.")
    depends_on: list[str] = Field(default=[], description="URNs of what the resource depends on.")
    parent: str = ""
    source: str = Field(default="", description="Where the program declares it: `stacks/orders/ingest.py:49`.")
    content: str = Field(default="", description="sha256 of the inputs that the step brings, masked.")
    error: str = Field(default="", description="Why the step failed; empty where it did not.")

    @property
    def is_change(self) -> bool:
        """Whether the step changes something in the cloud."""
        return self.op not in ("same", "read", "refresh")

    @property
    def is_drift(self) -> bool:
        """Whether something was changed or removed outside."""
        return bool({"drift", "gone"} & set(self.causes))


class StateMark(_Value):
    """Which state a plan was made against."""

    digest: str = Field(default="", description="sha256 of the checkpoint file; empty where there was none.")
    serial: int = Field(default=0, description="How many updates the stack's history had.")


class Revision(_Value):
    """Which sources a plan was made from."""

    commit: str = Field(default="", description="The git commit; empty outside of a repository.")
    dirty: bool = Field(default=False, description="Whether the working tree differed from it.")


class Scope(_Value):
    """Flags that decide what an operation covers; `up --plan` takes them from the plan."""

    targets: list[str] = []
    target_dependents: bool = False
    excludes: list[str] = []
    replaces: list[str] = []
    refresh: bool = False


class Violation(_Value):
    """What a policy or a gate has to say against a plan."""

    policy: str
    text: str
    urn: str = ""


class Plan(_Value):
    """Everything an operation would do, in the order of the program."""

    version: Literal["plan-v1"] = Field(default="plan-v1", alias="schema")
    tool: str = Field(description="Name and version of what made the plan.")
    sdk: str = Field(default="", description="Version of the Pulumi SDK that ran the program.")
    made: str = Field(default="", description="When, RFC 3339.")
    operation: Literal["preview", "update", "refresh", "destroy"]
    project: str
    stack: str
    revision: Revision = Revision()
    state: StateMark = StateMark()
    scope: Scope = Scope()
    bundles: dict[str, str] = Field(
        default={}, description="sha256 of what each bundle holds that the program declares, by URN."
    )
    steps: list[Step] = []
    outputs: dict[str, Any] = Field(default={}, description="The stack's outputs, masked.")
    warnings: list[str] = []
    violations: list[Violation] = Field(default=[], description="What policies and gates found.")
    digest: str = Field(default="", description="sha256 of what will be done, in canonical form.")

    def changed(self) -> list[Step]:
        """Return the steps that change something."""
        return [step for step in self.steps if step.is_change]

    def drifted(self) -> list[Step]:
        """Return the steps on what was changed outside."""
        return [step for step in self.steps if step.is_drift]

    def counts(self) -> dict[str, int]:
        """Return how many steps there are of each operation; failures are left out."""
        counts: dict[str, int] = {}
        for step in self.steps:
            if not step.error:
                counts[step.op] = counts.get(step.op, 0) + 1
        return counts

    def sealed(self) -> Plan:
        """Return the plan with its digest."""
        return self.model_copy(update={"digest": digest_of(self)})

    def to_json(self) -> str:
        """Return the plan as it is saved."""
        return self.model_dump_json(by_alias=True, indent=2, exclude_defaults=False)


def digest_of(plan: Plan) -> str:
    """Return the sha256 (hex) of what will be done.

    It covers the stack, the scope, and of every step that does something: URN, operation, content, fields and drift.
    Not covered is what may differ between two looks at the same plan: order, time, words, outputs.
    """
    document = {
        "project": plan.project,
        "stack": plan.stack,
        "scope": plan.scope.model_dump(),
        "steps": sorted(_essence(plan.steps), key=lambda step: step["urn"]),
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def is_secret(value: Any) -> bool:
    """Say whether a masked value is the mark of a secret."""
    return isinstance(value, dict) and value.get("secret") is True and value.keys() <= {"secret", "fingerprint"}


def is_unknown(value: Any) -> bool:
    """Say whether a masked value is the mark of an unknown."""
    return bool(value == UNKNOWN_MARK)


def _essence(steps: Iterable[Step]) -> Iterable[dict[str, Any]]:
    for step in steps:
        if step.op not in ("same", "read"):
            yield step.model_dump(include={"urn", "op", "content", "fields", "drift"})
