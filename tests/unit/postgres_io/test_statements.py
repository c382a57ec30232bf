"""The statements that the connector makes."""

from __future__ import annotations

import psycopg.conninfo
import pytest

from connectors.postgres.address import PINNED, Address, conninfo, pinned
from connectors.postgres.publications import PublicationWish, _options, _target
from connectors.postgres.relations import CatalogTable
from connectors.postgres.snapshot import SnapshotTarget, copy_statement

TABLE = CatalogTable(1, "s", "t")
PARENT = CatalogTable(2, "s", "p", kind="p")


@pytest.mark.parametrize(("target", "sql"), [
    (SnapshotTarget(TABLE), 'COPY (SELECT "a", "b" FROM ONLY "s"."t") TO STDOUT'),
    (SnapshotTarget(PARENT), 'COPY (SELECT "a", "b" FROM "s"."p") TO STDOUT'),
    (SnapshotTarget(TABLE, "(keep)"), 'COPY (SELECT "a", "b" FROM ONLY "s"."t" WHERE (keep)) TO STDOUT'),
    (SnapshotTarget(TABLE, None, "SELECT * FROM s.t WHERE x ; "),
     'COPY (SELECT "a", "b" FROM (SELECT * FROM s.t WHERE x\n) AS t) TO STDOUT'),
    (SnapshotTarget(TABLE, "(keep)", "SELECT 1"), 'COPY (SELECT "a", "b" FROM (SELECT 1\n) AS t WHERE (keep)) TO STDOUT'),
])
def test_a_table_is_read_by_copy(target: SnapshotTarget, sql: str) -> None:
    assert copy_statement(target, ("a", "b")) == sql


@pytest.mark.parametrize(("wish", "sql"), [
    (PublicationWish("p", "all_tables"), " FOR ALL TABLES"),
    (PublicationWish("p", "filtered", [TABLE, PARENT]), ' FOR TABLE "s"."t", "s"."p"'),
    (PublicationWish("p", "no_tables", [TABLE]), ""),
    (PublicationWish("p", "all_tables", via_root=True), " FOR ALL TABLES WITH (publish_via_partition_root = true)"),
    (PublicationWish("p", "all_tables", operations="insert, update"), " FOR ALL TABLES WITH (publish = 'insert, update')"),
])
def test_a_publication_is_made_as_the_mode_says(wish: PublicationWish, sql: str) -> None:
    assert _target(wish) + _options(wish) == sql


@pytest.mark.parametrize("setting", [
    "client_encoding", "DateStyle", "IntervalStyle", "bytea_output", "extra_float_digits", "TimeZone", "lc_monetary",
    "search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout",
])
def test_what_changes_output_and_what_ends_sessions_is_pinned(setting: str) -> None:
    assert PINNED[setting]


def test_an_address_never_shows_its_password() -> None:
    address = Address("h", 1, "u", "s3cret", "d", {"sslpassword": "s3cret"})
    assert "s3cret" not in f"{address} {address!r}"


def test_a_connection_string_keeps_odd_characters() -> None:
    address = Address("h", 1, "u'x", r"p\w d'", "d b", {"sslmode": "require"}, False)
    parts = psycopg.conninfo.conninfo_to_dict(conninfo(address, "headgate it's-0", replication=True, settings=pinned(None)))
    assert (parts["user"], parts["password"], parts["dbname"]) == ("u'x", r"p\w d'", "d b")
    assert (parts["application_name"], parts["sslmode"], parts["keepalives"]) == ("headgate it's-0", "require", "0")
    assert parts["replication"] == "database"
    assert r"-c DateStyle=ISO,\ YMD" in str(parts["options"])


def test_a_pinned_setting_can_be_taken_away_and_others_added() -> None:
    settings = pinned({"search_path": "", "statement_timeout": "5"})
    assert "search_path" not in settings
    assert settings["statement_timeout"] == "5"
