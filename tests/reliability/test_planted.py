"""Do the tests bite? Each fault is planted by hand, and the test named beside it must fail.

What is checked here is run in this process, with the fault in place, by calling the test itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.backend import blobs, journals, locks, runs
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.fences import FencedBlobs
from pulumi_dataarts.backend.leases import Lease
from pulumi_dataarts.backend.runs import Run
from pulumi_dataarts.backend.s3 import S3Blobs, open_s3
from pulumi_dataarts.backend.stacks import Stack, create_stack
from pulumi_dataarts.engine.ledger import Ledger
from pulumi_dataarts.model.journal import Begin, End, Put
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from tests.backend import test_leases, test_locks, test_runs
from tests.backend.buckets import Buckets, running_buckets
from tests.backend.conftest import PROVIDER, TIME, keyring
from tests.model.states import PROJECT, STACK, root, thing
from tests.reliability import test_crashes, test_disk, test_formats, test_model

Patch = pytest.MonkeyPatch
pytestmark = pytest.mark.slow


@contextmanager
def fault(plant: Callable[[Patch], None]) -> Iterator[None]:
    """Have a fault in place, and require that what is done meanwhile notices it."""
    with Patch.context() as patched:
        plant(patched)
        try:
            yield
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return
    pytest.fail("nobody noticed")


def skip_begin(patched: Patch) -> None:
    """Call the provider without having said so."""

    async def begin(ledger: Ledger, type: str, resource: Any) -> int:
        ledger._next_operation += 1
        return ledger._next_operation - 1

    patched.setattr(Ledger, "begin", begin)


def forget_pending(patched: Patch) -> None:
    """Drop from the checkpoint what had no answer."""
    become = Run._become
    patched.setattr(Run, "_become", lambda run, snapshot: become(run, Snapshot(snapshot.resources)))


def write_in_place(patched: Patch) -> None:
    """Truncate and rewrite the state, as others do."""

    def replace(path: Path, data: bytes) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(handle, data)
        os.fsync(handle)
        os.close(handle)

    patched.setattr(blobs, "_replace", replace)


def swallow_a_full_disk(patched: Patch) -> None:
    """Take a journal for written that could not be."""
    append = blobs._LocalLog.append

    def tolerant(log: Any, frame: bytes) -> None:
        try:
            append(log, frame)
        except Exception:  # noqa: BLE001 - the fault
            return

    patched.setattr(blobs._LocalLog, "append", tolerant)


def delete_the_journal_first(patched: Patch) -> None:
    """Let the journal go before the checkpoint has what it says."""
    become = Run._become

    def too_early(run: Run, snapshot: Snapshot) -> bytes:
        run._stack.blobs.delete(run._stack.journal_key)
        return become(run, snapshot)

    patched.setattr(Run, "_become", too_early)


def forget_the_lock(patched: Patch) -> None:
    """Write no lock file and ask nobody."""
    patched.setattr(locks, "_kernel_guard", lambda stack: locks._KernelGuard(stack.blobs, _Nothing()))  # type: ignore[arg-type]
    patched.setattr(locks, "owners", lambda stack: [])


class _Nothing:
    def release(self) -> None:
        pass


def take_over_the_living(patched: Patch) -> None:
    """Take every lock for that of a dead process."""
    patched.setattr(locks, "_is_dead_here", lambda owner: True)


def tell_before_it_is_durable(patched: Patch) -> None:
    """Answer an append at once."""
    append = journals.Writer.append

    def early(writer: journals.Writer, batch: Any) -> Any:
        from concurrent.futures import Future

        done: Future[None] = Future()
        done.set_result(None)
        writer._waiting.append(batch)
        if len(writer._waiting) > 3:
            writer._waiting.pop()
            append(writer, batch)
        return done

    patched.setattr(journals.Writer, "append", early)


def skip_fsync(patched: Patch) -> None:
    """Trust the operating system."""
    patched.setattr(blobs.os, "fsync", lambda handle: None)


def accept_any_version(patched: Patch) -> None:
    """Read a newer journal as if it were ours."""
    patched.setattr(journals, "_VERSION", 2)


def write_secrets_in_clear(patched: Patch) -> None:
    """Forget the encryption of values."""
    from pulumi_dataarts.backend.vaults import Vault

    patched.setattr(Vault, "seal", lambda vault, text: text)
    patched.setattr(Vault, "unseal", lambda vault, text: text)


def ignore_rules(patched: Patch) -> None:
    """Make any snapshot the state."""
    patched.setattr(runs, "violations", lambda snapshot: [])


def drop_the_seal(patched: Patch) -> None:
    """Take over without sealing the journal of the one before."""
    patched.setattr("pulumi_dataarts.backend.leases._seal", lambda *arguments: None)


def drop_the_generation(patched: Patch) -> None:
    """Write whatever the lease says."""
    patched.setattr(Lease, "require", lambda lease: None)
    patched.setattr(Lease, "confirm", lambda lease: None)
    patched.setattr(FencedBlobs, "write", lambda fenced, key, data: fenced._blobs.write(key, data))


def ignore_the_clock(patched: Patch) -> None:
    """Never take a lease for expired by one's own clock."""
    patched.setattr(Lease, "require", lambda lease: None)


def create_over_what_is_there(patched: Patch) -> None:
    """Ask for no condition."""

    def create(bucket: S3Blobs, key: str, data: bytes) -> bool:
        bucket.write(key, data)
        return True

    patched.setattr(S3Blobs, "create", create)


def spread(name: str, stride: int = 7) -> Callable[[Path], None]:
    return lambda folder: _require(len(test_crashes.tried(name, folder, stride)))


