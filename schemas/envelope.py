"""The schemas of change events: key, row and envelope of a table, and the small records around them.

The shapes are Debezium's, field by field. Names are given in full and already adjusted (:mod:`schemas.names`): for a
table's topic ``T`` they are ``T.Key``, ``T.Value`` and ``T.Envelope``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schemas.model import BYTES, INT32, INT64, STRING, Schema, array_of, map_of, struct_of
from schemas.semantic import enum

__all__ = [
    "EVENT_COLLECTION", "HEARTBEAT", "HEARTBEAT_KEY", "MARIADB_SOURCE", "MESSAGE_KEY", "MYSQL_SOURCE", "NOTIFICATION",
    "NOTIFICATION_KEY", "POSTGRES_SOURCE", "SNAPSHOT_MARKERS", "TRANSACTION_BLOCK", "TRANSACTION_KEY", "TRANSACTION_VALUE",
    "envelope_schema", "key_schema", "message_schema", "row_schema", "source_schema",
]

_COMMON = "io.debezium.connector.common."
SNAPSHOT_MARKERS: tuple[str, ...] = (
    "true", "first", "first_in_data_collection", "last_in_data_collection", "last", "false", "incremental")
"""What ``source.snapshot`` may say; left null in the stream."""

Members = Iterable[tuple[str, Schema]]


def key_schema(name: str, columns: Members) -> Schema:
    """The key of a table: its key columns in key order. A table without a key has no schema at all."""
    return struct_of(columns, name)


def row_schema(name: str, columns: Members) -> Schema:
    """A row: the captured columns in table order. Optional, because ``before`` or ``after`` may be absent."""
    return struct_of(columns, name).opt()


def source_schema(connector: str, members: Sequence[tuple[str, Schema]]) -> Schema:
    """The ``source`` block: what every connector says, then the members of this one (``mysql``, ``postgresql`` …)."""
    marker = enum(SNAPSHOT_MARKERS).opt("false")
    shared = [
        ("version", STRING), ("connector", STRING), ("name", STRING), ("ts_ms", INT64), ("snapshot", marker), ("db", STRING),
        ("sequence", STRING.opt()), ("ts_us", INT64.opt()), ("ts_ns", INT64.opt()),
    ]
    return struct_of([*shared, *members], f"io.debezium.connector.{connector}.Source", version=1)


POSTGRES_SOURCE = source_schema("postgresql", [
    ("schema", STRING), ("table", STRING), ("txId", INT64.opt()), ("lsn", INT64.opt()), ("xmin", INT64.opt()),
    ("origin", STRING.opt()), ("origin_lsn", INT64.opt()),
])
"""Where a PostgreSQL change came from. ``schema`` and ``table`` are empty for logical messages."""

_BINLOG = [
    ("table", STRING.opt()), ("server_id", INT64), ("gtid", STRING.opt()), ("file", STRING), ("pos", INT64), ("row", INT32),
    ("thread", INT64.opt()), ("query", STRING.opt()),
]
MYSQL_SOURCE = source_schema("mysql", _BINLOG)
"""Where a MySQL change came from."""
MARIADB_SOURCE = source_schema("mariadb", _BINLOG)
"""Where a MariaDB change came from."""

TRANSACTION_BLOCK = struct_of(
    [("id", STRING), ("total_order", INT64), ("data_collection_order", INT64)], "event.block", version=1).opt()
"""A change's place in its transaction; always in the schema, null unless transaction metadata is on."""


def envelope_schema(name: str, row: Schema, source: Schema, transaction: Schema = TRANSACTION_BLOCK) -> Schema:
    """The change event of a table. ``row`` is a :func:`row_schema`."""
    return struct_of(
        [
            ("before", row), ("after", row), ("source", source), ("transaction", transaction), ("op", STRING),
            ("ts_ms", INT64.opt()), ("ts_us", INT64.opt()), ("ts_ns", INT64.opt()),
        ],
        name, version=2)


TRANSACTION_KEY = struct_of([("id", STRING)], _COMMON + "TransactionMetadataKey", version=1)
"""Key of the transaction topic."""
EVENT_COLLECTION = struct_of([("data_collection", STRING), ("event_count", INT64)], "event.collection", version=1).opt()
"""How many events of one table a transaction had."""
TRANSACTION_VALUE = struct_of(
    [
        ("status", STRING), ("id", STRING), ("event_count", INT64.opt()), ("data_collections", array_of(EVENT_COLLECTION).opt()),
        ("ts_ms", INT64),
    ],
    _COMMON + "TransactionMetadataValue", version=1)
"""BEGIN or END of a transaction; the counts are null at BEGIN."""

HEARTBEAT_KEY = struct_of([("serverName", STRING)], _COMMON + "ServerNameKey", version=1)
"""Key of the heartbeat topic: the topic prefix."""
HEARTBEAT = struct_of([("ts_ms", INT64)], _COMMON + "Heartbeat", version=1)
"""A heartbeat."""

NOTIFICATION_KEY = struct_of([("id", STRING)], _COMMON + "NotificationKey", version=1)
"""Key of a notification."""
NOTIFICATION = struct_of(
    [
        ("id", STRING), ("type", STRING), ("aggregate_type", STRING), ("additional_data", map_of(STRING, STRING).opt()),
        ("timestamp", INT64),
    ],
    _COMMON + "Notification", version=1)
"""Progress of a snapshot, and the like."""

MESSAGE_KEY = struct_of([("prefix", STRING.opt())], "io.debezium.connector.postgresql.MessageKey", version=1)
"""Key of a logical decoding message."""


def message_schema(content: Schema = BYTES) -> Schema:
    """A logical decoding message of PostgreSQL; ``content`` is BYTES, or STRING in the text forms of binary.handling.mode."""
    message = struct_of(
        [("prefix", STRING.opt()), ("content", content.opt())], "io.debezium.connector.postgresql.Message", version=1)
    return struct_of(
        [
            ("op", STRING), ("ts_ms", INT64.opt()), ("source", POSTGRES_SOURCE), ("transaction", TRANSACTION_BLOCK),
            ("message", message),
        ],
        "io.debezium.connector.postgresql.MessageValue", version=1)
