"""Where the rows of one rows event come from: what their records' source block says."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.structure import TableId

__all__ = ["RowsWhere"]


@dataclass(slots=True)
class RowsWhere:
    """One for each rows event (in a snapshot: one for each table).

    ``file`` and ``pos`` are where the event begins (an event inside a compressed transaction: where that begins; a snapshot: its
    position), ``server_id`` is that of the event's header, 0 in a snapshot, ``thread`` the connection that made the transaction,
    ``query`` its statement, ``ts_us`` the time of commit in microseconds since 1970. ``base`` is the offset at the start of the
    event, ``total`` its number of rows, -1 while it is not known.
    """

    table: TableId
    file: str
    pos: int
    server_id: int
    thread: int | None
    gtid: str | None
    query: str | None
    ts_us: int
    base: BinlogOffset
    total: int = -1
