"""A plan as a terminal shows it: the tree of what changes, the fields of each, the counts, what to type next."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pulumi_dataarts.model.plans import SECRET_MARK, UNKNOWN_MARK, FieldChange, Plan, Step

FIELDS_MAX = 8
VALUE_WIDTH = 48

SYMBOLS = {
    "create": "+",
    "update": "~",
    "replace": "±",
    "delete": "−",
    "same": " ",
    "read": ">",
    "refresh": "≠",
    "import": "=",
    "create-replacement": "+",
    "delete-replaced": "−",
}
ASCII = str.maketrans(
    {"±": "R", "−": "-", "≠": "!", "→": "->", "·": "-", "└": "`", "├": "|", "─": "-", "│": "|", "…": "..."}
)
COLOURS = {
    "create": "green",
    "update": "yellow",
    "replace": "magenta",
    "delete": "red",
    "refresh": "cyan",
    "read": "cyan",
    "import": "cyan",
    "create-replacement": "magenta",
    "delete-replaced": "magenta",
}
ORDER = ("create", "import", "update", "replace", "delete", "refresh", "read", "same")
WORDS = {"same": "unchanged", "refresh": "changed outside", "read": "to read"}
DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "import": "imported",
}


@dataclass(frozen=True)
class Look:
    """How a view is drawn. `all_fields` lifts the limit of fields shown; `sames` lists unchanged resources too."""

    colour: bool = False
    unicode: bool = True
    width: int = 100
    all_fields: bool = False
    sames: bool = False


def render(plan: Plan, look: Look) -> str:
    """Return the whole view of a plan that was previewed."""
    parts = [_heading(plan), *_tree(plan, look), *_details(plan, look), _summary(plan, look)]
    parts += [f" ! {warning}" for warning in plan.warnings]
    text = "\n".join(parts)
    return text if look.unicode else text.translate(ASCII)


def summary(plan: Plan, look: Look, *, done: bool = False) -> str:
    """Return the one line of counts."""
    text = _summary(plan, look, done=done)
    return text if look.unicode else text.translate(ASCII)


def outputs(plan: Plan) -> str:
    """Return the stack's outputs, one a line."""
    lines = [f"    {name:<24} {value_text(value)}" for name, value in plan.outputs.items()]
    return "\n".join([" outputs", *lines])


def value_text(value: Any) -> str:
    """Return a property value as one short line; secrets and unknowns by name."""
    if value == SECRET_MARK:
        return "[secret]"
    if value == UNKNOWN_MARK:
        return "[known after up]"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text.replace("\n", "⏎")
    return text if len(text) <= VALUE_WIDTH else f"{text[: VALUE_WIDTH - 1]}…"


def _heading(plan: Plan) -> str:
    return f"{plan.project} · {plan.stack} · {plan.operation}\n"


def _tree(plan: Plan, look: Look) -> Iterable[str]:
    shown = _shown(plan, look)
    if not shown:
        return
    children: dict[str, list[Step]] = {}
    urns = {step.urn for step in shown}
    for step in shown:
        children.setdefault(step.parent if step.parent in urns else "", []).append(step)
    yield from _branch(children, "", "", look)
    yield ""


def _shown(plan: Plan, look: Look) -> list[Step]:
    """Return the steps to list: what changes, and the ancestors that say where it stands; not the stack itself."""
    by_urn = {step.urn: step for step in plan.steps}
    wanted: set[str] = set()
    for step in plan.steps:
        if look.sames or step.op not in ("same", "read"):
            urn = step.urn
            while urn in by_urn and urn not in wanted:
                wanted.add(urn)
                urn = by_urn[urn].parent
    return [step for step in by_urn.values() if step.urn in wanted and step.type != "pulumi:pulumi:Stack"]


def _branch(children: dict[str, list[Step]], parent: str, indent: str, look: Look) -> Iterable[str]:
    members = children.get(parent, [])
    for position, step in enumerate(members):
        last = position == len(members) - 1
        joint = "" if not parent else ("└─ " if last else "├─ ")
        yield _row(step, f"{indent}{joint}{step.name}", look)
        deeper = indent if not parent else indent + ("   " if last else "│  ")
        yield from _branch(children, step.urn, deeper, look)


def _row(step: Step, label: str, look: Look) -> str:
    word = "" if step.op == "same" else step.op
    because = "; ".join([*step.because, *step.effects])
    line = f" {SYMBOLS[step.op]} {label:<34} {step.type:<20} {word:<8} {because}".rstrip()
    return _coloured(line, step, look)


def _details(plan: Plan, look: Look) -> Iterable[str]:
    for step in plan.changed():
        if not step.fields or (step.op == "create" and not look.all_fields):
            continue
        yield _coloured(f"{SYMBOLS[step.op]} {step.name}  {step.type}", step, look)
        fields = step.fields if look.all_fields else step.fields[:FIELDS_MAX]
        for field in fields:
            yield from _field(field, look)
        if len(fields) < len(step.fields):
            yield f"    ({len(step.fields) - len(fields)} more; --diff shows all)"
        yield ""


def _field(field: FieldChange, look: Look) -> Iterable[str]:
    why = "   forces replacement" if field.replaces else ""
    if isinstance(field.old, str) and isinstance(field.new, str) and "\n" in field.old + field.new:
        yield f"    {field.path}{why}"
        lines = difflib.unified_diff(field.old.splitlines(), field.new.splitlines(), n=2, lineterm="")
        yield from (f"      {line}" for line in list(lines)[2:] if not line.startswith("@@"))
        return
    if field.kind == "add":
        text = f"+ {value_text(field.new)}"
    elif field.kind == "delete":
        text = f"− {value_text(field.old)}"
    else:
        text = f"{value_text(field.old)} → {value_text(field.new)}"
    yield f"    {field.path:<40} {text}{why}"


def _summary(plan: Plan, look: Look, *, done: bool = False) -> str:
    counts = plan.counts()
    parts = []
    for op in ORDER:
        if counts.get(op):
            word = WORDS.get(op) or (DONE.get(op, op) if done else f"to {op}")
            text = f"{SYMBOLS[op]} {counts[op]} {word}".strip()
            parts.append(_painted(text, COLOURS.get(op), look))
    if not plan.changed() and not counts.get("refresh"):
        parts.insert(0, "no changes")
    return " " + "   ".join(parts)


def _coloured(line: str, step: Step, look: Look) -> str:
    return _painted(line, COLOURS.get(step.op), look)


def _painted(text: str, colour: str | None, look: Look) -> str:
    if not look.colour or colour is None:
        return text
    import click

    return click.style(text, fg=colour)
