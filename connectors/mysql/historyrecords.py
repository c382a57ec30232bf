"""One record of Debezium's schema history ⇄ what it says. Pure.

A record says which statement was run at which place of the log and how the tables were afterwards. Ours hold in the member
``headgate`` of tables and columns what Debezium's do not: keys, collations, defaults as they were written. Debezium passes over
it; in a record of Debezium's that is missing, and the statement is followed to get it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.mysql.ddl.context import ANSI_QUOTES, NO_BACKSLASH_ESCAPES, DdlContext, DdlError
from connectors.mysql.ddl.cursor import Cursor
from connectors.mysql.ddl.resolve import resolve_column
from connectors.mysql.ddl.tree import ColumnSpec
from connectors.mysql.ddl.types import read_type
from connectors.mysql.gtid import gtid_set_of
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.structure import ColumnDef, Flavor, KeyDef, TableDef, TableId
from connectors.mysql.structures import StructureChange, Structures
from connectors.mysql.tabledocument import column_document, quoted_id

__all__ = ["HistoryRecord", "at_or_before", "replay", "write_record"]

_TYPES = {"CREATE": "CREATE", "ALTER": "ALTER", "RENAME": "ALTER", "INDEX": "ALTER", "DROP": "DROP"}


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """``position`` is a stored offset's map; ``changes`` are Debezium's tableChanges."""

    server: str
    position: Mapping[str, Any]
    database: str
    ddl: str
    changes: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, raw: bytes) -> HistoryRecord:
        """From a record's value. Raises ValueError for what is none."""
        document = json.loads(raw)
        if not isinstance(document, dict):
            raise ValueError("not a JSON object")
        source, position = document.get("source") or {}, document.get("position") or {}
        changes = document.get("tableChanges") or []
        if not (isinstance(source, dict) and isinstance(position, dict) and isinstance(changes, list)
                and all(isinstance(c, dict) for c in changes)):
            raise ValueError("source, position or tableChanges are of a wrong kind")
        return cls(
            str(source.get("server") or ""), position, str(document.get("databaseName") or ""), str(document.get("ddl") or ""),
            tuple(changes))


# Writing.


