"""pgoutput's messages other than rows: what is read, and that a message that ends too early is refused."""

from __future__ import annotations

import pytest

from connectors.postgres import pgoutput
from tests.unit.postgres import wire


def test_begin() -> None:
    assert pgoutput.Begin.parse(wire.begin(0x1000, xid=9, ts=5)) == pgoutput.Begin(pgoutput.LSN(0x1000), 946684800000005, 9)


def test_commit() -> None:
    assert pgoutput.Commit.parse(wire.commit(10, 20, ts=-1)) == pgoutput.Commit(pgoutput.LSN(10), pgoutput.LSN(20),
        946684799999999)


def test_relation_with_modifiers_and_flags() -> None:
    made = pgoutput.Relation.parse(wire.relation(5, "täble", [("a", "int4", True), ("b", "varchar", False, 24)], "i",
        "Odd Schema"))
    assert (made.oid, made.schema, made.name, made.replica_identity) == (5, "Odd Schema", "täble", "i")
    assert made.columns == (pgoutput.RelationColumn("a", 23, -1, True), pgoutput.RelationColumn("b", 1043, 24, False))


def test_an_empty_schema_is_the_systems() -> None:
    assert pgoutput.Relation.parse(wire.relation(5, "t", [], schema="")).schema == "pg_catalog"


def test_truncate() -> None:
    assert pgoutput.Truncate.parse(wire.truncate(1, 2)) == pgoutput.Truncate((1, 2), False, False)


@pytest.mark.parametrize("transactional", [True, False])
def test_message(transactional: bool) -> None:
    made = pgoutput.Message.parse(wire.message("pre", b"\0\xff", transactional, 77))
    assert (made.transactional, made.lsn, made.prefix, made.content) == (transactional, 77, "pre", b"\0\xff")


def test_origin_and_type() -> None:
    assert pgoutput.Origin.parse(wire.xlog("O", (5).to_bytes(8, "big") + b"far\0")) == pgoutput.Origin(pgoutput.LSN(5), "far")
    assert pgoutput.TypeName.parse(wire.xlog("Y", (5).to_bytes(4, "big") + b"s\0mood\0")) == pgoutput.TypeName(5, "s", "mood")


WHOLE = {
    "begin": (pgoutput.Begin, wire.begin(10)), "commit": (pgoutput.Commit, wire.commit(10, 20)),
    "relation": (pgoutput.Relation, wire.relation(5, "t", [("a", "int4", True)])),
    "truncate": (pgoutput.Truncate, wire.truncate(1, 2)),
    "message": (pgoutput.Message, wire.message("p", b"abc")), "origin": (pgoutput.Origin, wire.xlog("O", b"\0" * 8 + b"x\0")),
    "type": (pgoutput.TypeName, wire.xlog("Y", b"\0" * 4 + b"a\0b\0")),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_message_cut_anywhere_is_refused(name: str) -> None:
    kind, frame = WHOLE[name]
    for end in range(pgoutput.BODY, len(frame)):
        with pytest.raises((ValueError, IndexError)):
            kind.parse(frame[:end])
