"""Query events and their status variables."""

from __future__ import annotations

import struct
import zlib

import pytest

from connectors.mysql.events import EventError, EventParser, Query
from connectors.mysql.querystatus import parse_status
from tests.unit.mysql.eventbytes import event, format_description


def body(statement: bytes, *, database: bytes = b"db", status: bytes = b"", thread: int = 42, error: int = 0) -> bytes:
    return struct.pack("<IIBHH", thread, 3, len(database), error, len(status)) + status + database + b"\0" + statement


def query(raw: bytes, number: int = 2) -> Query:
    found = EventParser().parse(event(number, raw))
    assert isinstance(found, Query)
    return found


def charset(number: int) -> bytes:
    return b"\4" + struct.pack("<HHH", number, number, number)


def test_a_query_is_read() -> None:
    found = query(body(b"BEGIN", database="dä".encode(), error=5))
    assert (found.thread, found.database, found.error_code, found.statement, found.sql, found.exec_seconds) == (
        42, "dä", 5, b"BEGIN", "BEGIN", 3)
    assert query(body(b"COMMIT", database=b"")).database == ""


@pytest.mark.parametrize(("number", "raw", "text"), [
    (8, b"x\xe4\x80", "xä€"), (33, "ä".encode(), "ä"), (255, "ä😀".encode(), "ä😀"), (28, "中文".encode("gbk"), "中文"),
    (51, "да".encode("cp1251"), "да"), (63, b"\xff'", "\\xff'"), (45, b"\xff", "\\xff"), (9999, "ö".encode(), "ö")])
def test_the_text_is_in_the_clients_charset(number: int, raw: bytes, text: str) -> None:
    found = query(body(raw, status=charset(number)))
    assert (found.charset, found.sql) == (number, text)
    assert query(body(b"x")).charset == 33


def test_a_later_version_may_have_a_longer_header() -> None:
    parser = EventParser()
    lengths = bytearray(43)
    lengths[1] = 15
    parser.parse(format_description(algorithm=0, lengths=bytes(lengths)))
    raw = body(b"BEGIN")
    found = parser.parse(event(2, raw[:13] + b"??" + raw[13:]))
    assert isinstance(found, Query)
    assert found.sql == "BEGIN"


def test_every_status_variable_is_read() -> None:
    raw = (b"\0" + struct.pack("<I", 1) + b"\1" + struct.pack("<Q", 2) + b"\2\3std\0" + b"\3" + struct.pack("<HH", 10, 3)
           + b"\4" + struct.pack("<HHH", 1, 2, 3) + b"\5\3UTC" + b"\6\3std" + b"\7\0\0" + b"\x08" + struct.pack("<H", 5)
           + b"\x09" + struct.pack("<Q", 6) + b"\x0a\0\0\0\0" + b"\x0b\4root\2ab" + b"\x0c\2one\0two\0" + b"\x0d\1\2\0"
           + b"\x10\1" + b"\x11" + struct.pack("<Q", 9) + b"\x12" + struct.pack("<H", 255) + b"\x13\1" + b"\x14\0" + b"\x15\1"
           + b"\x82\4\0" + bytes(8) + b"\x82\0\0" + b"\x83\1" + struct.pack("<HH", 33, 45))
    found = parse_status(raw)
    assert (found.flags, found.sql_mode, found.auto_increment, found.catalog, found.time_zone) == (1, 2, (10, 3), "std", "UTC")
    assert (found.charset_client, found.collation_connection, found.collation_server, found.charset_database) == (1, 2, 3, 5)
    assert (found.table_map_for_update, found.invoker, found.microseconds) == (6, ("root", "ab"), 513)
    assert found.databases == ("one", "two")
    assert (found.explicit_defaults_ts, found.ddl_xid, found.default_collation_utf8mb4) == (True, 9, 255)
    assert (found.require_primary_key, found.table_encryption, found.charset_collations) == (True, False, ((33, 45),))
    assert found.unknown is None
    assert parse_status(b"\x80\4\0\0" + b"\x81" + struct.pack("<Q", 7)).ddl_xid == 7


def test_too_many_databases_are_none() -> None:
    assert parse_status(b"\x0c\xfe").databases is None


def test_an_unknown_variable_is_told_and_ends_the_rest() -> None:
    found = parse_status(b"\0\1\0\0\0" + b"\x63whatever")
    assert (found.flags, found.unknown) == (1, 0x63)


@pytest.mark.parametrize("raw", [b"\0\1", b"\4\1\1", b"\5\x09abc", b"\x0b\1a", b"\x0c", b"\x0c\1ab",
                                 b"\x82\4\0\0", b"\x83\2\0", b"\2\3std"])
def test_variables_that_are_cut_off_are_refused(raw: bytes) -> None:
    with pytest.raises(EventError):
        parse_status(raw)


@pytest.mark.parametrize("raw", [b"", body(b"x")[:12], struct.pack("<IIBHH", 1, 1, 9, 0, 0) + b"short\0",
                                 body(b"x").replace(b"db\0", b"db1"),
                                 struct.pack("<IIBHH", 1, 1, 0, 0, 999) + b"x", body(b"x", database=b"\xff")])
def test_a_broken_query_is_refused(raw: bytes) -> None:
    with pytest.raises(EventError):
        query(raw)


def compressed(text: bytes) -> bytes:
    return b"\x82" + len(text).to_bytes(2, "big") + zlib.compress(text)


def test_mariadbs_compressed_query_is_a_query() -> None:
    found = query(body(compressed(b"CREATE TABLE t (id INT)")), 165)
    assert found.sql == "CREATE TABLE t (id INT)"


@pytest.mark.parametrize("data", [b"", b"\x02\0\1x", b"\x80", b"\x85\0\0\0\0\1", b"\x92\0\1", compressed(b"abc")[:-2],
                                  b"\x81\4" + zlib.compress(b"abc"), b"\x81\2" + zlib.compress(b"abc"), b"\x81\3nothing"])
def test_a_broken_compressed_query_is_refused(data: bytes) -> None:
    with pytest.raises(EventError):
        query(body(data), 165)
