"""What is drawn is what stands."""

from __future__ import annotations

import re
import tomllib

from tests.docs.pages import ROOT


def test_the_architecture_is_drawn_in_the_order_that_imports_are_held_to() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    held = [[name.strip().rpartition(".")[2] for name in layer.split("|")] for layer in layers]
    picture = (ROOT / "docs/assets/architecture.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'<text class="m" x="\S+" y="(\d+)"[^>]*>(\w+)</text>', picture)
    heights = {name: int(height) for height, name in drawn}
    rows = [{heights[name] for name in layer} for layer in held]
    assert all(len(row) == 1 for row in rows)
    assert [min(row) for row in rows] == sorted(min(row) for row in rows)
