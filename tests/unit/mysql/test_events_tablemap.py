"""Table maps: column types as the wire has them, and the optional metadata."""

from __future__ import annotations

import struct

import pytest

from connectors.mysql.events import EventError, EventParser, TableMap
from connectors.mysql.structure import Wire
from connectors.mysql.tablemap import TableMetadata, parse_shape
from tests.unit.mysql.eventbytes import event, format_description, packed, recorded, table_map


def field(kind: int, value: bytes) -> bytes:
    return bytes((kind,)) + packed(len(value)) + value


def metadata(types: bytes, metas: bytes, *fields: tuple[int, bytes], mariadb: bool = False) -> TableMetadata:
    found = parse_shape(table_map(types, metas, optional=b"".join(field(*f) for f in fields)), mariadb=mariadb).metadata
    assert found is not None
    return found


@pytest.mark.parametrize(("kind", "meta", "wire"), [
    (3, b"", Wire(3)), (4, b"\4", Wire(4, 4)), (15, b"\x2c\x01", Wire(15, 300)), (16, b"\5\1", Wire(16, 0x105)),
    (246, b"\x0a\2", Wire(246, 0x20A)), (252, b"\3", Wire(252, 3)), (19, b"\6", Wire(19, 6)), (245, b"\4", Wire(245, 4)),
    (255, b"\4", Wire(255, 4)), (242, b"\4", Wire(242, 4)), (140, b"\2", Wire(140, 2)), (141, b"\x91\x01", Wire(141, 401)),
    (254, b"\xfe\x14", Wire(254, 20)), (254, b"\xf7\1", Wire(247, 1)), (254, b"\xf8\x08", Wire(248, 8)),
    (254, b"\xee\xfc", Wire(254, 0x1FC)), (254, b"\xde\0", Wire(254, 0x200)), (254, b"\xce\xfc", Wire(254, 0x3FC)),
    (20, b"\x08", Wire(20, 8)), (20, b"\x0f\x0a\0\0", Wire(20, 0x0A0F))])
def test_a_column_on_the_wire(kind: int, meta: bytes, wire: Wire) -> None:
    found = parse_shape(table_map(bytes((3, kind, 3)), meta))
    assert (found.wires, found.metadata) == ((Wire(3), wire, Wire(3)), None)


def test_names_and_nullability() -> None:
    found = parse_shape(table_map(b"\3" * 9, nulls=b"\x81\1", database="dä".encode(), table=b"t" * 64))
    assert (found.database, found.table) == ("dä", "t" * 64)
    assert found.nullable == (True, False, False, False, False, False, False, True, True)


@pytest.mark.parametrize("body", [
    b"", table_map(b""), table_map(b"\3" * 4097), table_map(b"\3", b"\0"), table_map(b"\x04"), table_map(b"\x63"),
    table_map(b"\xfe", b"\0\0"), table_map(b"\xfe", b"\xfa\0"), table_map(b"\3")[:-1], table_map(b"\3", database=b"\xff"),
    b"\2db\0\1tx\1\3\0\0", b"\2db\0\1t\0\xff",
    b"\2db\0\1t\0\xfc\0", b"\2db\0\1t\0\x7f\3"])
def test_a_broken_map_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_shape(body)


TYPES, METAS = b"\x03\x0f\x0d\x01\xfe\xfc\xfe\xff\xf2\xf5", b"\x0a\0" b"\xf7\1" b"\2" b"\xf8\1" b"\4" b"\4" b"\4"
"""INT, VARCHAR, YEAR, TINYINT, ENUM, TEXT, SET, GEOMETRY, VECTOR, JSON"""


def test_signedness_counts_numbers_and_years_only() -> None:
    found = metadata(TYPES, METAS, (1, b"\x60"))
    assert found.unsigned == (False, None, True, True, None, None, None, None, None, None)
    assert not found.full and found.primary_key is None


def test_collations_by_the_usual_one_and_by_each() -> None:
    usual = metadata(TYPES, METAS, (2, b"\x08\1\x21\2\x3f"))
    each = metadata(TYPES, METAS, (3, b"\x08\x21\x3f"))
    assert usual.collations == each.collations == (None, 8, None, None, None, 33, None, None, 63, None)
    wide = metadata(TYPES, METAS, (2, packed(255)))
    assert wide.collations == (None, 255, None, None, None, 255, None, None, 255, None)


