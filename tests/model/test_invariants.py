"""Each rule of runs is told of by whoever sees it broken, and says nothing to who cannot see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.invariants import Witness
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from tests.model.states import thing, urn

STATE = Snapshot((thing("a"), thing("b", "a")), (PendingOperation("creating", thing("c")),))
BEGUN = PendingOperation("updating", thing("a"))
CHANGED = {urn("b"): replace(thing("b"), outputs={"size": 9})}

BROKEN: dict[str, tuple[Snapshot, dict[str, Any], str]] = {
    "I3": (Snapshot((thing("a", id="x"), thing("b", id="x"))), {"there": {"x": "a"}}, "2 live resources"),
    "I4": (STATE, {"begun": (BEGUN,)}, "not listed as pending"),
    "I5": (STATE, {"there": {"id-a": "a", "id-b": "b", "stray": "d"}}, "neither in the state nor pending"),
    "I6": (STATE, {"updates": (3, 5)}, "from 3 to 5"),
    "I7": (STATE, {"there": {"id-a": "a"}, "protected": ["id-b"]}, "was protected, and is gone"),
    "I9": (STATE, {"failed": [urn("a")], "before": CHANGED}, "though what it depends on failed"),
    "I10": (STATE, {"plans": ([1], [1], [2])}, "differ"),
    "I11": (STATE, {"files": {"dev.json": b"..hush.."}, "secrets": ["hush"]}, "dev.json has a secret"),
    "I12": (STATE, {"left_to_do": {"same": 3, "update": 1}}, "still has update"),
    "I13": (STATE, {"is_destroyed": True, "there": {"id-a": "a"}}, "is left after"),
    "I14": (STATE, {"calls": (13, 12)}, "12 are enough"),
}


@pytest.mark.parametrize(("snapshot", "seen", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_told_of(snapshot: Snapshot, seen: dict[str, Any], told: str):
    found = violations(snapshot, Witness(**seen))
    assert len(found) == 1, found
    assert told in found[0]


def test_who_knows_nothing_has_nothing_to_say():
    twice = Snapshot((thing("a", id="x"), thing("b", id="x")))
    assert violations(twice, Witness(plans=())) == []


def test_what_is_as_it_should_be_breaks_no_rule():
    kept = Witness(
        begun=STATE.pending,
        there={"id-a": "a", "id-b": "b", "late": "c"},
        updates=(3, 4),
        protected=["id-a"],
        before={urn("b"): thing("b")},
        failed=[urn("a")],
        plans=([1], [1]),
        files={"dev.json": b"sealed"},
        secrets=["hush"],
        left_to_do={"same": 3},
        calls=(12, 12),
    )
    assert violations(STATE, kept) == []
    assert violations(STATE, Witness(is_destroyed=True, there={"id-a": "a", "late": "c"}, protected=["id-a"])) == []
