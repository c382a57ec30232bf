r"""Which tables, schemas and columns are captured, and which columns are a table's key.

The lists are regular expressions separated by commas (``\,`` is a comma inside one), matched against the whole qualified
name in any case, as Debezium matches them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["KeyColumns", "Patterns", "Selection", "java_pattern"]

_SPLIT = re.compile(r"(?<!\\),")
_PLAIN = re.compile(r"(?:[A-Za-z0-9_ -]|\.|\\[!-/:-@\[-`{-~])+")
"""An expression that is a name whose dots stand for any character; escaped ones for themselves."""
_TOKEN = re.compile(r"\\?.")


def java_pattern(text: str) -> re.Pattern[str]:
    r"""A pattern as ``java.util.regex`` writes it: ``\Q…\E`` and ``(?<name>…)`` are understood. Raises ValueError."""
    def quote(m: re.Match[str]) -> str:
        return re.escape(m[1])

    translated = re.sub(r"\\Q(.*?)(?:\\E|$)", quote, text, flags=re.DOTALL)
    translated = re.sub(r"\(\?<(?![=!])", "(?P<", translated)
    try:
        return re.compile(translated, re.IGNORECASE)
    except re.error as e:
        raise ValueError(f"{text!r} is not a regular expression: {e}") from None


class _Places:
    """Where expressions stand in their list. Most are names: those are found by a look-up and not even compiled, however many
    there are (5,000 of them against the names of 5,000 tables take seconds); the others are tried one by one."""

    def __init__(self, items: Sequence[str]) -> None:
        self._items = items
        self._plain: dict[int, dict[tuple[int, ...], dict[str, int]]] = {}
        """By the name's length and the places of its dots: the names by their first place."""
        self._others: list[tuple[int, re.Pattern[str]]] = []
        for at, item in enumerate(items):
            if not _PLAIN.fullmatch(item):
                self._others.append((at, java_pattern(item)))
                continue
            tokens = _TOKEN.findall(item.lower())
            dots = tuple(i for i, t in enumerate(tokens) if t == ".")
            named = self._plain.setdefault(len(tokens), {}).setdefault(dots, {})
            named.setdefault("".join(t[-1] for t in tokens), at)

    def of(self, name: str) -> int | None:
        """The place of the first that matches the whole name."""
        if not name.isascii() or "\n" in name:  # what else is the same in any case, and what no dot stands for
            return next((i for i, item in enumerate(self._items) if java_pattern(item).fullmatch(name)), None)
        at = next((i for i, p in self._others if p.fullmatch(name)), None)
        lowered = name.lower()
        for dots, named in self._plain.get(len(name), {}).items():
            found = named.get(_dotted(lowered, dots))
            if found is not None and (at is None or found < at):
                at = found
        return at


def _dotted(name: str, dots: tuple[int, ...]) -> str:
    if all(name[i] == "." for i in dots):
        return name
    letters = list(name)
    for i in dots:
        letters[i] = "."
    return "".join(letters)


@functools.lru_cache(maxsize=16)
def _parsed(text: str) -> Patterns:
    # A configuration is checked and read many times, and 5,000 expressions take a while.
    parts = (p.strip().replace("\\,", ",") for p in _SPLIT.split(text))
    return Patterns(tuple(p for p in parts if p))


@dataclass(frozen=True, slots=True)
class Patterns:
    """A list of anchored, case-insensitive regular expressions. Raises ValueError naming the expression that is wrong."""

    items: tuple[str, ...] = ()
    _places: _Places = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", _Places(self.items))

    @classmethod
    def parse(cls, text: str | Iterable[str] | None) -> Patterns:
        """From the property's text or its parts. Raises ValueError naming the expression that is wrong."""
        if text is None:
            return cls()
        return _parsed(text if isinstance(text, str) else ",".join(text))

    def __bool__(self) -> bool:
        return bool(self.items)

    def match(self, name: str) -> bool:
        """Whether one of them matches the whole name."""
        return bool(self.items) and self._places.of(name) is not None

    def first(self, name: str) -> int:
        """The place of the first that matches; the number of expressions when none does."""
        at = self._places.of(name)
        return len(self.items) if at is None else at


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """``message.key.columns``: ``<table regex>:<column regex>,…;<table regex>:…``."""

    rules: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> KeyColumns:
        """Raises ValueError saying which part is wrong."""
        rules: list[tuple[re.Pattern[str], re.Pattern[str]]] = []
        for part in (p.strip() for p in (text or "").split(";")):
            if not part:
                continue
            table, colon, columns = part.rpartition(":")
            names = [c.strip() for c in columns.split(",") if c.strip()]
            if not colon or not table.strip() or not names:
                raise ValueError(f"{part!r} has not the form <table>:<column>,<column>")
            rules += [(java_pattern(table.strip()), java_pattern(c)) for c in names]
        return cls(tuple(rules))

    def of(self, table: str, columns: Sequence[str]) -> tuple[str, ...]:
        """The key columns given for this table, in the order of its columns; empty when none is given."""
        mine = [c for t, c in self.rules if t.fullmatch(table)]
        return tuple(name for name in columns if any(c.fullmatch(name) for c in mine))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tables and columns are captured. Names are qualified: ``schema.table``, ``schema.table.column``."""

    table_include: Patterns = field(default_factory=Patterns)
    table_exclude: Patterns = field(default_factory=Patterns)
    schema_include: Patterns = field(default_factory=Patterns)
    schema_exclude: Patterns = field(default_factory=Patterns)
    column_include: Patterns = field(default_factory=Patterns)
    column_exclude: Patterns = field(default_factory=Patterns)
    system_schemas: frozenset[str] = frozenset()

    def table(self, schema: str, name: str) -> bool:
        """Whether the table is captured."""
        if schema in self.system_schemas:
            return False
        if self.schema_include and not self.schema_include.match(schema):
            return False
        if self.schema_exclude and self.schema_exclude.match(schema):
            return False
        qualified = f"{schema}.{name}"
        if self.table_include:
            return self.table_include.match(qualified)
        return not self.table_exclude.match(qualified)

    def column(self, schema: str, table: str, name: str) -> bool:
        """Whether the column is part of the row's value. Key columns are part of the key in any case."""
        qualified = f"{schema}.{table}.{name}"
        if self.column_include:
            return self.column_include.match(qualified)
        return not self.column_exclude.match(qualified)

    def in_order(self, tables: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """The captured ones of these (schema, table), in the order a snapshot reads them: that of
        ``table.include.list``, else by name."""
        captured = sorted(t for t in tables if self.table(*t))
        return sorted(captured, key=lambda t: self.table_include.first(f"{t[0]}.{t[1]}")) if self.table_include else captured
