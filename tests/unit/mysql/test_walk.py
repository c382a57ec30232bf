"""The walk over many events gives what the decoder gives event by event: records, bytes, offsets, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connect.api.errors import ConnectError
from connectors.mysql.walking import EventWalk
from tests.batches import native_converters
from tests.unit.mysql.binlog_writer import Log
from tests.unit.mysql.decoding import OTHER, START, Rig, T, U
from tests.unit.mysql.serving import logs

SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
Gulps = Sequence[Sequence[bytes]]


def outcome(gulps: Gulps, mariadb: bool, offset: Any = START, **props: str) -> tuple[Any, ...]:
    """All that can be seen of a decoder."""
    rig = Rig(offset, mariadb=mariadb, **props)
    converters = native_converters()
    written: list[Any] = []
    records: list[Any] = []
    error = ""
    try:
        for gulp in gulps:
            for batch in rig.feed(gulp):
                written += batch.serialize(converters)
                records += [(r.topic, r.key, r.value, r.source_offset) for r in batch.records()]
                assert len(batch) <= 2 * rig.config.max_batch_size + 1  # deletes have tombstones
    except ConnectError as e:
        error = str(e)
    decoder = rig.decoder
    try:
        return written, records, decoder.offset, decoder.position, decoder.commit_us, decoder.skipped_events, error
    finally:
        decoder.close()


def one_by_one(run: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventWalk, "take", lambda *_: False)
        return run()


def same(gulps: Gulps, mariadb: bool, offset: Any = START, **props: str) -> tuple[Any, ...]:
    found = outcome(gulps, mariadb, offset, **props)
    assert found == one_by_one(lambda: outcome(gulps, mariadb, offset, **props))
    return found


@st.composite
def changes(draw: st.DrawFn, mariadb: bool, gtids: bool = True) -> list[bytes]:
    """Transactions of ordinary row changes, and some that are not quite."""
    log = Log(mariadb=mariadb, gtids=gtids, checksum=draw(st.booleans()))
    row = st.tuples(st.integers(0, 9), st.one_of(st.none(), st.text("aé", max_size=3)))
    number = st.tuples(st.integers(0, 9), st.integers(-5, 5))
    for _ in range(draw(st.integers(1, 6))):
        log.begin()
        for _ in range(draw(st.integers(0, 3))):
            shape = draw(st.sampled_from((T, T, U, OTHER)))
            kind = draw(st.sampled_from("cud"))
            one = row if shape is T else number
            rows: list[Any] = draw(st.lists(one, max_size=4))
            if kind == "u":
                moved = draw(st.booleans())
                rows = [image for before in rows for image in (before, draw(one) if moved else (before[0], *draw(one)[1:]))]
            log.table_map(shape)
            log.rows(kind, shape, rows, last=draw(st.booleans()))
        log.xid() if draw(st.booleans()) else log.query("COMMIT")
    return log.packets


def cut(packets: Sequence[bytes], at: int) -> Gulps:
    return [packets[:at], packets[at:]]


@pytest.mark.parametrize("mariadb", [False, True])
@SETTINGS
@given(data=st.data())
def test_ordinary_transactions(mariadb: bool, data: st.DataObject) -> None:
    packets = data.draw(changes(mariadb))
    found = same([packets], mariadb)
    for at in range(1, len(packets)):
        assert outcome(cut(packets, at), mariadb)[:6] == found[:6]


@SETTINGS
@given(data=st.data())
def test_without_gtids(data: st.DataObject) -> None:
    same([data.draw(changes(False, gtids=False))], False, START.but(gtids=None))


@pytest.mark.parametrize("mariadb", [False, True])
@SETTINGS
@given(data=st.data())
def test_logs_of_all_kinds(mariadb: bool, data: st.DataObject) -> None:
    packets = data.draw(logs(mariadb)).log.packets
    same([packets], mariadb)


@pytest.mark.parametrize("mariadb", [False, True])
@SETTINGS
@given(data=st.data())
def test_damaged_events(mariadb: bool, data: st.DataObject) -> None:
    packets = list(data.draw(changes(mariadb)))
    number = data.draw(st.integers(2, len(packets) - 1))
    packet = bytearray(packets[number])
    at = data.draw(st.integers(0, len(packet) - 1))
    packet[at] ^= data.draw(st.integers(1, 255))
    packets[number] = bytes(packet[:data.draw(st.integers(0, len(packet)))] if data.draw(st.booleans()) else packet)
    same([packets], mariadb)


@pytest.mark.parametrize("props", [
    {"skipped__operations": "c"}, {"skipped__operations": "u,d"}, {"tombstones__on__delete": "false"},
    {"max__batch__size": "3"}, {"provide__transaction__metadata": "true"}, {"skip__messages__without__change": "true"},
    {"gtid__source__excludes": "4d91.*"}, {"gtid__source__excludes": "ffff.*"}, {"include__query": "true"},
    {"event__processing__failure__handling__mode": "warn"}])
@settings(parent=SETTINGS, max_examples=10)
@given(data=st.data())
def test_what_the_configuration_says(props: dict[str, str], data: st.DataObject) -> None:
    same([data.draw(changes(False))], False, **props)


def test_many_transactions_are_one_run() -> None:
    log = Log()
    for i in range(3000):
        log.insert(T, (i, "x"))
    rig = Rig(max__batch__size="5000")
    (batch,) = rig.feed(log.packets)
    assert len(batch) == 3000
    assert len(batch._entries) < 10
    assert rig.decoder.offset.gtids is not None and rig.decoder.offset.gtids.endswith(":1-3000")


def test_transactions_that_were_executed_are_passed_over_wherever_they_come() -> None:
    log = Log()
    gtids = [log.insert(T, (i, "x")) for i in range(6)]
    uuid = gtids[0].partition(":")[0]
    found = same([log.packets], False, START.but(gtids=f"{uuid}:2-3:5"))
    assert [r[1]["id"] for r in found[1]] == [0, 3, 5]
