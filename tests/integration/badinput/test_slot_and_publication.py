"""A slot or publication that is not as it was left: FAILED with the gap and the cure, never a gap in silence."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def streaming(scene: Any) -> Any:
    """A connector that has streamed row 2 and stored its offset."""
    scene.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    scene.sql("INSERT INTO a VALUES (1, 'x')")
    scene.create()
    scene.streams()
    scene.sql("INSERT INTO a VALUES (2, 'y')")
    assert scene.ids("a", 2) == [1, 2]
    scene.until(lambda: scene.offset().get("lsn_commit"), "the offset of row 2")
    return scene


@pytest.fixture
def stopped(streaming: Any) -> Any:
    """The same, stopped, with row 3 written since."""
    streaming.stop()
    streaming.sql("INSERT INTO a VALUES (3, 'z')")
    return streaming


def begins_anew(scene: Any) -> None:
    """What the traces say: delete the offsets, drop the slot, and a new snapshot has everything."""
    scene.stop()
    assert scene.call("DELETE", "/offsets").status_code == 200
    scene.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", scene.name)
    before = len(scene.events("a"))
    scene.resume()
    scene.until(lambda: {e.key["id"] for e in scene.events("a")[before:] if e.value["op"] == "r"} == {1, 2, 3}, "a new snapshot")


def test_a_slot_dropped_while_stopped(stopped: Any) -> None:
    stopped.sql("SELECT pg_drop_replication_slot(%s)", stopped.name)
    stored = stopped.offset()
    stopped.resume()
    trace = stopped.trace()
    assert f'slot "{stopped.name}" is missing although an offset is stored: changes since LSN' in trace
    assert "To do: if the slot was dropped, delete the connector's offsets" in trace
    assert stopped.offset() == stored
    begins_anew(stopped)


def test_a_slot_dropped_and_made_again_while_stopped(stopped: Any) -> None:
    stopped.sql("SELECT pg_drop_replication_slot(%s)", stopped.name)
    stopped.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", stopped.name)
    stopped.resume()
    trace = stopped.trace()
    assert "starts after the stored offset; changes from LSN" in trace
    assert "cannot be read: the slot was made again, or advanced by another reader" in trace
    assert "To do: delete the connector's offsets" in trace
    begins_anew(stopped)


def test_a_slot_that_somebody_advanced_while_stopped(stopped: Any) -> None:
    stopped.sql("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", stopped.name)
    stopped.resume()
    trace = stopped.trace()
    assert "starts after the stored offset; changes from LSN" in trace
    assert "offset.mismatch.strategy=trust_slot" in trace
    stopped.reconfigure(offset__mismatch__strategy="trust_slot")
    stopped.streams()
    stopped.sql("INSERT INTO a VALUES (4, 'after')")
    assert stopped.ids("a", 3) == [1, 2, 4]
    assert "are passed over" in stopped.log()


def test_a_slot_dropped_while_streaming(streaming: Any) -> None:
    streaming.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", streaming.name)
    streaming.until(lambda: _dropped(streaming), "the slot to be dropped between two connections")
    streaming.sql("INSERT INTO a VALUES (3, 'z')")
    assert "is missing although an offset is stored" in streaming.trace()
    begins_anew(streaming)


def _dropped(scene: Any) -> bool:
    scene.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", scene.name)
    try:
        scene.sql("SELECT pg_drop_replication_slot(%s)", scene.name)
    except Exception as e:
        if "is active" in str(e):
            return False
        raise
    return True


def test_a_slot_read_by_another_is_waited_for_visibly_and_then_read(streaming: Any) -> None:
    second = f"{streaming.name}_second"
    streaming.create(second, slot__max__retries="1000", snapshot__mode="no_data")
    text = streaming.until(lambda: streaming.task(second).get("condition"), "the second connector to wait")
    assert f'slot "{streaming.name}" is in use by pid ' in text
    assert f"application headgate {streaming.name}-0" in text
    assert streaming.task(second)["state"] == "RUNNING"
    assert streaming.call("DELETE").status_code == 204
    streaming.until(
        lambda: streaming.task(second)["state"] == "RUNNING" and not streaming.task(second).get("condition"), "its turn")
    streaming.sql("INSERT INTO a VALUES (3, 'z')")
    assert streaming.arrive("a", 3)


def test_a_slot_read_by_another_for_too_long_fails_naming_the_reader(streaming: Any) -> None:
    second = f"{streaming.name}_second"
    streaming.create(second, snapshot__mode="no_data")
    trace = streaming.reaches("FAILED", second)["trace"].splitlines()[0]
    assert f'slot "{streaming.name}" is in use by pid ' in trace
    assert f"application headgate {streaming.name}-0" in trace
    assert "To do: stop the other reader, or give this connector a slot.name of its own" in trace
    assert streaming.task()["state"] == "RUNNING"


def test_a_publication_dropped_while_stopped_is_told_and_goes_on_once_it_is_back(streaming: Any) -> None:
    streaming.stop()
    streaming.sql(f"DROP PUBLICATION {streaming.name}")
    streaming.resume()
    trace = streaming.trace()
    assert f'publication "{streaming.name}" is missing in database {streaming.name}' in trace
    assert "To do: create it again and restart the task" in trace
    streaming.sql(f"CREATE PUBLICATION {streaming.name} FOR TABLE a")
    streaming.sql("INSERT INTO a VALUES (3, 'z')")
    streaming.restart()
    assert streaming.arrive("a", 3) == [1, 2, 3]


def test_a_publication_dropped_and_made_again_while_stopped_with_a_change_between(streaming: Any) -> None:
    streaming.stop()
    streaming.sql(f"DROP PUBLICATION {streaming.name}")
    streaming.sql("INSERT INTO a VALUES (3, 'missed')")
    streaming.sql(f"CREATE PUBLICATION {streaming.name} FOR TABLE a")
    stored = streaming.offset()
    streaming.resume()
    trace = streaming.trace()
    assert "publication" in trace and "To do: " in trace and "delete the connector's offsets and drop the slot" in trace
    assert streaming.offset() == stored
    begins_anew(streaming)


def test_a_publication_dropped_while_streaming(streaming: Any) -> None:
    streaming.sql(f"DROP PUBLICATION {streaming.name}")
    streaming.sql("INSERT INTO a VALUES (3, 'missed')")
    trace = streaming.trace()
    assert f'publication "{streaming.name}"' in trace
    assert "To do: create the publication" in trace
    stored = streaming.offset()
    streaming.sql(f"CREATE PUBLICATION {streaming.name} FOR TABLE a")
    streaming.restart()
    assert "delete the connector's offsets and drop the slot" in streaming.trace()
    assert streaming.offset() == stored
    begins_anew(streaming)


def test_a_publication_dropped_and_made_again_while_streaming_with_a_change_between(streaming: Any) -> None:
    with streaming.connection.transaction():
        streaming.sql(f"DROP PUBLICATION {streaming.name}")
    streaming.sql("INSERT INTO a VALUES (3, 'missed')")
    streaming.sql(f"CREATE PUBLICATION {streaming.name} FOR TABLE a")
    streaming.sql("INSERT INTO a VALUES (4, 'after')")
    assert "delete the connector's offsets and drop the slot" in streaming.trace()
    assert streaming.sql("SELECT confirmed_flush_lsn < pg_current_wal_lsn() FROM pg_replication_slots WHERE slot_name = %s",
                         streaming.name) == [(True,)]
