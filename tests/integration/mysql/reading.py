"""A snapshot made with the real pieces, and the log read by another reader, for the tests of the snapshot."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql

from connect.api.records import SourceRecord
from connectors.changes import Facts
from connectors.mysql.address import Address, Tls
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.session import Session
from connectors.mysql.snapshot import Announce, SnapshotOptions, SnapshotReader
from connectors.mysql.snapshotstart import SnapshotStart, SnapshotStarter
from connectors.mysql.source import BinlogSource
from connectors.mysql.structure import Flavor
from connectors.mysql.structures import DdlContext, parse_create
from connectors.mysql.tables import TableBuilder
from connectors.mysql.types import Charsets
from connectors.selection import Patterns
from connectors.waiting import Stop
from devstack.mysql import find_mysqlbinlog

LOG = logging.getLogger("tests.snapshot")


class Bench:
    """One database of a test's own on one server, and snapshots of it. ``close`` drops it."""

    def __init__(self, server: Any, flavor: Flavor, name: str) -> None:
        self.server, self.flavor = server, flavor
        self.database = f"snap_{name}_{os.getpid()}"
        self.admin = self.connect()
        self.sql(f"DROP DATABASE IF EXISTS {self.database}", f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4")
        self.sql(f"USE {self.database}")
        self.stop = threading.Event()

    def connect(self, user: str | None = None, **more: Any) -> Any:
        at = self.server
        return pymysql.connect(host=at.host, port=at.port, user=user or at.user, password=at.password, autocommit=True,
                               charset="utf8mb4", **more)

    def sql(self, *statements: str, on: Any = None) -> list[tuple[Any, ...]]:
        with (on or self.admin).cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def close(self) -> None:
        self.stop.set()
        self.sql(f"DROP DATABASE {self.database}")
        self.admin.close()

    def config(self, **more: str) -> MySqlConfig:
        props: dict[str, str | None] = {
            "topic.prefix": "p", "database.hostname": self.server.host, "database.port": str(self.server.port),
            "database.user": self.server.user, "database.password": self.server.password, "database.server.id": "77",
            "database.include.list": self.database, **{k.replace("__", "."): v for k, v in more.items()}}
        kind = MariaDbConfig if self.flavor is Flavor.MARIADB else MySqlConfig
        return kind.from_props(props)

    def session(self, user: str | None = None) -> Session:
        at = self.server
        address = Address(at.host, at.port, user or at.user, at.password, Tls("disabled"))
        return Session.open(address, "test", stop=Stop(self.stop.is_set))

    def begin(self, config: MySqlConfig, user: str | None = None, **more: Any) -> SnapshotStart:
        context = DdlContext(flavor=self.flavor)
        starter = SnapshotStarter(
            lambda: self.session(user), config.selection, lambda sql, database: parse_create(sql, database, context),
            locking=config.snapshot_locking_mode, lock_timeout_ms=config.snapshot_lock_timeout_ms, logger=LOG,
            wait=self.stop.wait)
        return starter.start(**more)

    def reader(self, config: MySqlConfig, start: SnapshotStart, announce: Announce | None = None, **more: Any) -> SnapshotReader:
        facts = Facts("0", self.flavor.value, "p", {"server": "p"})
        builder = TableBuilder(config, Charsets())
        options = SnapshotOptions(Patterns.parse(config.snapshot_include), config.overrides, **more)
        return SnapshotReader(
            start, builder.snapshot_table, facts, BinlogSource(facts), BinlogOffset(server_uuid="u"), options, LOG, announce)

    def read(self, config: MySqlConfig | None = None, **more: Any) -> list[SourceRecord]:
        """All records of a whole snapshot."""
        config = config or self.config()
        start = self.begin(config)
        return records_of(self.reader(config, start, **more))

    def changes_since(self, start: SnapshotStart) -> list[tuple[str, str, list[int] | None, list[int] | None]]:
        """(operation, table, old row, new row) of whole numbers, from the snapshot's position to the end of the log, as the
        server's own mysqlbinlog tells them."""
        at, server = start.position.position, self.server
        command = [
            *find_mysqlbinlog(mariadb=self.flavor is Flavor.MARIADB), "--no-defaults", "--read-from-remote-server",
            f"--host={server.host}", f"--port={server.port}", f"--user={server.user}", f"--password={server.password}",
            f"--start-position={at.pos}", "--to-last-log", "--verbose", "--base64-output=DECODE-ROWS", at.file]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return list(_row_changes(text, self.database))


def records_of(reader: SnapshotReader) -> list[SourceRecord]:
    return [record for batch in reader if batch is not None for record in batch.records()]


_STATEMENT = re.compile(r"### (INSERT INTO|UPDATE|DELETE FROM) `([^`]+)`\.`([^`]+)`")
_VALUE = re.compile(r"###   @\d+=(-?\d+)")
_OPERATION = {"INSERT INTO": "c", "UPDATE": "u", "DELETE FROM": "d"}


def _row_changes(text: str, database: str) -> Iterator[tuple[str, str, list[int] | None, list[int] | None]]:
    operation = table = ""
    row: list[int] = []
    before, after = row, row
    for line in (*text.splitlines(), "end"):
        if found := _VALUE.match(line):
            row.append(int(found[1]))
        elif line in ("### SET", "### WHERE"):
            row = []
            before, after = (row, after) if line == "### WHERE" else (before, row)
        else:
            if operation:
                yield operation, table, None if operation == "c" else before, None if operation == "d" else after
            operation = ""
            if (found := _STATEMENT.match(line)) and found[2] == database:
                operation, table = _OPERATION[found[1]], found[3]


@contextmanager
def writers(bench: Bench, work: Any, count: int = 3) -> Iterator[list[int]]:
    """Runs ``work(connection, number)`` again and again in threads until the end of the block; gives how often each did."""
    done = [0] * count
    errors: list[BaseException] = []
    ended = threading.Event()

    def run(number: int) -> None:
        connection = bench.connect(database=bench.database)
        try:
            while not ended.is_set():
                work(connection, number)
                done[number] += 1
        except pymysql.MySQLError as e:
            errors.append(e)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert not errors, errors
