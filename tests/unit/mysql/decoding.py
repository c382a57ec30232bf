"""A decoder over a log of :mod:`binlog_writer`, with structures that the log itself tells."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from connectors.batch import ChangeBatch
from connectors.changes import Facts
from connectors.facts import context_headers
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.ddlevents import DdlFollower, SchemaRecords
from connectors.mysql.decoder import BinlogDecoder
from connectors.mysql.offsets import BinlogOffset, partition_of
from connectors.mysql.querystatus import Query
from connectors.mysql.source import BinlogSource
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor, TableDef, TableId
from connectors.mysql.structures import DdlContext, Structures
from connectors.mysql.tables import TableBuilder
from connectors.mysql.tracking import TableTracker
from connectors.mysql.types import Charsets
from tests.unit.mysql.binlog_writer import INT, UUID, VARCHAR, Log, Shape

T = Shape("db", "t", (("id", INT), ("name", VARCHAR)))
U = Shape("db", "u", (("id", INT), ("n", INT)))
OTHER = Shape("elsewhere", "x", (("id", INT), ("n", INT)))
START = BinlogOffset(file="binlog.000001", pos=4, gtids="", server_uuid="s-1")


class Plain:
    def __init__(self, flavor: Flavor) -> None:
        self._flavor = flavor

    def context(self, query: Query) -> DdlContext:
        return DdlContext(self._flavor, server_charset="utf8mb4")


class Rig:
    """A decoder and what it was given. ``tables`` are those that the server has now."""

    def __init__(self, offset: BinlogOffset = START, *, mariadb: bool = False, begins: FilePosition | None = None,
                 tables: Sequence[TableDef] = (), full: bool = True, structures: Structures | None = None,
                 records: SchemaRecords | None = None, **props: str) -> None:
        given = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.server.id": "99",
                 "database.include.list": "db", **{k.replace("__", "."): v for k, v in props.items()}}
        self.config = (MariaDbConfig if mariadb else MySqlConfig).from_props(given)
        flavor = self.config.flavor
        self.facts = Facts("1", flavor.value, "p", partition_of("p"), context_headers(flavor.value, "p", 0, "run"))
        charsets = Charsets()
        builder = TableBuilder(self.config, charsets)
        self.structures = structures or Structures()
        now = {t.id: t for t in tables}
        logger = logging.getLogger("tests")

        def lookup(id: TableId) -> TableDef | None:
            return now.get(id)

        def build(tdef: TableDef) -> Any:
            made = builder.snapshot_table(tdef)
            return None if made is None else made[0]

        tracker = TableTracker(self.config.selection, self.structures, builder, lookup if full else None,
                               self.config.inconsistent_schema_handling_mode, logger)
        follower = DdlFollower(self.config, self.structures, tracker, Plain(flavor), charsets, build,
                               lookup=lookup if full else None, records=records, logger=logger)
        self.decoder = BinlogDecoder(self.config, self.facts, BinlogSource(self.facts), tracker, follower, offset, begins=begins,
                                     server_uuid="s-1", clock=lambda: 1_700_000_000_999_999_999, logger=logger)

    def feed(self, packets: Sequence[bytes]) -> list[ChangeBatch[BinlogOffset]]:
        """Batches until nothing is pending."""
        batches = [self.decoder.feed(packets)]
        while self.decoder.pending:
            batches.append(self.decoder.feed(()))
        return batches

    def records(self, log: Log) -> list[Any]:
        return [r for batch in self.feed(log.packets) for r in batch.records()]


def shown(record: Any) -> tuple[Any, ...]:
    """A record in short: table, operation, key, after (of a delete: before)."""
    if record.value is None:
        return record.topic.split(".")[-1], "tombstone", None if record.key is None else tuple(record.key.values())
    if "op" not in record.value:
        return record.topic, record.value.get("status"), record.value.get("id")
    row = record.value["after"] or record.value["before"]
    return (record.topic.split(".")[-1], record.value["op"], None if record.key is None else tuple(record.key.values()),
            None if row is None else tuple(row.values()))


def changes(log: Log, **how: Any) -> list[tuple[Any, ...]]:
    return [shown(r) for r in Rig(mariadb=log.mariadb, **how).records(log)]


def stored(offset: BinlogOffset) -> BinlogOffset:
    """By way of the stored form."""
    read = BinlogOffset.read(json.loads(json.dumps(offset.write())))
    assert read is not None
    return read


def gtid(n: int) -> str:
    return f"{UUID}:{n}"
