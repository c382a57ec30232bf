"""Table maps → tables: what the log says of a table, joined with what is known of it, built once for each form."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from connect.api.errors import ConnectError
from connectors.changes import TableState
from connectors.mysql.partialjson import full_row
from connectors.mysql.reconcile import StructureMismatch, reconcile
from connectors.mysql.rowchanges import Rewrite
from connectors.mysql.rowsevent import Rows, TableMap
from connectors.mysql.structure import TableDef, TableId, Wire
from connectors.mysql.structures import Structures, is_sequence
from connectors.mysql.tablemap import TableShape
from connectors.mysql.unprocessable import Unprocessable
from connectors.selection import Selection
from connectors.tables import Table

__all__ = ["Lookup", "Mapped", "TableTracker"]

_MOST: Final = 20_000
"""Forms of tables that are remembered."""
_LARGE: Final = frozenset({140, 242, 245, 249, 250, 251, 252, 255})
"""Types whose values binlog_row_image=NOBLOB leaves out when they did not change."""

Lookup = Callable[[TableId], TableDef | None]
"""The table as it is on the server now, None when it is not there. May block and raise RetriableError."""


class Builder(Protocol):
    """Makes tables of definitions."""

    def stream_table(self, tdef: TableDef, wires: Sequence[Wire]) -> Table | None:
        """The table as its rows are in the log, None when it is not captured."""
        ...


@dataclass(slots=True)
class Mapped:
    """A table as one of its table maps describes it. ``state`` is None when its changes are not wanted; ``problem``: they would
    be, but its structure is not known."""

    id: TableId
    state: TableState | None
    width: int
    shape: TableShape
    problem: bool = False

    def check(self, event: Rows) -> None:
        """Raise Unprocessable when the event's rows lack columns that no unchanged large value explains."""
        for image, what in ((event.present_before, "before"), (event.present_after, "after")):
            if not image:
                continue
            for i, wire in enumerate(self.shape.wires):
                if not image[i >> 3] >> (i & 7) & 1 and (wire.type not in _LARGE or event.kind == "c"):
                    raise Unprocessable(
                        f"rows of table {self.id} lack the column number {i + 1} in the image {what} the change: the session "
                        "that wrote them had binlog_row_image=MINIMAL. To do: set binlog_row_image=FULL on the server and in "
                        "that session, and make a new snapshot of the table; to go on without these changes, set "
                        "event.processing.failure.handling.mode=warn")

    @property
    def rewrite(self) -> Rewrite:
        """Makes full rows of an update that has only differences of JSON values."""
        assert self.state is not None
        return partial(full_row, self.shape, self.state.table.form)


class TableTracker:
    """The tables that table ids stand for. One thread.

    ``lookup`` asks the server for a table that is not in ``structures``; it is given only where the log itself tells structures
    (binlog_row_metadata=FULL): then what is found only adds to a table map, and what a map says is put into ``structures``.
    """

    def __init__(self, selection: Selection, structures: Structures, builder: Builder, lookup: Lookup | None, mode: str,
                 logger: logging.Logger) -> None:
        self._selection = selection
        self._structures = structures
        self._builder = builder
        self._lookup = lookup
        self._mode = mode
        self._log = logger
        self._ids: dict[int, Mapped] = {}
        self._shapes: dict[int, Mapped] = {}
        self._warned: set[TableId] = set()
        self.version = 0
        """Another one when what :meth:`made` gave may be void."""

    def map(self, event: TableMap, where: Callable[[], str]) -> Mapped:
        """A table id stands for this table from now on. Raises ConnectError when its structure is not known or does not fit and
        inconsistent.schema.handling.mode=fail."""
        shape = event.shape
        mapped = self._shapes.get(id(shape))
        if mapped is None or mapped.shape is not shape:
            mapped = self._made(shape, where)
            if len(self._shapes) >= _MOST:
                self._shapes.clear()
                self.version += 1
            self._shapes[id(shape)] = mapped
        self._ids[event.table_id] = mapped
        return mapped

    def get(self, table_id: int) -> Mapped | None:
        """The table that id stands for now."""
        return self._ids.get(table_id)

    @property
    def ids(self) -> Mapping[int, Mapped]:
        """The tables that ids stand for now."""
        return self._ids

    def made(self, shape: TableShape | None) -> Mapped | None:
        """The table of a table map that :meth:`map` was given before, None of another."""
        mapped = self._shapes.get(id(shape))
        return mapped if mapped is not None and mapped.shape is shape else None

    def know(self, table_id: int, mapped: Mapped) -> None:
        """A table id stands for that table from now on."""
        self._ids[table_id] = mapped

    def forget_ids(self) -> None:
        """The transaction is over, or the log goes on in another file: ids are told anew."""
        self._ids.clear()

    def changed(self, table: TableId) -> None:
        """The table's structure is another one: what was built of it is void."""
        self.version += 1
        for key in [k for k, m in self._shapes.items() if m.id == table]:
            del self._shapes[key]

    def _made(self, shape: TableShape, where: Callable[[], str]) -> Mapped:
        id, width = TableId(shape.database, shape.table), len(shape.wires)
        if not self._selection.table(id.database, id.name):
            return Mapped(id, None, width, shape)
        full = shape.metadata is not None and shape.metadata.full
        known = self._structures.get(id)
        if known is None and self._lookup is not None:
            known = self._lookup(id)
        if known is None and not full:
            return self._unknown(id, shape, where, "it is not known, and the log does not tell it")
        try:
            tdef = reconcile(shape, known)
        except StructureMismatch as e:
            return self._unknown(id, shape, where, str(e))
        if is_sequence(tdef):
            return Mapped(id, None, width, shape)
        if full:
            self._structures.put(tdef)
        table = self._builder.stream_table(tdef, shape.wires)
        return Mapped(id, None if table is None else TableState(table), width, shape)

    def _unknown(self, id: TableId, shape: TableShape, where: Callable[[], str], why: str) -> Mapped:
        text = (f"the structure of table {id} cannot be told at {where()}: {why}. To do: set binlog_row_metadata=FULL on the "
                "server, and start once with snapshot.mode=recovery so that the structures are read anew; to leave the table's "
                "changes out, set inconsistent.schema.handling.mode=warn or exclude the table")
        if self._mode == "fail":
            raise ConnectError(text)
        if self._mode == "warn" and id not in self._warned:
            self._warned.add(id)
            self._log.warning("changes are left out: %s", text)
        return Mapped(id, None, len(shape.wires), shape, True)