def write_record(change: StructureChange, server: str, offset: BinlogOffset, ts_ms: int) -> bytes:
    """The value of the record that keeps one change."""
    document = {
        "source": {"server": server}, "position": offset.write(), "ts_ms": ts_ms, "databaseName": change.database,
        "ddl": change.sql,
        "tableChanges": _changes(change),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _changes(change: StructureChange) -> list[dict[str, Any]]:
    if change.id is None:
        return []
    kind = _TYPES.get(change.kind, "DROP" if change.table is None else "CREATE")
    document: dict[str, Any] = {"type": kind, "id": quoted_id(change.id)}
    if change.previous is not None:
        document["previousId"] = quoted_id(change.previous)
    if kind != "DROP":
        if change.table is None:
            return []  # the statement alone tells it
        document["table"] = _table(change.table)
        document["comment"] = change.table.comment
    return [document]


def _table(table: TableDef) -> dict[str, Any]:
    mine: dict[str, Any] = {
        "primary": list(table.primary_key), "unique": list(table.unique_key), "collation": table.collation,
        "keys": [[k.name, list(k.columns), k.unique, k.partial, k.implied] for k in table.keys],
    }
    return {
        "defaultCharsetName": table.charset,
        "primaryKeyColumnNames": list(table.primary_key or table.unique_key),
        "columns": [_column(c, i + 1) for i, c in enumerate(table.columns)],
        "attributes": [{"name": name, "value": value} for name, value in table.attributes],
        "headgate": mine,
    }


_PLAIN = ("type", "length", "scale", "unsigned", "zerofill", "collation", "default", "generated", "on_update", "invisible",
          "srid",
          "compressed")


def _column(column: ColumnDef, position: int) -> dict[str, Any]:
    document = column_document(column, position, comments=True)
    # As Debezium: what is not there is left out.
    document = {k: v for k, v in document.items() if v is not None or k in ("charsetName", "comment")}
    document["hasDefaultValue"] = column.default is not None or column.nullable
    given = ((name, getattr(column, name)) for name in _PLAIN)
    document["headgate"] = {name: value for name, value in given if value is not None and value is not False}
    if column.labels:
        document["headgate"]["labels"] = list(column.labels)
    return document


# Reading.


def replay(record: HistoryRecord, structures: Structures, context: DdlContext) -> None:
    """Brings the structures to what the record says. Raises DdlError when it cannot be told from it; nothing is changed then."""
    if not record.changes:
        if record.ddl:
            _follow(record, structures, context)
        return
    try:
        read = [_change(change, record, context) for change in record.changes]
    except DdlError:
        if not record.ddl:
            raise
        _follow(record, structures, context)
        return
    if any(table is not None and not own for _, _, table, own in read):
        read = _enriched(read, record, structures, context)
    for id, previous, table, _ in read:
        if previous is not None:
            structures.drop(previous)
        if table is None:
            structures.drop(id)
        else:
            structures.put(table)


_Read = tuple[TableId, TableId | None, TableDef | None, bool]
"""Table, its former name, how it is now (None: gone), and whether that is all there is to know."""


def _enriched(read: list[_Read], record: HistoryRecord, structures: Structures, context: DdlContext) -> list[_Read]:
    """With what only the statement tells, where it comes to the same table."""
    twin = structures.copy()
    try:
        _follow(record, twin, context)
    except DdlError:
        return read
    out: list[_Read] = []
    for id, previous, table, own in read:
        followed = twin.get(id)
        if table is not None and followed is not None and not own and _outline(followed) == _outline(table):
            table = followed
        out.append((id, previous, table, own))
    return out


def _outline(table: TableDef) -> list[tuple[Any, ...]]:
    return [(c.name, c.type, c.unsigned, c.nullable, c.charset, c.labels) for c in table.columns]


def _follow(record: HistoryRecord, structures: Structures, context: DdlContext) -> None:
    # The session's sql_mode is not in the record: what cannot be read as usual may have been written under another one.
    modes = (context.sql_mode, context.sql_mode ^ ANSI_QUOTES, context.sql_mode ^ NO_BACKSLASH_ESCAPES)
    for number, mode in enumerate(modes):
        try:
            structures.apply(record.ddl, record.database, replace(context, sql_mode=mode))
            return
        except DdlError as error:
            if number == 0:
                first = error
    raise first


def _change(document: Mapping[str, Any], record: HistoryRecord, context: DdlContext) -> _Read:
    try:
        id = _id(str(document["id"]), record.database)
        previous = _id(str(document["previousId"]), record.database) if document.get("previousId") else None
        table = document.get("table")
        if document["type"] == "DROP" or table is None:
            return id, previous, None, True
        mine = table.get("headgate")
        columns = tuple(_read_column(c, context) for c in sorted(table["columns"], key=lambda c: int(c["position"])))
        found = TableDef(
            id, columns, tuple(table.get("primaryKeyColumnNames") or ()), (), table.get("defaultCharsetName"), None,
            document.get("comment") or table.get("comment"),
            tuple((a["name"], a["value"]) for a in table.get("attributes") or () if a.get("value") is not None))
        if mine is not None:
            found = found.but(
                primary_key=tuple(mine["primary"]), unique_key=tuple(mine["unique"]), collation=mine.get("collation"),
                keys=tuple(KeyDef(name, tuple(cols), unique, partial, implied) for name, cols, unique, partial,
                           implied in mine["keys"]))
        return id, previous, found, mine is not None
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        if isinstance(e, DdlError):
            raise
        raise DdlError(f"a tableChanges entry of the history is not as expected ({type(e).__name__}: {e})") from None


def _id(text: str, database: str) -> TableId:
    parts = ['']
    quoted = False
    at = 0
    while at < len(text):
        char = text[at]
        if char == '"':
            if quoted and text[at + 1:at + 2] == '"':
                parts[-1] += char
                at += 1
            else:
                quoted = not quoted
        elif char == "." and not quoted:
            parts.append("")
        else:
            parts[-1] += char
        at += 1
    return TableId(parts[0], parts[-1]) if len(parts) > 1 else TableId(database, parts[0])


def _read_column(document: Mapping[str, Any], context: DdlContext) -> ColumnDef:
    mine = document.get("headgate")
    shared: dict[str, Any] = {
        "name": str(document["name"]), "declared": str(document["typeName"]), "nullable": bool(document.get("optional")),
        "auto_increment": bool(document.get("autoIncremented")),
        "comment": document.get("comment"),
    }
    if mine is not None:
        known = {name: mine[name] for name in _PLAIN if name in mine}
        return ColumnDef(**shared, **known, charset=document.get("charsetName"), labels=tuple(mine.get("labels") or ()))
    column = _from_names(document, context)
    return column.but(**shared, default=_default(document, column))


_SIZED = frozenset(("CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "BINARY", "VARBINARY", "BIT", "VECTOR", "YEAR", "TIME", "DATETIME",
                    "TIMESTAMP",
                    "INT", "TINYINT", "SMALLINT", "MEDIUMINT", "BIGINT", "INTEGER", "DECIMAL", "NUMERIC", "DEC", "FIXED", "FLOAT",
                    "DOUBLE",
                    "REAL", "CHARACTER", "NATIONAL"))


def _from_names(document: Mapping[str, Any], context: DdlContext) -> ColumnDef:
    """A column of Debezium's: its type is read as it would stand in a statement."""
    words = str(document["typeName"]).upper().split()
    attributes = [w for w in words if w in ("UNSIGNED", "ZEROFILL", "SIGNED")]
    base = [w for w in words if w not in attributes]
    size = ""
    length, scale = document.get("length"), document.get("scale")
    if base[0] in ("ENUM", "SET"):
        size = "(" + ",".join(label if label[:1] == "'" else "'" + label.replace("'", "''") + "'"
                              for label in document.get("enumValues") or ()) + ")"
    elif base[0] in _SIZED and length is not None:
        size = f"({length})" if scale is None else f"({length},{scale})"
    sql = " ".join(base) + size + " " + " ".join(attributes)
    spec = ColumnSpec(str(document["name"]), read_type(Cursor(sql, context)))
    spec.type.charset = document.get("charsetName") if document.get("charsetName") else spec.type.charset
    return resolve_column(spec, (None, None), context)


_QUOTED = frozenset(("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "date", "time", "datetime",
                     "timestamp", "json", "uuid", "inet4", "inet6"))
_BARE = frozenset(("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"))


def _default(document: Mapping[str, Any], column: ColumnDef) -> str | None:
    text = document.get("defaultValueExpression")
    if not isinstance(text, str):
        return None
    if column.type in _QUOTED or column.type in _BARE:
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    if column.type == "bit" and set(text) <= {"0", "1"}:
        return f"b'{text}'"
    return None


# Positions.


def at_or_before(recorded: Mapping[str, Any], desired: Mapping[str, Any], flavor: Flavor) -> bool:
    """Whether a record's position is not after the offset up to which structures are wanted; the rules are Debezium's,
    but that a position without a server id is taken to be of the same server."""
    ours, theirs = desired.get("gtids"), recorded.get("gtids")
    if ours is not None:
        if theirs is None:
            return True  # GTIDs were switched on since
        wanted, known = gtid_set_of(flavor, "".join(str(ours).split())), gtid_set_of(flavor, "".join(str(theirs).split()))
        if known == wanted:
            if not recorded.get("snapshot") and desired.get("snapshot"):
                return False
            return _number(recorded, "event") <= _number(desired, "event")
        return wanted.contains(known)  # type: ignore[arg-type]
    if theirs is not None:
        return False
    if not _same_server(recorded, desired):
        # Their coordinates have nothing to do with one another; times are all there is.
        return _number(recorded, "ts_sec") <= _number(desired, "ts_sec")

    def place(position: Mapping[str, Any]) -> tuple[int, str, int, int, int]:
        file = str(position.get("file") or "")
        suffix = file.rpartition(".")[2]
        return (int(suffix) if suffix.isdecimal() else 0, file, _number(position, "pos"), _number(position, "event"),
                _number(position, "row"))

    return place(recorded) <= place(desired)


def _same_server(recorded: Mapping[str, Any], desired: Mapping[str, Any]) -> bool:
    uuids = {position.get("headgate_server_uuid") for position in (recorded, desired)}
    if None not in uuids:
        return len(uuids) == 1
    # A snapshot's position has no server id: it is of the server that is read on.
    ids = _number(recorded, "server_id"), _number(desired, "server_id")
    return 0 in ids or ids[0] == ids[1]


def _number(position: Mapping[str, Any], key: str) -> int:
    value = position.get(key)
    return value if isinstance(value, int) else 0
