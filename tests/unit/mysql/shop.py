"""Definitions, tables and changes for tests, made as a server's answers and log would make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.batch import ChangeBatch
from connectors.changes import Change, Facts, Kind, TableState
from connectors.facts import context_headers
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.source import BinlogSource
from connectors.mysql.structure import ColumnDef, TableDef, TableId, Wire
from connectors.mysql.tables import TableBuilder
from connectors.mysql.types import Charsets
from connectors.mysql.where import RowsWhere
from connectors.tables import Table
from tests.unit.mysql.rowbytes import image

BASE = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.server.id": "5"}
FACTS = Facts("1.0", "mysql", "p", {"server": "p"}, context_headers("mysql", "p", 0, "run-1"))
NOW = 1_700_000_000_123_456_789


def config(props: dict[str, str] | None = None, mariadb: bool = False) -> MySqlConfig:
    return (MariaDbConfig if mariadb else MySqlConfig).from_props({**BASE, **(props or {})})


def builder(mariadb: bool = False, **props: str) -> TableBuilder:
    return TableBuilder(config({k.replace("__", "."): v for k, v in props.items()}, mariadb), Charsets())


def table(columns: Sequence[ColumnDef], key: Sequence[str] = (), name: str = "t", database: str = "db", **more: Any) -> TableDef:
    return TableDef(TableId(database, name), tuple(columns), tuple(key), **more)


def where(**changes: Any) -> RowsWhere:
    made = RowsWhere(TableId("db", "t"), "bin.000003", 1234, 77, 9, "3e11fa47-71ca-11e1-9e33-c80aa9429562:23", None,
                     1_600_000_000_123_456, BinlogOffset("bin.000003", 1000, 2, 0, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-22"))
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def wires(found: Sequence[tuple[int, int]]) -> list[Wire]:
    return [Wire(kind, meta) for kind, meta in found]


def batch(entries: Sequence[tuple[Kind, Any]], facts: Facts = FACTS) -> ChangeBatch[BinlogOffset]:
    return ChangeBatch(facts, entries, BinlogOffset("bin.000003", 2000), NOW, BinlogSource(facts))


def stream_change(made: Table, found: Sequence[tuple[int, int]], new: Sequence[Any] | None, old: Sequence[Any] | None = None,
                  **more: Any) -> Change:
    """A change of rows given as cells, in one buffer as in an event."""
    frame, bits = b"\xee" * 3, [b"", b""]
    places = [-1, -1]
    for i, cells in enumerate((old, new)):
        if cells is not None:
            row, bits[i] = image(found, cells)
            places[i] = len(frame)
            frame += row
    given = {"where": where(), "images": (bits[0], bits[1]), **more}
    return Change(TableState(made), frame, places[1], places[0], False, **given)
