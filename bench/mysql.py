"""MySQL's side: the table, its changes, the connector that captures it, and plain readers of log and table."""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from typing import Any

import pymysql

from bench.figures import Drained
from bench.source import MANY, Column, Shape, many_table, values
from connectors.mysql.address import Address, Tls
from connectors.mysql.session import Session
from connectors.mysql.stream import BinlogStream, FilePosition
from devstack.mysql import MySql

__all__ = ["MySqlSource"]

PLAIN_ID, CONNECTOR_ID = 5402, 5401
_ROTATE = 4
_ROTATE_NAME = 27  # behind the header and the position in the new file
_CHECKSUM = 4
_HEADER = struct.Struct("<IBIIIH")
_SETUP = (
    "DROP DATABASE IF EXISTS bench",
    "CREATE DATABASE bench",
    """CREATE TABLE bench.events (
    id bigint PRIMARY KEY, account int NOT NULL, kind varchar(20) NOT NULL, note varchar(200), amount decimal(12,2) NOT NULL,
    ratio double, active boolean NOT NULL, trace char(36) NOT NULL, created timestamp(6) NOT NULL, day date NOT NULL)""",
    "CREATE TABLE bench.documents (id bigint PRIMARY KEY, body longblob NOT NULL)",
    # One transaction a row: the loop is in the server, or its answers would take longer than its commits.
    """CREATE PROCEDURE bench.write_singly(IN first bigint, IN last bigint)
    BEGIN
        DECLARE n bigint DEFAULT first;
        WHILE n <= last DO
            INSERT INTO bench.events VALUES ({values});
            SET n = n + 1;
        END WHILE;
    END""",
)
_VALUES = """n, n % 1000, CONCAT('kind-', n % 7), IF(n % 3 = 0, NULL, CONCAT('a note of ordinary length, number ', n)),
       (n % 100000) / 100, n / 7.0, n % 2 = 0, BIN_TO_UUID(UNHEX(LEFT(SHA2(n, 256), 32))),
       TIMESTAMP '2026-01-01 00:00:00.123456' + INTERVAL n SECOND, DATE '2026-01-01' + INTERVAL n % 365 DAY"""
_NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
_INSERT = f"INSERT INTO bench.events {_NUMBERS} SELECT {_VALUES} FROM numbers"

_KINDS = (
    Column("int", "n % 1000"), Column("varchar(20)", "CONCAT('kind-', n % 7)"), Column("decimal(12,2)", "(n % 100000) / 100"),
    Column("double", "n / 7.0"), Column("boolean", "n % 2 = 0"),
    Column("char(36)", "BIN_TO_UUID(UNHEX(LEFT(SHA2(n, 256), 32)))"),
    Column("timestamp(6) NULL", "TIMESTAMP '2026-01-01 00:00:00.123456' + INTERVAL n SECOND"),
    Column("date", "DATE '2026-01-01' + INTERVAL n % 365 DAY"), Column("bigint", "n * 1000003"),
    Column("varchar(100)", "CONCAT('a note of ordinary length, number ', n)"),
)


def _text(size: int) -> Column:
    return Column("longtext", f"LEFT(REPEAT(SHA2(n, 256), {size // 64 + 1}), {size})")


