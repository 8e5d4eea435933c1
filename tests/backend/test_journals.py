from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.backend import checkpoint, journals
from pulumi_dataarts.backend.checkpoint import Checkpoint
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.vaults import SecretsProvider, Vault
from pulumi_dataarts.errors import Corrupt, StateError, TooNew
from pulumi_dataarts.model.journal import Batch, Begin, Drop, End, Numbering, Put, fold
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from pulumi_dataarts.model.values import Secret
from tests.backend.conftest import PROVIDER, TIME
from tests.model.states import snapshots, thing
from tests.model.test_journal import batches

BASE = Snapshot((thing("a", inputs={"s": Secret("hunter2")}), thing("b", "a")))
BATCHES: list[Batch] = [
    [Begin(1, PendingOperation("updating", BASE.resources[0]))],
    [End(1), Put(0, thing("a", id="new", inputs={"s": Secret("hunter3")}))],
    [Begin(2, PendingOperation("creating", thing("c")))],
    [End(2), Put(2, thing("c")), Drop(1)],
]


class Hex:
    """Encrypts the same text alike each time, so that a snapshot's digest is always the same."""

    def __init__(self, key: object) -> None:
        self._key = key

    def encrypt(self, text: str) -> str:
        return f"{self._key}:{text.encode().hex()}"

    def decrypt(self, text: str) -> str:
        key, _, sealed = text.partition(":")
        if key != self._key:
            raise ValueError("another key")
        return bytes.fromhex(sealed).decode()


def keyring(provider: SecretsProvider) -> Hex:
    return Hex(provider.state["key"])


def stored(snapshot: Snapshot) -> tuple[Checkpoint, str]:
    data = checkpoint.write("organization/proj/dev", snapshot, Codec(Vault(PROVIDER, keyring)), TIME)
    return checkpoint.read(data, keyring), checkpoint.digest(data)


def written(
    base: Snapshot, happened: list[Batch], *, provider: SecretsProvider = PROVIDER, digest: str = ""
) -> list[bytes]:
    codec = Codec(Vault(provider, keyring))
    numbering = Numbering(len(base.resources), tuple(range(len(base.resources))))
    start = journals.header(digest or stored(base)[1], provider, numbering)
    return [start, *(journals.group([batch], codec) for batch in happened)]


def recovered(base: Snapshot, journal: bytes) -> Snapshot | None:
    found = journals.recover(journal, *stored(base), keyring)
    return found.snapshot if found else None


@given(snapshots(max_size=2), st.data())
def test_a_journal_leads_where_its_batches_lead(base: Snapshot, data: st.DataObject):
    happened = data.draw(batches(len(base.resources)))
    assert recovered(base, b"".join(written(base, happened))) == fold(base, happened)


def test_a_journal_cut_anywhere_is_a_prefix_of_what_happened():
    frames = written(BASE, BATCHES)
    prefixes = [fold(BASE, BATCHES[:count]) for count in range(len(BATCHES) + 1)]
    whole = b"".join(frames)
    for cut in range(len(frames[0]), len(whole) + 1):
        complete = sum(1 for end in _ends(frames)[1:] if end <= cut)
        assert recovered(BASE, whole[:cut]) == prefixes[complete], cut
        assert journals.whole(whole[:cut]) == b"".join(frames[: complete + 1])


def test_a_last_frame_of_zeros_is_a_cut_off_write():
    frames = written(BASE, BATCHES)
    for tail in (b"\0" * 50, b"\0" * 50 + b"\n", frames[-1][:30] + b"\0" * 30 + b"\n"):
        assert recovered(BASE, b"".join(frames[:-1]) + tail) == fold(BASE, BATCHES[:-1])


@pytest.mark.parametrize("number", range(1, len(BATCHES)))
def test_damage_before_the_end_is_called_corrupt(number: int):
    frames = written(BASE, BATCHES)
    frames[number] = frames[number].replace(b"proj", b"prij")
    with pytest.raises(Corrupt, match=f"line {number + 1} of {len(frames)}"):
        recovered(BASE, b"".join(frames))


