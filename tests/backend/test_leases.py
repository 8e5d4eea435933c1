"""One writer in a bucket: who may take a stack, when, and what the one before can still do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from pulumi_dataarts.backend import conditions, leases, locks, owners, runs
from pulumi_dataarts.backend.fences import FencedBlobs
from pulumi_dataarts.backend.runs import Outcome, Run, load
from pulumi_dataarts.backend.s3 import SEAL, Object, S3Blobs, open_s3
from pulumi_dataarts.backend.stacks import Stack, create_stack
from pulumi_dataarts.errors import ConfigError, Corrupt, LockHeld, StateError
from pulumi_dataarts.model.journal import Begin, Put
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from tests.backend.buckets import Buckets
from tests.backend.conftest import PROVIDER, TIME, die, keyring
from tests.model.states import PROJECT, root, thing

GUARDED = ["state", "create", "append"]


class Clocks:
    """The bucket's clock and ours, to be set forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bucket_s = self.own_s = 0.0
        look, clock_s = S3Blobs.look, leases.clock_s

        def aged(blobs: S3Blobs, key: str) -> Object | None:
            found = look(blobs, key)
            return found and found._replace(age_s=found.age_s + self.bucket_s)

        monkeypatch.setattr(S3Blobs, "look", aged)
        monkeypatch.setattr(leases, "clock_s", lambda: clock_s() + self.own_s)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@pytest.fixture(params=GUARDED)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def opened(buckets: Buckets) -> Iterator[dict[str, S3Blobs]]:
    """One bucket of each kind: it takes a while to open one."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in buckets.environment.items():
            patched.setenv(name, value)
        yield {kind: open_s3(buckets.url(f"{kind}-leases")) for kind in (*GUARDED, "plain")}


@pytest.fixture
def make_stack(opened: dict[str, S3Blobs], request: pytest.FixtureRequest) -> Callable[[str], Stack]:
    name = request.node.name.partition("[")[0][-60:] + str(request.node.name.count("-0"))
    return lambda kind: create_stack(opened[kind], PROJECT, name, PROVIDER, TIME)


@pytest.fixture
def stack(make_stack: Callable[[str], Stack]) -> Stack:
    return make_stack("state")


@pytest.fixture
def any_stack(make_stack: Callable[[str], Stack], kind: str) -> Stack:
    return make_stack(kind)


def start(stack: Stack, notes: list[str] | None = None) -> Run:
    return runs.open_run(stack, "update", keyring=keyring, note=[].append if notes is None else notes.append)


def start_elsewhere(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Run:
    with monkeypatch.context() as patched:
        patched.setattr(owners, "machine", lambda: "elsewhere")
        return start(stack)


def generations(stack: Stack) -> list[str]:
    return [item.key.rpartition("/")[2] for item in stack.blobs.find(stack.lease_folder)]


def test_a_second_run_is_told_who_is_at_work_and_until_when(any_stack: Stack):
    with start(any_stack) as run:
        with pytest.raises(LockHeld, match=r"locked by \S+@\S+ \(pid \d+\) since .*expires in 6\d s") as raised:
            start(any_stack)
        assert "dataarts cancel" in raised.value.hint
        run.close(None, Outcome())
    start(any_stack).close(None, Outcome())


def test_a_lease_that_was_given_back_is_taken_at_once_and_only_the_last_is_kept(stack: Stack):
    before = generations(stack)
    for _ in range(3):
        start(stack).close(None, Outcome())
    assert len(generations(stack)) == len(before) == 1
    assert int(generations(stack)[0][:8]) == int(before[0][:8]) + 3
    assert list(stack.blobs.find(stack.journal_key)) == []


def test_what_a_bucket_honours_is_tried_once_and_kept(make_stack: Callable[[str], Stack], kind: str):
    stack = make_stack(kind)
    record = json.loads(stack.blobs.read(".pulumi/capabilities.json") or b"")
    creates = "append" if kind == "append" else "if-none-match"
    assert record == {"version": 1, "creates": creates, "exchanges": kind == "state"}
    stack.blobs.write(".pulumi/capabilities.json", b'{"version":1,"creates":"append","exchanges":false}')
    assert conditions.conditions_of(stack.blobs).creates == "append", "it is believed"  # type: ignore[arg-type]
    stack.blobs.write(".pulumi/capabilities.json", b"{")
    assert conditions.conditions_of(stack.blobs).creates == creates, "and tried anew where it says nothing"  # type: ignore[arg-type]
    assert not list(stack.blobs.find(".pulumi/dataarts/probe"))


def test_a_bucket_that_honours_nothing_is_refused_until_the_user_takes_that_upon_themselves(
    make_stack: Callable[[str], Stack], monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(StateError, match="neither If-None-Match nor append") as raised:
        make_stack("plain")
    assert "DATAARTS_UNGUARDED_STATE=1" in raised.value.hint
    monkeypatch.setenv("DATAARTS_UNGUARDED_STATE", "1")
    stack = make_stack("plain")
    with start(stack) as run:
        with pytest.raises(LockHeld):
            start(stack)
        run.close(None, Outcome())


def test_the_lease_of_a_dead_process_of_this_machine_is_taken_over_at_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    run = start(stack)
    run.journal.append([Put(0, root())]).result(10)
    die(run)
    monkeypatch.setattr(owners, "is_running", lambda pid, started="": False)
    notes: list[str] = []
    with start(stack, notes) as again:
        assert again.base == Snapshot((root(),))
    assert "that process is gone" in notes[0]


def test_a_process_id_that_was_given_out_again_is_not_the_owner(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patched:
        patched.setattr(owners, "_started", lambda pid: "1")
        die(start(stack))
    notes: list[str] = []
    start(stack, notes).close(None, Outcome())
    assert "that process is gone" in notes[0]


def test_a_lease_of_another_machine_is_respected_until_it_expires(
    any_stack: Stack, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
):
    die(start_elsewhere(any_stack, monkeypatch))
    monkeypatch.setattr(owners, "is_running", lambda pid, started="": False)
    clocks.bucket_s = 55
    with pytest.raises(LockHeld):
        start(any_stack)
    clocks.bucket_s = 65
    notes: list[str] = []
    start(any_stack, notes).close(None, Outcome())
    assert "it expired" in notes[0]


@pytest.mark.parametrize("written", [0, 3])
def test_who_was_paused_can_begin_nothing_after_a_takeover(
    any_stack: Stack, written: int, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
):
    """Even where its own clock did not notice: the successor has sealed its journal."""
    paused = start_elsewhere(any_stack, monkeypatch)
    for number in range(written):
        paused.journal.append([Put(number, thing(f"r{number}"))]).result(10)
    clocks.bucket_s = 65
    with start(any_stack) as successor:
        clocks.bucket_s = 0
        assert len(successor.base.resources) == written
        begun = [Begin(1, PendingOperation("creating", thing("late")))]
        with pytest.raises(LockHeld, match="sealed"):
            paused.journal.append(begun).result(10)
        successor.journal.append([Put(written, thing("new"))]).result(10)
    with pytest.raises(StateError):
        paused.close(None, Outcome())
    assert next(state.urn for state in load(any_stack, keyring).snapshot.resources) == thing("new").urn


def test_a_journal_that_a_successor_removes_while_it_is_read_is_no_damage(
    any_stack: Stack, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
):
    paused = start_elsewhere(any_stack, monkeypatch)
    paused.journal.append([Put(0, thing("a"))]).result(10)
    listed = any_stack.blobs.frame_keys(any_stack.journal_key)
    clocks.bucket_s = 65
    with start(any_stack):
        clocks.bucket_s = 0
    monkeypatch.setattr(type(any_stack.blobs), "frame_keys", lambda *_: listed)
    with pytest.raises(LockHeld, match="has lost stack"):
        paused.settle()
    with pytest.raises(Corrupt, match="removed while it was read"):
        any_stack.blobs.read_log(any_stack.journal_key)


def test_a_run_that_cannot_renew_stops_by_its_own_clock(stack: Stack, clocks: Clocks):
    run = start(stack)
    run.journal.append([Put(0, root())]).result(10)
    clocks.own_s = 61
    with pytest.raises(LockHeld, match="could not be renewed in time"):
        run.journal.append([Put(1, thing("a"))]).result(10)
    with pytest.raises(StateError):
        run.close(None, Outcome())


def test_a_renewal_holds_the_lease_and_one_that_comes_too_late_does_not(
    stack: Stack, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
):
    lock = locks.acquire(stack, runs.datetime.now(runs.UTC), [].append)
    lease = lock._guard
    assert isinstance(lease, leases.Lease)
    clocks.own_s = 40
    lease.renew()
    clocks.own_s = 80
    lease.require()
    write = S3Blobs.write

    def slow(blobs: S3Blobs, key: str, data: bytes) -> None:
        clocks.own_s = 130
        write(blobs, key, data)

    with monkeypatch.context() as patched:
        patched.setattr(S3Blobs, "write", slow)
        lease.renew()
    with pytest.raises(LockHeld):
        lease.require()
    lock.release()


def test_a_stale_checkpoint_is_not_put_over_a_newer_one(
    any_stack: Stack, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
):
    paused = start_elsewhere(any_stack, monkeypatch)
    fenced = paused._lock.stack.blobs
    assert isinstance(fenced, FencedBlobs)
    key = f"{any_stack.base}.json"
    before = fenced.read(key)
    clocks.bucket_s = 65
    with start(any_stack) as successor:
        clocks.bucket_s = 0
        successor.close(Snapshot((root(),)), Outcome())
    with pytest.raises(StateError):
        fenced.write(key, before or b"")
    assert load(any_stack, keyring).snapshot == Snapshot((root(),))
    die(paused)


def test_a_checkpoint_is_exchanged_only_for_the_version_that_was_read(make_stack: Callable[[str], Stack]):
    """No look at the lease is needed where the bucket honours If-Match: somebody without a lease is noticed too."""
    stack = make_stack("state")
    run = start(stack)
    fenced = run._lock.stack.blobs
    fenced.read("a")
    fenced.write("a", b"1")
    fenced.read("a")
    stack.blobs.write("a", b"by somebody else")
    with pytest.raises(StateError, match="changed by somebody else"):
        fenced.write("a", b"2")
    assert stack.blobs.read("a") == b"by somebody else"
    run.close(None, Outcome())


def test_seals_stay_for_an_hour(stack: Stack, clocks: Clocks, monkeypatch: pytest.MonkeyPatch):
    die(start_elsewhere(stack, monkeypatch))
    clocks.bucket_s = 65
    start(stack).close(None, Outcome())
    assert [stack.blobs.read(item.key) for item in stack.blobs.find(stack.journal_key)] == [SEAL]
    clocks.bucket_s = 3700
    start(stack).close(None, Outcome())
    assert stack.blobs.find(stack.journal_key) == []


def test_cancel_takes_the_lease_from_a_run(stack: Stack):
    run = start(stack)
    assert [owner.is_ours for owner in locks.cancel(stack)] == [True]
    with pytest.raises(LockHeld):
        run.journal.append([Put(0, root())]).result(10)
    start(stack).close(None, Outcome())
    assert load(stack, keyring).snapshot == Snapshot()
    die(run)


def test_answers_that_get_lost_change_nothing(buckets: Buckets, any_stack: Stack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    buckets.lost = 0.3
    try:
        for number in range(3):
            with start(any_stack) as run:
                run.journal.append([Put(number, thing(f"r{number}"))]).result(10)
                run.close(None, Outcome())
    finally:
        buckets.lost = 0.0
    assert len(load(any_stack, keyring).snapshot.resources) == 3


def test_the_lease_of_a_slow_one_who_creates_a_forgotten_generation_does_not_count(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    late = leases._highest(stack)
    for _ in range(2):
        start(stack).close(None, Outcome())
    answers = iter([late])
    highest = leases._highest
    monkeypatch.setattr(leases, "_highest", lambda stack: next(answers, None) or highest(stack))
    start(stack).close(None, Outcome())
    assert len(generations(stack)) == 1
    assert int(generations(stack)[0][:8]) == 4


def test_a_duration_that_is_none_is_refused(make_stack: Callable[[str], Stack], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATAARTS_LEASE_S", "soon")
    with pytest.raises(ConfigError, match="DATAARTS_LEASE_S"):
        make_stack("state")