def test_mariadb_counts_geometry_among_texts_and_has_no_vectors() -> None:
    found = metadata(TYPES, METAS, (3, b"\x08\x21\x3f"), mariadb=True)
    assert found.collations == (None, 8, None, None, None, 33, None, 63, None, None)


def test_collations_of_choices() -> None:
    found = metadata(TYPES, METAS, (10, b"\x08\1\x21"))
    assert found.collations == metadata(TYPES, METAS, (11, b"\x08\x21")).collations
    assert found.collations == (None, None, None, None, 8, None, 33, None, None, None)


def test_full_metadata_tells_names_labels_kinds_key_and_visibility() -> None:
    names = [b"a", "ö".encode(), b"c", b"d", b"e", b"f", b"g", b"h", b"i", b"j"]
    found = metadata(TYPES, METAS, (4, b"".join(packed(len(n)) + n for n in names)), (5, b"\2\1x\1y"), (6, b"\3\1\xe4\0\2bb"),
                     (7, b"\1"), (9, b"\1\x0a\0\0"), (12, b"\xff\x80"), (13, packed(2048)), (99, b"later"))
    assert found.full
    assert found.names == ("a", "ö", "c", "d", "e", "f", "g", "h", "i", "j")
    assert found.labels == (None, None, None, None, (b"\xe4", b"", b"bb"), None, (b"x", b"y"), None, None, None)
    assert found.geometry_types == (*[None] * 7, 1, None, None)
    assert found.dimensions == (*[None] * 8, 2048, None)
    assert found.primary_key == ((1, 10), (0, 0))
    assert found.visible == (True,) * 9 + (False,)
    assert found.unknown == (99,)


def test_a_simple_key_and_none() -> None:
    names = (4, b"\1a\1b")
    assert metadata(b"\3\3", b"", names, (8, b"\1\0")).primary_key == ((1, 0), (0, 0))
    assert metadata(b"\3\3", b"", names).primary_key == ()


@pytest.mark.parametrize("wrong", [
    (1, b""), (1, b"\0\0"), (2, b"\x08\3\x21"), (2, b""), (3, b"\x08"), (3, b"\x08\x08\x08\x08"), (4, b"\1a"),
    (4, b"\1\xff" * 10), (5, b""), (5, b"\1\1a\1\1a"), (5, b"\xfc\xff\xff\1a"), (6, b"\2\1a"), (7, b""), (7, b"\1\1"),
    (8, b"\x0a"), (9, b"\1"), (11, b"\1"), (12, b"\1"), (13, b"")])
def test_metadata_that_does_not_fit_the_columns_is_refused(wrong: tuple[int, bytes]) -> None:
    with pytest.raises(ValueError):
        metadata(TYPES, METAS, wrong)


def test_metadata_that_is_cut_off_is_refused() -> None:
    with pytest.raises(EventError):
        parse_shape(table_map(b"\3", optional=b"\1\5\0"))


def test_the_event_gives_the_same_shape_for_the_same_bytes() -> None:
    parser = EventParser()
    body = table_map(b"\3")
    first, second, third = (parser.parse(event(19, struct.pack("<IHH", number, 1, 1) + content)) for number, content in (
        (5, body), (6, body), (7, table_map(b"\1"))))
    assert isinstance(first, TableMap) and isinstance(second, TableMap) and isinstance(third, TableMap)
    assert (first.table_id, first.flags, first.database, first.table) == (5 | 1 << 32, 1, "db", "t")
    assert first.shape is second.shape is not third.shape


def test_very_old_servers_have_short_table_ids() -> None:
    parser = EventParser()
    lengths = bytearray(43)
    lengths[18] = 6
    parser.parse(format_description(algorithm=0, lengths=bytes(lengths)))
    found = parser.parse(event(19, struct.pack("<IH", 5, 1) + table_map(b"\3")))
    assert isinstance(found, TableMap)
    assert (found.table_id, found.flags) == (5, 1)


def test_what_mysql_9_says_of_json_vectors_and_invisible_columns() -> None:
    found = EventParser().parse(recorded("mysql-33-2-19-39-16-6")[2])
    assert isinstance(found, TableMap)
    assert found.shape.metadata is not None
    assert found.shape.metadata.names == ("id", "j", "t", "k", "v", "e", "f")
    assert found.shape.metadata.visible == (True, True, True, True, False, True, True)
    assert found.shape.metadata.dimensions == (None, None, None, None, None, 3, 2048)
    assert found.shape.metadata.primary_key == ((0, 0),)
    assert found.shape.json_columns == (1, 3)
