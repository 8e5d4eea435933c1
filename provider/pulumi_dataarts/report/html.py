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

from pulumi_dataarts.model.paths import render as render_path
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
CARE: Final = DESTRUCTIVE | {"moves data", "overwrites an outside edit"}
CARE_MAX: Final = 8
FIELDS_MAX: Final = 40
NEIGHBOURS_MAX: Final = 12
TEXTS_MAX: Final = 200_000
"""Characters of texts that are shown side by side in all; the rest is in plan.json."""
_VALUE_MAX: Final = 400


@dataclass(frozen=True)
class FieldView:
    """A row of a step's table; `found` is what a look at the cloud found, where it was changed outside."""

    path: str
    old: str
    new: str
    replaces: bool = False
    found: str = ""
    is_outside: bool = False


@dataclass(frozen=True)
class TextView:
    """A text of a bundle, side by side, with the numbers of lines that come and go."""

    name: str
    note: str
    rows: list[Row]
    added: int = 0
    removed: int = 0


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
    place: int
    uses: list[tuple[str, str]]
    used_by: list[tuple[str, str]]

    @property
    def is_new(self) -> bool:
        """Whether there is nothing before."""
        return self.step.op == "create" and not self.step.drift

    @property
    def is_drifted(self) -> bool:
        """Whether the table has a column for what stands in the cloud."""
        return any(field.is_outside for field in self.fields)


def render(plan: Plan) -> str:
    """Return the page."""
    style, script = asset("report.css"), asset("report.js")
    grave_first = by_gravity(plan.steps)
    anchors = {step.urn: f"r{place}" for place, step in enumerate(grave_first, start=1)}
    steps = _views(plan, grave_first, anchors)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            plan=plan,
            title=title(plan),
            origin=[*origin(plan), *_scope(plan)],
            cards=[(op, SYMBOLS[op].strip(), count, word) for op, count, word in tally(plan)],
            steps=steps,
            grave=[view for view in steps if CARE & set(view.step.hazards)],
            care_max=CARE_MAX,
            hazards=sorted({hazard for step in grave_first for hazard in step.hazards}),
            types=sorted({short_type(step.type) for step in grave_first}),
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


def _views(plan: Plan, steps: list[Step], anchors: dict[str, str]) -> list[StepView]:
    views = []
    left = TEXTS_MAX
    neighbours = _Neighbours(plan, anchors)
    for step in steps:
        texts = []
        for text in step.texts:
            left -= len(text.old or "") + len(text.new or "")
            texts.append(_text(text, is_shown=left >= 0))
        views.append(_view(step, neighbours, texts, is_open=len(steps) <= OPEN_MAX))
    return views


class _Neighbours:
    """What each resource uses and what uses it, by name, with the place on the page if it has one."""

    def __init__(self, plan: Plan, anchors: dict[str, str]) -> None:
        self.anchors = anchors
        self.places = {step.urn: place for place, step in enumerate(plan.steps)}
        self._names = {step.urn: one_line(step.name) for step in plan.steps}
        self._users: dict[str, list[str]] = {}
        for step in plan.steps:
            for urn in step.depends_on:
                self._users.setdefault(urn, []).append(step.urn)

    def uses(self, step: Step) -> list[tuple[str, str]]:
        return self._links(step.depends_on)

    def used_by(self, step: Step) -> list[tuple[str, str]]:
        return self._links(self._users.get(step.urn, []))

    def _links(self, urns: list[str]) -> list[tuple[str, str]]:
        known = [(self._names[urn], self.anchors.get(urn, "")) for urn in urns if urn in self._names]
        return known[:NEIGHBOURS_MAX] + (
            [(f"and {len(known) - NEIGHBOURS_MAX} more", "")] if known[NEIGHBOURS_MAX:] else []
        )


def _view(step: Step, neighbours: _Neighbours, texts: list[TextView], *, is_open: bool) -> StepView:
    told = {path for text in texts if text.rows for path in _paths_of(text)}
    fields = [field for field in _fields(step) if field.path not in told]
    words = [step.name, step.type, step.op, *step.hazards, *(field.path for field in fields[:FIELDS_MAX])]
    return StepView(
        anchor=neighbours.anchors[step.urn],
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
        place=neighbours.places[step.urn],
        uses=neighbours.uses(step),
        used_by=neighbours.used_by(step),
    )


def _paths_of(text: TextView) -> tuple[str, str]:
    """Return the properties whose digest a text stands for: they need no rows beside the text."""
    section, _, name = text.name.partition("/")
    return render_path((section, name)), render_path((section, name, "sql_body"))


def _fields(step: Step) -> list[FieldView]:
    """Return the rows: what was found in the cloud and what is done about it stand in one."""
    found = {change.path: change for change in step.drift}
    declared = {change.path: change for change in step.fields}
    rows = [_outside(change, declared.get(path)) for path, change in found.items()]
    return rows + [_field(change) for path, change in declared.items() if path not in found]


def _outside(found: FieldChange, declared: FieldChange | None) -> FieldView:
    return FieldView(
        path=one_line(found.path),
        old="" if found.kind == "add" else _value(found.old),
        found="gone" if found.kind == "delete" else _value(found.new),
        new=_new(declared) if declared else "",
        replaces=bool(declared and declared.replaces),
        is_outside=True,
    )


def _field(field: FieldChange) -> FieldView:
    old = "" if field.kind == "add" else _value(field.old)
    return FieldView(one_line(field.path), old, _new(field), field.replaces, found=old)


def _new(field: FieldChange) -> str:
    if is_secret(field.old) and is_secret(field.new):
        return "another [secret]"
    return "" if field.kind == "delete" else _value(field.new)


def _scope(plan: Plan) -> list[str]:
    scope = plan.scope
    said = [f"only {', '.join(scope.targets)}"] if scope.targets else []
    said += [f"without {', '.join(scope.excludes)}"] if scope.excludes else []
    return [one_line(text) for text in said] + (["after a look at the cloud"] if scope.refresh else [])


def _value(value: Any) -> str:
    return "—" if value is None else value_text(value, _VALUE_MAX)


def _text(text: TextChange, *, is_shown: bool) -> TextView:
    if not is_shown:
        return TextView(one_line(text.name), "not shown here: plan.json has it", [])
    if text.old is None and text.note:
        return TextView(one_line(text.name), text.note, [])
    found = rows(text.old or "", text.new or "")
    added = sum(row.kind in ("changed", "added") for row in found)
    removed = sum(row.kind in ("changed", "removed") for row in found)
    return TextView(one_line(text.name), text.note, found, added, removed)


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
