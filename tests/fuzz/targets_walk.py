"""The walk over many binary log events, with the decoder event by event as judge.

An input is as one of "events", with whole transactions in it.
"""

from __future__ import annotations

from typing import Any

from connect.api.errors import ConnectError
from connectors.mysql.walking import EventWalk
from tests.batches import native_converters
from tests.fuzz.targets import Target
from tests.fuzz.targets_events import mutate_events, split
from tests.unit.mysql.decoding import Rig

__all__ = ["TARGETS", "run_walk"]

_CONVERTERS = native_converters()


class _Off(EventWalk):
    def take(self, *_: Any) -> bool:
        """Leave everything to the decoder."""
        return False


def _outcome(packets: list[bytes], mariadb: bool, walk: bool) -> tuple[Any, ...]:
    rig = Rig(mariadb=mariadb)
    decoder = rig.decoder
    if not walk:
        decoder._walk.__class__ = _Off
    written: list[Any] = []
    error = ""
    try:
        for batch in rig.feed(packets):
            written += batch.serialize(_CONVERTERS)
    except ConnectError as e:
        error = str(e)
    try:
        return written, decoder.offset, decoder.position, decoder.commit_us, error
    finally:
        decoder.close()


def run_walk(data: bytes) -> None:
    mariadb = bool(data and data[0] & 1)
    packets = split(data)
    assert _outcome(packets, mariadb, True) == _outcome(packets, mariadb, False)


TARGETS = [Target("walk", run_walk, mutate_events)]
