"""Rows events of every version: what is told about the images, which stay bytes."""

from __future__ import annotations

import struct
import zlib

import pytest

from connectors.mysql.events import EventError, EventParser, Query, Rows, TableMap, TransactionPayload, partial_columns
from tests.unit.mysql.eventbytes import event, packed, recorded

HEAD = struct.pack("<IHH", 9, 1, 1)


def rows(number: int, body: bytes) -> Rows:
    found = EventParser().parse(event(number, body))
    assert isinstance(found, Rows)
    return found


@pytest.mark.parametrize(("number", "kind", "extra"), [
    (23, "c", b""), (24, "u", b""), (25, "d", b""), (30, "c", b"\2\0"), (31, "u", b"\2\0"), (32, "d", b"\2\0"),
    (30, "c", b"\7\0\0\4\0xx"), (31, "u", b"\7\0\1\1\0\2\0")])
def test_the_head_of_each_version(number: int, kind: str, extra: bytes) -> None:
    bitmaps = b"\x07\x05" if kind == "u" else b"\x07"
    found = rows(number, HEAD + extra + b"\3" + bitmaps + b"images")
    assert (found.kind, found.table_id, found.width, found.last_of_statement) == (kind, 9 | 1 << 32, 3, True)
    assert found.body[found.start:found.end] == b"images"
    assert (found.present_before, found.present_after) == {"c": (b"", b"\7"), "u": (b"\7", b"\5"), "d": (b"\7", b"")}[kind]
    assert not found.partial and not found.compressed


def test_bits_behind_the_last_column_are_none() -> None:
    assert rows(23, HEAD + b"\3\xff").present_after == b"\7"
    assert rows(23, HEAD + b"\x08\xff").present_after == b"\xff"
    assert rows(24, HEAD + b"\x09\xff\xff\xfe\xfe").present_after == b"\xfe\0"


def test_a_checksum_is_no_part_of_the_images() -> None:
    found = EventParser(checksum=True).parse(event(23, HEAD + b"\1\1images", crc=True))
    assert isinstance(found, Rows)
    assert found.body[found.start:found.end] == b"images"


def test_a_rows_event_that_only_ends_a_statement_has_no_columns() -> None:
    found = rows(23, b"\xff\xff\xff\0\0\0\1\0" + b"\0")
    assert (found.width, found.last_of_statement, found.start) == (0, True, found.end)


@pytest.mark.parametrize(("number", "body"), [
    (23, HEAD[:7]), (23, HEAD), (23, HEAD + b"\0"), (23, HEAD + b"\x09\xff"), (24, HEAD + b"\x09\xff\xff\xff"),
    (30, HEAD + b"\1\0\1\1"), (30, HEAD + b"\xff\0\1\1"), (30, HEAD), (23, HEAD + packed(4097) + b"\xff" * 600),
    (23, HEAD + b"\xfb\1")])
def test_a_broken_head_is_refused(number: int, body: bytes) -> None:
    with pytest.raises(EventError):
        EventParser().parse(event(number, body))


@pytest.mark.parametrize(("number", "kind", "extra"), [(166, "c", b""), (167, "u", b""), (168, "d", b""), (169, "c", b"\2\0"),
                                                      (170, "u", b"\2\0"), (171, "d", b"\2\0")])
def test_mariadbs_compressed_rows_are_rows(number: int, kind: str, extra: bytes) -> None:
    images = b"images " * 50
    piece = b"\x82" + len(images).to_bytes(2, "big") + zlib.compress(images)
    found = rows(number, HEAD + extra + b"\3" + b"\7" * (2 if kind == "u" else 1) + piece)
    assert (found.kind, found.compressed, found.body[found.start:found.end]) == (kind, True, images)


def test_a_compressed_piece_never_makes_more_than_it_says() -> None:
    with pytest.raises(EventError, match="as much as it says"):
        rows(166, HEAD + b"\1\1" + b"\x82\0\x10" + zlib.compress(bytes(1 << 24)))


def test_partial_updates_say_which_documents_are_diffs() -> None:
    head, query, table, update, _ = (EventParser().parse(raw) for raw in recorded("mysql-33-2-19-39-16-6"))
    del head
    assert isinstance(query, Query) and isinstance(table, TableMap) and isinstance(update, Rows)
    assert (update.kind, update.partial, update.width) == ("u", True, 7)
    assert partial_columns(b"..\1\2rest", 2, 8, (1, 3)) == (frozenset({3}), 4)
    assert partial_columns(b"\0rest", 0, 5, (1, 3)) == (frozenset(), 1)
    assert partial_columns(b"\1\0\1", 0, 3, tuple(range(9))) == (frozenset({8}), 3)


@pytest.mark.parametrize("body", [b"", b"\2", b"\1", b"\xfc"])
def test_unknown_or_broken_value_options_are_refused(body: bytes) -> None:
    with pytest.raises(EventError):
        partial_columns(body, 0, len(body), (1,))


def test_a_recorded_transaction_of_each_family() -> None:
    for name, kinds in (("mysql-33-2-19-31-31-16-5", "uu"), ("mysql-33-2-19-32-32-16-5", "dd"),
                        ("mariadb-162-160-19-24-16-5", "u")):
        found = [EventParser().parse(raw) for raw in recorded(name)]
        events = [e for e in found if isinstance(e, Rows)]
        (table,) = (e for e in found if isinstance(e, TableMap))
        assert "".join(e.kind for e in events) == kinds
        assert {e.table_id for e in events} == {table.table_id} and {e.width for e in events} == {len(table.shape.wires)}
        assert [e.last_of_statement for e in events] == [False] * (len(events) - 1) + [True]
        assert not any(isinstance(e, TransactionPayload) for e in found)
