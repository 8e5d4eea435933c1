"""From what the engine reports to the plan: one step a resource, secrets masked, reasons in words and in codes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final, Literal
from urllib.parse import unquote

from pulumi_dataarts.engine.events import Outcome, StepReport
from pulumi_dataarts.lifecycle.changes import EDITED_OUTSIDE
from pulumi_dataarts.model.diffs import diff
from pulumi_dataarts.model.plans import (
    Cause,
    FieldChange,
    Hazard,
    Operation,
    Plan,
    Revision,
    Scope,
    StateMark,
    Step,
)
from pulumi_dataarts.model.values import plain
from pulumi_dataarts.report.effects import of_step
from pulumi_dataarts.report.hazards import Facts, hazards_of
from pulumi_dataarts.report.masking import Mask

OPERATIONS: Final[Mapping[str, Operation]] = {
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "read-replacement": "replace",
    "import-replacement": "replace",
}
BUNDLES: Final[Mapping[str, tuple[str, ...]]] = {
    "dlf:JobImport": ("jobs", "scripts", "archive_resources", "digest"),
    "dli:FlinkJobImport": ("jobs", "digest"),
}
REASONS_MAX: Final = 4
UNNAMED: Final = "its provider says that it changed, and names no field"
LEFTOVER: Final = "goes: what an earlier run replaced"
DYNAMIC: Final = "pulumi-python:dynamic/"
_POSITION: Final = "project:///"
_WITH_EFFECTS: Final = ("create", "update", "replace", "delete")
_WITHOUT_FIELDS: Final = ("delete", "delete-replaced", "same", "read")


@dataclass(frozen=True)
class Context:
    """What a plan says of itself besides its steps. `made` is the time, RFC 3339.

    A plan that is not `whole` leaves out what creations bring and its digest: of what was done, most people see counts.
    """

    operation: Literal["preview", "update", "refresh", "destroy"]
    project: str
    stack: str
    mask: Mask = field(default_factory=Mask)
    revision: Revision = field(default_factory=Revision)
    state: StateMark = field(default_factory=StateMark)
    scope: Scope = field(default_factory=Scope)
    made: str = ""
    whole: bool = True


def plan_of(outcome: Outcome, context: Context) -> Plan:
    """Return the plan that an outcome's reports make. Default providers are left out: they are the engine's own."""
    mask = context.mask
    reports = [report for report in outcome.reports if not _is_default_provider(report)]
    for report in reports:
        for state in (report.old, report.new if report.new is not report.old else None):
            if state is not None:
                mask.learn(state.inputs, state.outputs)
    mask.learn(outcome.outputs)
    steps: dict[str, Step] = {}
    told = {report.urn for report in reports if report.op == "refresh" and report.paths}
    for report in reports:
        step = _step(report, context)
        before = steps.get(report.urn)
        steps[report.urn] = _merged(before, step, is_told=report.urn in told) if before else step
    plan = Plan(
        tool=f"dataarts {version('pulumi-dataarts')}",
        sdk=f"pulumi {version('pulumi')}",
        made=context.made,
        operation=context.operation,
        project=context.project,
        stack=context.stack,
        revision=context.revision,
        state=context.state,
        scope=context.scope,
        bundles={report.urn: digest for report in reports if (digest := _bundle(report))},
        steps=sorted(steps.values(), key=_place),
        outputs=mask.value(outcome.outputs),
        warnings=[mask.text(text) for text in outcome.warnings],
    )
    return plan.sealed() if context.whole else plan


def _place(step: Step) -> tuple[str, int, str, str]:
    """Steps are decided side by side; in a plan they stand in the order of the program, as far as that is known."""
    path, _, line = step.source.rpartition(":")
    return path, int(line) if line.isdigit() else 0, step.type, step.name


def _is_default_provider(report: StepReport) -> bool:
    return report.type.startswith("pulumi:providers:") and report.name.startswith("default")


def _step(report: StepReport, context: Context) -> Step:
    mask, is_destroy = context.mask, context.operation == "destroy"
    op, type = _operation(report), report.type.removeprefix(DYNAMIC)
    is_brief = op == "create" and not context.whole
    fields = () if is_brief else tuple(_fields(report, mask))
    is_look = report.op == "refresh"
    causes = list(_causes(report, fields))
    return Step(
        urn=report.urn,
        type=type,
        name=report.name,
        op=op,
        fields=[] if is_look else list(fields),
        drift=list(fields) if is_look and causes else [],
        because=[mask.text(text) for text in _because(report, fields, is_destroy=is_destroy)],
        causes=causes,
        effects=[mask.text(text) for text in _effects(report, op, type)],
        hazards=_hazards(report, op, type, fields),
        depends_on=list(report.dependencies),
        parent=report.parent,
        source=_source(report.source_position),
        content=_content(report, mask) if context.whole else "",
        error=mask.text(report.error),
    )


def _operation(report: StepReport) -> Operation:
    if report.op == "refresh":
        return "same" if report.result == "same" else "refresh"
    if report.is_forgotten:
        return "forget"
    return OPERATIONS.get(report.op) or report.op  # type: ignore[return-value]  # the rest are named alike


def _fields(report: StepReport, mask: Mask) -> Iterable[FieldChange]:
    """Where the provider said what differs, its paths decide: it knows which inputs mean nothing to the service."""
    if report.op in _WITHOUT_FIELDS or report.result == "same":
        return
    changes = report.changes
    if report.op == "create" and report.new is not None:
        changes = tuple(diff({}, report.new.inputs, with_internal=False))
    told = {change.text: change for change in changes}
    for path, change in told.items():
        if report.paths and path not in report.paths:
            continue
        yield FieldChange(
            path=mask.text(path),
            kind=change.kind.value,
            old=mask.value(change.old),
            new=mask.value(change.new),
            replaces=report.paths.get(path, "").endswith("-replace") or change.path[0] in report.replace_keys,
        )
    for path, kind in report.paths.items():
        if path not in told:
            yield FieldChange(
                path=mask.text(path), kind=kind.removesuffix("-replace"), replaces=kind.endswith("-replace")
            )


def _hazards(report: StepReport, op: Operation, type: str, fields: tuple[FieldChange, ...]) -> list[Hazard]:
    if op == "same":
        return []
    before: dict[str, Any] = plain(report.old.inputs) if report.old else {}
    after: dict[str, Any] = plain(report.new.inputs) if report.new else {}
    edited = tuple(plain(report.old.outputs).get(EDITED_OUTSIDE, ())) if report.old else ()
    return hazards_of(Facts(op, type, fields, before, after, edited))


def _effects(report: StepReport, op: Operation, type: str) -> Sequence[str]:
    """Return what the provider said, or where it was not asked or is not told of, what its handler says."""
    if report.effects or report.paths or op not in _WITH_EFFECTS or not report.type.startswith(DYNAMIC):
        return report.effects
    known = None if op == "create" or report.old is None else plain(report.old.outputs)
    declared = None if op == "delete" or report.new is None else plain(report.new.inputs)
    return of_step(type, known, declared)


def _because(report: StepReport, fields: tuple[FieldChange, ...], *, is_destroy: bool) -> Iterable[str]:
    if report.op == "refresh" and report.result == "delete":
        yield "gone from the cloud"
    elif report.op in ("delete", "discard") and not is_destroy:
        yield "no longer in the program"
    if report.is_forgotten:
        yield "deleted already" if report.state.pending_replacement else "stays in the cloud"
    yield from report.reasons
    if report.op == "update" and report.state.custom and not (fields or report.reasons):
        yield "is brought to its end" if report.old and report.old.init_errors else UNNAMED
    if report.op not in ("create", "same") and fields:
        shown = ", ".join(change.path for change in fields[:REASONS_MAX])
        yield shown if len(fields) <= REASONS_MAX else f"{shown} and {len(fields) - REASONS_MAX} more"


def _causes(report: StepReport, fields: tuple[FieldChange, ...]) -> Iterable[Cause]:
    match report.op:
        case "refresh" if report.result == "delete":
            yield "gone"
        case "refresh" if report.result == "update":
            yield "drift"
        case "create":
            yield "new"
        case "delete" | "discard":
            yield "removed"
        case "update":
            yield "declared"
        case "create-replacement" | "read-replacement" | "import-replacement":
            yield "replaces" if fields or report.replace_keys else "requested"


def _source(position: str) -> str:
    """Return a place in the project; one outside of it, in a package, says nothing of the program."""
    path, _, line = position.removeprefix(_POSITION).partition("#")
    return f"{unquote(path)}:{line.partition(',')[0]}" if path and not path.startswith("..") else ""


def _content(report: StepReport, mask: Mask) -> str:
    """Return a digest of the inputs that the step brings; none for what brings nothing."""
    if report.new is None or report.op in ("refresh", "same", "delete", "delete-replaced"):
        return ""
    inputs = {key: value for key, value in report.new.inputs.items() if not key.startswith("__")}
    text = json.dumps(mask.value(inputs), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _bundle(report: StepReport) -> str:
    """Return a digest of what a bundle holds, by the digests that its resource declares; none for what has none."""
    names = BUNDLES.get(report.type.removeprefix(DYNAMIC), ())
    if not names or report.new is None or report.op == "refresh":
        return ""
    inputs = plain(report.new.inputs)
    held = {name: inputs[name] for name in names if inputs.get(name)}
    return hashlib.sha256(json.dumps(held, sort_keys=True, default=str).encode()).hexdigest() if held else ""


def _merged(before: Step, after: Step, *, is_told: bool) -> Step:
    """Two reports on one resource: a replacement's two halves, or what a refresh found and what is done about it.

    `is_told`: the provider named what an up would set back. Where there is nothing to do about it, the program has it
    by now.
    """
    if before.op == "refresh" and after.op == "same":
        return _agreed(before, after) if before.drift and is_told else before
    if before.op == "refresh":
        return _mended(before, after)
    if before.op == "import":
        return after.model_copy(update={"because": ["imported first, and differs", *after.because]})
    if before.op == "replace" and after.op in ("replace", "forget"):
        return _joined(before, after) if after.op == "replace" else before  # its object is the new one's, or stays
    if before.op in ("same", "update") and after.op in ("replace", "forget"):
        return _with_leftover(before, after)
    return after


def _with_leftover(live: Step, left: Step) -> Step:
    """What stands as it should, or is updated, and what an earlier run replaced and could not delete."""
    is_deleted = left.op == "replace"
    because = [LEFTOVER, *left.because]
    hazards: list[Hazard] = ["deletes"] if is_deleted else []
    if live.op == "same":
        op: Operation = "delete" if is_deleted else "forget"
        return left.model_copy(update={"op": op, "because": because, "causes": ["removed"], "hazards": hazards})
    more = {"because": [*live.because, *because], "hazards": [*live.hazards, *hazards]}
    return live.model_copy(update={**more, "error": live.error or left.error})


def _agreed(found: Step, declared: Step) -> Step:
    """What was changed outside and is declared so by now: nothing is to be done, only remembered."""
    because = [f"changed outside, as is declared by now: {text}" for text in found.because]
    return declared.model_copy(update={"because": because, "causes": ["agreed"]})


def _joined(first: Step, second: Step) -> Step:
    richer = first if len(first.fields) >= len(second.fields) else second
    return richer.model_copy(
        update={
            "error": first.error or second.error,
            "content": first.content or second.content,
            "causes": list(dict.fromkeys([*first.causes, *second.causes])),
            "hazards": list(dict.fromkeys([*first.hazards, *second.hazards])),
        }
    )


def _mended(found: Step, done: Step) -> Step:
    """What a look found, and the step that sets it back; words and codes keep the two apart."""
    words = [f"changed outside: {text}" for text in found.because] or ["changed outside"]
    own = [text for text in done.because if text not in found.because]
    outside = {change.path for change in found.drift}
    is_declared = not outside or any(change.path not in outside for change in done.fields)
    overwrites: list[Hazard] = ["overwrites an outside edit"] if found.drift and done.is_change else []
    return done.model_copy(
        update={
            "because": [*words, *own] if len(own) == len(done.because) else [*words, *own, "will be set back"],
            "causes": [*found.causes, *(cause for cause in done.causes if cause != "declared" or is_declared)],
            "drift": found.drift,
            "hazards": list(dict.fromkeys([*done.hazards, *overwrites])),
        }
    )
