r"""Which tables, schemas and columns are captured, and which columns are a table's key.

The lists are regular expressions separated by commas (``\,`` is a comma inside one), matched against the whole qualified
name in any case, as Debezium matches them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["KeyColumns", "Patterns", "Selection", "java_pattern"]

_SPLIT = re.compile(r"(?<!\\),")


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


@dataclass(frozen=True, slots=True)
class Patterns:
    """A list of anchored, case-insensitive regular expressions."""

    items: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def parse(cls, text: str | Iterable[str] | None) -> Patterns:
        """From the property's text or its parts. Raises ValueError naming the expression that is wrong."""
        if text is None:
            return cls()
        joined = text if isinstance(text, str) else ",".join(text)
        parts = (p.strip().replace("\\,", ",") for p in _SPLIT.split(joined))
        return cls(tuple(java_pattern(p) for p in parts if p))

    def __bool__(self) -> bool:
        return bool(self.items)

    def match(self, name: str) -> bool:
        """Whether one of them matches the whole name."""
        return any(p.fullmatch(name) for p in self.items)

    def first(self, name: str) -> int:
        """The place of the first that matches; the number of expressions when none does."""
        return next((i for i, p in enumerate(self.items) if p.fullmatch(name)), len(self.items))


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
