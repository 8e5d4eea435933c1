"""A plan as a terminal shows it: the tree of what changes, the fields of each, the counts, what to type next."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pulumi_dataarts.model.plans import FieldChange, Operation, Plan, Step, TextChange
from pulumi_dataarts.report.wording import (
    DESTRUCTIVE,
    ROOT,
    SYMBOLS,
    by_gravity,
    change_text,
    counted,
    cut,
    cut_middle,
    one_line,
    origin,
    reason,
    short_type,
    value_text,
)

FIELDS_MAX: Final = 8
LINES_MAX: Final = 24
REASON_LINES_MAX: Final = 3
WIDE: Final = 160
"""Where nobody looks at it, lines are not folded early: they are searched, and stored in logs."""

_ASCII: Final = str.maketrans(
    {"±": "R", "−": "-", "≠": "!", "→": "->", "·": "-", "└": "`", "├": "|", "─": "-", "│": "|", "…": "...", "⏎": "\\n"}
    | {"✗": "x", "�": "?"}
)
_COLOURS: Final[dict[Operation, str]] = {
    "create": "green",
    "update": "yellow",
    "replace": "magenta",
    "delete": "red",
    "forget": "cyan",
    "refresh": "cyan",
    "read": "cyan",
    "import": "cyan",
}


@dataclass(frozen=True)
class Look:
    """How a view is drawn. `all_fields` lifts the limits of what is shown; `sames` lists unchanged resources too."""

    colour: bool = False
    unicode: bool = True
    width: int = 100
    all_fields: bool = False
    sames: bool = False

    def fitted(self, text: str) -> str:
        """Return a text in the signs that can be shown."""
        return text if self.unicode else text.translate(_ASCII).encode("ascii", "replace").decode()

    def painted(self, text: str, op: Operation | None) -> str:
        """Return a text in the colour of an operation."""
        colour = _COLOURS.get(op) if op else None
        if not self.colour or colour is None:
            return text
        import click

        return click.style(text, fg=colour)


def render(plan: Plan, look: Look, *, done: bool = False) -> str:
    """Return the whole view of a plan, previewed or carried out."""
    count = _summary(plan, look, done=done)
    parts = [_heading(plan, look), *_tree(plan, look), *_details(plan, look), count, *_cares(plan, look)]
    return look.fitted("\n".join(parts))


def summary(plan: Plan, look: Look, *, done: bool = False) -> str:
    """Return the one line of counts."""
    return look.fitted(_summary(plan, look, done=done))


def outputs(plan: Plan, look: Look) -> str:
    """Return the stack's outputs, one a line."""
    width = max(20, look.width - 31)
    lines = [f"    {one_line(name):<24} {value_text(value, width)}" for name, value in plan.outputs.items()]
    return look.fitted("\n".join([" outputs", *lines]))


def _heading(plan: Plan, look: Look) -> str:
    left = f"{plan.project} · {plan.stack} · {plan.operation}"
    right = " · ".join(origin(plan))
    gap = min(look.width, 110) - len(left) - len(right)
    return f"{left}{' ' * max(3, gap)}{right}".rstrip() + "\n"


