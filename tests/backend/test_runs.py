from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulumi_dataarts.backend import checkpoint, history, locks, runs
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.runs import Outcome, Run, load, open_run
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.backend.vaults import Crypter, SecretsProvider
from pulumi_dataarts.errors import Corrupt, LockHeld, StateError
from pulumi_dataarts.model.journal import Batch, Begin, Drop, End, Put, fold
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot
from pulumi_dataarts.model.values import Secret
from tests.backend.conftest import die, keyring
from tests.model.states import root, thing

NOW = datetime(2026, 11, 20, 15, 14, 5, 650000, tzinfo=UTC)


BULK = {"text": "x" * 5000}


def start(stack: Stack, **more: object) -> Run:
    return open_run(stack, "update", keyring=keyring, clock=lambda: NOW, **more)  # type: ignore[arg-type]


def key(stack: Stack) -> str:
    return f"{stack.base}.json"


def content(stack: Stack) -> bytes:
    data = stack.blobs.read(key(stack))
    assert data is not None
    return data


def up(stack: Stack, *states: ResourceState) -> Snapshot:
    """Make resources as an engine does, a durable begin and end around each."""
    with start(stack) as run:
        size = len(run.base.resources)
        for number, state in enumerate(states, start=size):
            run.journal.append([Begin(number, PendingOperation("creating", replace(state, id="")))]).result(10)
            run.journal.append([End(number), Put(number, state)]).result(10)
        run.close(None, Outcome(changes={"create": len(states)}))
    return load(stack, keyring).snapshot


def killed(stack: Stack, batches: list[Batch]) -> None:
    """Leave what a process leaves that is killed after these batches."""
    run = start(stack)
    for batch in batches:
        run.journal.append(batch).result(10)
    die(run)


def test_a_run_leads_to_the_state_of_its_journal(stack: Stack):
    snapshot = up(stack, root(), thing("a"), thing("b", "a"))
    assert [state.id for state in snapshot.resources] == ["", "id-a", "id-b"]
    assert snapshot.pending == ()


def test_a_run_leaves_the_official_files_and_nothing_else(stack: Stack):
    up(stack, root())
    names = [item.key for item in stack.blobs.find(".pulumi/")]
    folders = [name.rpartition("/")[0] for name in names]
    assert folders == [
        ".pulumi/backups/proj/dev",
        ".pulumi/dataarts/proj",
        ".pulumi/history/proj/dev",
        ".pulumi/history/proj/dev",
        ".pulumi",
        ".pulumi/stacks/proj",
        ".pulumi/stacks/proj",
    ]
    assert names[-2:] == [key(stack), f"{key(stack)}.bak"]


def test_each_batch_is_on_disk_when_its_future_is_done(stack: Stack):
    with start(stack) as run:
        run.journal.append([Put(0, root())]).result(10)
        assert load(stack, keyring).snapshot.resources == (root(),)
        run.journal.append([Begin(1, PendingOperation("creating", thing("a")))]).result(10)
        assert [item.resource.urn for item in load(stack, keyring).snapshot.pending] == [thing("a").urn]
        assert json.loads(content(stack))["checkpoint"]["latest"].get("resources") is None


def test_the_backup_has_the_state_before_the_run(stack: Stack):
    up(stack, root())
    before = content(stack)
    up(stack, thing("a"))
    assert stack.blobs.read(f"{key(stack)}.bak") == before


def test_a_run_is_written_into_the_history(stack: Stack):
    with start(stack) as run:
        digest = run.close(Snapshot((root(),)), Outcome("failed", {"create": 1}, "why", {"k": "v"}, {"proj:k": "v"}))
    assert list(history.read_updates(stack)) == [
        history.Update(
            "update",
            int(NOW.timestamp()),
            int(NOW.timestamp()),
            "failed",
            "why",
            {"k": "v"},
            {"proj:k": "v"},
            {"create": 1},
        )
    ]
    assert digest == checkpoint.digest(content(stack)) == load(stack, keyring).digest


def test_a_run_left_by_an_exception_keeps_what_it_did(stack: Stack):
    def fail() -> None:
        with start(stack) as run:
            run.journal.append([Put(0, root())]).result(10)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert load(stack, keyring).snapshot.resources == (root(),)
    assert next(history.read_updates(stack)).result == "failed"
    assert locks.owners(stack) == []


def test_a_killed_run_is_continued(stack: Stack):
    up(stack, root(), thing("a"))
    pending = PendingOperation("creating", thing("c"))
    happened: list[Batch] = [[Drop(1), Put(2, thing("a"))], [Put(3, thing("b", "a"))], [Begin(7, pending)]]
    base = load(stack, keyring).snapshot
    killed(stack, happened)
    expected = fold(base, happened)
    assert load(stack, keyring).snapshot == expected, "a reader sees it all at once"
    assert len(locks.owners(stack)) == 1, "the official CLI is kept out meanwhile"
    notes: list[str] = []
    with start(stack, note=notes.append) as run:
        assert run.base == expected
        assert stack.blobs.read_log(stack.journal_key) == b"", "what was there is folded in before the run goes on"
        assert len(locks.owners(stack)) == 1
        run.close(None, Outcome())
    assert ["took over" in notes[0], "continued" in notes[1]] == [True, True]
    assert load(stack, keyring).snapshot.pending == (pending,)
    assert locks.owners(stack) == []


