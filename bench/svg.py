"""Two small plots as SVG text: bars against their goals, and curves on logarithmic axes. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

__all__ = ["BarLine", "Curve", "bars", "curves"]

_INK, _GRID, _MET, _MISSED = "#333", "#ddd", "#3a7d44", "#c0392b"
_COLORS = ("#1f5fa8", "#c0642b", "#3a7d44", "#7b4397", "#8a6d1d", "#2b8a8a")
_WIDTH, _LABELS, _LINE = 860, 380, 22
_MOST = 4.0
"""Bars of more than so many times the goal are cut off."""


@dataclass(frozen=True, slots=True)
class BarLine:
    """One bar: how far the median, the worst and the best run are (1 is the goal), and the figure in words."""

    label: str
    median: float
    low: float
    high: float
    told: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y), both above zero."""

    label: str
    points: Sequence[tuple[float, float]]


def _text(x: float, y: float, text: str, anchor: str = "start", color: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, color: str, width: float = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width:g}"/>'


def _document(height: float, title: str, parts: Iterator[str]) -> str:
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>')
    return "\n".join((head, _text(12, 22, title), *parts, "</svg>")) + "\n"


def bars(title: str, lines: Sequence[BarLine]) -> str:
    """A bar a line; the vertical line is the goal."""

    def x(value: float) -> float:
        return _LABELS + (_WIDTH - _LABELS - 150) * min(max(value, 0.0), _MOST) / _MOST

    def parts() -> Iterator[str]:
        for number, line in enumerate(lines):
            y = 40 + number * _LINE
            color = _MET if line.median >= 1 else _MISSED
            yield _text(_LABELS - 8, y + 12, line.label, "end")
            yield f'<rect x="{_LABELS}" y="{y + 2}" width="{x(line.median) - _LABELS:.1f}" height="13" fill="{color}"/>'
            yield _line(x(line.low), y + 8.5, x(line.high), y + 8.5, _INK, 1.5)
            yield _text(_WIDTH - 145, y + 12, line.told)
        bottom = 40 + len(lines) * _LINE
        yield _line(x(1), 34, x(1), bottom, _INK, 1.5)
        yield _text(x(1), bottom + 14, "goal", "middle")
        yield _text(x(2), bottom + 14, "2 times as good", "middle")

    return _document(70 + len(lines) * _LINE, title, parts())


def curves(title: str, x_label: str, y_label: str, found: Sequence[Curve]) -> str:
    """Curves on logarithmic axes with whole powers of ten as grid. Points that are not above zero are left out; raises ValueError
    when nothing is left."""
    kept = [Curve(c.label, [p for p in c.points if p[0] > 0 and p[1] > 0]) for c in found]
    every = [point for curve in kept for point in curve.points]
    if not every:
        raise ValueError(f"{title}: there is nothing to plot")
    left, right, top, bottom = 70.0, 600.0, 40.0, 300.0

    def axis(values: Sequence[float]) -> tuple[int, int]:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return low, max(high, low + 1)

    (x_low, x_high), (y_low, y_high) = axis([p[0] for p in every]), axis([p[1] for p in every])

    def x(value: float) -> float:
        return left + (math.log10(value) - x_low) / (x_high - x_low) * (right - left)

    def y(value: float) -> float:
        return bottom - (math.log10(value) - y_low) / (y_high - y_low) * (bottom - top)

    def parts() -> Iterator[str]:
        for power in range(x_low, x_high + 1):
            yield _line(x(10.0**power), top, x(10.0**power), bottom, _GRID)
            yield _text(x(10.0**power), bottom + 16, f"{10.0**power:,g}", "middle")
        for power in range(y_low, y_high + 1):
            yield _line(left, y(10.0**power), right, y(10.0**power), _GRID)
            yield _text(left - 6, y(10.0**power) + 4, f"{10.0**power:g}", "end")
        yield _text((left + right) / 2, bottom + 34, x_label, "middle")
        yield _text(left, top - 4, y_label)
        for number, curve in enumerate(kept):
            color = _COLORS[number % len(_COLORS)]
            places = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in curve.points)
            yield f'<polyline points="{places}" fill="none" stroke="{color}" stroke-width="2"/>'
            yield from (f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{color}"/>' for a, b in curve.points)
            yield _text(right + 14, top + 14 + number * 18, curve.label, color=color)

    return _document(345, title, parts())
