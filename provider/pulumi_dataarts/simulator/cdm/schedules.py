"""When a job on CDM's own schedule is due. Pure functions; times are milliseconds since 1970.

Every `cycle` minutes; or every `cycle` days, hours, weeks or months, and of hours at the minutes, of weeks on the
weekdays, of months on the days that `runAt` lists. It holds from `startDate` to `stopDate`, both included.

Source: CDM API "Job Parameter Description". Not documented: the dates' time zone (UTC here), where cycles are counted
from (`startDate`), the time of day of what is due on a day (that of `startDate`), what holds without `runAt` (the
minute, the weekday, the day of `startDate`), and what becomes of a schedule without a `startDate`, or with something
that cannot be read (the job is never due).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from pulumi_dataarts.simulator.clock import second_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DATE: Final = "%Y-%m-%d %H:%M:%S"
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LENGTHS: Final = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
}  # fmt: skip
# A day such as the 31st is not in every month; after so many empty cycles there is none.
_EMPTY_MAX: Final = 100


class Schedule(NamedTuple):
    """A schedule as it was read.

    Attributes:
        kind: of its cycles: `minute`, `hour`, `day`, `week` or `month`.
        cycle: how many of these are one cycle.
        run_at: minutes, weekdays from 0 (Monday), or days of the month, in order; empty for those of the start.
    """

    kind: str
    cycle: int
    run_at: tuple[int, ...]
    start: datetime
    stop: datetime


def read(setting: Callable[[str], str]) -> Schedule | None:
    """Return the schedule of a job, if it has one that can be read. `setting` returns an input of `schedulerConfig`."""
    kind, cycle = setting("cycleType"), setting("cycle") or "1"
    if setting("isSchedulerJob") != "true" or kind not in {*_LENGTHS, "month"} or not cycle.isdecimal():
        return None
    try:
        stop = _date(setting("stopDate")) if setting("stopDate") else datetime.max.replace(tzinfo=UTC)
        run_at = sorted(_point(part.strip(), kind) for part in setting("runAt").split(",") if part.strip())
        return Schedule(kind, max(1, int(cycle)), tuple(run_at), _date(setting("startDate")), stop)
    except ValueError:
        return None


def first_due(schedule: Schedule, after_ms: int) -> int | None:
    """Return when it is due for the first time after `after_ms`, or None if it never is."""
    try:
        after = max(datetime.fromtimestamp(after_ms / 1000, UTC), schedule.start - timedelta(microseconds=1))
        first = _cycle_of(schedule, after)
        for number in range(first, first + _EMPTY_MAX):
            for at in _times(schedule, number):
                if at > after:
                    return second_ms(at) if at <= schedule.stop else None
    except (OverflowError, ValueError):  # outside of the years 1 to 9999
        return None
    return None


def due_times(schedule: Schedule, since_ms: int, until_ms: int, most: int) -> list[int]:
    """Return when it is due from `since_ms` to `until_ms`, both included, oldest first; the last `most` of them."""
    until, found = min(datetime.fromtimestamp(until_ms / 1000, UTC), schedule.stop), list[int]()
    for number in range(_cycle_of(schedule, until), -1, -1):
        for at in reversed(list(_times(schedule, number))):
            if second_ms(at) < since_ms or at < schedule.start or len(found) == most:
                return found[::-1]
            if at <= until:
                found.append(second_ms(at))
    return found[::-1]


def _cycle_of(schedule: Schedule, at: datetime) -> int:
    """Return the number of the cycle that a time lies in; 0 is the one of the start."""
    base = _base(schedule)
    if schedule.kind == "month":
        gone = (at.year - base.year) * 12 + at.month - base.month
    else:
        gone = (at - base) // _LENGTHS[schedule.kind]
    return max(0, gone // schedule.cycle)


def _base(schedule: Schedule) -> datetime:
    """Return where the first cycle begins, as far as its length goes."""
    start = schedule.start
    if schedule.kind == "week":
        start -= timedelta(days=start.weekday())
    return start.replace(minute=0, second=0) if schedule.kind == "hour" else start


def _times(schedule: Schedule, number: int) -> Iterator[datetime]:
    """Yield the times of one cycle, in order."""
    start, gone = schedule.start, number * schedule.cycle
    if schedule.kind == "month":
        yield from _days(start, gone, schedule.run_at or (start.day,))
        return
    base = _base(schedule) + gone * _LENGTHS[schedule.kind]
    if schedule.kind == "hour" and schedule.run_at:
        yield from (base + timedelta(minutes=minute) for minute in schedule.run_at)
    elif schedule.kind == "week":
        yield from (base + timedelta(days=day) for day in schedule.run_at or (start.weekday(),))
    else:
        yield start + gone * _LENGTHS[schedule.kind]


def _days(start: datetime, months: int, days: tuple[int, ...]) -> Iterator[datetime]:
    year, month = divmod(start.month - 1 + months, 12)
    for day in days:
        with suppress(ValueError):  # this month has no such day
            yield start.replace(year=start.year + year, month=month + 1, day=day)


def _point(text: str, kind: str) -> int:
    """Return one entry of `runAt` as a number. Raises ValueError where it is none of its kind."""
    if kind == "week":
        return _WEEKDAYS.index(text.lower()[:3])
    number, (least, most) = int(text), (0, 59) if kind == "hour" else (1, 31)
    if not least <= number <= most:
        raise ValueError(text)
    return number


def _date(text: str) -> datetime:
    return datetime.strptime(text, _DATE).replace(tzinfo=UTC)
