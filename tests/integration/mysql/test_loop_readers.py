"""The same log, read by python-mysql-replication and by the server's own mysqlbinlog: equal rows, in the same order."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent

from devstack.mysql import find_mysqlbinlog
from tests.integration.mysql.loop_columns import Column, columns_of, dumped, library, ours
from tests.integration.mysql.scene import Scene

# The library asks datetime for what newer versions of Python advise against.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
KEY = Column("id", "INT", "int", lambda chance: chance.randint(1, 1 << 30))
TRANSACTIONS = 60

Row = tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Change:
    """One row's change; rows have their columns' values in order. ``kind`` is c, u or d."""

    kind: str
    before: Row
    after: Row


Changes = dict[str, list[Change]]
"""Those of each table, in the order of the log."""


@pytest.fixture(params=["mysql", "mariadb"])
def scene(request: pytest.FixtureRequest, worker: Any, kafka: Any, registry: Any) -> Iterator[Scene]:
    made = Scene(worker, kafka, registry, request.getfixturevalue(request.param), request.param)
    yield made
    made.close()


class Writer:
    """Random transactions over some tables; the seed decides them."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.chance = Random(seed)
        self.scene = scene
        self.tables = {f"t{n}": (KEY, *columns_of(self.chance, 20)) for n in range(5)}
        self.keys: dict[str, set[int]] = {name: set() for name in self.tables}
        for name, columns in self.tables.items():
            defined = ", ".join(f"`{c.name}` {c.type}" for c in columns)
            scene.sql(f"CREATE TABLE {name} ({defined}, PRIMARY KEY (id))")

    def transaction(self) -> None:
        with self.scene.connection.cursor() as cursor:
            cursor.execute("BEGIN")
            for _ in range(self.chance.randint(1, 5)):
                self._statement(cursor, self.chance.choice(list(self.tables)))
            cursor.execute(self.chance.choice(("COMMIT", "COMMIT", "COMMIT", "ROLLBACK")))
        for name in self.tables:
            self.keys[name] = {row[0] for row in self.scene.sql(f"SELECT id FROM {name}")}

    def _value(self, column: Column) -> Any:
        return None if self.chance.random() < 0.15 else column.make(self.chance)

    def _statement(self, cursor: Any, name: str) -> None:
        columns, chance = self.tables[name], self.chance
        known = sorted(self.keys[name])
        some = ", ".join(map(str, chance.sample(known, min(len(known), chance.randint(1, 4)))))
        what = chance.random()
        if what < 0.5 or not known:
            rows = [[KEY.make(chance), *map(self._value, columns[1:])] for _ in range(chance.randint(1, 4))]
            one = f"({', '.join(['%s'] * len(columns))})"
            cursor.execute(f"INSERT INTO {name} VALUES {', '.join([one] * len(rows))}", [v for row in rows for v in row])
        elif what < 0.8:
            changed = chance.sample(columns[1:], chance.randint(1, len(columns) - 1))
            cursor.execute(f"UPDATE {name} SET {', '.join(f'`{c.name}` = %s' for c in changed)} WHERE id IN ({some})",
                           [self._value(c) for c in changed])
        elif what < 0.87:
            cursor.execute(f"UPDATE {name} SET id = id + 1 WHERE id = {chance.choice(known)}")
        else:
            cursor.execute(f"DELETE FROM {name} WHERE id IN ({some})")


def by_us(scene: Scene, tables: dict[str, tuple[Column, ...]], expected: Changes) -> Changes:
    """From the topics, once there is as much as expected; tombstones are left out."""
    found: Changes = {}
    for name, columns in tables.items():
        wanted = len(expected[name]) + sum(c.kind == "d" for c in expected[name])
        events = [e.value for e in scene.events(name, wanted)] if wanted else []
        found[name] = [
            Change(v["op"], *(_row(columns, v[side], ours) for side in ("before", "after"))) for v in events if v is not None]
    return found


def _row(columns: Sequence[Column], values: dict[str, Any] | None, form: Any) -> Row:
    return None if values is None else tuple(form(c, values[c.name]) for c in columns)


def by_library(scene: Scene, tables: dict[str, tuple[Column, ...]], file: str, pos: int) -> Changes:
    """By python-mysql-replication, up to the row of the table ``last``."""
    server = scene.server
    reader = BinLogStreamReader(
        connection_settings={"host": server.host, "port": server.port, "user": server.user, "passwd": server.password},
        server_id=scene.server_id + 1, log_file=file, log_pos=pos, resume_stream=True, blocking=True,
        only_schemas=[scene.database], only_events=[WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent],
        is_mariadb=scene.flavor == "mariadb")
    found: Changes = {name: [] for name in tables}
    try:
        for event in reader:
            if event.table == "last":
                break
            columns = tables[event.table]

            def row(one: dict[str, Any], side: str, columns: Sequence[Column] = columns) -> Row:
                values = dict(one[side])
                told = one.get(side.replace("values", "none_sources"), {})
                for c in columns:
                    if c.kind == "set" and values[c.name] is None and told.get(c.name) == "empty set":
                        values[c.name] = set()
                return tuple(None if values[c.name] is None else library(c, values[c.name]) for c in columns)

            for one in event.rows:
                match event:
                    case WriteRowsEvent():
                        found[event.table].append(Change("c", None, row(one, "values")))
                    case DeleteRowsEvent():
                        found[event.table].append(Change("d", row(one, "values"), None))
                    case _:
                        found[event.table].append(Change("u", row(one, "before_values"), row(one, "after_values")))
    finally:
        reader.close()
    return found


