"""Eight runs want one stack; they are killed and paused at random. Only one writes at a time.

Each run counts on from the state that it finds. If two ever wrote at once, or one wrote after it had lost the stack, a
number would be counted twice, or one that was counted would be gone.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pulumi_dataarts.backend.blobs import LocalBlobs, open_backend
from pulumi_dataarts.backend.runs import load
from pulumi_dataarts.backend.stacks import Stack, create_stack
from tests.backend.buckets import running_buckets
from tests.reliability.durable import PROVIDER, TIME, keyring
from tests.reliability.writer import counted

SEED = int(os.environ.get("SEED", "1"))
ROOT = Path(__file__).parents[2]


class Contest:
    """Writers at work on one stack, and what they have done."""

    def __init__(self, url: str, folder: Path, writers: int, environment: dict[str, str]) -> None:
        self._url, self._folder = url, folder
        self._environment = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        self._chance = random.Random(SEED)
        self._started = 0
        self.kills = self.pauses = 0
        self._writers = [self._start() for _ in range(writers)]

    def _start(self) -> subprocess.Popen[bytes]:
        self._started += 1
        command = [sys.executable, "-m", "tests.reliability.writer", self._url, f"{SEED}-{self._started}"]
        return subprocess.Popen([*command, str(self._folder)], env=self._environment, cwd=ROOT)

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
        assert victim.poll() is None, "a writer failed; see its standard error"
        if self._chance.random() < 0.6:
            victim.kill()
            victim.wait()
            self.kills += 1
            self._writers[place] = self._start()
        else:
            victim.send_signal(signal.SIGSTOP)
            time.sleep(pause_s)
            victim.send_signal(signal.SIGCONT)
            self.pauses += 1

    def end(self) -> None:
        (self._folder / "stop").touch()
        codes = [writer.wait(timeout=100) for writer in self._writers]
        assert codes == [0] * len(codes), "a writer failed; see its standard error"

    def abandon(self) -> None:
        for writer in self._writers:
            writer.kill()
            writer.wait()


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
    url: str, folder: Path, acquisitions: int, *, writers: int = 8, pause_s: float = 0.3, **more: str
) -> Contest:
    contest = Contest(url, folder, writers, more)
    try:
        while contest.acquisitions() < acquisitions:
            time.sleep(1)
            contest.disturb(pause_s)
        contest.end()
    finally:
        contest.abandon()
    last = counted(load(Stack(open_backend(url), "proj", "dev"), keyring).snapshot)
    try:
        require_one_writer(contest.history(), last)
    except AssertionError as error:
        raise AssertionError(f"{error}\nreplay: SEED={SEED} pytest -n 0 -m '' {__file__}") from error
    print(f"{contest.acquisitions()} acquisitions, {contest.kills} kills, {contest.pauses} pauses; counted to {last}")
    return contest


def on_a_folder(folder: Path, acquisitions: int) -> None:
    url = f"file://{folder / 'state'}"
    create_stack(LocalBlobs(folder / "state"), "proj", "dev", PROVIDER, TIME)
    assert contested(url, folder, acquisitions).kills


def in_a_bucket(folder: Path, kind: str, acquisitions: int, writers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_buckets() as buckets:
        for name, value in buckets.environment.items():
            monkeypatch.setenv(name, value)
        url = buckets.url(f"{kind}-contest")
        create_stack(open_backend(url), "proj", "dev", PROVIDER, TIME)
        # A pause is longer than the lease and its margin: then another writer takes over.
        more = {"DATAARTS_LEASE_S": "4", **buckets.environment}
        contested(url, folder, acquisitions, writers=writers, pause_s=7, **more)


@pytest.mark.timeout(300)
def test_runs_on_a_folder_never_write_at_once(tmp_path: Path) -> None:
    on_a_folder(tmp_path, 160)


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
