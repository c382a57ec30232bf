"""The catalogue of a real server as values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.postgres.address import Address
from connectors.postgres.catalog import SqlCatalog
from connectors.postgres.relations import CatalogTable
from connectors.postgres.session import Session


@pytest.fixture
def session(each_lab: Any) -> Iterator[Session]:
    made = Session.open(Address(each_lab.host, each_lab.port, each_lab.user, each_lab.password, each_lab.name), "catalog")
    yield made
    made.close()


def table(session: Session, name: str) -> CatalogTable:
    found = SqlCatalog(session).table(int(session.value(f"SELECT '{name}'::regclass::oid") or 0))
    assert found is not None
    return found


def test_columns_come_in_their_order_without_dropped_ones(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TABLE t (a int, gone text, b text NOT NULL DEFAULT 'x', c numeric(5,2), "
                 "d int GENERATED ALWAYS AS (a) STORED)")
    each_lab.sql("ALTER TABLE t DROP COLUMN gone")
    each_lab.sql("COMMENT ON COLUMN t.b IS 'second'")
    found = table(session, "public.t")
    assert [(c.name, c.type_oid, c.typmod, c.not_null, c.default, c.generated, c.comment) for c in found.columns] == [
        ("a", 23, -1, False, None, False, None), ("b", 25, -1, True, "'x'::text", False, "second"),
        ("c", 1700, 327686, False, None, False, None), ("d", 23, -1, False, None, True, None)]


def test_the_primary_key_comes_in_key_order(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TABLE t (a int, b int, c int, PRIMARY KEY (c, a) INCLUDE (b))")
    assert table(session, "public.t").primary_key == ("c", "a")


@pytest.mark.parametrize(("index", "key"), [
    ("CREATE UNIQUE INDEX ON t (b, a)", ("b", "a")),
    ("CREATE UNIQUE INDEX ON t (a) INCLUDE (n)", ("a",)),
    ("CREATE UNIQUE INDEX ON t (n)", ("n",)),
    ("CREATE UNIQUE INDEX ON t (a, n)", ("a", "n")),
    ("CREATE UNIQUE INDEX ON t (a) WHERE a > 0", ()),
    ("CREATE UNIQUE INDEX ON t (abs(a))", ()),
    ("CREATE INDEX ON t (a)", ()),
    ("ALTER TABLE t ADD UNIQUE (a) DEFERRABLE", ()),
])
def test_a_unique_index_stands_in_for_a_primary_key(
        each_lab: Any, session: Session, index: str, key: tuple[str, ...]) -> None:
    each_lab.sql("CREATE TABLE t (a int NOT NULL, b int NOT NULL, n int)")
    each_lab.sql(index)
    assert table(session, "public.t").unique_key == key


def test_the_first_declared_unique_index_wins(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TABLE t (a int NOT NULL, b int NOT NULL)")
    each_lab.sql("CREATE UNIQUE INDEX z ON t (b)")
    each_lab.sql("CREATE UNIQUE INDEX a ON t (a)")
    assert table(session, "public.t").unique_key == ("b",)


@pytest.mark.parametrize(("statement", "identity", "columns"), [
    ("", "d", ("id",)), ("FULL", "f", ("id", "u", "v")), ("NOTHING", "n", ()), ("USING INDEX by_u", "i", ("u",))])
def test_the_replica_identity_is_told(
        each_lab: Any, session: Session, statement: str, identity: str, columns: tuple[str, ...]) -> None:
    each_lab.sql("CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL, v int)")
    each_lab.sql("CREATE UNIQUE INDEX by_u ON t (u)")
    if statement:
        each_lab.sql(f"ALTER TABLE t REPLICA IDENTITY {statement}")
    found = table(session, "public.t")
    assert (found.replica_identity, found.identity_columns) == (identity, columns)


def test_a_table_that_is_no_more_is_none(each_lab: Any, session: Session) -> None:
    assert SqlCatalog(session).table(99) is None


def test_several_tables_come_in_the_order_asked_for(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TABLE a (id int)")
    each_lab.sql("CREATE TABLE b (id int) PARTITION BY LIST (id)")
    oids = [int(session.value(f"SELECT 'public.{n}'::regclass::oid") or 0) for n in ("b", "a")]
    assert [(t.name, t.kind) for t in SqlCatalog(session).tables([oids[0], 99, oids[1]])] == [("b", "p"), ("a", "r")]


def test_types_tell_arrays_domains_and_labels(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TYPE mood AS ENUM ('sad', 'so, \"so\"', 'ok')")
    each_lab.sql("CREATE DOMAIN short AS varchar(5)")
    catalog = SqlCatalog(session)

    def of(name: str) -> Any:
        return catalog.type(int(session.value(f"SELECT '{name}'::regtype::oid") or 0))

    assert (of("int4").name, of("int4").element) == ("int4", 0)
    assert of("int4[]").element == 23
    assert of("name").element == 0
    assert of("int2vector").element == 0
    assert (of("public.mood").kind, of("public.mood").labels) == ("e", ("sad", 'so, "so"', "ok"))
    assert of("public.mood[]").element == of("public.mood").oid
    assert (of("public.short").kind, of("public.short").base, of("public.short").base_typmod) == ("d", 1043, 9)


def test_a_type_made_later_is_found_and_an_unknown_one_is_an_error(each_lab: Any, session: Session) -> None:
    catalog = SqlCatalog(session)
    catalog.type(23)
    each_lab.sql("CREATE TYPE later AS ENUM ('x')")
    assert catalog.type(int(session.value("SELECT 'public.later'::regtype::oid") or 0)).labels == ("x",)
    with pytest.raises(ConnectError, match="type OID 999999999 is not in pg_type"):
        catalog.type(999999999)


def test_a_new_label_is_seen_after_a_refresh(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TYPE mood AS ENUM ('a')")
    oid = int(session.value("SELECT 'public.mood'::regtype::oid") or 0)
    catalog = SqlCatalog(session)
    assert catalog.type(oid).labels == ("a",)
    each_lab.sql("ALTER TYPE mood ADD VALUE 'b'")
    catalog.refresh()
    assert catalog.type(oid).labels == ("a", "b")


def test_the_types_of_tables_are_read_when_they_are_asked_for(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TABLE parent (id int)")
    each_lab.sql("CREATE TYPE pair AS (a int, b int)")
    catalog = SqlCatalog(session)
    oids = [int(session.value(f"SELECT 'public.{name}'::regtype::oid") or 0) for name in ("parent", "parent[]", "pair", "pair[]")]
    assert [(t.name, t.kind, t.element) for t in map(catalog.type, oids)] == [
        ("parent", "c", 0), ("_parent", "b", oids[0]), ("pair", "c", 0), ("_pair", "b", oids[2])]


def test_built_in_types_are_read_once(each_lab: Any, session: Session) -> None:
    catalog = SqlCatalog(session)
    catalog.type(23)
    catalog.refresh()
    session.close()
    assert (catalog.type(23).name, catalog.type(1007).element) == ("int4", 23)


def test_after_a_refresh_only_types_that_columns_have_are_read(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TYPE mood AS ENUM ('a')")
    each_lab.sql("CREATE DOMAIN short AS varchar(5)")
    catalog = SqlCatalog(session)
    mood, short = (int(session.value(f"SELECT 'public.{name}'::regtype::oid") or 0) for name in ("mood", "short"))
    assert (catalog.type(mood).kind, catalog.type(short).kind) == ("e", "d")
    catalog.refresh()
    assert catalog.type(mood).labels == ("a",)
    session.close()
    assert catalog.type(short).kind == "d"
