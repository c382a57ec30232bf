"""Structures that follow the log are what the server shows, statement by statement; and what table maps say of them is the
same."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import pymysql
import pytest

from connectors.mysql.address import Address, Tls
from connectors.mysql.events import EventParser, TableMap
from connectors.mysql.reconcile import StructureMismatch, reconcile
from connectors.mysql.session import Session
from connectors.mysql.stream import BinlogStream, FilePosition
from connectors.mysql.structure import ColumnDef, Flavor, TableDef
from connectors.mysql.tablemap import TableShape
from tests.integration.mysql.ddl_oracle import Judge, corpus, default_kind

pytestmark = pytest.mark.integration
_POINTS = {"geometry": "POINT(1 1)", "point": "POINT(1 1)", "polygon": "POLYGON((0 0,1 0,1 1,0 0))"}


@dataclass
class Followed:
    judge: Judge
    ran: int
    failed: list[str]
    faults: list[str]


def follow(judge: Judge) -> Followed:
    """Run the corpus, and compare after each statement the tables that it touched."""
    out = Followed(judge, 0, [], [])
    context = judge.context()
    for kind, text in corpus(judge.flavor.value, judge.database):
        if kind != "run":
            judge.rows(f"SET sql_mode = '{text}'" if kind == "mode" else text)
            context = judge.context()
            continue
        since = judge.position()
        try:
            judge.rows(text)
        except pymysql.MySQLError as e:
            out.failed.append(f"{text[:200]}: {e}")
            continue
        out.ran += 1
        touched = set()
        for statement in judge.logged(since, text):
            try:
                touched |= {c.id.name for c in judge.structures.apply(statement, judge.database, context)
                            if c.id is not None and c.id.database == judge.database}
            except ValueError as e:
                out.faults.append(f"{statement[:200]}: {e}")
        known = judge.known()
        if (names := judge.names()) != set(known):
            out.faults.append(f"{text[:200]}: the server has {names - set(known)}, known are {set(known) - names}")
        out.faults += compare(judge, judge.shown(touched), known, text)
    out.faults += compare(judge, judge.shown(), judge.known(), "at the end")
    return out


def compare(judge: Judge, shown: dict[str, TableDef], known: dict[str, TableDef], text: str) -> Iterator[str]:
    for name, table in shown.items():
        ours = known.get(name)
        if ours is not None and (wrong := differences(judge.plain(table), judge.plain(ours))):
            yield f"{text[:200]}: {name}: {wrong}"
            judge.structures.put(table)


def differences(left: Any, right: Any) -> list[str]:
    found = []
    for field in fields(left):
        a, b = getattr(left, field.name), getattr(right, field.name)
        if a != b:
            pairs = [(x, y) for x, y in zip(a, b, strict=False) if x != y] if isinstance(a,
                    tuple) and len(a) == len(b) else [(a, b)]
            found.append(f"{field.name}: {pairs}")
    return found


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def followed(request: pytest.FixtureRequest) -> Iterator[Followed]:
    server = request.getfixturevalue(request.param)
    database = f"ddl_{os.getpid()}"
    connection = pymysql.connect(
        host=server.host, port=server.port, user=server.user, password=server.password, autocommit=True, charset="utf8mb4",
        init_command="SET sql_mode = 'STRICT_TRANS_TABLES'")
    judge = Judge(connection, Flavor(request.param), database)
    judge.rows(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
    judge.rows(f"USE {database}")
    judge.structures.put_database(database, "utf8mb4")
    try:
        yield follow(judge)
    finally:
        judge.rows(f"DROP DATABASE {database}")
        connection.close()


def test_every_statement_leaves_the_structures_that_the_server_shows(followed: Followed) -> None:
    assert followed.failed == [], "the server refused statements of the corpus"
    assert followed.faults == []
    assert followed.ran > 240


def test_table_maps_agree_with_what_is_known(followed: Followed, request: pytest.FixtureRequest) -> None:
    judge = followed.judge
    known = judge.known()
    shapes = table_maps(judge, request.getfixturevalue(judge.flavor.value), known)
    assert len(shapes) > 70
    faults = []
    for name, shape in shapes.items():
        table = known[name]
        faults += [f"{name}: {wrong}" for wrong in minimal(shape, table)]
        faults += [f"{name}: {wrong}" for wrong in differences(judge.plain(table), judge.plain(reconcile(shape, table)))]
        # What the map alone tells, without what it cannot: MariaDB's UUID and INET are BINARY there.
        alone = [(c.name, c.nullable, c.charset, c.unsigned, c.labels) for c in reconcile(shape, None).columns]
        faults += [f"{name} alone: {a} {b}" for a, b in zip(
            alone, [(c.name, c.nullable, c.charset, c.unsigned, c.labels) for c in table.columns], strict=True) if a != b]
    assert faults == []


def minimal(shape: TableShape, table: TableDef) -> Iterator[str]:
    """A map with little metadata or none proves the known structure, and refutes others."""
    assert shape.metadata is not None
    less = replace(shape.metadata, names=None, labels=None, geometry_types=None, primary_key=None, visible=None)
    for map in (replace(shape, metadata=less), replace(shape, metadata=None)):
        try:
            assert reconcile(map, table) is table
        except StructureMismatch as e:
            yield str(e)
        for wrong in (table.but(columns=table.columns[:-1]), table.but(columns=(*table.columns, ColumnDef("zz", "date"))),
                      table.but(columns=tuple(c.but(nullable=not c.nullable) for c in table.columns)),
                      table.but(columns=tuple(c.but(type="date" if c.type != "date" else "int") for c in table.columns))):
            try:
                reconcile(map, wrong)
            except StructureMismatch:
                continue
            yield f"a wrong structure was taken: {[(c.name, c.type) for c in wrong.columns]}"


def table_maps(judge: Judge, server: Any, known: dict[str, TableDef]) -> dict[str, TableShape]:
    """Insert a row into every table that takes one, and read the maps that the log has."""
    more = ", check_constraint_checks = 0" if judge.flavor is Flavor.MARIADB else ""
    judge.rows(f"SET sql_mode = '', foreign_key_checks = 0{more}")
    since = judge.position()
    for name, table in known.items():
        columns = {quoted(c.name): value for c in table.columns if not c.nullable and (value := needed(c)) is not None}
        try:
            judge.rows(f"INSERT INTO {quoted(name)} ({','.join(columns)}) VALUES ({','.join(columns.values())})")
        except pymysql.MySQLError:
            continue  # a check, a partition: enough others are there
    end = judge.position()
    assert end[0] == since[0], "the log was rotated meanwhile"
    session = Session.open(Address(server.host, server.port, server.user, server.password, Tls("disabled")), "test")
    stream = BinlogStream.start(session, random.randint(10**6, 10**9), FilePosition(*since))
    parser = EventParser()
    found: dict[str, TableShape] = {}
    reached = 0
    while reached < end[1]:
        for packet in stream.read(5):
            event = parser.parse(packet)
            reached = event.header.end_pos or reached
            if isinstance(event, TableMap) and event.database == judge.database:
                found[event.shape.table] = event.shape
    stream.close()
    return found


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def needed(column: ColumnDef) -> str | None:
    if column.type in _POINTS:
        return f"ST_GeomFromText('{_POINTS[column.type]}', {column.srid or 0})"
    if column.type == "json":
        return "'{}'"
    if column.type == "vector":
        return f"TO_VECTOR('[{','.join('1' * (column.length or 1))}]')"
    return None


def test_the_oracle_tells_literals_from_expressions() -> None:
    assert [default_kind(t) for t in ("'a'", "-1.5", "0x61", "b'1'", "_utf8mb4'x'", "('x')",
                                      "DATE'2020-01-01'")] == ["literal"] * 7
    assert [default_kind(t) for t in ("(1 + 2)", "uuid()", "(uuid())", "nextval(`s`)")] == ["expression"] * 4
    assert default_kind("now()") == default_kind("CURRENT_TIMESTAMP") != default_kind("CURRENT_TIMESTAMP(3)")
