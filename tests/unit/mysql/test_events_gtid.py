"""GTID events of both families, bytes as the servers write them."""

from __future__ import annotations

import struct

import pytest

from connectors.mysql.events import EventError, EventParser, Gtid, MariaGtid, MariaGtidList, PreviousGtids
from tests.unit.mysql.eventbytes import event, recorded

UUID = "c21b2bd6-e8d2-11f1-ba67-02fc00000001"
RAW = bytes.fromhex(UUID.replace("-", ""))


def gtid(body: bytes, number: int = 33) -> Gtid:
    found = EventParser().parse(event(number, body))
    assert isinstance(found, Gtid)
    return found


def test_a_gtid_of_each_version_is_read_as_far_as_it_goes() -> None:
    v56 = b"\1" + RAW + struct.pack("<q", 5)
    v57 = v56 + struct.pack("<Bqq", 2, 3, 4)
    v80 = v57 + (1000).to_bytes(7, "little") + b"\xfc\x01\x02" + struct.pack("<I", 80036)
    replica = v57 + (1000 | 1 << 55).to_bytes(7, "little") + (900).to_bytes(7, "little") + b"\x30" + struct.pack("<I", 80036)
    for body in (v56, v57, v80, replica):
        assert gtid(body).gtid == f"{UUID}:5"
    assert (gtid(v56).logical_clock, gtid(v56).original_commit_us) == (None, None)
    assert (gtid(v57).logical_clock, gtid(v57).original_commit_us) == ((3, 4), None)
    found = gtid(v80)
    assert (found.original_commit_us, found.immediate_commit_us, found.transaction_length) == (1000, 1000, 513)
    found = gtid(replica)
    assert (found.original_commit_us, found.immediate_commit_us, found.transaction_length) == (900, 1000, 48)
    assert found.may_have_statements


def test_an_anonymous_transaction_has_no_gtid() -> None:
    found = gtid(b"\0" + bytes(16) + struct.pack("<q", 0), 34)
    assert (found.gtid, found.gno, found.may_have_statements) == (None, 0, False)


@pytest.mark.parametrize(("number", "body"), [
    (33, b"\1" + RAW), (33, b"\1" + RAW + struct.pack("<q", 0)), (33, b"\1" + RAW + struct.pack("<q", -1)),
    (34, b"\1" + RAW + struct.pack("<q", 1)), (33, b"\1" + RAW + struct.pack("<qBqq", 5, 2, 3, 4) + b"\xff" * 8)])
def test_a_broken_gtid_is_refused(number: int, body: bytes) -> None:
    with pytest.raises(EventError):
        EventParser().parse(event(number, body))


TAGGED = bytes.fromhex("027a00000002090336565903a103490322c503e902ce04f103000000020404061066757a7a5f746167080c0a340c7fbf1e24"
                       "af19610610f1041283120b")
"""As MySQL 9.7 wrote it."""


def test_a_tagged_gtid_is_read() -> None:
    found = gtid(TAGGED, 42)
    assert (found.gtid, found.sid, found.tag, found.gno) == (f"{UUID}:fuzz_tag:1", UUID, "fuzz_tag", 1)
    assert found.original_commit_us == found.immediate_commit_us == 1795612800720575
    assert (found.transaction_length, found.logical_clock, found.may_have_statements) == (316, (3, 13), False)


def test_what_follows_the_known_fields_is_skipped_if_it_may_be() -> None:
    longer = TAGGED + b"\x18\x02\x1a\x02"
    longer = longer[:1] + bytes((len(longer) << 1,)) + longer[2:]
    assert gtid(longer, 42).gtid == f"{UUID}:fuzz_tag:1"


def test_a_tagged_gtid_with_a_field_that_must_be_known_is_refused() -> None:
    with pytest.raises(EventError, match="must not be skipped"):
        gtid(TAGGED[:2] + b"\x1a" + TAGGED[3:], 42)


@pytest.mark.parametrize("body", [b"", TAGGED[:1], TAGGED[:30], b"\4" + TAGGED[1:], TAGGED[:1] + b"\x7c" + TAGGED[2:],
                                  TAGGED[:1] + b"\x06" + TAGGED[2:], TAGGED[:3] + b"\x08" + TAGGED[4:]])
def test_a_broken_tagged_gtid_is_refused(body: bytes) -> None:
    with pytest.raises(EventError):
        EventParser().parse(event(42, body))


def test_previous_gtids_are_a_set() -> None:
    (raw,) = recorded("mysql-35-2")
    found = EventParser().parse(raw)
    assert isinstance(found, PreviousGtids)
    assert str(found.gtids).startswith("01234567-89ab-cdef-0123-456789abcdef:tag_2:77,")
    assert ":fuzz_tag:1-" in str(found.gtids)


def maria(body: bytes) -> MariaGtid:
    found = EventParser().parse(event(162, body, server_id=2))
    assert isinstance(found, MariaGtid)
    return found


def test_mariadbs_gtid_is_domain_server_sequence() -> None:
    found = maria(struct.pack("<QIB", 99, 3, 0b100) + bytes(6))
    assert (found.gtid, found.standalone, found.transactional, found.ddl) == ("3-2-99", False, True, False)
    assert (found.commit_id, found.xid, found.thread, found.prepared_xa, found.completed_xa) == (None, None, None, False, False)
    found = maria(struct.pack("<QIBQ", 99, 3, 2 | 1 | 32, 1234))
    assert (found.commit_id, found.standalone, found.ddl) == (1234, True, True)


def test_mariadbs_gtid_names_the_xa_transaction() -> None:
    body = struct.pack("<QIBIBB", 99, 3, 64, 1, 2, 1) + b"abc"
    found = maria(body)
    assert (found.xid, found.prepared_xa, found.completed_xa) == ("X'6162',X'63',1", True, False)
    assert maria(body[:12] + b"\x80" + body[13:]).completed_xa
    with_all = maria(struct.pack("<QIBQIBB", 99, 3, 64 | 2, 5, 1, 1, 0) + b"a" + b"\x15\2" + struct.pack("<QI", 8, 4711))
    assert (with_all.commit_id, with_all.xid, with_all.thread) == (5, "X'61',X'',1", 4711)


@pytest.mark.parametrize("body", [bytes(12), struct.pack("<QIB", 1, 1, 2) + b"1234567", struct.pack("<QIB", 1, 1, 64) + b"12345",
                                  struct.pack("<QIBIBB", 1, 1, 64, 1, 65, 0) + b"x" * 65,
                                  struct.pack("<QIBIBB", 1, 1, 64, 1, 9, 0)])
def test_a_broken_mariadb_gtid_is_refused(body: bytes) -> None:
    with pytest.raises(EventError):
        EventParser().parse(event(162, body))


def test_mariadbs_gtid_list_is_read() -> None:
    found = EventParser().parse(event(163, struct.pack("<IIIQIIQ", 2 | 1 << 28, 0, 1, 5, 7, 2, 9)))
    assert isinstance(found, MariaGtidList)
    assert (found.gtids, found.flags) == (("0-1-5", "7-2-9"), 1)
    for broken in (b"\1\0\0", struct.pack("<IIIQ", 2, 0, 1, 5)):
        with pytest.raises(EventError):
            EventParser().parse(event(163, broken))
