"""States as functions of time: what a job is depends on nothing but its timeline and the clock."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.timelines import begin, entered, since, state_at, turn

PHASES = st.lists(st.tuples(st.integers(0, 50).map(lambda tenths: tenths / 10), st.sampled_from("ABCD")), max_size=4)


def test_phases_follow_each_other() -> None:
    timeline = turn(begin(1000, "off"), 2000, (0, "starting"), (0.1, "on"), (0.2, "done"))
    seen = {at: state_at(timeline, at) for at in (0, 1000, 1999, 2000, 2099, 2100, 2299, 2300, 9999)}
    assert list(seen.values()) == ["off", "off", "off", "starting", "starting", "on", "on", "done", "done"]


def test_what_has_not_happened_does_not_happen_after_a_turn() -> None:
    timeline = turn(begin(0, "off"), 0, (0, "starting"), (1, "on"))
    stopped = turn(timeline, 500, (0, "off"))
    assert state_at(stopped, 10_000) == "off"
    assert (since(stopped, 10_000), entered(stopped, "on", 10_000)) == (500, None)


@given(st.lists(st.tuples(st.integers(0, 5000), PHASES), max_size=4), st.integers(0, 30_000))
def test_the_past_is_never_changed(turns: list[tuple[int, list[tuple[float, str]]]], later_ms: int) -> None:
    timeline, now_ms = begin(0, "off"), 0
    for wait_ms, phases in turns:
        now_ms += wait_ms
        before = [state_at(timeline, at) for at in range(0, now_ms, 250)]
        timeline = turn(timeline, now_ms, *phases)
        assert [state_at(timeline, at) for at in range(0, now_ms, 250)] == before
    assert timeline == sorted(timeline, key=lambda entry: entry[0])
    kept = json.loads(json.dumps(timeline))
    assert state_at(kept, now_ms + later_ms) == state_at(timeline, now_ms + later_ms)
    assert since(timeline, now_ms + later_ms) <= now_ms + later_ms
