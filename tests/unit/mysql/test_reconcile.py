"""A table map and a known structure, put together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.mysql.reconcile import StructureMismatch, reconcile
from connectors.mysql.structure import ColumnDef, Flavor, TableDef, TableId, Wire
from connectors.mysql.structures import DdlContext, parse_create
from connectors.mysql.tablemap import TableMetadata, TableShape
from connectors.mysql.types import wires

LATIN1, UTF8MB4, BINARY = 8, 255, 63
SQL = """CREATE TABLE t (id INT UNSIGNED NOT NULL COMMENT 'the id', v VARCHAR(10) CHARACTER SET latin1 DEFAULT 'x', e
ENUM('a','é'),
  d DECIMAL(8,3), b BIT(5), t TEXT, p POINT SRID 0, y YEAR, dt DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3), k CHAR(4) INVISIBLE,
  PRIMARY KEY (id)) COMMENT 'c' CHARSET utf8mb4"""
KNOWN = parse_create(SQL, "d", DdlContext())
SHAPE = TableShape(
    "d", "t",
    (Wire(wires.LONG), Wire(wires.VARCHAR, 10), Wire(wires.ENUM, 1), Wire(wires.NEWDECIMAL, 8 | 3 << 8), Wire(wires.BIT, 5),
     Wire(wires.BLOB, 2),
     Wire(wires.GEOMETRY, 4), Wire(wires.YEAR), Wire(wires.DATETIME2, 3), Wire(wires.STRING, 16)),
    (False, *[True] * 9),
    TableMetadata(
        names=("id", "v", "e", "d", "b", "t", "p", "y", "dt", "k"),
        unsigned=(True, None, None, False, None, None, None, True, None, None),
        collations=(None, LATIN1, UTF8MB4, None, None, UTF8MB4, None, None, None, UTF8MB4),
        labels=(None, None, (b"a", "é".encode()), *[None] * 7),
        geometry_types=(*[None] * 6, 1, None, None, None),
        primary_key=((0, 0),), visible=(*[True] * 9, False)))


def minimal(shape: TableShape = SHAPE) -> TableShape:
    assert shape.metadata is not None
    return replace(shape, metadata=replace(shape.metadata, names=None, labels=None, geometry_types=None, primary_key=None,
                                           visible=None))


def without(shape: TableShape = SHAPE) -> TableShape:
    return replace(shape, metadata=None)


def rewired(index: int, wire: Wire) -> TableShape:
    return replace(SHAPE, wires=(*SHAPE.wires[:index], wire, *SHAPE.wires[index + 1:]))


def columns(*definitions: str) -> TableDef:
    return parse_create(f"CREATE TABLE t ({', '.join(definitions)}) CHARSET utf8mb4", "d",
                        DdlContext(Flavor.MARIADB, version=101118))


def test_full_metadata_alone_tells_names_types_and_key() -> None:
    found = reconcile(SHAPE, None)
    assert [(c.name, c.type, c.length, c.scale) for c in found.columns] == [
        ("id", "int", None, None), ("v", "varchar", 10, None), ("e", "enum", None, None), ("d", "decimal", 8, 3),
        ("b", "bit", 5, None),
        ("t", "text", None, None), ("p", "point", None, None), ("y", "year", None, None), ("dt", "datetime", None, 3),
        ("k", "char", 4, None)]
    assert (found.id, found.primary_key, found.unique_key) == (TableId("d", "t"), ("id",), ())
    assert found.columns[0].unsigned and not found.columns[7].unsigned
    assert found.columns[2].labels == ("a", "é") and found.columns[1].charset == "latin1"
    assert [c.name for c in found.columns if c.invisible] == ["k"]


def test_what_is_known_adds_defaults_comments_and_spellings() -> None:
    found = reconcile(SHAPE, KNOWN)
    assert found == KNOWN


def test_an_older_structure_gives_only_what_still_fits() -> None:
    older = columns("ID BIGINT COMMENT 'old'", "v VARCHAR(40) DEFAULT 'y'", "gone INT", "d DECIMAL(4,1) DEFAULT 1 COMMENT 'dec'")
    found = reconcile(SHAPE, older)
    assert found.columns[0] == reconcile(SHAPE, None).columns[0]
    assert (found.columns[1].length, found.columns[1].default) == (10, "'y'")
    assert (found.columns[3].length, found.columns[3].default, found.columns[3].comment) == (8, None, "dec")
    assert [c.name for c in found.columns] == [c.name for c in KNOWN.columns]


def test_the_key_that_the_server_takes_for_a_primary_one_stays_a_unique_key() -> None:
    known = parse_create(SQL.replace("PRIMARY KEY (id)", "UNIQUE (id)"), "d", DdlContext())
    found = reconcile(SHAPE, known)
    assert (found.primary_key, found.unique_key) == ((), ("id",))


def test_a_prefix_key_that_no_map_tells_is_kept() -> None:
    known = parse_create(SQL.replace("PRIMARY KEY (id)", "UNIQUE u (k(2))").replace("k CHAR(4)", "k CHAR(4) NOT NULL"), "d",
                         DdlContext())
    assert SHAPE.metadata is not None
    shape = replace(SHAPE, nullable=(False, *[True] * 8, False), metadata=replace(SHAPE.metadata, primary_key=()))
    assert reconcile(shape, known).unique_key == ("k",)


def test_mariadbs_uuid_is_binary_to_the_map_and_hidden_columns_are_left_out() -> None:
    known = columns("u UUID NOT NULL", "i INET6", "a TEXT NOT NULL", "UNIQUE (a)")
    shape = TableShape(
        "d", "t", (Wire(wires.STRING, 16), Wire(wires.STRING, 16), Wire(wires.BLOB, 2), Wire(wires.LONGLONG)),
        (False, True, False, False),
        TableMetadata(names=("u", "i", "a", "DB_ROW_HASH_1"), unsigned=(None, None, None, True),
                      collations=(BINARY, BINARY, UTF8MB4, None), primary_key=()))
    assert [c.type for c in reconcile(shape, known).columns] == ["uuid", "inet6", "text"]
    assert [c.type for c in reconcile(shape, None).columns] == ["binary", "binary", "text"]
    assert reconcile(minimal(shape), known) is known
    with pytest.raises(StructureMismatch, match="known with 3 columns, the log has 4"):
        reconcile(minimal(shape), known.but(keys=()))


@pytest.mark.parametrize("shape", [minimal(), without()], ids=["minimal", "none"])
def test_without_full_metadata_the_known_structure_is_the_truth(shape: TableShape) -> None:
    assert reconcile(shape, KNOWN) is KNOWN
    with pytest.raises(StructureMismatch, match=r"nothing is known of table d\.t"):
        reconcile(shape, None)
    with pytest.raises(StructureMismatch, match="known with 9 columns, the log has 10"):
        reconcile(shape, KNOWN.but(columns=KNOWN.columns[:-1]))


@pytest.mark.parametrize(("index", "wire"), [
    (0, Wire(wires.LONGLONG)), (1, Wire(wires.VARCHAR, 11)), (1, Wire(wires.STRING, 10)), (2, Wire(wires.ENUM, 2)),
    (2, Wire(wires.SET, 1)),
    (3, Wire(wires.NEWDECIMAL, 8 | 2 << 8)), (4, Wire(wires.BIT, 6)), (5, Wire(wires.BLOB, 3)), (6, Wire(wires.BLOB, 4)),
    (7, Wire(wires.SHORT)),
    (8, Wire(wires.DATETIME2, 6)), (8, Wire(wires.TIMESTAMP2, 3)), (8, Wire(wires.DATETIME)), (9, Wire(wires.STRING, 4)),
])
def test_a_map_of_other_types_refutes_what_is_known(index: int, wire: Wire) -> None:
    shape = rewired(index, wire)
    for map in (minimal(shape), without(shape)):
        with pytest.raises(StructureMismatch, match=f"column {KNOWN.columns[index].name} of table d.t is known as"):
            reconcile(map, KNOWN)


def test_a_map_of_other_nullability_sign_or_charset_refutes_what_is_known() -> None:
    with pytest.raises(StructureMismatch, match="known as NOT NULL, the log has the opposite"):
        reconcile(replace(without(), nullable=(True,) * 10), KNOWN)
    first, *rest = KNOWN.columns
    with pytest.raises(StructureMismatch, match=r"column id of table d\.t is known as signed"):
        reconcile(minimal(), KNOWN.but(columns=(first.but(unsigned=False), *rest)))
    assert SHAPE.metadata is not None
    collations = (None, UTF8MB4, *SHAPE.metadata.collations[2:]) if SHAPE.metadata.collations else None
    with pytest.raises(StructureMismatch, match="character set latin1, the log has utf8mb4"):
        reconcile(minimal(replace(SHAPE, metadata=replace(SHAPE.metadata, collations=collations))), KNOWN)


@pytest.mark.parametrize(("definition", "wire"), [
    ("a TINYINT", Wire(wires.TINY)), ("a MEDIUMINT", Wire(wires.INT24)), ("a FLOAT", Wire(wires.FLOAT, 4)),
    ("a DOUBLE", Wire(wires.DOUBLE, 8)),
    ("a VARBINARY(300)", Wire(wires.VARCHAR, 300)), ("a CHAR(200)", Wire(wires.STRING, 800)),
    ("a BINARY(3)", Wire(wires.STRING, 3)),
    ("a TINYBLOB", Wire(wires.BLOB, 1)), ("a LONGTEXT", Wire(wires.BLOB, 4)),
    ("a TEXT COMPRESSED", Wire(wires.BLOB_COMPRESSED, 2)),
    ("a VARCHAR(5) COMPRESSED", Wire(wires.VARCHAR_COMPRESSED, 21)), ("a TIME", Wire(wires.TIME)),
    ("a TIMESTAMP NULL", Wire(wires.TIMESTAMP)),
    ("a TIME(2)", Wire(wires.TIME2, 2)), ("a BIT(64)", Wire(wires.BIT, 8 << 8)), ("a SET('a','b')", Wire(wires.SET, 1)),
    ("a DATE", Wire(wires.DATE)),
    ("a INET4", Wire(wires.STRING, 4)), ("a JSON", Wire(wires.BLOB, 4)), ("a LINESTRING", Wire(wires.GEOMETRY, 4)),
    ("a VECTOR(3)", Wire(wires.VECTOR, 4)),
])
def test_how_types_are_written(definition: str, wire: Wire) -> None:
    known = columns(definition)
    assert reconcile(TableShape("d", "t", (wire,), (True,), None), known) is known


def test_a_type_or_collation_that_is_not_known_is_a_mismatch() -> None:
    shape = TableShape("d", "t", (Wire(20, 3),), (True,), TableMetadata(names=("a",)))
    with pytest.raises(StructureMismatch, match="type 20"):
        reconcile(shape, None)
    shape = TableShape("d", "t", (Wire(wires.VARCHAR, 3),), (True,), TableMetadata(names=("a",), collations=(60000,)))
    with pytest.raises(StructureMismatch, match="60000"):
        reconcile(shape, None)
    shape = TableShape("d", "t", (Wire(wires.ENUM, 1),), (True,),
                       TableMetadata(names=("a",), collations=(UTF8MB4,), labels=((b"\xff",),)))
    with pytest.raises(StructureMismatch, match="label of column a"):
        reconcile(shape, None)


def test_a_set_of_many_labels_takes_eight_bytes() -> None:
    known = TableDef(TableId("d", "t"), (ColumnDef("a", "set", labels=tuple(f"l{n}" for n in range(40)), charset="utf8mb4"),))
    assert reconcile(TableShape("d", "t", (Wire(wires.SET, 8),), (True,), None), known) is known