def test_a_journal_never_folds_into_another_state():
    journal = b"".join(written(BASE, BATCHES))
    with pytest.raises(Corrupt, match="another state"):
        recovered(Snapshot((thing("other"),)), journal)


def test_a_journal_that_became_the_state_is_known():
    after = fold(BASE, BATCHES)
    journal = b"".join([*written(BASE, BATCHES), journals.folded(stored(after)[1])])
    assert recovered(after, journal) is None
    assert recovered(BASE, journal) == after, "and it still leads there while the old state stands"


def test_after_a_header_in_its_midst_a_journal_continues_from_there():
    middle = fold(BASE, BATCHES[:2])
    later: list[Batch] = [[Put(5, thing("z"))]]
    journal = b"".join([*written(BASE, BATCHES[:2]), journals.folded(stored(middle)[1]), *written(middle, later)])
    assert recovered(middle, journal) == fold(middle, later)


def test_a_journal_of_a_later_version_is_refused():
    journal = written(BASE, [])[0]
    _, _, text = journal.partition(b" ")
    later = json.loads(text) | {"journal": 2}
    with pytest.raises(TooNew, match="version 2"):
        recovered(BASE, journals._frame(json.dumps(later)))


def test_no_journal_is_nothing_to_recover():
    assert recovered(BASE, b"") is None
    assert recovered(BASE, written(BASE, [])[0][:20]) is None


def test_secrets_are_encrypted_with_the_provider_of_the_run():
    other = SecretsProvider("test", {"key": "two"})
    journal = b"".join(written(BASE, BATCHES, provider=other))
    assert b"hunter" not in journal
    found = journals.recover(journal, *stored(BASE), keyring)
    assert found is not None
    assert found.provider == other
    assert found.snapshot == fold(BASE, BATCHES)


def test_batches_that_come_during_a_write_share_the_next():
    groups: list[int] = []
    is_writing, may_end = threading.Event(), threading.Event()

    def write(batches: list[Batch]) -> None:
        groups.append(len(batches))
        is_writing.set()
        may_end.wait(10)

    writer = journals.Writer(write)
    first = writer.append([End(0)])
    assert is_writing.wait(10)
    others = [writer.append([End(number)]) for number in range(20)]
    assert not first.done()
    may_end.set()
    for future in (first, *others):
        future.result(10)
    writer.close()
    assert groups == [1, 20]


def test_batches_are_written_in_the_order_they_came():
    seen: list[int] = []
    writer = journals.Writer(lambda batches: seen.extend(entry.operation for batch in batches for entry in batch))
    for number in range(200):
        writer.append([End(number)])
    writer.close()
    assert seen == list(range(200))


def test_after_a_failed_write_nothing_more_is_written():
    written: list[int] = []

    def write(batches: list[Batch]) -> None:
        written.append(len(batches))
        raise StateError("the disk is full")

    writer = journals.Writer(write)
    with pytest.raises(StateError, match="the disk is full"):
        writer.append([End(0)]).result(10)
    with pytest.raises(StateError, match="a moment ago"):
        writer.append([End(1)]).result(10)
    writer.close()
    assert written == [1]


def test_one_who_stops_waiting_does_not_stop_the_write():
    may_write = threading.Event()
    seen: list[int] = []

    def write(batches: list[Batch]) -> None:
        may_write.wait(10)
        seen.append(len(batches))

    writer = journals.Writer(write)
    abandoned, kept = writer.append([End(0)]), writer.append([End(1)])
    abandoned.cancel()
    may_write.set()
    kept.result(10)
    writer.close()
    assert sum(seen) == 2


def _ends(frames: list[bytes]) -> list[int]:
    return [sum(map(len, frames[: count + 1])) for count in range(len(frames))]
