from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from pulumi_dataarts.backend import locks
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.errors import LockHeld

NOW = datetime(2026, 11, 20, 15, 14, 5, tzinfo=UTC)
GONE = 2**22 + 1  # beyond the largest process id

HOLDING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pulumi_dataarts.backend import locks
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.stacks import Stack
lock = locks.acquire(Stack(LocalBlobs(Path(sys.argv[1])), "proj", "dev"), datetime.now(UTC), print)
print("held", flush=True)
sys.stdin.readline()
lock.release()
"""


@contextmanager
def holder(blobs: LocalBlobs) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDING, str(blobs.folder)]
    with subprocess.Popen(command, env=environment, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def write_lock(stack: Stack, name: str = "0d9e4eb4", **more: object) -> str:
    key = f"{stack.locks_folder}{name}.json"
    content = {"pid": GONE, "username": "u", "hostname": socket.gethostname(), "timestamp": "2026-11-20T15:14:05Z"}
    stack.blobs.write(key, json.dumps(content | more).encode())
    return key


def acquire(stack: Stack, notes: list[str] | None = None) -> locks.Lock:
    return locks.acquire(stack, NOW, [].append if notes is None else notes.append)


def test_a_lock_file_has_the_official_fields(stack: Stack):
    lock = acquire(stack)
    (item,) = stack.blobs.find(".pulumi/locks/organization/proj/dev/")
    content = json.loads(stack.blobs.read(item.key) or b"")
    assert content["pid"] == os.getpid()
    assert content["hostname"] == socket.gethostname()
    assert content["timestamp"] == "2026-11-20T15:14:05+00:00"
    assert content["username"]
    lock.release()
    assert locks.owners(stack) == []


def test_two_processes_exclude_each_other_and_the_second_is_told_of_the_first(stack: Stack, blobs: LocalBlobs):
    with holder(blobs) as process:
        with pytest.raises(LockHeld) as raised:
            acquire(stack)
        assert f"(pid {process.pid})" in raised.value.message
        assert "dataarts cancel --stack dev" in raised.value.hint
        process.communicate("end\n")
        acquire(stack).release()


def test_the_lock_of_a_killed_process_is_taken_over_at_once(stack: Stack, blobs: LocalBlobs):
    with holder(blobs) as process:
        process.kill()
        process.wait()
        assert len(locks.owners(stack)) == 1
        notes: list[str] = []
        lock = acquire(stack, notes)
        assert f"(pid {process.pid})" in notes[0]
        assert [owner.pid for owner in locks.owners(stack)] == [os.getpid()]
        lock.release()


def test_our_dead_lock_is_known_even_when_its_process_id_lives_again(stack: Stack):
    key = write_lock(stack, "dataarts-1", pid=os.getpid())
    acquire(stack).release()
    assert stack.blobs.read(key) is None


def test_the_dead_lock_of_the_official_cli_is_taken_over(stack: Stack):
    write_lock(stack)
    notes: list[str] = []
    acquire(stack, notes).release()
    assert notes == [
        f"took over the lock of u@{socket.gethostname()} (pid {GONE}) since 2026-11-20T15:14:05Z: that process is gone"
    ]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("0d9e4eb4", {"pid": os.getpid()}),
        ("0d9e4eb4", {"hostname": "elsewhere"}),
        ("dataarts-1", {"hostname": "elsewhere"}),
    ],
    ids=["alive", "on another host", "ours on another host"],
)
def test_a_lock_that_may_be_alive_is_respected(stack: Stack, name: str, more: dict[str, object]):
    key = write_lock(stack, name, **more)
    write_lock(stack, "dead")
    with pytest.raises(LockHeld, match="u@"):
        acquire(stack)
    assert stack.blobs.read(key) is not None
    assert len(locks.owners(stack)) == 2, "nothing is taken over, and nothing of ours is left"


def test_an_unreadable_lock_is_a_lock(stack: Stack):
    stack.blobs.write(f"{stack.locks_folder}x.json", b"{")
    with pytest.raises(LockHeld, match="somebody@an unknown host"):
        acquire(stack)


def test_one_who_came_at_the_same_moment_is_seen_and_we_step_back(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    real, calls = locks.owners, []

    def owners(of: Stack) -> list[locks.Owner]:
        calls.append(of)
        if len(calls) == 2:
            write_lock(stack, "late", hostname="elsewhere")
        return real(of)

    monkeypatch.setattr(locks, "owners", owners)
    with pytest.raises(LockHeld, match="elsewhere"):
        acquire(stack)
    assert [owner.hostname for owner in real(stack)] == ["elsewhere"]
    acquired = locks.cancel(stack)
    assert [owner.hostname for owner in acquired] == ["elsewhere"]
    acquire(stack).release()


def test_other_stacks_are_not_locked(stack: Stack, blobs: LocalBlobs):
    prod = Stack(blobs, "proj", "prod")
    first, second = acquire(stack), acquire(prod)
    assert (len(locks.owners(stack)), len(locks.owners(prod))) == (1, 1)
    first.release()
    assert (len(locks.owners(stack)), len(locks.owners(prod))) == (0, 1)
    second.release()


def test_while_a_journal_is_left_the_lock_keeps_the_official_cli_out_and_lets_us_in(stack: Stack):
    stack.blobs.write(stack.journal_key, b"begun")
    acquire(stack).release()
    assert len(locks.owners(stack)) == 1
    stack.blobs.delete(stack.journal_key)
    acquire(stack).release()
    assert locks.owners(stack) == []
