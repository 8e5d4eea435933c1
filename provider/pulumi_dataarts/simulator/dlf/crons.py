"""When a job on a CRON schedule is due. Pure functions; times are milliseconds since 1970.

The expression is read as Quartz's: seconds first, `?` where the other kind of day counts, weekdays from 1 (Sunday) to
7. It holds from `startTime` to `endTime`, both included, in `expressionTimeZone`.

Source: DataArts Factory API "Creating a Job". Not documented: how weekdays are numbered, which time zone holds where
none is named (here that of `startTime`), and what becomes of an expression or a date that cannot be read (here the job
is never due).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from pulumi_dataarts.simulator.clock import second_ms
from pulumi_dataarts.simulator.store import Document

if TYPE_CHECKING:
    from croniter import croniter

_OFFSET = re.compile(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d\d))?")
_WEEKDAY = re.compile(r"(?<![/#\d])([1-7])(L?)(?!\d)")
_FOREVER_MS = 253_370_764_800_000  # the year 9999


class Cron(NamedTuple):
    """A cron as it was read.

    Attributes:
        expression: with weekdays as the library counts them, from 0.
        first_ms, last_ms: between them it holds.
    """

    expression: str
    zone: tzinfo
    first_ms: int
    last_ms: int


def due_times(cron: Document, since_ms: int, until_ms: int, most: int) -> list[int]:
    """Return when it is due from `since_ms` to `until_ms`, both included, oldest first; the last `most` of them."""
    try:
        read = _read(cron)
        earliest_ms = max(since_ms, read.first_ms)
        course, found = _course(read, min(until_ms, read.last_ms) // 1000 + 1), list[int]()
        while len(found) < most and (at_ms := int(course.get_prev(float)) * 1000) >= earliest_ms:
            found.append(at_ms)
    except (ValueError, OverflowError):
        return []
    return found[::-1]


def first_due(cron: Document, after_ms: int) -> int | None:
    """Return when it is due for the first time after `after_ms`, or None if it never is."""
    try:
        read = _read(cron)
        course = _course(read, max(after_ms, read.first_ms - 1) // 1000)
        at_ms = int(course.get_next(float)) * 1000
    except (ValueError, OverflowError):
        return None
    return at_ms if at_ms <= read.last_ms else None


def _read(cron: Document) -> Cron:
    """Return the cron. Raises ValueError where it cannot be read."""
    fields, start = cron["expression"].split(), datetime.fromisoformat(cron["startTime"])
    fields[-1] = _WEEKDAY.sub(lambda day: f"{day[2]}{int(day[1]) - 1}", fields[-1])
    last_ms = second_ms(datetime.fromisoformat(cron["endTime"])) if cron.get("endTime") else _FOREVER_MS
    zone = _zone(str(cron.get("expressionTimeZone") or "")) or start.tzinfo or UTC
    return Cron(" ".join(fields), zone, second_ms(start), last_ms)


def _course(cron: Cron, from_s: int) -> croniter:
    from croniter import croniter

    return croniter(cron.expression, datetime.fromtimestamp(from_s, cron.zone), second_at_beginning=True)


def _zone(name: str) -> tzinfo | None:
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
