"""The task on a server of other settings: table maps without names (so a schema history is needed), and no GTIDs."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from connect.api.errors import ConnectError
from devstack.stack import Stack
from tests.integration.mysql.tasks import Lab

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with Stack(["mysql"]) as stack:
        made = SimpleNamespace(host="127.0.0.1", port=stack.servers["mysql"].port, user="cdc", password="cdc")
        lab = Lab("mysql", made)
        lab.sql("SET GLOBAL binlog_row_metadata = MINIMAL", "SET GLOBAL gtid_mode = ON_PERMISSIVE",
                "SET GLOBAL gtid_mode = OFF_PERMISSIVE", "SET GLOBAL gtid_mode = OFF",
                "SET GLOBAL enforce_gtid_consistency = OFF")
        lab.close()
        yield made


@pytest.fixture
def lab(server: Any) -> Iterator[Lab]:
    made = Lab("mysql", server)
    made.sql("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100) DEFAULT 'd')", "INSERT INTO a VALUES (1, 'x')")
    yield made
    made.close()


@pytest.fixture
def history(kafka: Any, lab: Lab) -> dict[str, str]:
    return {"schema__history__internal__kafka__topic": f"history_{lab.name}",
            "schema__history__internal__kafka__bootstrap__servers": kafka.bootstrap}


def test_without_a_history_the_start_is_refused_with_the_cure(lab: Lab) -> None:
    with pytest.raises(ConnectError, match="binlog_row_metadata=FULL"):
        lab.task()


def test_structures_are_followed_over_restarts(lab: Lab, history: dict[str, str]) -> None:
    runner = lab.task(**history).streaming()
    lab.sql("ALTER TABLE a ADD COLUMN n INT DEFAULT 7 FIRST", "INSERT INTO a (id) VALUES (2)")
    offset = runner.rows_of(2).stop()
    assert runner.rows[-1].value["after"] == {"n": 7, "id": 2, "v": "d"}
    lab.sql("INSERT INTO a (id) VALUES (3)", "ALTER TABLE a DROP COLUMN v, CHANGE n m BIGINT", "INSERT INTO a VALUES (4, 4)",
            "CREATE TABLE b LIKE a", "INSERT INTO b VALUES (5, 5)", "RENAME TABLE b TO c", "INSERT INTO c VALUES (6, 6)")
    again = lab.task(offset, **history).rows_of(4)
    assert [(b[0], r.value["after"]) for b, r in zip(again.briefs, again.rows, strict=True)] == [
        ("a", {"n": 7, "id": 3, "v": "d"}), ("a", {"m": 4, "id": 4}), ("b", {"m": 5, "id": 5}), ("c", {"m": 6, "id": 6})]
    offset = again.stop()
    lab.sql("INSERT INTO c VALUES (7, 7)")
    assert lab.task(offset, **history).rows_of(1).rows[0].value["after"] == {"m": 7, "id": 7}


def test_a_lost_history_is_made_anew(lab: Lab, history: dict[str, str]) -> None:
    offset = lab.task(**history).rows_of(1).streaming().stop()
    elsewhere = {**history, "schema__history__internal__kafka__topic": f"other_{lab.name}"}
    with pytest.raises(ConnectError, match="schema history"):
        lab.task(offset, **elsewhere)
    lab.sql("INSERT INTO a VALUES (2, 'y')")
    assert lab.task(offset, snapshot__mode="recovery", **elsewhere).rows_of(1).ids() == [2]


def test_a_change_that_the_log_does_not_have_stops(lab: Lab, history: dict[str, str]) -> None:
    runner = lab.task(**history).streaming()
    lab.sql("SET SESSION sql_log_bin = 0", "ALTER TABLE a ADD COLUMN n INT", "SET SESSION sql_log_bin = 1",
            "INSERT INTO a VALUES (2, 'y', 1)")
    with pytest.raises(ConnectError, match=r"structure of table .*\.a cannot be told"):
        runner.until(lambda r: False)


def test_without_gtids_a_stop_inside_a_transaction_repeats_nothing(lab: Lab, history: dict[str, str]) -> None:
    runner = lab.task(max__batch__size="3", **history).streaming()
    lab.sql("INSERT INTO a VALUES " + ", ".join(f"({i}, 'x')" for i in range(10, 20)), "FLUSH BINARY LOGS",
            "INSERT INTO a VALUES (20, 'x')")
    offset = runner.rows_of(2).stop()
    assert offset is not None and "gtids" not in offset and offset["event"]
    again = lab.task(offset, max__batch__size="3", **history).until(lambda r: 20 in r.ids())
    assert runner.ids() + again.ids() == list(range(10, 21))


def test_without_gtids_xa_is_found_again_by_its_place(lab: Lab, history: dict[str, str]) -> None:
    name = f"{lab.name}-1"
    runner = lab.task(**history).streaming()
    other = lab.connect()
    lab.sql(f"XA START '{name}'", "INSERT INTO a VALUES (30, 'xa')", f"XA END '{name}'", f"XA PREPARE '{name}'", on=other)
    lab.sql("INSERT INTO a VALUES (31, 'x')", "FLUSH BINARY LOGS", "CREATE TABLE z (id INT PRIMARY KEY)")
    offset = runner.until(lambda r: 31 in r.ids()).past(lab).stop()
    again = lab.task(offset, **history)
    lab.sql(f"XA COMMIT '{name}'", on=other)
    lab.sql("INSERT INTO a VALUES (32, 'x')")
    again.until(lambda r: 32 in r.ids())
    assert runner.ids() + again.ids() == [31, 30, 32]


def test_mixed_engines_that_were_rolled_back(lab: Lab, history: dict[str, str]) -> None:
    lab.sql("CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM",
            "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO m VALUES (NEW.id)")
    runner = lab.task(**history).streaming()
    lab.sql("BEGIN", "INSERT INTO a VALUES (40, 'x')", "SAVEPOINT s", "INSERT INTO a VALUES (41, 'x')", "ROLLBACK TO SAVEPOINT s",
            "INSERT INTO a VALUES (42, 'x')", "COMMIT", "BEGIN", "INSERT INTO a VALUES (43, 'x')", "ROLLBACK", "DROP TRIGGER t",
            "INSERT INTO a VALUES (44, 'x')")
    runner.until(lambda r: ("a", "c", 44, "false") in r.briefs)
    assert [b[2] for b in runner.briefs if b[:2] == ("a", "c")] == [40, 42, 44]
    assert [b[2] for b in runner.briefs if b[0] == "m"] == [40, 41, 42, 43]
