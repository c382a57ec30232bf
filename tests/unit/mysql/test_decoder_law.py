"""The law of the decoder: however the packets are cut into gulps, and wherever a run is stopped and gone on with from the offset
of its last batch, every row that was committed comes exactly once, in the order of the commits."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.mysql.offsets import BinlogOffset
from tests.unit.mysql.decoding import START, Rig, stored
from tests.unit.mysql.serving import Written, logs

SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def ids(batch: Any) -> list[int]:
    rows = []
    for record in batch.records():
        if record.value is not None and "op" in record.value:
            rows.append((record.value["after"] or record.value["before"])["id"])
    return rows


def run(written: Written, offset: BinlogOffset, random: Random, batches: int | None,
        **props: str) -> tuple[list[int], BinlogOffset]:
    """Read from the offset on, in gulps of any size; stop after so many batches. The rows and the last offset."""
    packets, begins = written.packets(offset)
    rig = Rig(offset, mariadb=written.log.mariadb, begins=begins, max__batch__size="3", tombstones__on__delete="false", **props)
    rows: list[int] = []
    done = 0
    try:
        while packets or rig.decoder.pending:
            if rig.decoder.pending:
                batch = rig.decoder.feed(())
            else:
                size = random.randint(1, 12)
                batch = rig.decoder.feed(packets[:size])
                packets = packets[size:]
            rows += ids(batch)
            offset = batch.offset
            done += 1
            if batches is not None and done >= batches:
                break
    finally:
        rig.decoder.close()
    return rows, stored(offset)


def law(written: Written, seed: int, offset: BinlogOffset, **props: str) -> None:
    random = Random(seed)
    rows, end = run(written, offset, random, None, **props)
    assert rows == written.rows
    got: list[int] = []
    for _ in range(400):
        some, offset = run(written, offset, random, random.randint(1, 20), **props)
        got += some
        if got == written.rows and offset.but(ts_sec=None) == end.but(ts_sec=None):
            break
    assert got == written.rows, str((got, written.rows, [(g[0], g[1], g[2], len(g[3])) for g in written.groups], offset, end))


@pytest.mark.parametrize("mariadb", [False, True])
@SETTINGS
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_each_row_comes_once_wherever_it_is_cut(mariadb: bool, data: st.DataObject, seed: int) -> None:
    law(data.draw(logs(mariadb)), seed, START)


@SETTINGS
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_the_same_by_file_and_position(data: st.DataObject, seed: int) -> None:
    law(data.draw(logs(False, gtids=False)), seed, START.but(gtids=None))


@SETTINGS
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_the_same_with_transaction_metadata(data: st.DataObject, seed: int) -> None:
    law(data.draw(logs(False)), seed, START, provide__transaction__metadata="true")