def test_a_run_killed_at_any_byte_of_its_journal_is_continued(stack: Stack, blobs: LocalBlobs):
    happened: list[Batch] = [
        [Put(0, root())],
        [Begin(1, PendingOperation("creating", thing("a")))],
        [End(1), Put(1, thing("a"))],
    ]
    killed(stack, happened)
    journal, before = blobs.read_log(stack.journal_key), content(stack)
    prefixes = [fold(Snapshot(), happened[:count]) for count in range(len(happened) + 1)]
    reached = []
    for cut in range(0, len(journal) + 1, 23):
        blobs.write(key(stack), before)
        blobs.write(stack.journal_key, journal[:cut])
        with start(stack) as run:
            reached.append(prefixes.index(run.base))
            run.close(None, Outcome())
    assert reached == sorted(reached)
    assert set(reached) == {0, 1, 2} | ({3} if len(journal) % 23 == 0 else set())


def test_a_run_killed_between_checkpoint_and_journal_is_known_to_be_done(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    run = start(stack)
    run.journal.append([Put(0, root())]).result(10)
    monkeypatch.setattr(Run, "_drop_log", _die)
    with pytest.raises(KeyboardInterrupt):
        run.close(None, Outcome())
    monkeypatch.undo()
    assert stack.blobs.read_log(stack.journal_key) != b""
    with start(stack) as again:
        assert again.base.resources == (root(),)
        assert stack.blobs.read_log(stack.journal_key) == b""


def test_a_journal_outgrowing_the_state_is_folded_in_the_midst(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runs, "JOURNAL_MIN_BYTES", 2000)
    sizes, folds = [], 0
    with start(stack) as run:
        previous = content(stack)
        for number in range(80):
            state = thing(f"r{number}", *([f"r{number - 1}"] if number else []), inputs={"s": Secret("x"), "n": number})
            run.journal.append([Begin(number, PendingOperation("creating", state))]).result(10)
            run.journal.append([End(number), Put(number, state)]).result(10)
            sizes.append(len(stack.blobs.read_log(stack.journal_key)))
            folds += content(stack) != previous
            previous = content(stack)
            assert len(load(stack, keyring).snapshot.resources) == number + 1
        assert 3 < folds < 15, "as often as the state doubles, not with each batch"
        assert max(sizes) < 3 * len(content(stack))
        run.close(None, Outcome())
    assert [state.inputs["n"] for state in load(stack, keyring).snapshot.resources] == list(range(80))
    assert json.loads(stack.blobs.read(f"{key(stack)}.bak") or b"")["checkpoint"]["latest"].get("resources") is None


def test_a_journal_smaller_than_the_state_is_left_to_grow(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    up(stack, *(thing(f"r{number}") for number in range(30)))
    monkeypatch.setattr(runs, "JOURNAL_MIN_BYTES", 1)
    before = content(stack)
    with start(stack) as run:
        for number in range(10):
            run.journal.append([Put(number, thing(f"r{number}", id="new"))]).result(10)
        assert content(stack) == before
        run.close(None, Outcome())


def test_numbers_mean_the_same_after_a_fold_in_the_midst(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    up(stack, *(thing(name) for name in "abc"))
    base = load(stack, keyring).snapshot
    monkeypatch.setattr(runs, "JOURNAL_MIN_BYTES", 1)
    happened: list[Batch] = [
        [Put(4, thing("e", outputs=BULK))],
        [Begin(1, PendingOperation("updating", thing("b")))],
        [Drop(0)],
        [Put(2, thing("c", id="new")), End(1)],
        [Put(3, thing("d")), Drop(4)],
    ]
    before = content(stack)
    killed(stack, happened)
    assert content(stack) != before, "it was folded"
    assert stack.has_journal(), "and went on"
    assert load(stack, keyring).snapshot == fold(base, happened)


def test_nothing_is_folded_in_the_midst_while_something_is_named_by_its_alias(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    up(stack, thing("old"), thing("user", "old"))
    monkeypatch.setattr(runs, "JOURNAL_MIN_BYTES", 1)
    before = content(stack)
    with start(stack) as run:
        run.journal.append([Drop(0), Put(2, thing("new", outputs=BULK, aliases=(thing("old").urn,)))]).result(10)
        assert content(stack) == before
        run.journal.append([Put(1, thing("user", "old", delete=True)), Put(3, thing("user", "new", id="2"))]).result(10)
        run.close(None, Outcome())
    snapshot = load(stack, keyring).snapshot
    assert {state.dependencies for state in snapshot.resources[1:]} == {(thing("new").urn,)}
    assert all(state.aliases == () for state in snapshot.resources)


def test_a_state_that_would_break_its_rules_does_not_become_current(stack: Stack):
    up(stack, root())
    before = content(stack)
    run = start(stack)
    run.journal.append([Put(1, thing("b", "missing"))]).result(10)
    with pytest.raises(Corrupt, match="which is missing"):
        run.close(None, Outcome())
    assert content(stack) == before
    assert stack.blobs.read_log(stack.journal_key) != b"", "and what happened is not lost"
    assert len(locks.owners(stack)) == 1
    with pytest.raises(Corrupt, match="which is missing"):
        start(stack)
    assert stack.blobs.read_log(stack.journal_key) != b""
    assert len(locks.owners(stack)) == 1


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(stack: Stack):
    run = start(stack)
    run.journal.append([Put(0, root())]).result(10)
    other = content(stack).replace(b"2026", b"2027")
    stack.blobs.write(key(stack), other)
    with pytest.raises(StateError, match="changed by somebody else"):
        run.close(None, Outcome())
    assert content(stack) == other
    assert stack.blobs.read_log(stack.journal_key) != b""
    with pytest.raises(Corrupt, match="another state"):
        load(stack, keyring)


def test_only_one_run_at_a_time(stack: Stack):
    with start(stack) as run:
        with pytest.raises(LockHeld, match=f"pid {os.getpid()}"):
            start(stack)
        run.close(None, Outcome())
    start(stack).close(None, Outcome())


def test_a_run_under_another_provider_encrypts_the_state_anew(stack: Stack):
    up(stack, thing("a", inputs={"s": Secret("hunter2")}))
    other = SecretsProvider("test", {"key": "two"})
    with start(stack, provider=other) as run:
        run.journal.append([Put(1, thing("b", inputs={"s": Secret("hunter2")}))]).result(10)
        assert load(stack, keyring).checkpoint.provider == other
        run.close(None, Outcome())
    loaded = load(stack, keyring)
    assert loaded.checkpoint.provider == other
    assert [state.inputs["s"] for state in loaded.snapshot.resources] == [Secret("hunter2")] * 2


def test_a_key_that_does_not_fit_leaves_everything_as_it_was(stack: Stack):
    up(stack, thing("a", inputs={"s": Secret("hunter2")}))
    before = content(stack)

    def wrong(provider: SecretsProvider) -> Crypter:
        return keyring(SecretsProvider("test", {"key": "wrong"}))

    with pytest.raises(Corrupt, match="another passphrase"):
        open_run(stack, "update", keyring=wrong)
    assert content(stack) == before
    assert locks.owners(stack) == []


def test_no_secret_is_in_clear_in_any_file(stack: Stack, blobs: LocalBlobs):
    state = thing("a", inputs={"s": Secret("hunter2")}, outputs={"deep": [{"s": Secret("hunter2")}]})
    run = start(stack)
    run.journal.append([Begin(0, PendingOperation("creating", state))]).result(10)
    run.journal.append([End(0), Put(0, state)]).result(10)
    assert _files_with(blobs.folder, b"hunter2") == []
    run.close(None, Outcome())
    assert _files_with(blobs.folder, b"hunter2") == []


KILLED = """
import os, signal, sys
from pathlib import Path
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.runs import open_run
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.model.journal import Put
from tests.backend.conftest import die, keyring
from tests.model.states import thing
run = open_run(Stack(LocalBlobs(Path(sys.argv[1])), "proj", "dev"), "update", keyring=keyring)
for number in range(int(sys.argv[2])):
    run.journal.append([Put(number, thing(f"r{number}"))]).result()
print("durable", flush=True)
for number in range(1000, 2000):
    run.journal.append([Put(number, thing(f"r{number}"))])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_nothing_and_stops_nobody(stack: Stack, blobs: LocalBlobs):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(blobs.folder), "20"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "durable\n"), done.stderr
    with start(stack) as run:
        names = [state.urn.rpartition("::")[2] for state in run.base.resources]
        assert names[:20] == [f"r{number}" for number in range(20)]
        assert names[20:] == [f"r{number}" for number in range(1000, 1000 + len(names) - 20)]
        run.close(None, Outcome())


def test_the_cost_of_a_batch_does_not_grow_with_the_state(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    written: list[int] = []
    real = os.write
    up(stack, *(thing(f"r{number}") for number in range(100)))
    with start(stack) as run:
        run.journal.append([Put(0, thing("r0", id="x"))]).result(10)
        monkeypatch.setattr(os, "write", lambda handle, data: written.append(len(data)) or real(handle, data))
        futures: list[Future[None]] = [
            run.journal.append([Put(1, thing("r1", id=str(number)))]) for number in range(50)
        ]
        for future in futures:
            future.result(10)
        monkeypatch.undo()
        run.close(None, Outcome())
    assert sum(written) < 50 * 400
    assert len(written) < 50, "batches in flight share their writes"


def _die(self: Run) -> None:
    raise KeyboardInterrupt


def _files_with(folder: Path, text: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]
