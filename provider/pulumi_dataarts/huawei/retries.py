"""Whether a failed call may be sent again, and when: decided by the class of its outcome alone.

=================================  ==================================================================
never sent                         again, a few times
429, or 503 with Retry-After       again after the wait that was asked for, within a budget of time
5xx, or no answer, on a safe call  again, a few times
5xx, or no answer, otherwise       never: it may have taken effect; the handler looks
any other answer                   never: it would be the same
=================================  ==================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from pulumi_dataarts.huawei.clock import Clock


class Outcome(Enum):
    """What became of one attempt, as far as repeating it goes."""

    DONE = "done"
    FINAL = "final"
    NEVER_SENT = "never sent"
    ASKED_TO_WAIT = "asked to wait"
    HARMLESS = "failed, and harmless to repeat"


@dataclass(frozen=True)
class Patience:
    """Limits for one call.

    Attributes:
        attempts_max: sends in all, where the service has not asked for a wait.
        first_wait_s: before the second attempt; doubled for each one after.
        longest_wait_s: of the waits that we choose.
        budget_s: all waits together; one throttling window of the gateway is 300 s (as users of the
            Terraform provider met it).
    """

    attempts_max: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    budget_s: float = 330.0


class Retries:
    """Counts what one call has cost so far. Not shared between calls."""

    def __init__(self, patience: Patience, dice: random.Random) -> None:
        self._patience = patience
        self._dice = dice
        self._attempts = 0
        self._waited_s = 0.0

    def wait_s(self, outcome: Outcome, asked_s: float | None = None) -> float | None:
        """Return how long to wait before the next attempt, or None to give up.

        Args:
            outcome: of the attempt just made.
            asked_s: what the service asked for, if it did. It is waited for in full, and a little longer, so
                that
                not all come back at the same moment.
        """
        if outcome in (Outcome.DONE, Outcome.FINAL):
            return None
        self._attempts += 1
        if self._attempts >= self._patience.attempts_max and outcome is not Outcome.ASKED_TO_WAIT:
            return None
        wait_s = self._backoff_s() if asked_s is None else asked_s * self._dice.uniform(1.0, 1.25)
        if self._waited_s + wait_s > self._patience.budget_s:
            return None
        self._waited_s += wait_s
        return wait_s

    def _backoff_s(self) -> float:
        doubled = self._patience.first_wait_s * 2.0 ** min(self._attempts - 1, 16)
        return min(doubled, self._patience.longest_wait_s) * self._dice.uniform(0.5, 1.0)


def retry_after_s(header: str, clock: Clock) -> float | None:
    """Return the seconds that a `Retry-After` asks for, be it seconds or a date; None if it says nothing."""
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - clock.wall_ms() / 1000)
    except ValueError:
        return None
