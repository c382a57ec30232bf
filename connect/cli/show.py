"""Plain tables on standard output: aligned columns, colour only on a terminal, nothing cut off."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

__all__ = ["colour", "is_coloured", "properties", "table"]

_CODES = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36, "grey": 90, "bold": 1}
_STATES = {
    "RUNNING": "green", "FAILED": "red", "PAUSED": "yellow", "STOPPED": "yellow", "UNASSIGNED": "yellow", "RESTARTING": "cyan",
}


def is_coloured(stream: TextIO) -> bool:
    """Whether to colour: a terminal, and NO_COLOR is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def colour(text: str, name: str, on: bool = True) -> str:
    """The text in a colour."""
    return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if on else text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns under a head."""
    on = is_coloured(sys.stdout)
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for number, row in enumerate((head, *rows)):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if on:
            cells = [colour(c, "bold") if not number else _state(c) for c in cells]
        print("  ".join(cells).rstrip())


def _state(cell: str) -> str:
    for state, name in _STATES.items():
        cell = cell.replace(state, colour(state, name))
    return cell


def properties(values: Mapping[str, Any], indent: int = 0) -> None:
    """Print names and values, aligned."""
    width = max((len(k) for k in values), default=0)
    for key, value in values.items():
        print(f"{' ' * indent}{key.ljust(width)}  {value}")
