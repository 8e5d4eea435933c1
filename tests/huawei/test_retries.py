"""When a call is sent again, by the class of its outcome."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.huawei.retries import Outcome, Patience, Retries, retry_after_s
from tests.huawei.times import Ticking

AGAIN = [Outcome.NEVER_SENT, Outcome.HARMLESS, Outcome.ASKED_TO_WAIT]


def retries(**limits: float) -> Retries:
    return Retries(Patience(**limits), random.Random(7))  # type: ignore[arg-type]


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.FINAL])
def test_what_would_be_the_same_again_is_not_repeated(outcome: Outcome) -> None:
    assert retries().wait_s(outcome) is None


@pytest.mark.parametrize("outcome", [Outcome.NEVER_SENT, Outcome.HARMLESS])
def test_failures_are_repeated_until_the_attempts_are_used_up(outcome: Outcome) -> None:
    tries = retries(attempts_max=4)
    waits = [tries.wait_s(outcome) for _ in range(4)]
    assert waits[3] is None
    assert [wait is not None and 0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(waits[:3])] == [True] * 3


def test_a_service_that_asks_to_wait_is_obeyed_beyond_the_attempts() -> None:
    tries = retries(attempts_max=2, budget_s=330)
    waits = [tries.wait_s(Outcome.ASKED_TO_WAIT, asked_s=20) for _ in range(12)]
    assert all(wait is not None and 20 <= wait <= 25 for wait in waits)
    assert len(set(waits)) > 1, "not all callers shall come back at the same moment"


@given(st.lists(st.tuples(st.sampled_from(AGAIN), st.none() | st.floats(0, 1000)), max_size=60))
def test_all_waits_together_stay_within_the_budget(attempts: list[tuple[Outcome, float | None]]) -> None:
    tries = retries(budget_s=100)
    assert sum(tries.wait_s(outcome, asked) or 0 for outcome, asked in attempts) <= 100


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    assert retries(budget_s=330).wait_s(Outcome.ASKED_TO_WAIT, asked_s=3600) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param("Tue, 02 Jan 2024 03:04:15 GMT", 10.0, id="date"),
        pytest.param("Tue, 02 Jan 2024 03:04:00 GMT", 0.0, id="past-date"),
        pytest.param("", None, id="absent"),
        pytest.param("soon", None, id="nonsense"),
        pytest.param("nan", None, id="not-a-number"),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_s(header, Ticking()) == seconds
