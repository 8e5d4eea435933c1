"""The policies that come with the product, switched on and set by `dataarts:policies` of a stack.

::

    config:
      dataarts:policies:
        no-delete: true                     # nothing is deleted, nor any data thrown away
        no-inline-secret: true              # no password in a plain property or a script
        no-overwritten-edit: true           # what somebody changed by hand is looked at before it is overwritten
        names: "orders_[a-z_]+"             # of new objects; or by type: {"cdm:Job": "..."}
        schedule-window: "00:00-06:00"      # DataArts Factory jobs start within it
        max-delete: 20%                     # how much may be deleted at once
        max-replace: 20%                    # the same of replacements
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import time
from typing import Any, Final

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.plans import FieldChange, Plan, Step, Violation, is_secret, is_unknown

_SECRET_NAME: Final = re.compile(r"(password|passwd|pwd|secret|token|(private|security)_?key)$", re.IGNORECASE)
_SECRET_TEXT: Final = re.compile(
    r"\b(?:password|passwd|secret|token)\b['\"]?\s*[:=]\s*['\"]([^'\"$\s]{3,})", re.IGNORECASE
)
_WINDOW: Final = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)")
_CRON_FIELDS: Final = 6


def no_delete(plan: Plan, _setting: Any) -> Iterator[Violation]:
    """Nothing is deleted, nor any data thrown away."""
    for step in plan.changed():
        for hazard in step.hazards:
            if hazard in ("deletes", "deletes data"):
                yield _against("no-delete", step, hazard)


def no_inline_secret(plan: Plan, _setting: Any) -> Iterator[Violation]:
    """No password stands in a plain property or in a script."""
    for step in plan.changed():
        for field in step.fields:
            if _looks_secret(field):
                yield _against("no-inline-secret", step, f"{field.path} is in plain; make it a secret")
        for text in step.texts:
            if text.new and _SECRET_TEXT.search(text.new):
                yield _against("no-inline-secret", step, f"{text.name} holds what looks like a password")


def no_overwritten_edit(plan: Plan, _setting: Any) -> Iterator[Violation]:
    """What somebody changed by hand is looked at before it is overwritten."""
    for step in plan.changed():
        if "overwrites an outside edit" in step.hazards:
            yield _against("no-overwritten-edit", step, "was changed outside, and would be overwritten")


def names(plan: Plan, setting: Any) -> Iterator[Violation]:
    """The names of new objects match a regular expression, one for all or one a type."""
    for step in plan.changed():
        pattern = setting.get(step.type) if isinstance(setting, Mapping) else setting
        name = next((field.new for field in step.fields if field.path in ("name", "bucket")), None)
        if pattern and step.op == "create" and isinstance(name, str) and not _compiled(pattern).fullmatch(name):
            yield _against("names", step, f"{name!r} does not match {pattern}")


def schedule_window(plan: Plan, setting: Any) -> Iterator[Violation]:
    """DataArts Factory jobs that are created or changed start within the window."""
    match = _WINDOW.fullmatch(str(setting))
    if match is None:
        raise ConfigError(f"dataarts:policies: schedule-window {setting!r} is not of the form 00:00-06:00")
    hours = [int(part) for part in match.groups()]
    begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    for step in plan.changed():
        for text in step.texts:
            expression = _cron(text.name, text.new)
            if expression and not all(_is_within(moment, begin, end) for moment in _starts(expression)):
                yield _against("schedule-window", step, f"{text.name} starts at {expression!r}, outside {setting}")


BUILTIN: Final[Mapping[str, Callable[[Plan, Any], Iterable[Violation]]]] = {
    "no-delete": no_delete,
    "no-inline-secret": no_inline_secret,
    "no-overwritten-edit": no_overwritten_edit,
    "names": names,
    "schedule-window": schedule_window,
}


def _against(policy: str, step: Step, text: str) -> Violation:
    return Violation(policy=policy, text=f"{step.name} ({step.type}): {text}", urn=step.urn)


def _looks_secret(field: FieldChange) -> bool:
    name = re.split(r"[.\[\]\"]+", field.path.rstrip('"]'))[-1]
    is_plain = isinstance(field.new, str) and bool(field.new) and not is_secret(field.new) and not is_unknown(field.new)
    return is_plain and bool(_SECRET_NAME.search(name))


def _compiled(pattern: Any) -> re.Pattern[str]:
    try:
        return re.compile(str(pattern))
    except re.error as error:
        raise ConfigError(f"dataarts:policies: names {pattern!r} is no regular expression: {error}") from error


def _cron(name: str, text: str | None) -> str:
    if not name.startswith("jobs/") or not text:
        return ""
    try:
        schedule = json.loads(text).get("schedule", {})
    except (ValueError, AttributeError):
        return ""
    return str(schedule.get("cron", {}).get("expression", "")) if isinstance(schedule, dict) else ""


def _starts(expression: str) -> Iterator[time | None]:
    """Yield the times of day that a Quartz expression names; None for one that is no plain list of numbers."""
    fields = expression.split()
    if len(fields) < _CRON_FIELDS:
        yield None
        return
    for hour in fields[2].split(","):
        for minute in fields[1].split(","):
            yield time(int(hour), int(minute)) if hour.isdigit() and minute.isdigit() else None


def _is_within(moment: time | None, begin: time, end: time) -> bool:
    if moment is None:
        return False
    return begin <= moment <= end if begin <= end else moment >= begin or moment <= end
