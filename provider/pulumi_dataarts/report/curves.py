"""What something costs over its size: by which power it grows, and a picture of it on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from statistics import linear_regression
from typing import Final, TypeAlias

Costs: TypeAlias = Mapping[int, float]
"""Seconds by size; all above zero."""

WIDTH: Final = 890
HEIGHT: Final = 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 640, 30, 420
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#3b8eb8", "#555555", "#a33b20")
_LEGEND_STEP: Final = 24
_MARGIN: Final = 1.25


def exponent(costs: Costs) -> float:
    """Return the power of the size by which costs grow: 1 is linear. Raises ValueError for fewer than two sizes."""
    if len(costs) < 2:
        raise ValueError("a power is fitted over two sizes or more")
    return linear_regression([math.log(size) for size in costs], [math.log(cost) for cost in costs.values()]).slope


def plot(series: Mapping[str, Costs], title: str) -> str:
    """Return an SVG picture of costs over sizes, one line a name, with the power of each in the legend."""
    axes = _Axes.around(series)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="13"'
        ' font-family="system-ui, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18" font-weight="600">{escape(title)}</text>',
        *axes.drawn(),
    ]
    for number, (name, costs) in enumerate(series.items()):
        parts += _line(axes, number, name, costs)
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True)
class _Axes:
    """Logarithmic axes; the bounds are those of what is shown."""

    sizes: tuple[int, ...]
    lowest: float
    highest: float

    @classmethod
    def around(cls, series: Mapping[str, Costs]) -> _Axes:
        sizes = sorted({size for costs in series.values() for size in costs})
        seconds = [cost for costs in series.values() for cost in costs.values()]
        return cls(tuple(sizes), min(seconds) / _MARGIN, max(seconds) * _MARGIN)

    def x(self, size: int) -> float:
        return _between(size, self.sizes[0] / _MARGIN, self.sizes[-1] * _MARGIN, _LEFT, _RIGHT)

    def y(self, seconds: float) -> float:
        return _between(seconds, self.lowest, self.highest, _BOTTOM, _TOP)

    def drawn(self) -> Iterator[str]:
        """Yield the frame, and a line with a label at each size and at 1, 2 and 5 of each power of ten."""
        yield f'<path d="M{_LEFT},{_TOP}V{_BOTTOM}H{_RIGHT}" fill="none" stroke="#333"/>'
        for size in self.sizes:
            x = self.x(size)
            yield f'<path d="M{x:.1f},{_TOP}V{_BOTTOM}" stroke="#ddd"/>'
            yield f'<text x="{x:.1f}" y="{_BOTTOM + 20}" text-anchor="middle">{size:,}</text>'
        for seconds in _ticks(self.lowest, self.highest):
            y = self.y(seconds)
            yield f'<path d="M{_LEFT},{y:.1f}H{_RIGHT}" stroke="#ddd"/>'
            yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{seconds:g} s</text>'


def _between(value: float, low: float, high: float, start: int, end: int) -> float:
    return start + (end - start) * math.log(value / low) / math.log(high / low)


def _ticks(lowest: float, highest: float) -> list[float]:
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    found = (step * 10.0**power for power in powers for step in (1, 2, 5))
    return [seconds for seconds in found if lowest <= seconds <= highest]


def _line(axes: _Axes, number: int, name: str, costs: Costs) -> Iterator[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    dashes = ' stroke-dasharray="6 4"' if number >= len(_COLOURS) else ""
    places = [(axes.x(size), axes.y(cost)) for size, cost in sorted(costs.items())]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
    y, left = _TOP + 12 + number * _LEGEND_STEP, _RIGHT + 24
    grows = f" (n^{exponent(costs):.2f})" if len(costs) > 1 else ""
    yield f'<path d="M{left},{y - 4}h24" stroke="{colour}" stroke-width="2"{dashes}/>'
    yield f'<text x="{left + 32}" y="{y}">{escape(name)}{grows}</text>'
