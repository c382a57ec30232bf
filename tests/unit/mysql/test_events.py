"""The event parser: headers, checksums, format descriptions, the small events, and what is refused."""

from __future__ import annotations

import struct

import pytest

from connectors.mysql.events import (
    Annotate,
    BinlogCheckpoint,
    EventError,
    EventParser,
    FormatDescription,
    Heartbeat,
    Ignorable,
    Incident,
    Rotate,
    RowsQuery,
    StatementPart,
    Stop,
    UnknownEvent,
    XaPrepare,
    Xid,
)
from tests.unit.mysql.eventbytes import LENGTHS, event, format_description, packed, rotate

XID = struct.pack("<Q", 77)


def started(algorithm: int = 1, server: bytes = b"9.7.4") -> EventParser:
    parser = EventParser()
    parser.parse(format_description(algorithm=algorithm, server=server))
    return parser


def test_a_header_is_read_and_the_offset_respected() -> None:
    raw = b"\0" + event(16, XID, ts=5, server_id=6, end_pos=99, flags=8) + b"rest"
    found = EventParser().parse(raw, 1)
    assert isinstance(found, Xid)
    assert (found.xid, tuple(found.header)) == (77, (5, 16, 6, 27, 99, 8))


def test_the_format_description_says_how_to_go_on() -> None:
    parser = EventParser()
    found = parser.parse(format_description(server=b"10.11.18-MariaDB-log", flags=1))
    assert isinstance(found, FormatDescription)
    assert (found.version, found.server_version, found.lengths, found.checksum) == (4, "10.11.18-MariaDB-log", LENGTHS, True)
    assert found.mariadb and parser.checksum and parser.format is found


def test_a_checksum_is_stripped_and_verified() -> None:
    parser = started()
    good = event(16, XID, crc=True)
    assert parser.parse(good).header.size == 31  # type: ignore[union-attr]
    for at in (0, 20, len(good) - 1):
        broken = bytearray(good)
        broken[at] ^= 1
        with pytest.raises(EventError, match="checksum"):
            parser.parse(bytes(broken))
    lax = EventParser(checksum=True, verify=False)
    assert isinstance(lax.parse(good[:-1] + b"\0"), Xid)


def test_without_checksums_nothing_is_stripped() -> None:
    assert isinstance(started(0).parse(event(16, XID)), Xid)


def test_a_format_description_turns_checksums_off_and_on() -> None:
    parser = started(1)
    parser.parse(format_description(algorithm=0))
    assert isinstance(parser.parse(event(16, XID)), Xid)
    parser.parse(format_description(algorithm=1))
    assert isinstance(parser.parse(event(16, XID, crc=True)), Xid)


@pytest.mark.parametrize("expected", [True, False])
@pytest.mark.parametrize("crc", [True, False])
def test_the_fake_rotate_before_everything_is_read_with_and_without_checksum(expected: bool, crc: bool) -> None:
    found = EventParser(checksum=expected).parse(rotate(b"binlog.000042", 157, crc=crc))
    assert isinstance(found, Rotate)
    assert (found.file, found.pos, found.fake) == ("binlog.000042", 157, True)


def test_a_real_rotate_is_told_from_a_fake_one() -> None:
    found = started(0).parse(rotate(flags=0, end_pos=500, ts=3))
    assert isinstance(found, Rotate)
    assert not found.fake


def test_a_real_rotate_with_a_wrong_checksum_is_refused() -> None:
    raw = bytearray(rotate(flags=0, end_pos=500, ts=3, crc=True))
    raw[-1] ^= 1
    with pytest.raises(EventError, match="checksum"):
        started().parse(bytes(raw))


@pytest.mark.parametrize(("raw", "why"), [
    (format_description(version=3), "format 3"), (format_description(header=20), "20 byte headers"),
    (format_description(algorithm=2), "algorithm 2"), (format_description(server=b"5.5.62"), "too old"),
    (format_description(server=b"5.2.0-MariaDB"), "too old"), (format_description()[:-1] + b"\0", "checksum"),
    (event(15, b"\4\0"), "too short")])
def test_a_wrong_format_description_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(EventError, match=why):
        EventParser().parse(raw)


@pytest.mark.parametrize("server", [b"5.6.1", b"5.7.44-log", b"8.0.11", b"10.6.1-MariaDB", b"5.5.5-10.6.1-MariaDB",
                                    b"12.0.2-MariaDB"])
def test_versions_with_checksums_are_known(server: bytes) -> None:
    assert isinstance(EventParser().parse(format_description(server=server)), FormatDescription)


@pytest.mark.parametrize("raw", [b"", event(16, XID)[:18], event(16, XID)[:-1], event(16, XID, size=18),
                                 event(16, XID, size=0xFFFFFFFF)])
