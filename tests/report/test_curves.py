"""The power by which costs grow, and its picture."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.report.curves import HEIGHT, WIDTH, exponent, plot

SIZES: Final = st.lists(st.integers(1, 10**6), min_size=2, max_size=6, unique=True)
SVG: Final = "{http://www.w3.org/2000/svg}"


@given(SIZES, st.floats(-1, 3), st.floats(0.001, 1000))
def test_a_power_is_found_again(sizes: list[int], power: float, factor: float) -> None:
    assert exponent({size: factor * size**power for size in sizes}) == pytest.approx(power, abs=1e-6)


def test_one_size_has_no_power() -> None:
    with pytest.raises(ValueError, match="two sizes or more"):
        exponent({100: 1.0})


def drawn(series: dict[str, dict[int, float]]) -> ElementTree.Element:
    return ElementTree.fromstring(plot(series, "Seconds & jobs"))


def test_each_cost_is_a_dot_within_the_picture_and_each_name_is_told_with_its_power() -> None:
    picture = drawn({"up": {100: 1.0, 1000: 10.0}, "<pulumi>": {100: 2.0, 1000: 200.0}})
    dots = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in picture.iter(f"{SVG}circle")]
    assert len(dots) == 4
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in dots)
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"Seconds & jobs", "up (n^1.00)", "<pulumi> (n^2.00)", "1,000", "10 s"} <= set(texts)


def test_ten_times_the_cost_is_as_far_up_as_ten_times_the_size_for_a_tenth() -> None:
    picture = drawn({"up": {10: 1.0, 100: 10.0, 1000: 100.0}})
    heights = [float(dot.get("cy", "")) for dot in picture.iter(f"{SVG}circle")]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.2)


def test_one_cost_is_drawn_too() -> None:
    assert len(list(drawn({"up": {100: 0.5}}).iter(f"{SVG}circle"))) == 1
