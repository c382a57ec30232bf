"""Publications on real servers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.postgres.address import Address
from connectors.postgres.catalog import SqlCatalog
from connectors.postgres.publications import PublicationWish, ensure_publication, find_publication, published_tables
from connectors.postgres.relations import CatalogTable
from connectors.postgres.session import Session

LOG = logging.getLogger("test")


@pytest.fixture
def session(each_lab: Any) -> Iterator[Session]:
    made = Session.open(Address(each_lab.host, each_lab.port, each_lab.user, each_lab.password, each_lab.name), "publications")
    yield made
    made.close()


def tables(session: Session, *names: str) -> list[CatalogTable]:
    oids = [int(session.value(f"SELECT '{n}'::regclass::oid") or 0) for n in names]
    return SqlCatalog(session).tables(oids)


def members(lab: Any, name: str = "p") -> list[str]:
    return [f"{s}.{t}" for s, t in lab.sql(
        "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = %s ORDER BY 1, 2", name)]


@pytest.fixture(autouse=True)
def some_tables(each_lab: Any) -> None:
    each_lab.sql("CREATE TABLE a (id int PRIMARY KEY, x text, y text)")
    each_lab.sql("CREATE TABLE b (id int PRIMARY KEY)")


def ensure(session: Session, lab: Any, mode: str, *names: str, **more: Any) -> None:
    ensure_publication(session, PublicationWish("p", mode, tables(session, *names), **more), lab.name, LOG)


def test_all_tables_makes_one_for_all_tables(each_lab: Any, session: Session) -> None:
    ensure(session, each_lab, "all_tables")
    found = find_publication(session, "p")
    assert found is not None
    assert found.all_tables
    assert members(each_lab) == ["public.a", "public.b"]


def test_filtered_makes_one_for_the_captured_tables(each_lab: Any, session: Session) -> None:
    ensure(session, each_lab, "filtered", "public.b")
    assert members(each_lab) == ["public.b"]


def test_filtered_adjusts_the_tables_when_they_differ(each_lab: Any, session: Session) -> None:
    ensure(session, each_lab, "filtered", "public.b")
    ensure(session, each_lab, "filtered", "public.a", "public.b")
    assert members(each_lab) == ["public.a", "public.b"]
    ensure(session, each_lab, "filtered", "public.a")
    assert members(each_lab) == ["public.a"]


def test_filtered_touches_nothing_when_the_tables_are_the_same(each_lab: Any, session: Session) -> None:
    ensure(session, each_lab, "filtered", "public.a", "public.b")
    before = each_lab.sql("SELECT xmin::text, oid FROM pg_publication_rel ORDER BY oid")
    ensure(session, each_lab, "filtered", "public.b", "public.a")
    assert each_lab.sql("SELECT xmin::text, oid FROM pg_publication_rel ORDER BY oid") == before


def test_adjusting_keeps_row_filters_and_column_lists_of_others(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE PUBLICATION p FOR TABLE a (id, x) WHERE (id > 5)")
    ensure(session, each_lab, "filtered", "public.a", "public.b")
    entry = published_tables(session, "p")["public", "a"]
    assert entry.columns == ("id", "x")
    assert entry.row_filter == "(id > 5)"
    assert members(each_lab) == ["public.a", "public.b"]


def test_one_that_another_makes_at_the_same_moment_is_adjusted(each_lab: Any, session: Session) -> None:
    other = Session.open(Address(each_lab.host, each_lab.port, each_lab.user, each_lab.password, each_lab.name), "other")
    other.execute("BEGIN")
    other.execute("CREATE PUBLICATION p FOR TABLE public.a")
    wish = PublicationWish("p", "filtered", tables(session, "public.a", "public.b"))
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(ensure_publication, session, wish, each_lab.name, LOG)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE PUBLICATION%%'"
        each_lab.wait(lambda: each_lab.one(waiting) or made.done())
        assert not made.done()
        other.execute("COMMIT")
        assert made.result(20).name == "p"
    other.close()
    assert members(each_lab) == ["public.a", "public.b"]


def test_filtered_without_a_matching_table_is_an_error(each_lab: Any, session: Session) -> None:
    with pytest.raises(ConnectError, match=r"no table of the database matches the filters.*table\.include\.list"):
        ensure(session, each_lab, "filtered")


def test_filtered_never_empties_a_publication(each_lab: Any, session: Session) -> None:
    ensure(session, each_lab, "filtered", "public.a")
    with pytest.raises(ConnectError, match="would become empty"):
        ensure(session, each_lab, "filtered")
    assert members(each_lab) == ["public.a"]


def test_filtered_refuses_a_publication_for_all_tables(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE PUBLICATION p FOR ALL TABLES")
    with pytest.raises(ConnectError, match="is for all tables and cannot be limited"):
        ensure(session, each_lab, "filtered", "public.a")


def test_filtered_leaves_a_publication_of_schemas_alone(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE PUBLICATION p FOR TABLES IN SCHEMA public")
    ensure(session, each_lab, "filtered", "public.a")
    assert members(each_lab) == ["public.a", "public.b"]


@pytest.mark.parametrize("mode", ["all_tables", "disabled", "no_tables"])
def test_other_modes_leave_a_publication_alone(each_lab: Any, session: Session, mode: str) -> None:
    each_lab.sql("CREATE PUBLICATION p FOR TABLE a")
    ensure(session, each_lab, mode, "public.b")
    assert members(each_lab) == ["public.a"]


def test_no_tables_makes_an_empty_one(each_lab: Any, session: Session) -> None:
    ensure(session, each_lab, "no_tables", "public.a")
    assert find_publication(session, "p") is not None
    assert members(each_lab) == []


def test_disabled_needs_one_that_is_there(each_lab: Any, session: Session) -> None:
    with pytest.raises(ConnectError, match=r'publication "p" is not in database .*CREATE PUBLICATION "p" FOR TABLE'):
        ensure(session, each_lab, "disabled", "public.a")


def test_partitions_by_root_and_operations_are_options_of_a_new_one(each_lab: Any, session: Session) -> None:
    ensure(session, each_lab, "filtered", "public.a", via_root=True, operations="insert, delete")
    assert each_lab.sql("SELECT pubviaroot, pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication") == [
        (True, True, False, True, False)]


@pytest.mark.parametrize(("mode", "says"), [
    ("all_tables", "needs a superuser"), ("filtered", "GRANT CREATE ON DATABASE"), ("no_tables", "GRANT CREATE ON DATABASE")])
def test_a_role_without_the_right_is_told_the_statement(each_lab: Any, mode: str, says: str) -> None:
    role = each_lab.role("poor")
    session = Session.open(Address(each_lab.host, each_lab.port, role, role, each_lab.name), "publications")
    with pytest.raises(ConnectError, match="(?s)CREATE PUBLICATION.*" + re.escape(says)):
        ensure(session, each_lab, mode, "public.a")
    session.close()


def test_what_is_published_names_filters_and_columns(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE PUBLICATION p FOR TABLE a (id, y) WHERE (y IS NOT NULL), b")
    found = published_tables(session, "p")
    assert found["public", "a"].columns == ("id", "y")
    assert found["public", "a"].row_filter == "(y IS NOT NULL)"
    assert (found["public", "b"].columns, found["public", "b"].row_filter) == (None, None)


def test_a_partitioned_table_is_published_by_its_leaves_or_by_its_root(each_lab: Any, session: Session) -> None:
    each_lab.sql("CREATE TABLE parts (id int) PARTITION BY LIST (id)")
    each_lab.sql("CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)")
    each_lab.sql("CREATE PUBLICATION leaves FOR TABLE parts")
    each_lab.sql("CREATE PUBLICATION root FOR TABLE parts, parts_1 WITH (publish_via_partition_root = true)")
    assert list(published_tables(session, "leaves")) == [("public", "parts_1")]
    assert list(published_tables(session, "root")) == [("public", "parts")]


def test_names_that_need_quotes_are_quoted(each_lab: Any, session: Session) -> None:
    each_lab.sql('CREATE TABLE "We""ird t" ("a b" int)')
    wish = PublicationWish('P"q', "filtered", tables(session, 'public."We""ird t"'))
    ensure_publication(session, wish, each_lab.name, LOG)
    assert members(each_lab, 'P"q') == ['public.We"ird t']
