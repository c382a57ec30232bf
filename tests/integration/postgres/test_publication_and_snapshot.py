"""Snapshot and stream see the same rows and columns: publications with filters, partitions, row-level security, rights."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from tests.integration.postgres.conftest import ids


def after(runner: Any, table: str) -> list[tuple[str, Any]]:
    return [(r.value["op"], r.value["after"]) for r in runner.rows if r.value["source"]["table"] == table]


def test_row_filters_and_column_lists_hold_on_both_paths(each_lab: Any) -> None:
    each_lab.sql("CREATE TABLE t (id int PRIMARY KEY, keep bool NOT NULL, open text, secret text)")
    each_lab.sql("ALTER TABLE t REPLICA IDENTITY FULL")
    each_lab.sql("INSERT INTO t VALUES (1, true, 'a', 's1'), (2, false, 'b', 's2')")
    each_lab.sql("CREATE TABLE u (id int PRIMARY KEY, open text, secret text)")
    each_lab.sql("INSERT INTO u VALUES (1, 'a', 's1')")
    each_lab.sql(f"CREATE PUBLICATION {each_lab.name} FOR TABLE t WHERE (keep), u (id, open)")
    runner = each_lab.task(publication__autocreate__mode="disabled").streaming()
    each_lab.sql("UPDATE t SET keep = false WHERE id = 1")
    each_lab.sql("UPDATE t SET keep = true WHERE id = 2")
    each_lab.sql("INSERT INTO t VALUES (3, false, 'c', 's3')")
    each_lab.sql("INSERT INTO u VALUES (2, 'b', 's2')")
    runner.records_of(5)
    assert [b[1:3] for b in runner.briefs if b[0] == "t"] == [("r", 1), ("d", 1), ("c", 2)]
    assert after(runner, "u") == [("r", {"id": 1, "open": "a"}), ("c", {"id": 2, "open": "b"})]
    assert len({r.value_schema for r in runner.rows if r.value["source"]["table"] == "u"}) == 1


def test_row_filters_use_operators_of_other_schemas(lab: Any) -> None:
    lab.sql("CREATE SCHEMA ext")
    lab.sql("CREATE EXTENSION citext SCHEMA ext")
    lab.sql("CREATE TABLE t (id int PRIMARY KEY, c text)")
    lab.sql("INSERT INTO t VALUES (1, 'A'), (2, 'b')")
    lab.sql(f"CREATE PUBLICATION {lab.name} FOR TABLE t WHERE (id OPERATOR(pg_catalog.<) 2)")
    assert ids(lab.task(publication__autocreate__mode="disabled").streaming().records, "r") == [1]


def test_hidden_rows_are_refused_with_table_role_and_cure(each_lab: Any) -> None:
    each_lab.sql("CREATE TABLE t (id int PRIMARY KEY, tenant int NOT NULL)")
    each_lab.sql("INSERT INTO t SELECT g, g % 3 FROM generate_series(1, 9) g")
    group, role = each_lab.role("grp", ""), each_lab.role("user")
    each_lab.sql(f"GRANT {group} TO {role}")
    each_lab.sql(f"GRANT SELECT ON t TO {group}")
    each_lab.sql("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    each_lab.sql(f"CREATE POLICY only_one ON t FOR SELECT TO {group} USING (tenant = 1)")
    each_lab.sql(f"CREATE PUBLICATION {each_lab.name} FOR TABLE t")
    more = {"database__user": role, "database__password": role, "publication__autocreate__mode": "disabled"}
    with pytest.raises(ConnectError, match=rf"row-level security policies \(RLS\).*{role} on public\.t.*BYPASSRLS"):
        each_lab.task(**more)
    each_lab.sql(f"ALTER ROLE {role} BYPASSRLS")
    runner = each_lab.task(**more).streaming()
    assert ids(runner.records, "r") == list(range(1, 10))


def test_tables_without_the_right_to_read_are_all_named_before_the_first_row(lab: Any) -> None:
    lab.sql("CREATE SCHEMA s")
    for name in ("public.a", "public.b", "s.c"):
        lab.sql(f"CREATE TABLE {name} (id int PRIMARY KEY)")
    role = lab.role("user")
    lab.sql(f"GRANT SELECT ON a TO {role}")
    lab.sql(f"CREATE PUBLICATION {lab.name} FOR ALL TABLES")
    with pytest.raises(ConnectError) as caught:
        lab.task(database__user=role, database__password=role, publication__autocreate__mode="disabled")
    said = str(caught.value)
    assert f'GRANT SELECT ON "public"."b" TO "{role}"' in said
    assert f'GRANT USAGE ON SCHEMA "s" TO "{role}"' in said
    assert '"public"."a"' not in said


def test_a_role_without_the_right_to_replicate_fails_with_the_statement(lab: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    role = lab.role("plain", "")
    with pytest.raises(ConnectError, match=r"ALTER ROLE .* REPLICATION"):
        lab.task(database__user=role, database__password=role)


def partitions(lab: Any) -> None:
    lab.sql("CREATE TABLE p (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d)")
    lab.sql("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
    lab.sql("INSERT INTO p VALUES (1, '2024-02-02')")


def test_partitions_by_root_come_as_the_parent_only(each_lab: Any) -> None:
    partitions(each_lab)
    runner = each_lab.task(publish__via__partition__root="true", skipped__operations="none").streaming()
    each_lab.sql("CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")
    each_lab.sql("INSERT INTO p VALUES (2, '2025-05-05')")
    runner.records_of(2)
    assert runner.briefs == [("p", "r", 1, "last"), ("p", "c", 2, "false")]


def test_partitions_without_root_come_as_leaves(each_lab: Any) -> None:
    partitions(each_lab)
    runner = each_lab.task(publication__autocreate__mode="all_tables").streaming()
    each_lab.sql("INSERT INTO p VALUES (2, '2024-05-05')")
    runner.records_of(2)
    assert runner.briefs == [("p1", "r", 1, "last"), ("p1", "c", 2, "false")]


def test_a_table_attached_to_a_published_root_does_not_come_twice(lab: Any) -> None:
    partitions(lab)
    lab.sql("CREATE TABLE p2 (id int, d date, PRIMARY KEY (id, d))")
    lab.sql("INSERT INTO p2 VALUES (5, '2025-05-05')")
    lab.sql(f"CREATE PUBLICATION {lab.name} FOR TABLE p WITH (publish_via_partition_root = true)")
    lab.sql("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")
    runner = lab.task(publication__autocreate__mode="disabled").streaming()
    assert sorted(b[:3] for b in runner.briefs) == [("p", "r", 1), ("p", "r", 5)]


def test_children_by_inheritance_are_tables_of_their_own(lab: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    lab.sql("CREATE TABLE kid (PRIMARY KEY (id)) INHERITS (a)")
    lab.sql("INSERT INTO a VALUES (1)")
    lab.sql("INSERT INTO kid VALUES (2)")
    runner = lab.task().streaming()
    assert sorted(b[:3] for b in runner.briefs) == [("a", "r", 1), ("kid", "r", 2)]


def test_views_and_unlogged_tables_are_not_read(lab: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    lab.sql("INSERT INTO a VALUES (1)")
    lab.sql("CREATE VIEW v AS SELECT * FROM a")
    lab.sql("CREATE MATERIALIZED VIEW m AS SELECT * FROM a")
    lab.sql("CREATE UNLOGGED TABLE u AS SELECT * FROM a")
    assert [b[0] for b in lab.task().streaming().briefs] == ["a"]


def test_the_signal_table_is_published_too(lab: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    lab.sql("CREATE TABLE signals (id varchar(42), type varchar(32), data varchar(2048))")
    lab.task(table__include__list="public.a", **{"signal.data.collection": "public.signals"}).streaming()
    assert [r[0] for r in lab.sql("SELECT tablename FROM pg_publication_tables WHERE pubname = %s ORDER BY 1", lab.name)] == [
        "a", "signals"]


def test_names_that_need_quotes_are_read(lab: Any) -> None:
    lab.sql('CREATE SCHEMA "Sch ema"')
    lab.sql('CREATE TABLE "Sch ema"."Ta""ble" ("id" int PRIMARY KEY, "Größe x" text)')
    lab.sql('INSERT INTO "Sch ema"."Ta""ble" VALUES (1, \'a\')')
    runner = lab.task(schema__include__list="Sch ema").streaming()
    lab.sql('INSERT INTO "Sch ema"."Ta""ble" VALUES (2, \'b\')')
    runner.records_of(2)
    assert after(runner, 'Ta"ble') == [("r", {"id": 1, "Größe x": "a"}), ("c", {"id": 2, "Größe x": "b"})]


def test_partitions_that_come_and_go_are_told(lab: Any, caplog: pytest.LogCaptureFixture) -> None:
    partitions(lab)
    runner = lab.task(publish__via__partition__root="true")
    runner.task._partitions._interval = runner.task._partitions._next = 0.0
    runner.streaming()
    runner.until(lambda r: r.task._partitions._known)
    lab.sql("CREATE TABLE p2 (id int, d date, PRIMARY KEY (id, d))")
    lab.sql("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")
    runner.until(lambda r: "partitions of public.p are new: public.p2" in caplog.text)
    lab.sql("ALTER TABLE p DETACH PARTITION p1")
    runner.until(lambda r: "partitions of public.p are gone: public.p1" in caplog.text)
    assert runner.context.metrics["source_partition_changes"] == 2