def _require(count: int) -> None:
    assert count


LOCAL = [
    pytest.param(skip_begin, spread("create"), id="skip-begin"),
    pytest.param(write_in_place, spread("update", 1), id="write-in-place"),
    pytest.param(delete_the_journal_first, spread("few", 1), id="journal-first"),
    pytest.param(swallow_a_full_disk, lambda folder: _require(test_disk.tried(folder, 7)), id="swallow-enospc"),
    pytest.param(
        write_secrets_in_clear, lambda folder: test_model.test_a_stack_lives_through_anything(), id="clear-secrets"
    ),
]


@pytest.mark.parametrize(("plant", "bites"), LOCAL)
def test_a_fault_in_a_run_is_noticed(
    plant: Callable[[Patch], None], bites: Callable[[Path], None], tmp_path: Path
) -> None:
    with fault(plant):
        bites(tmp_path)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return create_stack(LocalBlobs(tmp_path), PROJECT, STACK, PROVIDER, TIME)


def test_forgetting_the_lock_is_noticed(stack: Stack) -> None:
    assert isinstance(stack.blobs, LocalBlobs)
    with fault(forget_the_lock):
        test_locks.test_two_processes_exclude_each_other_and_the_second_is_told_of_the_first(stack, stack.blobs)


def test_taking_the_living_for_dead_is_noticed(stack: Stack) -> None:
    with fault(take_over_the_living):
        test_locks.test_a_lock_that_may_be_alive_is_respected(stack, "0d9e4eb4", {"hostname": "elsewhere"})


def test_forgetting_what_had_no_answer_is_noticed(stack: Stack) -> None:
    with fault(forget_pending):
        test_runs.test_a_killed_run_is_continued(stack)


def test_answering_before_it_is_durable_is_noticed(stack: Stack) -> None:
    with fault(tell_before_it_is_durable):
        test_runs.test_each_batch_is_on_disk_when_its_future_is_done(stack)


def test_skipping_fsync_is_noticed(tmp_path: Path, stack: Stack) -> None:
    """No kill can show it, only a loss of power; so what is asked of the disk is looked at."""

    def looked_at() -> None:
        synced: list[int] = []
        real = os.fsync
        with Patch.context() as patched:
            patched.setattr(blobs.os, "fsync", lambda handle: (synced.append(handle), real(handle)))
            with runs.open_run(stack, "update", keyring=keyring) as run:
                before = len(synced)
                run.journal.append([Begin(0, PendingOperation("creating", thing("a")))]).result(10)
                first = len(synced)
                run.journal.append([End(0), Put(0, root())]).result(10)
                second = len(synced)
                run.close(Snapshot((root(),)), runs.Outcome())
        assert first - before >= 2, "a new journal: the file and its folder"
        assert second - first == 1, "a frame"
        assert len(synced) - second >= 3, "the checkpoint, its folder, the journal's end"

    looked_at()
    sync = blobs._LocalLog._extend

    def unsynced(log: Any, frame: bytes) -> None:
        os.write(log._handle, frame)

    with fault(lambda patched: patched.setattr(blobs._LocalLog, "_extend", unsynced)):
        looked_at()
    assert blobs._LocalLog._extend is sync
    with fault(lambda patched: patched.setattr(blobs, "_sync_folder", lambda folder: None)):
        looked_at()


def test_taking_a_newer_journal_for_ours_is_noticed(tmp_path: Path) -> None:
    with fault(accept_any_version):
        test_formats.test_a_newer_state_is_refused_by_name_and_left_as_it_is(test_formats._newer_journal, tmp_path)


def test_making_any_snapshot_the_state_is_noticed(stack: Stack) -> None:
    with fault(ignore_rules), pytest.raises(Exception, match="break its rules"):
        runs.open_run(stack, "update", keyring=keyring).close(Snapshot((thing("b", "a"),)), runs.Outcome())


@pytest.fixture(scope="module")
def buckets() -> Iterator[Buckets]:
    with running_buckets() as running:
        yield running


@pytest.fixture
def remote(buckets: Buckets, monkeypatch: Patch, request: pytest.FixtureRequest) -> Stack:
    for name, value in buckets.environment.items():
        monkeypatch.setenv(name, value)
    name = "state-planted-" + str(abs(hash(request.node.name)))
    return create_stack(open_s3(buckets.url(name)), PROJECT, STACK, PROVIDER, TIME)


@pytest.mark.parametrize("plant", [drop_the_seal, drop_the_generation, ignore_the_clock, create_over_what_is_there])
def test_a_fault_in_a_lease_is_noticed(plant: Callable[[Patch], None], remote: Stack) -> None:
    with fault(plant), Patch.context() as clock:
        if plant in (drop_the_seal, create_over_what_is_there):
            clocks = test_leases.Clocks(clock)
            test_leases.test_who_was_paused_can_begin_nothing_after_a_takeover(remote, 0, clocks, clock)
        elif plant is ignore_the_clock:
            test_leases.test_a_run_that_cannot_renew_stops_by_its_own_clock(remote, test_leases.Clocks(clock))
        else:
            clocks = test_leases.Clocks(clock)
            test_leases.test_a_stale_checkpoint_is_not_put_over_a_newer_one(remote, clocks, clock)


def test_without_a_fault_the_same_tests_pass(tmp_path: Path, remote: Stack) -> None:
    """Or else they would prove nothing."""
    spread("create", 97)(tmp_path)
    with Patch.context() as clock:
        test_leases.test_who_was_paused_can_begin_nothing_after_a_takeover(remote, 0, test_leases.Clocks(clock), clock)