_STATEMENT = re.compile(rb"### (INSERT INTO|UPDATE|DELETE FROM) `([^`]+)`\.`([^`]+)`")
_VALUE = re.compile(rb"###   @(\d+)=(.*)", re.DOTALL)
_KINDS = {b"INSERT INTO": "c", b"UPDATE": "u", b"DELETE FROM": "d"}


def by_dump(scene: Scene, tables: dict[str, tuple[Column, ...]], file: str, pos: int) -> Changes:
    """By mysqlbinlog."""
    server = scene.server
    command = [
        *find_mysqlbinlog(mariadb=scene.flavor == "mariadb"), "--no-defaults", "--read-from-remote-server",
        f"--host={server.host}", f"--port={server.port}", f"--user={server.user}", f"--password={server.password}",
        f"--start-position={pos}", "--to-last-log", "--verbose", "--base64-output=DECODE-ROWS", file]
    lines = subprocess.run(command, capture_output=True, check=True).stdout.split(b"\n")
    found: Changes = {name: [] for name in tables}
    kind, name = "", ""
    sides: dict[bytes, list[Any]] = {}

    def end() -> None:
        if kind:
            before, after = (None if side not in sides else tuple(sides[side]) for side in (b"### WHERE", b"### SET"))
            found[name].append(Change(kind, before, after))
        sides.clear()

    side: list[Any] = []
    for line in lines:
        if value := _VALUE.fullmatch(line):
            side.append(dumped(tables[name][int(value[1]) - 1], value[2], scene.flavor == "mariadb") if kind else None)
        elif line in (b"### WHERE", b"### SET"):
            side = sides[line] = []
        elif statement := _STATEMENT.fullmatch(line):
            end()
            kind, name = "", statement[3].decode()
            if statement[2].decode() == scene.database and name in tables:
                kind = _KINDS[statement[1]]
        elif not line.startswith(b"###"):
            end()
            kind = ""
    end()
    return found


def split(changes: Changes) -> Changes:
    """A changed key as it is in the topics."""
    return {name: [part for c in those for part in (
        [c] if c.before is None or c.after is None or c.before[0] == c.after[0]
        else [Change("d", c.before, None), Change("c", None, c.after)])] for name, those in changes.items()}


def rounded(changes: Changes, tables: dict[str, tuple[Column, ...]]) -> Changes:
    """Floating-point numbers to the six digits that mysqlbinlog prints."""
    def row(name: str, values: Row) -> Row:
        return None if values is None else tuple(
            float(f"{v:.6g}") if c.kind == "float" and v is not None else v
            for c, v in zip(tables[name], values, strict=True))

    return {name: [Change(c.kind, row(name, c.before), row(name, c.after)) for c in those] for name, those in changes.items()}


def differences(ours: Changes, theirs: Changes, tables: dict[str, tuple[Column, ...]]) -> list[Any]:
    """Where two readers do not agree: table, number of the change, column, what each says."""
    found: list[Any] = [(name, len(those), len(theirs[name])) for name, those in ours.items() if len(those) != len(theirs[name])]
    for name, those in ours.items():
        for n, (one, other) in enumerate(zip(those, theirs[name], strict=False)):
            if one != other:
                found.append((name, n, one.kind, other.kind))
            found += [
                (name, n, column.name, mine, other_s)
                for a, b in ((one.before, other.before), (one.after, other.after)) if a is not None and b is not None
                for column, mine, other_s in zip(tables[name], a, b, strict=True) if mine != other_s]
    return found[:10]


@pytest.mark.parametrize("seed", [1, 2])
def test_two_other_readers_of_the_log_find_the_rows_that_we_find(scene: Scene, seed: int) -> None:
    writer = Writer(scene, seed)
    scene.streams()
    file, pos = scene.sql("SHOW BINARY LOG STATUS" if scene.flavor == "mysql" else "SHOW MASTER STATUS")[0][:2]
    for _ in range(TRANSACTIONS):
        writer.transaction()
    scene.sql("CREATE TABLE last (id INT PRIMARY KEY)", "INSERT INTO last VALUES (1)")
    tables = writer.tables
    theirs = by_library(scene, tables, file, pos)
    told = by_dump(scene, tables, file, pos)
    assert sum(map(len, theirs.values())) > TRANSACTIONS
    as_records = split(theirs)
    mine = by_us(scene, tables, as_records)
    assert differences(mine, as_records, tables) == []
    assert differences(rounded(mine, tables), rounded(split(told), tables), tables) == []
