"""Debezium's properties that these connectors do not honour, each with the reason. Reported by validation."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.unhonoured import JDBC
from connectors.unhonoured import NOT_HONOURED as OF_ALL

__all__ = ["NOT_HONOURED"]

_ZONE = "every session's time zone is UTC; the values do not depend on it"
_DDL = "statements are followed by one parser of our own"
_PATIENCE = "every session pins how long the server waits for it: a reader that is held back is not cut off"
_TLS = "database.ssl.mode rules"

_HONOURED_HERE = frozenset({"snapshot.tables.order.by.row.count"})

NOT_HONOURED: Mapping[str, str] = dict(sorted({
    **{name: why for name, why in OF_ALL.items() if name not in _HONOURED_HERE},
    "binlog.buffer.size": "transactions of up to 16 MiB are always looked through for what of them was rolled back",
    "binlog.net.read.timeout": _PATIENCE,
    "binlog.net.write.timeout": _PATIENCE,
    "database.allowPublicKeyRetrieval": "the server's public key is asked for when the password's method needs it",
    "database.characterEncoding": "every session pins its character sets",
    "database.connectionTimeZone": _ZONE,
    "database.jdbc.driver": JDBC,
    "database.jdbc.protocol": JDBC,
    "database.protocol": JDBC,
    "database.server.id.offset": "one connection reads the log, under database.server.id",
    "database.serverTimezone": _ZONE,
    "database.sslMode": _TLS,
    "database.useSSL": _TLS,
    "ddl.parser.type": _DDL,
    "gtid.ignore.on.recovery": "structures are recovered by the stored position",
    "min.row.count.to.stream.results": "every table is read row by row",
    "resolve.create.table.like.schema": "the structure of the table after LIKE is known",
    "schema.history.internal.ddl.filter": "every statement is read for what it changes; those that change no table are left",
    "schema.history.internal.kafka.buffer.batch.size": "the history is read as it comes",
    "schema.history.internal.memory.optimization": "structures share what they have in common",
    "schema.history.internal.prefer.ddl": _DDL,
    "snapshot.query.mode": "snapshot.select.statement.overrides gives a SELECT of one's own",
    "use.nongraceful.disconnect": "the connection is closed at once in any case",
}.items()))
"""Name → why."""
