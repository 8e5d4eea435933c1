"""Plans as the comment under a pull request: found again by its marker, and never longer than a comment may be.

What is deleted, replaced or moved comes first and is never cut. Where it gets long, fields go first, then the rows of
what is harmless; both say so.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pulumi_dataarts.model.plans import Plan, Step, TextChange
from pulumi_dataarts.report.wording import (
    DESTRUCTIVE,
    SYMBOLS,
    by_gravity,
    change_text,
    counted,
    one_line,
    origin,
    reason,
    short_type,
    title,
)

LENGTH_MAX: Final = 60_000
"""Characters; GitHub takes 65,536."""
_CARE: Final = frozenset({*DESTRUCTIVE, "moves data", "overwrites an outside edit", "stops a job"})
_REASON_MAX: Final = 200
_LINES_MAX: Final = 60
_QUOTED_MAX: Final = 25
_QUOTE_MAX: Final = 300
_SPECIAL: Final = str.maketrans(
    {letter: f"\\{letter}" for letter in "\\`*_{}[]()#+|~!$"}
    | {"<": "&lt;", ">": "&gt;"}
    | {"@": "@&#8203;"}  # nobody is called by a name in a plan
)


def render(plans: Sequence[Plan]) -> str:
    """Return the comment for one plan or several; at most `LENGTH_MAX` characters."""
    budget = LENGTH_MAX // max(1, len(plans))
    return "\n".join(_section(plan, budget) for plan in plans)


def marker(plan: Plan) -> str:
    """Return the hidden line by which a later comment finds this one."""
    return f"<!-- dataarts:plan:{plan.project}/{plan.stack} -->"


def _section(plan: Plan, budget: int) -> str:
    """Fill the budget in the order of importance: head and foot, grave rows, other rows, fields."""
    head, foot = "\n".join(_head(plan)), "\n".join(_foot(plan))
    left = budget - len(head) - len(foot) - 400
    steps = by_gravity(plan.steps)
    grave = [step for step in steps if _is_grave(step)]
    rows, left = _fitted(grave, left, _row, is_kept=True)
    others, left = _fitted(steps[len(grave) :], left, _row)
    table = ["| | resource | type | because |", "| --- | --- | --- | --- |", *rows, *others] if steps else []
    hidden = len(steps) - len(rows) - len(others)
    if hidden:
        table.append(f"\n{hidden} more that are created or updated; the report lists them.")
    details, _ = _fitted([step for step in steps if step.fields or step.drift or step.texts], left, _details)
    missing = sum(bool(step.fields or step.drift or step.texts) for step in steps) - len(details)
    folded = ["", "<details><summary>Fields</summary>", "", *details] if details or missing else []
    if missing:
        folded.append(f"The fields of {missing} more resources are in the report.\n")
    return "\n".join([head, *table, *folded, *(["</details>"] if folded else []), foot])


def _head(plan: Plan) -> Iterator[str]:
    counts = " · ".join(text for op, text in counted(plan) if op != "same")
    same = plan.counts().get("same", 0)
    yield marker(plan)
    yield f"### Plan: {_text(title(plan))}: {_text(counts) or 'no changes'} ({same} unchanged)"
    yield ""
    yield from _quoted([f"**Refused by {_text(item.policy)}:** {_text(item.text)}" for item in plan.violations])
    yield from _quoted([_text(warning) for warning in plan.warnings])


def _quoted(texts: list[str]) -> Iterator[str]:
    """Yield a list in a quote, in short where it is long."""
    for text in texts[:_QUOTED_MAX]:
        yield f"> - {text if len(text) <= _QUOTE_MAX else text[:_QUOTE_MAX] + '…'}"
    if len(texts) > _QUOTED_MAX:
        yield f"> - and {len(texts) - _QUOTED_MAX} more"
    if texts:
        yield ""


def _is_grave(step: Step) -> bool:
    return bool(_CARE & set(step.hazards))


def _row(step: Step) -> str:
    words = reason(step, with_hazards=False)
    because = words if len(words) <= _REASON_MAX else f"{words[:_REASON_MAX]}…"
    name = f"**{_text(step.name)}**" if _is_grave(step) else _text(step.name)
    hazards = f"**{', '.join(step.hazards)}**: " if _is_grave(step) else ""
    return f"| {SYMBOLS[step.op]} | {name} | {_text(short_type(step.type))} | {hazards}{_text(because)} |"


def _fitted(
    steps: Sequence[Step], left: int, drawn: Callable[[Step], str], *, is_kept: bool = False
) -> tuple[list[str], int]:
    """Return what fits, and what is left of the budget. What must be kept is drawn shortly once there is no room."""
    lines: list[str] = []
    reserve = sum(len(_short_row(step)) + 1 for step in steps) if is_kept else 0
    for step in steps:
        line = drawn(step)
        reserve -= len(_short_row(step)) + 1 if is_kept else 0
        if len(line) + 1 + reserve > left:
            if not is_kept:
                break
            line = _short_row(step)
        lines.append(line)
        left -= len(line) + 1
    return lines, left


def _short_row(step: Step) -> str:
    return f"| {SYMBOLS[step.op]} | **{_text(step.name)}** | {_text(short_type(step.type))} | |"


def _details(step: Step) -> str:
    source = f" · {_text(step.source)}" if step.source else ""
    lines = [f"- {one_line(field.path)}: {change_text(field)} (in the cloud)" for field in step.drift]
    lines += [
        f"{_sign(field.kind)} {one_line(field.path)}: {change_text(field).removeprefix('+ ').removeprefix('− ')}"
        f"{' (forces replacement)' if field.replaces else ''}"
        for field in step.fields
    ]
    for text in step.texts:
        lines += _unified(text)
    shown = lines if len(lines) <= _LINES_MAX else [*lines[:_LINES_MAX], f"  ({len(lines) - _LINES_MAX} more lines)"]
    fence = _fence(shown)
    heading = f"**{SYMBOLS[step.op]} {_text(step.name)}** {_text(short_type(step.type))}{source}"
    return "\n".join([heading, "", f"{fence}diff", *shown, fence, ""])


def _sign(kind: str) -> str:
    return {"add": "+", "delete": "-"}.get(kind, "!")


def _unified(text: TextChange) -> Iterator[str]:
    yield f"  {one_line(text.name)}{f' ({text.note})' if text.note else ''}"
    if text.old is not None or not text.note:
        old, new = (text.old or "").splitlines(), (text.new or "").splitlines()
        for line in list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]:
            if not line.startswith("@@"):
                yield one_line(line)


def _fence(lines: Sequence[str]) -> str:
    """Return a fence that none of the lines can close."""
    longest = max((len(line) - len(line.lstrip("`")) for line in map(str.strip, lines)), default=0)
    return "`" * max(3, longest + 1)


def _foot(plan: Plan) -> Iterator[str]:
    yield ""
    facts = [*origin(plan), f"plan `{plan.digest[:12]}`", _text(plan.tool)]
    yield f"apply: `dataarts up --plan plan.json --yes` · {' · '.join(facts)}"
    yield ""


def _text(text: str) -> str:
    """Return a text that Markdown and HTML leave as it is."""
    return one_line(text).translate(_SPECIAL)
