"""What a step may cost: one table of rules, told from types, fields and inputs, never from words.

The words for people are the provider's `effects`; these are their counterpart for sorting, gates and policies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_dataarts.lifecycle.effects import EDITED
from pulumi_dataarts.model.plans import FieldChange, Hazard, Operation


@dataclass(frozen=True)
class Facts:
    """A step as the rules see it: inputs are plain values, and are never shown; `edited` are paths edited outside."""

    op: Operation
    type: str
    fields: tuple[FieldChange, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    edited: tuple[str, ...] = ()

    @property
    def removes(self) -> bool:
        """Whether the object that stands goes."""
        return self.op in ("delete", "replace")

    def changes(self, name: str) -> list[FieldChange]:
        """Return the changes of one top-level property, and of what is inside it."""
        return [field for field in self.fields if field.path.startswith((f"{name}.", f"{name}[")) or field.path == name]


def hazards_of(facts: Facts) -> list[Hazard]:
    """Return the hazards of a step, the gravest first."""
    found = [hazard for hazard, types, applies in RULES if (not types or facts.type in types) and applies(facts)]
    return list(dict.fromkeys(found))


def _empties(step: Facts) -> bool:
    return step.removes and bool(step.before.get("force_destroy"))


def _drops_members(step: Facts) -> bool:
    return step.op == "update" and any(field.kind == "delete" for field in step.changes("jobs"))


def _restarts_jobs_from_nothing(step: Facts) -> bool:
    stops = step.op == "update" and step.after.get("when_running") == "stop" and bool(step.changes("jobs"))
    return stops and not step.after.get("savepoint")


def _restarts_run_from_nothing(step: Facts) -> bool:
    keeps = step.after.get("trigger_savepoint") and step.after.get("resume_savepoint")
    return step.op == "update" and step.before.get("state") == "running" and not keeps


def _overwrites_edit(step: Facts) -> bool:
    is_edited = any(field.path in step.edited or str(field.old).startswith(EDITED) for field in step.fields)
    return step.op in ("update", "replace") and is_edited


def _stops_job(step: Facts) -> bool:
    return step.op in ("update", "replace", "delete") and (step.after or step.before).get("when_running") == "stop"


def _stops_run(step: Facts) -> bool:
    return step.op in ("update", "replace", "delete") and step.before.get("state") == "running"


def _starts(step: Facts) -> bool:
    return step.op in ("create", "replace")


def _starts_flink(step: Facts) -> bool:
    return step.op in ("create", "update", "replace") and step.after.get("state") == "running"


RULES: Final[tuple[tuple[Hazard, tuple[str, ...], Callable[[Facts], bool]], ...]] = (
    ("deletes data", ("obs:Bucket",), _empties),
    ("deletes", (), lambda step: step.op == "delete"),
    ("deletes", ("dlf:JobImport", "dli:FlinkJobImport"), _drops_members),
    ("replaces", (), lambda step: step.op == "replace"),
    ("loses Flink state", ("dli:FlinkJobImport",), _restarts_jobs_from_nothing),
    ("loses Flink state", ("dli:FlinkJobRun",), _restarts_run_from_nothing),
    ("overwrites an outside edit", (), _overwrites_edit),
    ("stops a job", ("cdm:Job", "dlf:JobImport", "dli:FlinkJobImport"), _stops_job),
    ("stops a job", ("dli:FlinkJobRun",), _stops_run),
    ("moves data", ("cdm:JobRun", "dlf:JobRun"), _starts),
    ("moves data", ("dli:FlinkJobRun",), _starts_flink),
)
