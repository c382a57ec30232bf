"""Reads one table for a snapshot: rows as the bytes of their packets, a gulp at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from connect.api.errors import ConnectError, RetriableError
from connectors.mysql.address import quote_identifier
from connectors.mysql.failures import DatabaseError
from connectors.mysql.session import Session
from connectors.mysql.structure import TableId

__all__ = ["Reading", "read_rows", "statement_for"]

_PATIENCE: Final = 0.5
_CHANGED: Final = frozenset({1054, 1146, 1412})
"""A column or the table is gone, or it was altered after the transaction began."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of a table: ``columns`` by name in the order of the row, ``expressions`` what gives each of them exactly.
    ``select`` is a statement of the user's that stands in for the table."""

    id: TableId
    columns: tuple[str, ...]
    expressions: tuple[str, ...]
    select: str | None = None


def statement_for(session: Session, reading: Reading) -> str:
    """The SELECT. A statement of the user's is run as it is if its columns are the wanted ones, which keeps its order of rows;
    else the wanted ones are taken from its result. Raises ConnectError naming the columns that it lacks."""
    wanted = ", ".join(reading.expressions)
    if reading.select is None:
        return f"SELECT {wanted} FROM {quote_identifier(reading.id.database)}.{quote_identifier(reading.id.name)}"
    # A comment may end the user's last line.
    derived = f"({_bare(reading.select)}\n) AS t"
    probe = session.raw_rows(f"SELECT * FROM {derived} LIMIT 0", doing=_doing(reading))
    while probe.read():
        pass
    given = tuple(column.name for column in probe.columns)
    low = {name.lower() for name in given}
    missing = [name for name in reading.columns if name.lower() not in low]
    if missing:
        raise ConnectError(
            f"snapshot.select.statement.overrides.{reading.id} does not select the captured column(s) {', '.join(missing)}. "
            "To do: add them to the statement, or leave them out with column.exclude.list")
    plain = tuple(map(quote_identifier, reading.columns)) == reading.expressions
    if plain and [name.lower() for name in given] == [name.lower() for name in reading.columns]:
        return _bare(reading.select)
    return f"SELECT {wanted} FROM {derived}"


def read_rows(session: Session, reading: Reading, max_rows: int, max_bytes: int) -> Iterator[list[bytes]]:
    """Packets of rows in order; an empty list when none came for half a second. Raises RetriableError when the table was
    altered or dropped since the transaction began: the snapshot has to begin anew."""
    try:
        rows = session.raw_rows(statement_for(session, reading), doing=_doing(reading), at_once=True)
        while (packets := rows.read_within(_PATIENCE, max_rows, max_bytes)) != []:
            yield packets or []
    except DatabaseError as e:
        if e.number not in _CHANGED or reading.select is not None:
            raise
        raise RetriableError(f"the structure of {reading.id} was changed while the snapshot ran; it begins anew ({e})") from None


def _bare(select: str) -> str:
    return select.rstrip("; \t\r\n")


def _doing(reading: Reading) -> str:
    return f"reading {reading.id} for the snapshot"

