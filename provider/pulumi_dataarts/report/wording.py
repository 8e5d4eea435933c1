"""What all renderers say in the same words: signs, types, values, counts, and which step is the gravest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pulumi_dataarts.model.plans import FieldChange, Hazard, Operation, Plan, Step, is_secret, is_unknown

SYMBOLS: Final[dict[Operation, str]] = {
    "create": "+",
    "update": "~",
    "replace": "±",
    "delete": "−",
    "forget": "<",
    "same": " ",
    "read": ">",
    "refresh": "≠",
    "import": "=",
}
ORDER: Final[tuple[Operation, ...]] = (
    "create",
    "import",
    "update",
    "replace",
    "delete",
    "forget",
    "refresh",
    "read",
    "same",
)
WORDS: Final = {"same": "unchanged", "refresh": "changed outside", "read": "to read"}
DONE: Final = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "forget": "forgotten",
    "import": "imported",
    "refresh": "changed outside",
}
GRAVEST: Final[tuple[Hazard, ...]] = (
    "deletes data",
    "deletes",
    "loses Flink state",
    "replaces",
    "overwrites an outside edit",
    "stops a job",
    "moves data",
)
DESTRUCTIVE: Final[frozenset[Hazard]] = frozenset({"deletes data", "deletes", "replaces", "loses Flink state"})
ROOT: Final = "pulumi:pulumi:Stack"
_VALUE_MAX: Final = 48


def short_type(type: str) -> str:
    """Return a type as people say it: `cdm.Job` for `cdm:Job`, `Lake` for `orders:index:Lake`."""
    parts = type.split(":")
    return parts[-1] if len(parts) > 2 else ".".join(parts)


def title(plan: Plan) -> str:
    """Return `orders-lake / staging`."""
    return f"{plan.project} / {plan.stack}"


def origin(plan: Plan) -> list[str]:
    """Return what the plan was made from, as far as that is known."""
    said = [f"state {plan.state.serial}"] if plan.state.digest else []
    if plan.revision.commit:
        said.append(f"commit {plan.revision.commit[:7]}{' + edits' if plan.revision.dirty else ''}")
    return said


def value_text(value: Any, width: int = _VALUE_MAX) -> str:
    """Return a masked property value as one short line; secrets and unknowns by name."""
    if is_secret(value):
        return "[secret]"
    if is_unknown(value):
        return "[known after up]"
    text = value if isinstance(value, str) else json.dumps(readable(value), ensure_ascii=False, default=str)
    return cut("".join(map(_visible, text)), width)


def readable(value: Any) -> Any:
    """Return a masked value with the marks inside by name."""
    if is_secret(value):
        return "[secret]"
    if is_unknown(value):
        return "[known after up]"
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items()}
    return [readable(item) for item in value] if isinstance(value, list) else value


def cut(text: str, width: int) -> str:
    """Return a text of at most `width` characters, cut at its end."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def cut_middle(text: str, width: int) -> str:
    """Return a text of at most `width` characters, cut in its middle: names differ at either end."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def one_line(text: str) -> str:
    """Return a text without line ends and control characters, which could draw what is not there."""
    return "".join(map(_visible, text))


def change_text(field: FieldChange, width: int = _VALUE_MAX) -> str:
    """Return what a change of a field is: `old → new`, `+ new` or `− old`."""
    if field.kind == "add":
        return f"+ {value_text(field.new, width)}"
    if field.kind == "delete":
        return f"− {value_text(field.old, width)}"
    if is_secret(field.old) and is_secret(field.new):
        return "[secret] → another [secret]"
    return f"{value_text(field.old, width)} → {value_text(field.new, width)}"


def is_shown(step: Step) -> bool:
    """Say whether a step is listed as one that people should look at."""
    return step.op not in ("same", "read") and step.type != ROOT


def by_gravity(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that change something or were changed outside, the gravest first."""
    return sorted(filter(is_shown, steps), key=lambda step: (gravity(step), step.type, step.name))


def gravity(step: Step) -> int:
    """Return how grave a step is; 0 is the gravest."""
    found = [GRAVEST.index(hazard) for hazard in step.hazards]
    plain = ("delete", "forget", "replace", "update", "create", "refresh")
    return min(found, default=len(GRAVEST) + (plain.index(step.op) if step.op in plain else len(plain)))


def reason(step: Step, *, with_hazards: bool = True) -> str:
    """Return why a step is done and what it does besides, in one line.

    A data movement that the provider had no occasion to speak of, as when something is made for the first time, is
    told too, unless the hazards are shown anyway (`with_hazards=False`).
    """
    is_unsaid = with_hazards and "moves data" in step.hazards and not step.effects
    return one_line("; ".join([*step.because, *step.effects, *(["moves data"] if is_unsaid else [])]))


def tally(plan: Plan, *, done: bool = False) -> list[tuple[Operation, int, str]]:
    """Return the counts with a word for each. What was changed outside counts there, whatever is done about it."""
    counts = {**plan.counts(), "refresh": len(plan.drifted())}
    words = {op: (DONE.get(op) if done else None) or WORDS.get(op) or f"to {op}" for op in ORDER}
    return [(op, counts[op], words[op]) for op in ORDER if counts.get(op)]


def counted(plan: Plan, *, done: bool = False) -> list[tuple[Operation, str]]:
    """Return the counts in words, `+ 2 to create`, with the operation of each."""
    return [(op, f"{SYMBOLS[op]} {count} {word}".strip()) for op, count, word in tally(plan, done=done)]


def _visible(letter: str) -> str:
    if letter == "\n":
        return "⏎"
    return letter if letter.isprintable() else "�"
