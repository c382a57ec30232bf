"""Binary log events, table maps, GTID sets and transaction payloads.

An input of "events" is a byte that chooses the server (even: MySQL, odd: MariaDB), then events without checksums.
"""

from __future__ import annotations

import random
from contextlib import suppress
from functools import lru_cache

from connectors.mysql.events import (
    EventParser,
    FormatDescription,
    PreviousGtids,
    Query,
    Rows,
    TransactionPayload,
    UnknownEvent,
    partial_columns,
)
from connectors.mysql.eventtypes import EventHeader
from connectors.mysql.gtid import MariaDbGtidSet, MySqlGtidSet
from connectors.mysql.payload import TransactionPayload as Payload
from connectors.mysql.payload import parse_payload, zstd
from connectors.mysql.tablemap import parse_shape
from tests.fuzz.mutate import mutate
from tests.fuzz.targets import Target

__all__ = ["TARGETS", "mutate_events", "run_events", "split"]

_HEADER = 19


def _format(server: bytes) -> FormatDescription:
    header = EventHeader(0, 15, 1, 0, 0, 0)
    return FormatDescription(header, 4, server.decode(), 0, b"", False)


def _parser(mariadb: bool) -> EventParser:
    parser = EventParser(verify=False)
    parser.format = _format(b"11.8.3-MariaDB" if mariadb else b"9.7.4")
    return parser


_PARSERS = (_parser(False), _parser(True))


def run_events(data: bytes) -> int:
    parser = _PARSERS[data[0] & 1] if data else _PARSERS[0]
    at, count = 1, 0
    refused: ValueError | None = None
    while at < len(data):
        size = int.from_bytes(data[at + 9:at + 13], "little")
        try:
            event = parser.parse(data, at)
            count += 1
            if isinstance(event, Query):
                assert isinstance(event.sql, str)
                assert event.status is not None
            elif isinstance(event, PreviousGtids):
                assert MySqlGtidSet.decode(event.gtids.encode()) == event.gtids
            elif isinstance(event, TransactionPayload):
                count += sum(1 for _ in event.events())
            elif isinstance(event, Rows):
                assert 0 <= event.start <= event.end <= len(event.body)
                if event.partial:
                    with suppress(ValueError):  # the after image is not found without knowing the columns
                        partial_columns(event.body, event.start, event.end, (1, 3))
            elif isinstance(event, FormatDescription):
                parser = _parser(event.mariadb)
        except UnknownEvent:
            pass
        except ValueError as error:
            refused = error
        if size < _HEADER:
            break
        at += size
    if refused is not None:
        raise refused
    return count


def split(data: bytes) -> list[bytes]:
    """The events of an input of "events", as far as their sizes make sense."""
    at, found = 1, []
    while at + _HEADER <= len(data):
        size = int.from_bytes(data[at + 9:at + 13], "little")
        if not _HEADER <= size <= len(data) - at:
            break
        found.append(data[at:at + size])
        at += size
    return found


def mutate_events(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    """Mostly changes one event's body and mends its size, so that what follows is reached."""
    events = split(data)
    if not events or rng.random() < 0.1:
        return mutate(rng, data, corpus)
    number = rng.randrange(len(events))
    event = events[number]
    body = mutate(rng, event[_HEADER:], corpus)
    head = bytearray(event[:_HEADER])
    chance = rng.random()
    if chance < 0.05:
        head[4] = rng.choice((2, 19, 23, 30, 31, 33, 39, 40, 41, 42, 162, 163, 165, 169, 170, rng.randrange(256)))
    elif chance < 0.1:
        head = bytearray(mutate(rng, bytes(head), corpus)[:_HEADER].ljust(_HEADER, b"\0"))
    if chance >= 0.02:
        head[9:13] = (_HEADER + len(body)).to_bytes(4, "little")
    events[number] = bytes(head) + body
    return data[:1] + b"".join(events)


def run_table_map(data: bytes) -> None:
    """A byte that chooses the server, then the map after its table id and flags."""
    shape = parse_shape(data[1:], mariadb=bool(data and data[0] & 1))
    assert len(shape.wires) == len(shape.nullable)
    if shape.metadata is not None:
        for field in ("names", "unsigned", "collations", "labels", "geometry_types", "dimensions", "visible"):
            value = getattr(shape.metadata, field)
            assert value is None or len(value) == len(shape.wires), field


def run_gtid_text(data: bytes) -> None:
    text = data.decode("utf-8")
    refused: ValueError | None = None
    for family in (MySqlGtidSet, MariaDbGtidSet):
        try:
            gtids = family.parse(text)
            assert family.parse(str(gtids)) == gtids
            assert not gtids.minus(gtids) and gtids.contains(gtids) and gtids.union(gtids) == gtids
        except ValueError as error:
            refused = error
            continue
        return
    assert refused is not None
    raise refused


def run_gtid_binary(data: bytes) -> None:
    gtids = MySqlGtidSet.decode(data)
    assert MySqlGtidSet.decode(gtids.encode()) == gtids
    assert MySqlGtidSet.parse(str(gtids)) == gtids


def _payload(data: bytes) -> Payload:
    return parse_payload(EventHeader(0, 40, 1, 0, 0, 0), data, 0, len(data), EventParser(verify=False).parse)


def run_payload(data: bytes) -> int:
    """The body of a transaction payload event."""
    return sum(1 for _ in _payload(data).events())


@lru_cache(maxsize=100)
def _unpacked(data: bytes) -> bytes:
    return b"".join(_payload(data).raw_events())


def _mutate_payload(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    """Half of them change what is inside and compress it again."""
    if rng.random() < 0.5:
        return mutate(rng, data, corpus)
    inside = mutate(rng, _unpacked(data), corpus)
    packed, kind = (inside, 255) if rng.random() < 0.2 else (zstd.compress(inside, 1), 0)
    if rng.random() < 0.2:
        packed += zstd.compress(b"", 1) if rng.random() < 0.5 else mutate(rng, packed, corpus)
    return b"\2\3\xfc" + kind.to_bytes(2, "little") + b"\1\4\xfd" + len(packed).to_bytes(3, "little") + b"\0" + packed


TARGETS = [
    Target("events", run_events, mutate_events),
    Target("table_map", run_table_map),
    Target("gtid_text", run_gtid_text),
    Target("gtid_binary", run_gtid_binary),
    Target("payload", run_payload, _mutate_payload),
]
