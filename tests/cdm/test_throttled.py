"""Many jobs where few calls are allowed: 200 in 5 minutes, as a gateway of this kind has been seen to have it.

Creating a job is one call. Workers, as an engine has them, share a clock that passes when all of them wait.
"""

from __future__ import annotations

import heapq
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.huawei.session import Session
from tests.cdm.declarations import ORDERS, changed
from tests.cdm.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.simulator.testing import RunningCloud

JOBS: Final = 100
WORKERS: Final = 8
CALLS: Final = 200
WINDOW_S: Final = 300.0
MARGIN: Final = 1.1


class Shared:
    """Time that passes when all of `workers` threads wait, up to where the first of them goes on."""

    def __init__(self, at_s: float, at: Callable[[], object]) -> None:
        """Begin at 0; when `at_s` has come, `at` is called."""
        self.workers = 0
        self._at_s, self._at = at_s, at
        self._now_s = 0.0
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._lock = threading.RLock()
        self._sleeps = 0

    def now_s(self) -> float:
        return self._now_s

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        woken = threading.Event()
        with self._lock:
            self._sleeps += 1
            heapq.heappush(self._waiting, (self._now_s + seconds, self._sleeps, woken))
            self._pass()
        woken.wait()

    def leave(self) -> None:
        """One worker is done."""
        with self._lock:
            self.workers -= 1
            self._pass()

    def _pass(self) -> None:
        if not self._waiting or len(self._waiting) < self.workers:
            return
        self._now_s, _, woken = heapq.heappop(self._waiting)
        if self._now_s >= self._at_s:
            self._at_s = float("inf")
            self._at()
        woken.set()


def up(session: Session, clock: Shared) -> float:
    """Create the jobs, and return how long it took in seconds."""
    clock.workers = WORKERS

    def work(worker: int) -> None:
        try:
            for number in range(worker, JOBS, WORKERS):
                Stack(JobProvider, session).up(**changed(ORDERS, name=f"job_{number}"))
        finally:
            clock.leave()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))
    return clock.now_s()


def created(cloud: RunningCloud) -> int:
    return sum(served.method == "POST" and served.path.endswith("/cdm/job") and served.status == 200
               for served in cloud.requests())  # fmt: skip


@pytest.mark.usefixtures("links")
def test_a_limit_that_is_known_is_kept_and_the_waiting_is_told(
    session: Session, cloud: RunningCloud, told: list[str]
) -> None:
    clock = Shared(float("inf"), lambda: None)
    limited = replace(session.settings, rate_per_s=CALLS / WINDOW_S)
    took_s = up(Session(limited, clock=clock, say=told.append), clock)
    allowed_s = JOBS / limited.rate_per_s
    assert created(cloud) == JOBS
    assert 0.98 * allowed_s <= took_s <= MARGIN * allowed_s
    assert not [served for served in cloud.requests() if served.status == 429]
    assert told[0].startswith("CDM: waiting; the next call is sent in ")
    assert "`dataarts:rateLimit` allows 0.667 calls a second" in told[0]
    assert 3 <= len(told) <= allowed_s / 30 + 1


@pytest.mark.usefixtures("links")
def test_a_limit_that_the_cloud_imposes_is_waited_out_and_told(
    session: Session, cloud: RunningCloud, told: list[str]
) -> None:
    """Others have used most of what is allowed when the jobs are made, so that 20 jobs have to wait."""
    cloud.fault("throttle", skip=JOBS - 20, times=-1)
    clock = Shared(WINDOW_S, lambda: httpx.delete(f"{cloud.api}/_embedded/faults"))
    took_s = up(Session(session.settings, clock=clock, say=told.append), clock)
    assert created(cloud) == JOBS
    assert WINDOW_S <= took_s <= MARGIN * WINDOW_S
    assert len(told) <= WINDOW_S / 10, "one line a wait, whoever waits"
    assert all("over ratelimit. (HTTP 429, APIGW.0308" in line for line in told)
    assert "create job is sent again in" in told[-1]
