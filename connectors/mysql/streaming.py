"""Puts together what reads the log: structures as of a place, what they are read with, and the decoder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.changes import Facts
from connectors.mysql.catalog import Catalog
from connectors.mysql.config import MySqlConfig
from connectors.mysql.ddlevents import DdlFollower, Historian
from connectors.mysql.decoder import BinlogDecoder
from connectors.mysql.failures import DatabaseError
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.querystatus import Query
from connectors.mysql.schemachanges import SchemaChangeRecords
from connectors.mysql.server import ServerFacts
from connectors.mysql.snapshotstart import SnapshotStart
from connectors.mysql.source import BinlogSource
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor, TableDef, TableId
from connectors.mysql.structures import DdlContext, DdlError, Structures, parse_create
from connectors.mysql.tables import TableBuilder
from connectors.mysql.tracking import Lookup, TableTracker
from connectors.mysql.types import Charsets
from connectors.mysql.types.charsets import charset_of
from connectors.tables import Table

__all__ = ["Reader", "ServerContext", "structures_of"]

_GONE = 1146


class ServerContext:
    """How statements of one server are to be read."""

    def __init__(self, facts: ServerFacts) -> None:
        version = (*facts.version, 0, 0)
        number = version[0] * 10000 + version[1] * 100 + version[2]
        self.base = DdlContext(facts.flavor, 0, number, facts.lower_case_table_names, True, facts.charset or None,
                               facts.collation or None)
        """Of a statement that the server itself wrote: SHOW CREATE TABLE."""

    def context(self, query: Query) -> DdlContext:
        """The session that ran the statement."""
        status, base = query.status, self.base
        charset, collation = base.server_charset, base.server_collation
        told = _charset(status.collation_server)
        if told is not None and told != charset:
            charset, collation = told, None
        explicit = status.explicit_defaults_ts
        return DdlContext(
            base.flavor, status.sql_mode or 0, base.version, base.lower_case_table_names,
            base.flavor is Flavor.MYSQL if explicit is None else explicit, charset, collation)


def _charset(collation: int | None) -> str | None:
    try:
        return None if collation is None else charset_of(collation)
    except ValueError:
        return None


def structures_of(server: ServerFacts, catalog: Catalog) -> Structures:
    """No tables yet; what new ones get of their databases."""
    structures = Structures(server.lower_case_table_names)
    structures.put_server(server.charset or None, server.collation or None)
    for database in catalog.databases():
        structures.put_database(database.name, database.charset, database.collation)
    return structures


@dataclass(slots=True)
class Reader:
    """What a task reads with, for its whole life: two tables never share a topic, a warning is given once."""

    config: MySqlConfig
    facts: Facts
    logger: logging.Logger
    charsets: Charsets = field(default_factory=Charsets)
    builder: TableBuilder = field(init=False)
    source: BinlogSource = field(init=False)
    records: SchemaChangeRecords | None = field(init=False)

    def __post_init__(self) -> None:
        self.builder = TableBuilder(self.config, self.charsets)
        self.source = BinlogSource(self.facts)
        self.records = SchemaChangeRecords(self.config, self.facts, self.source) if self.config.include_schema_changes else None

    def parse(self, server: ServerFacts) -> Callable[[str, str], TableDef]:
        """Makes tables of CREATE TABLE statements and their databases. Raises DdlError."""
        context = ServerContext(server).base
        return lambda sql, database: parse_create(sql, database, context)

    def snapshot_structures(self, server: ServerFacts, start: SnapshotStart) -> Structures:
        """The structures as of a snapshot's place."""
        structures = Structures(server.lower_case_table_names)
        structures.put_server(start.charset or None, start.collation or None)
        for database in start.databases:
            structures.put_database(database.name, database.charset, database.collation)
        for structure in (*start.tables, *start.others):
            structures.put(structure.table)
        return structures

    def lookup(self, server: ServerFacts, catalog: Callable[[], Catalog]) -> Lookup:
        """Asks the server for tables as they are now."""
        parse = self.parse(server)

        def find(id: TableId) -> TableDef | None:
            try:
                return parse(catalog().create_statement(id), id.database)
            except DatabaseError as e:
                if e.number == _GONE:
                    return None
                raise
            except DdlError as e:
                self.logger.warning("the structure of %s, as SHOW CREATE TABLE tells it, cannot be read: %s. Its defaults and "
                                    "comments are not known", id, e)
                return None

        return find

    def decoder(self, server: ServerFacts, resume: BinlogOffset, begins: FilePosition | None, structures: Structures,
                lookup: Lookup | None, historian: Historian | None) -> BinlogDecoder:
        """A decoder for one dump. ``lookup`` where the log tells structures itself, ``historian`` where it does not."""
        config = self.config
        tracker = TableTracker(config.selection, structures, self.builder, lookup, config.inconsistent_schema_handling_mode,
                               self.logger)
        follower = DdlFollower(config, structures, tracker, ServerContext(server), self.charsets, self._plain, lookup=lookup,
                               historian=historian, records=self.records, logger=self.logger)
        return BinlogDecoder(config, self.facts, self.source, tracker, follower, resume, server_uuid=server.uuid or None,
                             begins=begins, logger=self.logger)

    def _plain(self, table: TableDef) -> Table | None:
        made = self.builder.snapshot_table(table)
        return None if made is None else made[0]