class MySqlSource:
    """A table of ten columns in a MySQL of the devstack. See :class:`bench.source.Source`."""

    title = "MySQL"
    plain_stream = "our own BinlogStream, whose events are thrown away undecoded"
    plain_snapshot = "SELECT * FROM bench.events, unbuffered, packets thrown away undecoded"

    def __init__(self, server: MySql) -> None:
        self._port = server.port
        self._start: FilePosition | None = None
        self._grown: list[Column] = []
        self._rows = 0

    def config(self, snapshot: str) -> dict[str, str]:
        """See Source."""
        return {
            "connector.class": "io.debezium.connector.mysql.MySqlConnector", "database.hostname": "127.0.0.1",
            "database.port": str(self._port), "database.user": "cdc", "database.password": "cdc",
            "database.server.id": str(CONNECTOR_ID), "database.include.list": "bench", "snapshot.mode": snapshot,
            "include.schema.changes": "false",
        }

    def prepare(self) -> None:
        """See Source."""
        self._run(*(statement.format(values=_VALUES) for statement in _SETUP), "CREATE DATABASE IF NOT EXISTS elsewhere",
                  "CREATE TABLE IF NOT EXISTS elsewhere.rows_ (id bigint)", "FLUSH BINARY LOGS",
                  "PURGE BINARY LOGS BEFORE NOW()")  # the servers are the benchmark's own

    def mark(self) -> None:
        """See Source: the present end of the log."""
        self._start = self._end()

    def write(self, changes: int, per_transaction: int) -> None:
        """See Source."""
        if per_transaction == 1:
            self._run(f"CALL bench.write_singly(1, {changes})")
            return
        ranges = ((first, min(first + per_transaction, changes + 1) - 1) for first in range(1, changes + 1, per_transaction))
        self._run(f"SET SESSION cte_max_recursion_depth = {per_transaction + 1}",
                  *(_INSERT.format(first=first, last=last) for first, last in ranges))

    def write_documents(self, count: int, size: int) -> None:
        """Commit that many rows of one value of ``size`` bytes each, in one transaction, into bench.documents."""
        rows = (f"({n}, REPEAT(CHAR({97 + n % 26}), {size}))" for n in range(1, count + 1))
        self._run("START TRANSACTION", *(f"INSERT INTO bench.documents VALUES {row}" for row in rows), "COMMIT")

    def row_bytes(self) -> float:
        """See Source."""
        text = "CONCAT_WS(',', id, account, kind, note, amount, ratio, active, trace, created, day)"
        (row,) = self._run(f"SELECT AVG(LENGTH({text})) FROM (SELECT * FROM bench.events LIMIT 1000) some")
        return float(row[0] or 0)

    def drain_stream(self, rows: int) -> Drained:
        """See Source. It counts no rows: it ends where the log ended when it was called."""
        start, end = self._start, self._end()
        if start is None:
            raise RuntimeError("mark() comes first")
        session, file = self._session(), start.file
        began, cpu = time.monotonic(), time.process_time()
        stream = BinlogStream.start(session, PLAIN_ID, start)
        try:
            while True:
                events = stream.read(5.0)
                # A reader must know where it is: it looks at each event's type, and at the last position of a gulp.
                for event in events:
                    if event[4] == _ROTATE:
                        file = event[_ROTATE_NAME:-_CHECKSUM].decode()
                if not events:
                    raise RuntimeError("the log ended too soon")
                if file == end.file and _HEADER.unpack_from(events[-1])[4] >= end.pos:
                    return Drained(rows, time.monotonic() - began, time.process_time() - cpu)
        finally:
            stream.close()

    def drain_snapshot(self, rows: int) -> Drained:
        """See Source."""
        session = self._session()
        try:
            seen, began, cpu = 0, time.monotonic(), time.process_time()
            read = session.raw_rows("SELECT * FROM bench.events").read
            while packets := read():
                seen += len(packets)
            done = Drained(seen, time.monotonic() - began, time.process_time() - cpu)
        finally:
            session.close()
        if seen != rows:
            raise RuntimeError(f"the plain reader saw {seen} rows of {rows}")
        return done

    def streams(self) -> int:
        """See Source."""
        (row,) = self._run("SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")
        return int(row[0])

    def prepare_grown(self, shape: Shape) -> None:
        """See Source."""
        self._grown, self._rows = values(_KINDS, _text, shape), 0
        columns = ", ".join(f"c{n} {column.type}" for n, column in enumerate(self._grown))
        self._run(f"CREATE TABLE bench.grown (id bigint PRIMARY KEY, {columns})")

    def write_grown(self, rows: int, per_transaction: int) -> None:
        """See Source. Single rows are a loop in the server, as in the stream case."""
        chosen = ", ".join(column.value for column in self._grown)
        end = self._rows + rows
        if per_transaction == 1:
            self._run("DROP PROCEDURE IF EXISTS bench.grow_singly", f"""CREATE PROCEDURE bench.grow_singly()
                BEGIN
                    DECLARE n bigint DEFAULT {self._rows};
                    WHILE n < {end} DO INSERT INTO bench.grown VALUES (n, {chosen}); SET n = n + 1; END WHILE;
                END""", "CALL bench.grow_singly()")
        else:
            self._run(f"SET SESSION cte_max_recursion_depth = {per_transaction + 1}", *(
                f"INSERT INTO bench.grown {_NUMBERS.format(first=first, last=min(first + per_transaction, end) - 1)} "
                f"SELECT n, {chosen} FROM numbers" for first in range(self._rows, end, per_transaction)))
        self._rows = end

    def write_elsewhere(self) -> None:
        """See Source."""
        self._run("INSERT INTO elsewhere.rows_ VALUES (1)")

    def prepare_many(self, tables: int) -> None:
        """See Source. They stay for the next run: making them takes longer than the case."""
        columns = ", ".join(f"c{n} {column.type}" for n, column in enumerate(_KINDS[:9]))
        self._run(f"CREATE DATABASE IF NOT EXISTS {MANY}")
        (row,) = self._run(f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{MANY}'")
        self._run("SELECT 1", *(
            f"CREATE TABLE IF NOT EXISTS {MANY}.{many_table(n)} (id bigint PRIMARY KEY AUTO_INCREMENT, {columns})"
            for n in range(int(row[0]), tables)))

    def config_many(self, captured: int) -> dict[str, str]:
        """See Source."""
        return {**self.config("no_data"), "database.include.list": MANY, "table.include.list": ",".join(
            f"{MANY}.{many_table(n)}" for n in range(captured))}

    def write_many(self, tables: int, transactions: int, per_transaction: int) -> None:
        """See Source."""
        chosen = ", ".join(column.value for column in _KINDS[:9])
        names = ", ".join(f"c{n}" for n in range(9))
        numbers = _NUMBERS.format(first=1, last=per_transaction)
        self._run(f"SET SESSION cte_max_recursion_depth = {per_transaction + 1}", *(
            f"INSERT INTO {MANY}.{many_table(number % tables)} ({names}) {numbers} SELECT {chosen} FROM numbers"
            for number in range(transactions)))

    def many_topic(self, number: int) -> str:
        """See Source."""
        return f"{MANY}.{many_table(number)}"

    def commit_rows(self, seconds: float, rate: int) -> list[str]:
        """See Source."""
        statement = f"INSERT INTO bench.events SELECT {_VALUES.replace('%', '%%')} FROM (SELECT %s AS n) one"
        return ["mysql", str(self._port), statement, str(rate), str(seconds)]

    def _session(self) -> Session:
        return Session.open(Address("127.0.0.1", self._port, "cdc", "cdc", Tls("disabled")), "bench")

    def _end(self) -> FilePosition:
        (row,) = self._run("SHOW BINARY LOG STATUS")
        return FilePosition(str(row[0]), int(row[1]))

    def _run(self, *statements: str) -> Sequence[Any]:
        """Run them in order on one connection; the rows of the last."""
        with (
            pymysql.connect(
                host="127.0.0.1", port=self._port, user="cdc", password="cdc", database="lab", autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())
