"""A promotion as people read it in a terminal, before it is carried out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pulumi_dataarts.cli.promoting import OWN, bound_config
from pulumi_dataarts.cli.wiring import Chosen
from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.release.columns import ConfigDifference, Row, config_differences, rows
from pulumi_dataarts.release.manifest import SHORT, Manifest
from pulumi_dataarts.release.pins import pin_of
from pulumi_dataarts.release.records import BoundConfig, Promotion, Verdict

_KINDS: Final = {
    "file": "",
    "cdm-job": "CDM job",
    "dlf-job": "Factory job",
    "dlf-script": "script",
    "dlf-resource": "resource",
    "flink-job": "Flink job",
}
_NONE: Final = "—"


def describe(source: Chosen, target: Chosen, release: Manifest, before: Manifest | None) -> str:
    """Return what the target would become: three columns of definitions, then the config that differs."""
    return "\n".join(_described(source, target, release, before))


def as_part(plan: Plan) -> Plan:
    """Return a plan to be shown as a part of something larger: it does not say that `up` comes next."""
    return plan.model_copy(update={"operation": "update"})


def describe_gates(verdicts: Sequence[Verdict], opened: Promotion | None) -> str:
    """Return what each gate says."""
    head = f"gates, as they were when {opened.who} began it at {opened.begun}" if opened else "gates"
    return "\n".join(["", head, *map(_gate, verdicts)])


def describe_rollback(chosen: Chosen, release: str, config: BoundConfig, opened: Promotion | None) -> str:
    """Return where a rollback leads, and which bindings go back with it."""
    now = bound_config(chosen.file).values
    changed = config_differences(now, config.values, OWN)
    lines = [f"{chosen.stack.name}: {(pin_of(chosen.file) or 'the working tree')[:SHORT]} → {release[:SHORT]}"]
    if opened is not None:
        lines.append(f"{opened.kind} {opened.number} by {opened.who}, begun {opened.begun}, has not come to its end")
    lines += ["bindings as they were then:"] if changed else ["bindings stay as they are"]
    return "\n".join([*lines, *(f"    {item.key:<44} {_or(item.source)} → {_or(item.target)}" for item in changed), ""])


def _described(source: Chosen, target: Chosen, release: Manifest, before: Manifest | None) -> Iterator[str]:
    about = f" · {release.message}" if release.message else ""
    yield f"release {release.short} · {source.stack.name} → {target.stack.name}{about}"
    yield ""
    table = rows(release, before)
    widths = max([len(_label(row)) for row in table], default=10) + 3
    yield f"   {'definition':<{widths}}{source.stack.name:<12}{target.stack.name} → after"
    yield from (
        f" {'~' if row.changes else ' '} {_label(row):<{widths}}{_or(row.source):<12}{_move(row)}" for row in table
    )
    if not any(row.changes for row in table):
        yield "\n   the same content: no job is imported anew for its own sake"
    yield from _differences(config_differences(source.file.values, target.file.values, OWN))
    yield ""


def _differences(found: Sequence[ConfigDifference]) -> Iterator[str]:
    for where, said in (("expected", "says so itself"), ("unexpected", "does not say it")):
        listed = [item for item in found if item.where == where]
        if listed:
            yield f"\n   configuration that differs, {where} (the target {said})"
            yield from (f"     {item.key:<44} {_or(item.source)} | {_or(item.target)}" for item in listed)


def _gate(verdict: Verdict) -> str:
    sign = "✓" if verdict.passed else "!" if verdict.allowed else "✗"
    return f" {sign} {verdict.gate:<16} {verdict.reason}{' (allowed)' if verdict.allowed else ''}"


def _label(row: Row) -> str:
    return f"{row.name} ({_KINDS[row.kind]})" if _KINDS[row.kind] else row.name


def _move(row: Row) -> str:
    return f"{_or(row.before)} → {_or(row.after)}" if row.changes else f"{row.after} ="


def _or(text: str) -> str:
    return text or _NONE
