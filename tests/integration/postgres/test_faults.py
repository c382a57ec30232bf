"""What goes wrong in production: each a clear error or a visible retry, never a gap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connect.api.errors import ConnectError, RetriableError
from devstack.stack import Stack
from tests.integration.postgres.conftest import Lab, ids, resume_of


@pytest.fixture
def rows(each_lab: Any) -> Any:
    each_lab.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    each_lab.sql("INSERT INTO a VALUES (1, 'x')")
    return each_lab


def free(lab: Any) -> None:
    lab.wait(lambda: lab.one("SELECT active FROM pg_replication_slots WHERE slot_name = %s", lab.name) is False)


def stopped(lab: Any) -> Any:
    """The offset of a task that has streamed a change, was stored, and has stopped."""
    runner = lab.task().streaming()
    lab.sql("INSERT INTO a VALUES (2, 'y')")
    runner.records_of(2)
    runner.store()
    offset = runner.stop()
    free(lab)
    return offset


def test_a_slot_that_was_dropped_is_an_error(rows: Any) -> None:
    offset = stopped(rows)
    rows.sql("SELECT pg_drop_replication_slot(%s)", rows.name)
    with pytest.raises(ConnectError, match=r"is missing although an offset is stored: changes since LSN .* cannot be read"):
        rows.task(offset)
    assert rows.slots() == []


def test_a_slot_that_was_made_again_is_an_error(rows: Any) -> None:
    offset = stopped(rows)
    rows.sql("SELECT pg_drop_replication_slot(%s)", rows.name)
    rows.sql("INSERT INTO a VALUES (3, 'lost')")
    rows.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", rows.name)
    with pytest.raises(ConnectError, match=r"starts after the stored offset; changes from LSN .* cannot be read"):
        rows.task(offset)


def test_a_slot_that_somebody_advanced_is_an_error(rows: Any) -> None:
    offset = stopped(rows)
    rows.sql("INSERT INTO a VALUES (3, 'lost')")
    rows.sql("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", rows.name)
    with pytest.raises(ConnectError, match="starts after the stored offset"):
        rows.task(offset)


def test_a_slot_that_is_ahead_is_followed_when_it_is_trusted(rows: Any) -> None:
    offset = stopped(rows)
    rows.sql("INSERT INTO a VALUES (3, 'lost')")
    rows.sql("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", rows.name)
    runner = rows.task(offset, offset__mismatch__strategy="trust_slot")
    rows.sql("INSERT INTO a VALUES (4, 'z')")
    assert runner.records_of(1).briefs == [("a", "c", 4, "false")]


def test_an_offset_of_another_server_is_an_error(rows: Any) -> None:
    offset = {**stopped(rows), "headgate_system_id": "42"}
    with pytest.raises(ConnectError, match="belongs to the server with system identifier 42"):
        rows.task(offset)


def test_an_offset_of_debezium_is_taken_over(rows: Any) -> None:
    runner = rows.task(snapshot__mode="no_data").streaming()
    rows.sql("INSERT INTO a VALUES (2, 'y')")
    runner.records_of(1)
    offset = {k: v for k, v in (runner.until(lambda r: "headgate_tx_lsn" not in r.offset).stop() or {}).items()
              if not k.startswith("headgate")}
    free(rows)
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    assert rows.task(offset).records_of(1).briefs == [("a", "c", 3, "false")]


def test_a_slot_in_use_is_an_error_naming_the_reader_after_the_last_try(rows: Any) -> None:
    first = rows.task().streaming()
    with pytest.raises(ConnectError, match=r"is in use by pid \d+ \(application headgate it-0"):
        rows.task(first.offset, slot__max__retries="2")


def test_a_slot_in_use_is_waited_for_visibly(rows: Any) -> None:
    first = rows.task().streaming()
    second = rows.runner(first.offset, slot__max__retries="1000")

    def leave() -> bool:
        if second.context.conditions:
            first.stop()
        return False

    second.context.stop_when = leave
    second.start()
    rows.sql("INSERT INTO a VALUES (2, 'y')")
    second.records_of(1)
    assert second.context.conditions[0][0] == "waiting"
    assert second.context.conditions[-1] == (None, "")


def test_a_dropped_publication_is_an_error_at_the_start(rows: Any) -> None:
    offset = stopped(rows)
    rows.sql(f"DROP PUBLICATION {rows.name}")
    with pytest.raises(ConnectError, match=r'publication ".*" is missing .* it was dropped'):
        rows.task(offset)


def test_a_publication_dropped_and_made_again_is_an_error_when_changes_were_missed(rows: Any) -> None:
    offset = stopped(rows)
    rows.sql(f"DROP PUBLICATION {rows.name}")
    before = rows.one("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
    rows.sql("INSERT INTO a VALUES (3, 'missed')")
    rows.sql(f"CREATE PUBLICATION {rows.name} FOR TABLE a")
    rows.sql("INSERT INTO a VALUES (4, 'z')")
    runner = rows.task(offset)
    with pytest.raises(ConnectError, match="publication"):
        runner.records_of(1)
    assert runner.records == []
    # The end of the transaction already read may be told before the error; never anything behind the missed row.
    assert resume_of(offset) <= resume_of(runner.offset) <= before


def test_a_publication_dropped_and_made_again_goes_on_when_nothing_was_missed(rows: Any) -> None:
    offset = stopped(rows)
    rows.sql(f"DROP PUBLICATION {rows.name}")
    rows.sql(f"CREATE PUBLICATION {rows.name} FOR TABLE a")
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    assert rows.task(offset).records_of(1).briefs == [("a", "c", 3, "false")]


def test_a_publication_dropped_while_streaming_is_an_error(rows: Any) -> None:
    runner = rows.task().streaming()
    rows.sql(f"DROP PUBLICATION {rows.name}")
    rows.sql("INSERT INTO a VALUES (2, 'missed')")
    with pytest.raises(ConnectError, match=r"publication.*To do"):
        runner.records_of(2)


def test_a_slot_of_another_plugin_is_an_error(rows: Any) -> None:
    rows.sql("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", rows.name)
    with pytest.raises(ConnectError, match="was made for plugin test_decoding"):
        rows.task()


def test_waiting_for_old_transactions_is_shown_and_can_be_stopped(rows: Any) -> None:
    writer = rows.connect(autocommit=False, application_name="old-writer")
    writer.execute("INSERT INTO a VALUES (2, 'y')")
    runner = rows.runner()
    runner.context.stop_when = lambda: bool(runner.context.conditions)
    runner.start()
    assert runner.poll() is None
    assert "old-writer" in runner.context.conditions[0][1]
    rows.wait(lambda: rows.slots() == [])
    writer.rollback()


@pytest.mark.parametrize("change", [{"database__password": "wr0ng"}, {"database__dbname": "nothing_here"}])
def test_a_refused_connection_fails_the_start(rows: Any, change: dict[str, str]) -> None:
    with pytest.raises(ConnectError, match="To do: correct database") as caught:
        rows.task(**change)
    assert "wr0ng" not in str(caught.value)


def test_a_connection_that_broke_is_made_again_without_a_gap_or_a_repetition(rows: Any) -> None:
    runner = rows.task().streaming()
    rows.sql("INSERT INTO a VALUES (2, 'y')")
    runner.records_of(2)
    rows.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", rows.name)
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    runner.recovering().records_of(3)
    assert [b[2] for b in runner.briefs] == [1, 2, 3]


def test_a_lost_catalogue_connection_is_made_again(rows: Any) -> None:
    runner = rows.task().streaming()
    assert runner.task._opened is not None
    rows.sql("SELECT pg_terminate_backend(%s)", runner.task._opened.sql.backend_pid)
    rows.sql("INSERT INTO a VALUES (2, 'y')")
    runner.recovering().records_of(2)
    assert [b[2] for b in runner.briefs] == [1, 2]


def test_after_a_cut_the_server_s_half_of_the_old_connection_is_ended(lab: Any, proxy: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    runner = lab.task(database__port=str(proxy.port)).streaming()
    assert runner.task._stream is not None
    runner.task._stream._silence_limit = 1.0
    runner.task._stream._interval = 0.2
    proxy.freeze()
    with pytest.raises(RetriableError, match="nothing came from the server"):
        runner.until(lambda r: False, 15.0)
    proxy.cut_silently()
    proxy.thaw()
    lab.sql("INSERT INTO a VALUES (1, 'x')")
    runner.records_of(1)
    assert ids(runner.records, "c") == [1]


def test_a_connection_lost_in_the_snapshot_begins_it_again(rows: Any) -> None:
    rows.sql("INSERT INTO a SELECT g, repeat('x', 20000) FROM generate_series(2, 2000) g")
    runner = rows.task(snapshot__fetch__size="10")
    runner.until(lambda r: len(r.rows) >= 30)
    assert runner.task._opened is not None and runner.task._opened.snapshot is not None
    rows.sql("SELECT pg_terminate_backend(%s)", runner.task._opened.snapshot.session.backend_pid)
    runner.recovering()
    read = ids(runner.records, "r")
    assert read.count(1) == 2
    assert read[-2000:] == list(range(1, 2001))


def test_retries_end_after_errors_max_retries(rows: Any) -> None:
    runner = rows.task(errors__max__retries="0").streaming()
    rows.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", rows.name)
    with pytest.raises(ConnectError, match=r"\(tried 0 times again, errors\.max\.retries\)"):
        runner.until(lambda r: False)


def test_heartbeats_come_when_nothing_else_does(rows: Any) -> None:
    rows.sql("CREATE TABLE beats (id serial PRIMARY KEY)")
    runner = rows.task(
        table__include__list="public.a", heartbeat__interval__ms="200",
        heartbeat__action__query="INSERT INTO beats DEFAULT VALUES").streaming()
    runner.until(lambda r: sum(x.topic == "__debezium-heartbeat.p" for x in r.records) >= 2)
    assert rows.one("SELECT count(*) FROM beats") >= 2
    beat = next(r for r in runner.records if r.topic.startswith("__debezium"))
    assert (beat.key, beat.kafka_partition) == ({"serverName": "p"}, 0)


def beats(runner: Any) -> list[Any]:
    return [x for x in runner.records if x.topic == "__debezium-heartbeat.p"]


@pytest.mark.parametrize("mode", ["initial", "initial_only"])
def test_a_snapshot_ends_with_a_heartbeat_that_says_so(rows: Any, mode: str) -> None:
    runner = rows.task(snapshot__mode=mode, heartbeat__interval__ms="3600000")
    runner.until(beats)
    beat, = beats(runner)
    assert runner.records[-1] is beat
    assert [r.topic for r in runner.records] == ["p.public.a", beat.topic]
    assert beat.source_offset["snapshot_completed"] is True


def test_heartbeats_come_while_changes_do(rows: Any) -> None:
    runner = rows.task(heartbeat__interval__ms="1", max__batch__size="2").streaming()
    rows.sql("INSERT INTO a SELECT n, 'y' FROM generate_series(2, 200) AS n")

    def changes(of: Any) -> list[Any]:
        return [x for x in of.records if x.topic == "p.public.a"]

    runner.until(lambda r: len(changes(r)) == 200)
    assert [x.key["id"] for x in changes(runner)] == list(range(1, 201))
    between = [x for x in runner.records[runner.records.index(changes(runner)[1]):] if x.topic != "p.public.a"]
    inside = [x for x in between if x.source_offset.get("headgate_tx_index")]
    assert inside, "no heartbeat inside the transaction"


def test_a_wrong_heartbeat_statement_is_an_error(rows: Any) -> None:
    runner = rows.task(heartbeat__interval__ms="100", heartbeat__action__query="INSERT INTO nothing VALUES (1)")
    with pytest.raises(ConnectError, match=r"running heartbeat\.action\.query: relation"):
        runner.until(lambda r: len(r.records) > 100, 10.0)


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A server that a test may restart, with one that has not wal_level=logical."""
    with Stack(["postgres"]) as stack:
        yield stack


@pytest.fixture
def own_lab(own_stack: Stack) -> Iterator[Lab]:
    made = Lab("127.0.0.1", own_stack.postgres.port, "cdc", "cdc")
    yield made
    made.close()


@pytest.mark.slow
def test_a_server_restarted_in_mid_stream_is_a_visible_retry_without_a_gap(own_stack: Stack, own_lab: Lab) -> None:
    own_lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    runner = own_lab.task().streaming()
    own_lab.sql("INSERT INTO a VALUES (1)")
    runner.records_of(1)
    own_lab.connection.close()
    own_stack.postgres.restart()
    own_lab.connection = own_lab.connect()
    own_lab.sql("INSERT INTO a VALUES (2)")
    runner.recovering().records_of(2)
    assert [b[2] for b in runner.briefs] == [1, 2]


@pytest.mark.slow
def test_without_wal_level_logical_the_start_says_so() -> None:
    with Stack(["postgres"], settings={"postgres": {"wal_level": "replica"}}) as stack:
        lab = Lab("127.0.0.1", stack.postgres.port, "cdc", "cdc")
        lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
        with pytest.raises(ConnectError, match=r"wal_level of .* is replica, logical is needed"):
            lab.task()
        lab.close()
