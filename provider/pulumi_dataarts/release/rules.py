"""What an environment asks of a release before it may come: `dataarts:promotion` of its stack's config.

::

    config:
      dataarts:promotion:
        from: [staging]              # where a release may come from; anywhere, if not said
        approvals: 2                 # how many people have to approve it
        approvers: [ana, ben, chen]  # and who may; anybody, if not said
        soak: 24h                    # how long the source has to have run it
        verified: true               # whether its verifications must have passed in the source (the default)
        freeze:                      # when nothing may come
          - {from: 2026-12-20, to: 2027-01-05, reason: end of the year}
          - {days: [fri, sat, sun]}
          - {hours: "22:00-06:00"}   # by UTC, as everything here
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from pulumi_dataarts.errors import ConfigError

KEY: Final = "dataarts:promotion"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DURATION: Final = re.compile(r"(\d+)\s*([smhd])")
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MIDNIGHT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00:00")
_HOURS: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _duration(value: Any) -> Any:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a time such as 90s, 30m, 24h or 7d")
    return timedelta(seconds=int(match[1]) * _UNITS_S[match[2]])


def _day(value: Any) -> Any:
    """A day that is not quoted is a point in time for YAML, and comes as one: `2026-12-20 00:00:00 +0000 UTC`."""
    match = _MIDNIGHT.match(value) if isinstance(value, str) else None
    return match[1] if match else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class _Setting(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Freeze(_Setting):
    """A time in which nothing may come. Where several things are said of it, all of them have to hold."""

    first: Annotated[date | None, BeforeValidator(_day), Field(alias="from")] = None
    last: Annotated[date | None, BeforeValidator(_day), Field(alias="to")] = None
    days: tuple[Day, ...] = ()
    hours: Annotated[str, Field(pattern=_HOURS.pattern)] = ""
    reason: str = ""

    @model_validator(mode="after")
    def _says_when(self) -> Freeze:
        if not (self.first or self.last or self.days or self.hours):
            raise ValueError("one of from, to, days and hours")
        return self

    def covers(self, moment: datetime) -> bool:
        """Say whether a moment is in it. The first and the last day belong to it."""
        now = moment.astimezone(UTC)
        is_late_enough = self.first is None or now.date() >= self.first
        is_early_enough = self.last is None or now.date() <= self.last
        is_its_day = not self.days or DAYS[now.weekday()] in self.days
        return is_late_enough and is_early_enough and is_its_day and self._covers_hour(now.time())

    def _covers_hour(self, now: time) -> bool:
        match = _HOURS.fullmatch(self.hours)
        if match is None:
            return True
        first, last = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
        return first <= now < last if first <= last else now >= first or now < last

    def __str__(self) -> str:
        span = f"{self.first or '…'} to {self.last or '…'}" if self.first or self.last else ""
        parts = [span, ", ".join(self.days), f"{self.hours} UTC" if self.hours else ""]
        text = " ".join(part for part in parts if part)
        return f"{text} ({self.reason})" if self.reason else text


class Rules(_Setting):
    """What an environment asks. The default asks for verifications alone."""

    sources: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(alias="from")] = ()
    approvals: Annotated[int, Field(ge=0)] = 0
    approvers: tuple[str, ...] = ()
    soak: Annotated[timedelta, BeforeValidator(_duration)] = timedelta()
    verified: bool = True
    freeze: tuple[Freeze, ...] = ()

    @model_validator(mode="after")
    def _can_be_met(self) -> Rules:
        if self.approvers and self.approvals > len(set(self.approvers)):
            raise ValueError(f"{self.approvals} approvals of {len(set(self.approvers))} approvers")
        return self


def read(text: str | None, stack: str) -> Rules:
    """Return the rules in a config value, a JSON document.

    Raises:
        ConfigError: it is malformed; every mistake is named.
    """
    if not text:
        return Rules()
    try:
        return Rules.model_validate(json.loads(text))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        said = ((".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, ")) for item in found)
        lines = [": ".join(filter(None, parts)) for parts in said]
    except ValueError:
        lines = ["it is not a map"]
    raise ConfigError(
        "\n".join([f"{KEY} of stack {stack} does not hold:", *(f"  - {line}" for line in lines)]),
        hint="See docs/reference/promotion.md.",
    )
