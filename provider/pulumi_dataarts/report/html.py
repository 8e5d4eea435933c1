"""A plan as one HTML page: no network, no file beside it, and nothing in it that is not escaped.

The page's style and its few lines of script are allowed by their hashes alone; it is complete without the script.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pulumi_dataarts.model.plans import FieldChange, Plan, Step, TextChange, is_secret
from pulumi_dataarts.report.graph import HEIGHT, WIDTH, draw
from pulumi_dataarts.report.sidebyside import Row, rows
from pulumi_dataarts.report.wording import (
    DESTRUCTIVE,
    ORDER,
    SYMBOLS,
    by_gravity,
    is_shown,
    one_line,
    origin,
    reason,
    short_type,
    tally,
    title,
    value_text,
)

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER: Final = Path(__file__).parent / "templates"
OPEN_MAX: Final = 12
"""Up to so many changes are shown unfolded."""
CARE_MAX: Final = 8
FIELDS_MAX: Final = 40
TEXTS_MAX: Final = 200_000
"""Characters of texts that are shown side by side in all; the rest is in plan.json."""
_VALUE_MAX: Final = 400


@dataclass(frozen=True)
class FieldView:
    """A row of a step's table."""

    path: str
    old: str
    new: str
    replaces: bool
    is_outside: bool


@dataclass(frozen=True)
class TextView:
    """A text of a bundle, side by side."""

    name: str
    note: str
    rows: list[Row]


@dataclass(frozen=True)
class StepView:
    """What the template draws of a step."""

    anchor: str
    step: Step
    symbol: str
    type: str
    reason: str
    fields: list[FieldView]
    left_out: int
    texts: list[TextView]
    search: str
    is_open: bool
    is_grave: bool


def render(plan: Plan) -> str:
    """Return the page."""
    style, script = asset("report.css"), asset("report.js")
    grave_first = by_gravity(plan.steps)
    anchors = {step.urn: f"r{place}" for place, step in enumerate(grave_first, start=1)}
    steps = _views(grave_first, anchors)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            plan=plan,
            title=title(plan),
            origin=origin(plan),
            cards=[(op, SYMBOLS[op].strip(), count, word) for op, count, word in tally(plan)],
            steps=steps,
            grave=[view for view in steps if view.is_grave],
            care_max=CARE_MAX,
            hazards=sorted({hazard for step in grave_first for hazard in step.hazards}),
            ops=[op for op in ORDER if any(step.op == op for step in grave_first)],
            symbols=SYMBOLS,
            sames=[(one_line(step.name), short_type(step.type)) for step in plan.steps if not is_shown(step)],
            outputs=[(one_line(name), value_text(value, _VALUE_MAX)) for name, value in plan.outputs.items()],
            drawing=draw(plan),
            anchors=anchors,
            box=(WIDTH, HEIGHT),
            style=style,
            script=script,
            policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'",
        )
    )


def _views(steps: list[Step], anchors: dict[str, str]) -> list[StepView]:
    views = []
    left = TEXTS_MAX
    for step in steps:
        texts = []
        for text in step.texts:
            left -= len(text.old or "") + len(text.new or "")
            texts.append(_text(text, is_shown=left >= 0))
        views.append(_view(step, anchors[step.urn], texts, is_open=len(steps) <= OPEN_MAX))
    return views


def _view(step: Step, anchor: str, texts: list[TextView], *, is_open: bool) -> StepView:
    fields = [
        *(_field(field, is_outside=True) for field in step.drift),
        *(_field(field, is_outside=False) for field in step.fields),
    ]
    words = [step.name, step.type, step.op, *step.hazards, *(field.path for field in fields[:FIELDS_MAX])]
    return StepView(
        anchor=anchor,
        step=step,
        symbol=SYMBOLS[step.op],
        type=short_type(step.type),
        reason=reason(step),
        fields=fields[:FIELDS_MAX],
        left_out=max(0, len(fields) - FIELDS_MAX),
        texts=texts,
        search=one_line(" ".join(words)).lower(),
        is_open=is_open,
        is_grave=bool(DESTRUCTIVE & set(step.hazards)),
    )


def _field(field: FieldChange, *, is_outside: bool) -> FieldView:
    is_rotated = is_secret(field.old) and is_secret(field.new)
    return FieldView(
        path=one_line(field.path),
        old="" if field.kind == "add" else _value(field.old),
        new="another [secret]" if is_rotated else "" if field.kind == "delete" else _value(field.new),
        replaces=field.replaces,
        is_outside=is_outside,
    )


def _value(value: Any) -> str:
    return "—" if value is None else value_text(value, _VALUE_MAX)


def _text(text: TextChange, *, is_shown: bool) -> TextView:
    if not is_shown:
        return TextView(one_line(text.name), "not shown here: plan.json has it", [])
    has_texts = text.old is not None or not text.note
    return TextView(one_line(text.name), text.note, rows(text.old or "", text.new or "") if has_texts else [])


@cache
def asset(name: str) -> str:
    """Return the text of a file beside the templates."""
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Return what draws the templates; everything put into one is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
