from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pulumi_dataarts.backend import checkpoint, locks
from pulumi_dataarts.backend.repairs import override, repair
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.runs import Outcome, load, open_run
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.backend.vaults import Vault
from pulumi_dataarts.errors import Corrupt, LockHeld, TooNew
from pulumi_dataarts.model.journal import Batch, Put
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import Secret
from tests.backend.conftest import PROVIDER, TIME, keyring
from tests.backend.test_runs import killed
from tests.model.states import root, thing


def mend(stack: Stack) -> list[str]:
    return repair(stack, keyring, [].append, lambda: datetime(2026, 11, 20, tzinfo=UTC))


def store(stack: Stack, *states: object) -> None:
    data = checkpoint.write(stack.qualified, Snapshot(states), Codec(Vault(PROVIDER, keyring)), TIME)  # type: ignore[arg-type]
    stack.blobs.write(f"{stack.base}.json", data)


def names(stack: Stack) -> list[str]:
    return [state.urn.rpartition("::")[2] for state in load(stack, keyring).snapshot.resources]


def kept_aside(stack: Stack) -> list[bytes | None]:
    return [stack.blobs.read(item.key) for item in stack.blobs.find(stack.backups_folder) if "broken" in item.key]


def test_a_sound_state_is_left_alone(stack: Stack):
    before = stack.blobs.read(f"{stack.base}.json")
    assert mend(stack) == []
    assert stack.blobs.read(f"{stack.base}.json") == before
    assert kept_aside(stack) == []


def test_broken_references_are_mended_and_the_file_kept_aside(stack: Stack):
    store(stack, thing("b", "a"), thing("c", "gone"), thing("a"))
    broken = stack.blobs.read(f"{stack.base}.json")
    told = mend(stack)
    assert len(told) == 2
    assert names(stack) == ["c", "a", "b"]
    assert kept_aside(stack) == [broken]
    assert locks.owners(stack) == []


def test_a_file_that_is_no_json_gives_way_to_the_one_before(stack: Stack):
    with open_run(stack, "update", keyring=keyring) as run:
        run.close(Snapshot((root(),)), Outcome())
    with open_run(stack, "update", keyring=keyring) as run:
        run.close(Snapshot((root(), thing("a"))), Outcome())
    stack.blobs.write(f"{stack.base}.json", b'{"version":3,')
    assert "dev.json.bak" in mend(stack)[0]
    assert names(stack) == ["proj-dev"]


def test_a_journal_of_another_state_is_joined_with_what_is_there(stack: Stack):
    store(stack, root())
    happened: list[Batch] = [[Put(1, thing("a"))], [Put(2, thing("b", "a"))]]
    killed(stack, happened)
    store(stack, root(), thing("theirs"))
    with pytest.raises(Corrupt, match="another state"):
        load(stack, keyring)
    assert mend(stack) == ["joined the journal of an unfinished run"]
    assert names(stack) == ["proj-dev", "theirs", "a", "b"]
    assert stack.blobs.read_log(stack.journal_key) == b""
    assert len(kept_aside(stack)) == 2
    assert locks.owners(stack) == []


def test_what_a_damaged_journal_has_before_the_damage_is_kept(stack: Stack):
    killed(stack, [[Put(0, root())], [Put(1, thing("a"))], [Put(2, thing("b"))]])
    lines = stack.blobs.read_log(stack.journal_key).splitlines(keepends=True)
    lines[2] = lines[2].replace(b"Thing", b"Thong")
    stack.blobs.write(stack.journal_key, b"".join(lines))
    with pytest.raises(Corrupt, match="damaged in line 3"):
        load(stack, keyring)
    assert "the journal is damaged from line 3 on" in mend(stack)
    assert names(stack) == ["proj-dev"]


def test_what_only_a_person_can_decide_is_left_as_it_is(stack: Stack):
    store(stack, thing("a", id="1"), thing("a", id="2"))
    before = stack.blobs.read(f"{stack.base}.json")
    with pytest.raises(Corrupt, match="2 live resources") as raised:
        mend(stack)
    assert "stack import" in raised.value.hint
    assert stack.blobs.read(f"{stack.base}.json") == before
    assert locks.owners(stack) == []


def test_a_state_given_by_hand_takes_the_place_of_what_cannot_be_used(stack: Stack):
    killed(stack, [[Put(0, root())]])
    stack.blobs.write(f"{stack.base}.json", b"no state at all")
    given = Snapshot((root(), thing("a", inputs={"s": Secret("hunter2")})))
    options = {
        "keyring": keyring,
        "provider": PROVIDER,
        "note": [].append,
        "clock": lambda: datetime(2026, 11, 20, tzinfo=UTC),
    }
    with pytest.raises(Corrupt, match="which is missing"):
        override(stack, Snapshot((thing("b", "a"),)), **options)  # type: ignore[arg-type]
    override(stack, given, **options)  # type: ignore[arg-type]
    assert load(stack, keyring).snapshot == given
    assert b"no state at all" in kept_aside(stack)
    assert len(kept_aside(stack)) == 2
    assert locks.owners(stack) == []


def test_a_newer_file_is_never_mended(stack: Stack):
    stack.blobs.write(f"{stack.base}.json", b'{"version":9,"checkpoint":{}}')
    with pytest.raises(TooNew):
        mend(stack)


def test_nobody_mends_under_a_run(stack: Stack):
    with open_run(stack, "update", keyring=keyring) as run:
        with pytest.raises(LockHeld):
            mend(stack)
        run.close(None, Outcome())
