"""How times, durations and sizes read. Times are the cloud's, in milliseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime

_AGES = ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h"))
_DAY_S = 24 * 3600
_UNITS = ("B", "kB", "MB", "GB")


def instant(at_ms: int) -> str:
    """Return a moment in full, `2026-11-20 18:22:05 UTC`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at_ms: int) -> str:
    """Return a moment for machines."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def clock_time(at_ms: int) -> str:
    """Return the time of day with milliseconds, `18:22:05.031`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]


def age(at_ms: int, now_ms: int) -> str:
    """Return how long ago something was, `now`, `12 s ago`, `3 h ago`, `5 days ago`."""
    seconds = (now_ms - at_ms) // 1000
    if seconds < 1:
        return "now"
    for limit_s, unit_s, unit in _AGES:
        if seconds < limit_s:
            return f"{seconds // unit_s} {unit} ago"
    return f"{seconds // _DAY_S} days ago"


def duration(milliseconds: int) -> str:
    """Return a duration, `350 ms`, `4.2 s`, `3 min 5 s`."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes} min {seconds} s"


def size(count_bytes: int) -> str:
    """Return a size in decimal units, `512 B`, `6.4 kB`."""
    amount = float(count_bytes)
    for unit in _UNITS:
        if amount < 1000 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{count_bytes} B" if unit == "B" else f"{amount:,.1f} {unit}"


def number(count: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{count:,}"


def middle(text: str, chars_max: int) -> str:
    """Return a text cut in its middle to fit: both ends of a name tell it from its neighbours."""
    if len(text) <= chars_max:
        return text
    head = chars_max // 2
    return f"{text[:head]}…{text[len(text) - (chars_max - head - 1) :]}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun, `1 link`, `3 links`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
