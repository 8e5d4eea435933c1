"""Eight runs want one stack; they are killed and paused at random. Only one writes at a time.

Each run counts on from the state that it finds. If two ever wrote at once, or one wrote after it had lost the stack, a
number would be counted twice, or one that was counted would be gone.
"""

from __future__ import annotations

import os
import random
import signal
import time
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.backend.blobs import LocalBlobs, open_backend
from pulumi_dataarts.backend.runs import load
from pulumi_dataarts.backend.stacks import Stack, create_stack
from tests.backend.buckets import running_buckets
from tests.reliability.durable import PROVIDER, TIME, keyring
from tests.reliability.replays import SEED, replayed
from tests.reliability.writer import counted, main

FORK = get_context("fork")


class Contest:
    """Writers at work on one stack, and what they have done."""

    def __init__(self, url: str, folder: Path, writers: int, environment: dict[str, str]) -> None:
        self._url, self._folder = url, folder
        self._environment = environment
        self._chance = random.Random(SEED)
        self._started = 0
        self.kills = self.pauses = 0
        self._writers = [self._start() for _ in range(writers)]

    def _start(self) -> ForkProcess:
        """Fork a writer: it has everything imported, and is at work at once."""
        self._started += 1
        arguments = (self._url, f"{SEED}-{self._started}", str(self._folder), self._environment)
        writer = FORK.Process(target=_write, args=arguments, daemon=True)
        writer.start()
        return writer

    def history(self) -> list[tuple[str, int]]:
        path = self._folder / "history"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(kind, int(number or 0)) for kind, _, number in (line.partition(" ") for line in lines)]

    def acquisitions(self) -> int:
        return sum(kind == "enter" for kind, _ in self.history())

    def disturb(self, pause_s: float) -> None:
        """Kill a writer and start another, or stop one for a while."""
        place = self._chance.randrange(len(self._writers))
        victim = self._writers[place]
        assert victim.is_alive(), "a writer failed; see its standard error"
        assert victim.pid is not None
        if self._chance.random() < 0.6:
            victim.kill()
            victim.join()
            self.kills += 1
            self._writers[place] = self._start()
        else:
            os.kill(victim.pid, signal.SIGSTOP)
            time.sleep(pause_s)
            os.kill(victim.pid, signal.SIGCONT)
            self.pauses += 1

    def end(self) -> None:
        (self._folder / "stop").touch()
        for writer in self._writers:
            writer.join(100)
        assert [writer.exitcode for writer in self._writers] == [0] * len(self._writers), "see standard error"

    def abandon(self) -> None:
        for writer in self._writers:
            writer.kill()
            writer.join()


def _write(url: str, seed: str, folder: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    main(url, seed, folder)


def require_one_writer(history: list[tuple[str, int]], last: int) -> None:
    highest = 0
    for kind, number in history:
        if kind == "count":
            assert number > highest, f"{number} was counted after {highest}: two wrote at once"
            highest = number
        elif kind == "enter":
            assert number >= highest, f"a run began at {number}, though {highest} was counted: a write got lost"
    assert last >= highest, f"{highest} was counted, and the state has {last}"


def contested(
    url: str,
    folder: Path,
    acquisitions: int,
    *,
    writers: int = 8,
    pause_s: float = 0.3,
    every_s: float = 1.0,
    **more: str,
) -> Contest:
    contest = Contest(url, folder, writers, more)
    try:
        while contest.acquisitions() < acquisitions or not contest.kills:
            time.sleep(every_s)
            contest.disturb(pause_s)
        contest.end()
    finally:
        contest.abandon()
    last = counted(load(Stack(open_backend(url), "proj", "dev"), keyring).snapshot)
    with replayed(__file__, "test_runs_on_a_folder_never_write_at_once"):
        require_one_writer(contest.history(), last)
    print(f"{contest.acquisitions()} acquisitions, {contest.kills} kills, {contest.pauses} pauses; counted to {last}")
    return contest


def on_a_folder(folder: Path, acquisitions: int, **how: Any) -> None:
    url = f"file://{folder / 'state'}"
    create_stack(LocalBlobs(folder / "state"), "proj", "dev", PROVIDER, TIME)
    assert contested(url, folder, acquisitions, **how).kills


def in_a_bucket(folder: Path, kind: str, acquisitions: int, writers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_buckets() as buckets:
        for name, value in buckets.environment.items():
            monkeypatch.setenv(name, value)
        url = buckets.url(f"{kind}-contest-{acquisitions}")
        create_stack(open_backend(url), "proj", "dev", PROVIDER, TIME)
        # A pause is longer than the lease and its margin: then another writer takes over.
        more = {"DATAARTS_LEASE_S": "4", **buckets.environment}
        contested(url, folder, acquisitions, writers=writers, pause_s=7, **more)


def test_three_runs_on_a_folder_never_write_at_once(tmp_path: Path) -> None:
    on_a_folder(tmp_path, 30, writers=3, pause_s=0.1, every_s=0.1)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_runs_on_a_folder_never_write_at_once(tmp_path: Path) -> None:
    on_a_folder(tmp_path, 160)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_runs_in_a_bucket_never_write_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_a_bucket(tmp_path, "state", 20, 3, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_runs_on_a_folder_never_write_at_once(tmp_path: Path) -> None:
    on_a_folder(tmp_path, 4500)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["state", "create", "append"])
def test_many_runs_in_a_bucket_never_write_at_once(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_a_bucket(tmp_path, kind, 250, 8, monkeypatch)