def _tree(plan: Plan, look: Look) -> Iterable[str]:
    rows = list(_rows(_shown(plan, look)))
    if not rows:
        return
    name_width = min(max(len(label) for label, _ in rows), max(20, look.width * 3 // 10))
    type_width = min(max(len(short_type(step.type)) for _, step in rows), 20)
    for label, step in rows:
        yield from _row(step, label, name_width, type_width, look)
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
    return [step for step in by_urn.values() if step.urn in wanted and step.type != ROOT]


def _rows(steps: list[Step]) -> Iterable[tuple[str, Step]]:
    children: dict[str, list[Step]] = {}
    urns = {step.urn for step in steps}
    for step in steps:
        children.setdefault(step.parent if step.parent in urns else "", []).append(step)
    yield from _branch(children, "", "")


def _branch(children: dict[str, list[Step]], parent: str, indent: str) -> Iterable[tuple[str, Step]]:
    members = children.get(parent, [])
    for position, step in enumerate(members):
        last = position == len(members) - 1
        joint = "" if not parent else ("└─ " if last else "├─ ")
        yield f"{indent}{joint}{one_line(step.name)}", step
        yield from _branch(children, step.urn, indent if not parent else indent + ("   " if last else "│  "))


def _row(step: Step, label: str, name_width: int, type_width: int, look: Look) -> Iterable[str]:
    word = {"same": "", "refresh": "drift"}.get(step.op, step.op)
    kind = cut_middle(short_type(step.type), type_width)
    left = f" {SYMBOLS[step.op]} {cut_middle(label, name_width):<{name_width}}  {kind:<{type_width}}  {word:<7} "
    room = max(24, look.width - len(left))
    lines = textwrap.wrap(reason(step), room) or [""]
    if len(lines) > REASON_LINES_MAX and not look.all_fields:
        lines = [*lines[: REASON_LINES_MAX - 1], cut(" ".join(lines[REASON_LINES_MAX - 1 :]), room)]
    yield look.painted(f"{left}{lines[0]}".rstrip(), step.op)
    for line in lines[1:]:
        yield look.painted(f"{' ' * len(left)}{line}", step.op)


def _details(plan: Plan, look: Look) -> Iterable[str]:
    for step in plan.steps:
        if step.type == ROOT or not (step.fields or step.drift) or (step.op == "create" and not look.all_fields):
            continue
        head = f"{SYMBOLS[step.op]} {one_line(step.name)}  {short_type(step.type)}"
        source = one_line(step.source)
        gap = " " * max(2, min(look.width, 110) - len(head) - len(source))
        yield look.painted(f"{head}{gap}{source}".rstrip(), step.op)
        yield from _changes(step, look)
        yield ""


def _changes(step: Step, look: Look) -> Iterable[str]:
    fields = [*(("≠ ", field) for field in step.drift), *(("", field) for field in step.fields)]
    shown = fields if look.all_fields else fields[:FIELDS_MAX]
    width = min(max(len(mark + field.path) for mark, field in fields), max(24, look.width * 2 // 5))
    for mark, field in shown:
        yield from _field(field, mark, width, look)
    if len(shown) < len(fields):
        yield f"    ({len(fields) - len(shown)} more; --diff shows all)"
    for text in step.texts:
        if step.op != "create":
            yield from _text(text, look)


def _field(field: FieldChange, mark: str, width: int, look: Look) -> Iterable[str]:
    why = "   forces replacement" if field.replaces else "   in the cloud" if mark else ""
    path = cut_middle(mark + one_line(field.path), width)
    if isinstance(field.old, str) and isinstance(field.new, str) and "\n" in field.old + field.new:
        yield f"    {path}{why}"
        yield from _unified(field.old, field.new, look)
        return
    room = max(16, (look.width - width - len(why) - 8) // (2 if field.kind == "update" else 1))
    yield f"    {path:<{width}} {change_text(field, room)}{why}"


def _text(text: TextChange, look: Look) -> Iterable[str]:
    yield f"    {one_line(text.name)}{f'   ({text.note})' if text.note else ''}"
    if text.old is not None or not text.note:
        yield from _unified(text.old or "", text.new or "", look)


def _unified(old: str, new: str, look: Look) -> Iterable[str]:
    found = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm=""))[2:]
    lines = [line for line in found if not line.startswith("@@")]
    shown = lines if look.all_fields else lines[:LINES_MAX]
    for line in shown:
        op: Operation | None = {"+": "create", "-": "delete"}.get(line[:1])  # type: ignore[assignment]
        yield look.painted(f"      {one_line(line)}", op)
    if len(shown) < len(lines):
        yield f"      ({len(lines) - len(shown)} more lines; --diff shows all)"


def _summary(plan: Plan, look: Look, *, done: bool = False) -> str:
    parts = [look.painted(text, op) for op, text in counted(plan, done=done)]
    if failed := sum(bool(step.error) for step in plan.steps):
        parts.append(look.painted(f"✗ {failed} failed", "delete"))
    if not plan.changed() and not plan.drifted():
        parts.insert(0, "no changes")
    return " " + "   ".join(parts)


def _cares(plan: Plan, look: Look) -> Iterable[str]:
    """What needs care, what is in the way, and what to type next."""
    for step in by_gravity(plan.steps):
        grave = [hazard for hazard in step.hazards if hazard in DESTRUCTIVE and hazard not in ("deletes", "replaces")]
        if grave:
            yield look.painted(f" ! {one_line(step.name)} ({short_type(step.type)}) {', '.join(grave)}", "delete")
    yield from (f" ! {one_line(warning)}" for warning in plan.warnings)
    for violation in plan.violations:
        yield look.painted(f" ✗ {one_line(f'{violation.policy}: {violation.text}')}", "delete")
    if plan.changed() and not plan.violations and plan.operation == "preview":
        yield f" next: dataarts up --stack {plan.stack}"