def test_a_cut_off_event_is_refused(raw: bytes) -> None:
    with pytest.raises(EventError):
        EventParser().parse(raw)


def test_an_event_that_is_all_checksum_is_refused() -> None:
    with pytest.raises(EventError):
        EventParser(checksum=True).parse(event(16, b""))


@pytest.mark.parametrize("number", [0, 1, 7, 20, 43, 99, 172, 255])
def test_an_unknown_type_stops_with_its_number_unless_it_may_be_skipped(number: int) -> None:
    with pytest.raises(UnknownEvent, match=f"type {number} ") as caught:
        EventParser().parse(event(number, b"whatever"))
    assert caught.value.type == number
    skipped = EventParser().parse(event(number, b"whatever", flags=0x80))
    assert isinstance(skipped, Ignorable)


def test_a_fragment_of_a_rows_event_is_refused_naming_the_setting() -> None:
    with pytest.raises(UnknownEvent, match="binlog_row_event_fragment_threshold"):
        EventParser().parse(event(172, b"x" * 20))


def test_an_encrypted_file_is_refused_and_the_servers_note_about_it_skipped() -> None:
    with pytest.raises(UnknownEvent, match="encrypted"):
        EventParser().parse(event(164, bytes(17)))
    assert isinstance(EventParser().parse(event(164, bytes(17), flags=0x80)), Ignorable)


@pytest.mark.parametrize("number", [28, 36, 37])
def test_events_of_no_meaning_here_may_be_skipped(number: int) -> None:
    assert isinstance(EventParser().parse(event(number, b"x")), Ignorable)


@pytest.mark.parametrize("number", [5, 6, 8, 9, 10, 11, 12, 13, 14, 17, 18])
def test_helpers_of_statements_are_told_as_such(number: int) -> None:
    found = EventParser().parse(event(number, b"x" * 40))
    assert isinstance(found, StatementPart)
    assert found.what


def test_stop_and_statements_beside_rows() -> None:
    parser = EventParser()
    assert isinstance(parser.parse(event(3, b"")), Stop)
    rows_query = parser.parse(event(29, b"\x05INSERT \xff", flags=0x80))
    assert type(rows_query) is RowsQuery
    assert rows_query.text == "INSERT \\xff"
    annotate = parser.parse(event(160, "UPDATE ö".encode()))
    assert isinstance(annotate, Annotate)
    assert annotate.text == "UPDATE ö"


def test_an_incident_is_told() -> None:
    found = EventParser().parse(event(26, b"\1\0\4lost"))
    assert isinstance(found, Incident)
    assert (found.incident, found.message) == (1, "lost")


def test_heartbeats_of_every_form() -> None:
    parser = EventParser()
    first = parser.parse(event(27, b"binlog.000007", end_pos=1234, ts=0))
    far = parser.parse(event(27, struct.pack("<Q", 5 << 32) + b"binlog.000007", end_pos=0, ts=0))
    second = parser.parse(event(41, b"\1\x0dbinlog.000007" + b"\2\x05" + packed(70000)[:1] + (70000).to_bytes(3, "little") + b"\0"
                                + b"\0", end_pos=0))
    for found, pos in ((first, 1234), (far, 5 << 32), (second, 70000)):
        assert isinstance(found, Heartbeat)
        assert (found.file, found.pos) == ("binlog.000007", pos)


@pytest.mark.parametrize("one_phase", [True, False])
def test_a_prepared_xa_transaction_names_itself_as_statements_do(one_phase: bool) -> None:
    found = EventParser().parse(event(38, struct.pack("<BIII", one_phase, 7, 2, 1) + b"\xc3\xa4b"))
    assert isinstance(found, XaPrepare)
    assert (found.xid, found.one_phase) == ("X'c3a4',X'62',7", one_phase)


def test_mariadbs_checkpoint_is_read() -> None:
    found = EventParser().parse(event(161, b"\x05\0\0\0log.1"))
    assert isinstance(found, BinlogCheckpoint)
    assert found.file == "log.1"


@pytest.mark.parametrize(("number", "body"), [
    (4, bytes(8)), (4, bytes(8) + b"\xff\xfe"), (4, bytes(8) + b"a" * 600), (4, bytes(8) + b"a\0b"), (16, b"\1" * 7),
    (26, b"\1\0"), (26, b"\1\0\x05abc"), (27, b""), (38, b"\0" * 12), (38, struct.pack("<BIII", 0, 1, 65, 0) + b"x" * 65),
    (38, struct.pack("<BIII", 0, 1, 3, 0) + b"x"), (41, b""), (41, b"\1\x09abc"), (41, b"\1\3abc\0"), (161, b"\4\0\0"),
    (161, b"\xff\0\0\0abc")])
def test_a_broken_small_event_is_refused(number: int, body: bytes) -> None:
    with pytest.raises(EventError):
        EventParser().parse(event(number, body))
