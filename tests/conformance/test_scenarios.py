"""The embedded engine against the official one: each recorded scenario, step by step, on a fresh backend.

Compared are failure, the whole state, its order, pending operations, and every call that a provider got. Resources that
do not depend on each other finish in any order: the order is compared as a constraint.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.bench import SCENARIOS, Bench

scenarios = pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)


@scenarios
def test_every_step_ends_as_under_the_official_engine(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, monkeypatch.setenv)
    for number, recorded in enumerate(_steps(path)):
        _follow(bench, recorded, bench.run_embedded, f"step {number}: {recorded['step']}")


@pytest.mark.official
@pytest.mark.parametrize("first", ["official", "embedded"])
@scenarios
def test_the_two_engines_can_take_turns_on_one_stack(
    path: Path, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, monkeypatch.setenv)
    for number, recorded in enumerate(_steps(path)):
        is_official = (number % 2 == 0) == (first == "official")
        told = f"step {number}, {'official' if is_official else 'embedded'}: {recorded['step']}"
        _follow(bench, recorded, bench.run_official if is_official else bench.run_embedded, told)


def _steps(path: Path) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(path.read_text())["steps"]
    return steps


def _follow(bench: Bench, recorded: dict[str, Any], run: Callable[[str], bool], told: str) -> None:
    bench.prepare(recorded["step"])
    observed, expected = bench.observed(failed=run(recorded["step"]["op"])), recorded["expect"]
    for part in ("failed", "resources", "pending", "calls"):
        assert observed[part] == expected[part], f"{part}, {told}"
    assert sorted(observed["order"]) == sorted(expected["order"]), told
    assert not _misplaced(observed["order"], expected), told


def _misplaced(order: list[str], expected: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the pairs of which the second should stand before the first, by what the resources say of each other."""
    places = {urn: place for place, urn in enumerate(order)}
    pairs = []
    for resource in expected["resources"]:
        own = resource["urn"] + ("#del" if resource.get("delete") else "")
        named = [resource.get("parent"), resource.get("provider", "").rpartition("::")[0]]
        named += [*resource.get("dependencies", ()), resource.get("deletedWith"), *resource.get("replaceWith", ())]
        pairs += [(own, urn) for urn in named if urn in places and places[urn] > places[own]]
    return pairs
