"""Table map events: what the log itself says about a table's columns.

Layout: table id (6 bytes; 4 of very old servers), flags, database and table name, column types, their metadata, nullability,
then optional metadata fields as type, length, value. With ``binlog_row_metadata=FULL`` that is everything a reader needs;
with MINIMAL it is signedness, charsets and geometry kinds. Formats: mysql-server's rows_event.h, Table_map_event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from connectors.mysql.eventbytes import EventError, counted, packed
from connectors.mysql.structure import Wire

__all__ = ["TableMetadata", "TableShape", "parse_shape"]

MAX_COLUMNS = 4096

T = TypeVar("T")

_DECIMAL, _TINY, _SHORT, _LONG, _FLOAT, _DOUBLE, _LONGLONG, _INT24, _YEAR, _VARCHAR, _BIT = 0, 1, 2, 3, 4, 5, 8, 9, 13, 15, 16
_TYPED_ARRAY, _BLOB_COMPRESSED, _VARCHAR_COMPRESSED, _VECTOR, _JSON, _NEWDECIMAL = 20, 140, 141, 242, 245, 246
_ENUM, _SET, _BLOB, _VAR_STRING, _STRING, _GEOMETRY = 247, 248, 252, 253, 254, 255

_ONE_BYTE = frozenset((_FLOAT, _DOUBLE, 17, 18, 19, _BLOB_COMPRESSED, _VECTOR, _JSON, 249, 250, 251, _BLOB, _GEOMETRY))
_TWO_BYTES = frozenset((_VARCHAR, _BIT, _VARCHAR_COMPRESSED, _NEWDECIMAL, _ENUM, _SET, _VAR_STRING, _STRING))
_NUMERIC = frozenset((_DECIMAL, _TINY, _SHORT, _INT24, _LONG, _LONGLONG, _NEWDECIMAL, _FLOAT, _DOUBLE, _YEAR))
"""What has a bit of signedness. YEAR has one, though it is always unsigned."""
_CHARACTER = frozenset((_STRING, _VAR_STRING, _VARCHAR, _BLOB, _BLOB_COMPRESSED, _VARCHAR_COMPRESSED))
_KNOWN = _ONE_BYTE | _TWO_BYTES | _NUMERIC | frozenset((6, 7, 10, 11, 12, 13, 14, _TYPED_ARRAY))


@dataclass(frozen=True, slots=True)
class TableMetadata:
    """The optional metadata, one entry per column of the table in each tuple (None where it does not apply to the column).

    ``names``, ``labels``, ``geometry_types``, ``visible`` and ``primary_key`` come only with ``binlog_row_metadata=FULL``
    (``full``). ``collations`` are collation ids, of character columns always, of ENUM and SET only when ``full``; 63 is binary.
    ``labels`` are bytes in the column's own charset. ``primary_key`` is (column index, prefix length; 0 = whole column) in the
    key's order, empty when the table has none, None when the log does not tell. ``visible`` is None where the server does not
    tell (all are visible). ``unknown`` are types of fields that this version does not know; they were skipped.
    """

    names: tuple[str, ...] | None = None
    unsigned: tuple[bool | None, ...] | None = None
    collations: tuple[int | None, ...] | None = None
    labels: tuple[tuple[bytes, ...] | None, ...] | None = None
    geometry_types: tuple[int | None, ...] | None = None
    dimensions: tuple[int | None, ...] | None = None
    primary_key: tuple[tuple[int, int], ...] | None = None
    visible: tuple[bool, ...] | None = None
    unknown: tuple[int, ...] = ()

    @property
    def full(self) -> bool:
        """Whether the server writes all metadata."""
        return self.names is not None


@dataclass(frozen=True, slots=True)
class TableShape:
    """What a table map says, without its table id. Equal bytes give the very same object as long as a parser remembers
    them, so "the map did not change" is an identity test."""

    database: str
    table: str
    wires: tuple[Wire, ...]
    nullable: tuple[bool, ...]
    metadata: TableMetadata | None

    @property
    def json_columns(self) -> tuple[int, ...]:
        """The indexes of the JSON columns: partial updates have a bit for each of them."""
        return tuple(i for i, wire in enumerate(self.wires) if wire.type == _JSON)


def parse_shape(body: bytes, *, mariadb: bool = False) -> TableShape:
    """A table map event's body after table id and flags. Raises EventError."""
    end = len(body)
    database, at = _name(body, 0, "database")
    table, at = _name(body, at, "table")
    count, at = packed(body, at, end)
    if not 0 < count <= MAX_COLUMNS or count > end - at:
        raise EventError("a table map has an impossible number of columns")
    types, at = body[at:at + count], at + count
    metas, at = counted(body, at, end)
    wires = tuple(_wires(types, metas))
    bits = (count + 7) // 8
    if end - at < bits:
        raise EventError("a table map ends inside its nullability")
    nullable = tuple(bool(body[at + i // 8] >> i % 8 & 1) for i in range(count))
    at += bits
    metadata = None if at == end else _metadata(body, at, [w.type for w in wires], mariadb)
    return TableShape(database, table, wires, nullable, metadata)


def _name(body: bytes, at: int, what: str) -> tuple[str, int]:
    name, at = counted(body, at, len(body))
    if body[at:at + 1] != b"\0":
        raise EventError(f"a table map's {what} name does not end where it should")
    return name.decode("utf-8"), at + 1


def _wires(types: bytes, metas: bytes) -> Iterator[Wire]:
    at, end = 0, len(metas)
    for kind in types:
        if kind in _ONE_BYTE:
            size = 1
        elif kind in _TWO_BYTES:
            size = 2
        elif kind == _TYPED_ARRAY:
            element = metas[at] if at < end else 0
            size = 1 + (3 if element == _VARCHAR else 1 if element in _ONE_BYTE else 2 if element in _TWO_BYTES else 0)
        elif kind in _KNOWN:
            size = 0
        else:
            raise EventError(f"a table map has a column of the type {kind}, which is not known to this version")
        if at + size > end:
            raise EventError("a table map ends inside its columns' metadata")
        yield _string(metas[at], metas[at + 1]) if kind == _STRING else Wire(kind, int.from_bytes(metas[at:at + size], "little"))
        at += size
    if at != end:
        raise EventError("a table map has more metadata than columns")


def _string(first: int, second: int) -> Wire:
    # STRING stands for CHAR, ENUM and SET. The first byte is the real type, except that lengths from 256 put their two high
    # bits, inverted, into its bits 4 and 5 (which are both set in the three types' numbers).
    kind = first | 0x30
    if kind in (_ENUM, _SET, _STRING):
        return Wire(kind, second | ((first & 0x30) ^ 0x30) << 4)
    if first == _VAR_STRING:
        return Wire(_STRING, second)
    raise EventError("a table map has a string column of an impossible kind")


class _Fields:
    """Collects the optional fields of one table map."""

    def __init__(self, types: Sequence[int], mariadb: bool) -> None:
        self.types = types
        # Geometry counts as a character type in MariaDB only, VECTOR in MySQL only.
        character = _CHARACTER | {_GEOMETRY if mariadb else _VECTOR}
        self.numeric = [i for i, t in enumerate(types) if t in _NUMERIC]
        self.character = [i for i, t in enumerate(types) if t in character]
        self.choice = [i for i, t in enumerate(types) if t in (_ENUM, _SET)]
        self.found: dict[str, object] = {}
        self.collations: list[int | None] = [None] * len(types)
        self.labels: list[tuple[bytes, ...] | None] = [None] * len(types)

    def of(self, kind: int) -> list[int]:
        return [i for i, t in enumerate(self.types) if t == kind]

    def signedness(self, value: bytes) -> None:
        self.found["unsigned"] = self.spread(self.numeric, self.bits(value, len(self.numeric)))

    def default_charset(self, value: bytes, columns: list[int]) -> None:
        end = len(value)
        usual, at = packed(value, 0, end)
        chosen = [usual] * len(columns)
        while at < end:
            index, at = packed(value, at, end)
            collation, at = packed(value, at, end)
            if index >= len(columns):
                raise EventError("a table map names a charset of a column that is not there")
            chosen[index] = collation
        self.put_collations(columns, chosen)

    def column_charset(self, value: bytes, columns: list[int]) -> None:
        self.put_collations(columns, _numbers(value))

    def put_collations(self, columns: list[int], chosen: list[int]) -> None:
        if len(chosen) != len(columns):
            raise EventError("a table map has not as many charsets as columns that need one")
        for index, collation in zip(columns, chosen, strict=True):
            self.collations[index] = collation
        self.found["collations"] = ()

    def names(self, value: bytes) -> None:
        names, at = [], 0
        while at < len(value):
            name, at = counted(value, at, len(value))
            names.append(name.decode("utf-8"))
        if len(names) != len(self.types):
            raise EventError("a table map has not as many names as columns")
        self.found["names"] = tuple(names)

    def put_labels(self, value: bytes, columns: list[int]) -> None:
        at, end, number = 0, len(value), 0
        while at < end:
            count, at = packed(value, at, end)
            labels = []
            for _ in range(count):  # each takes a byte at least, so a wrong count runs into the end
                label, at = counted(value, at, end)
                labels.append(label)
            if number == len(columns):
                raise EventError("a table map has labels of a column that is not there")
            self.labels[columns[number]] = tuple(labels)
            number += 1
        if number != len(columns):
            raise EventError("a table map has not the labels of all its columns")

    def geometry(self, value: bytes) -> None:
        self.found["geometry_types"] = self.spread(self.of(_GEOMETRY), _numbers(value))

    def vectors(self, value: bytes) -> None:
        self.found["dimensions"] = self.spread(self.of(_VECTOR), _numbers(value))

    def key(self, value: bytes, prefixes: bool) -> None:
        numbers = _numbers(value)
        if prefixes and len(numbers) % 2:
            raise EventError("a table map's primary key ends inside a column")
        key = tuple(zip(numbers[::2], numbers[1::2], strict=True)) if prefixes else tuple((n, 0) for n in numbers)
        if any(index >= len(self.types) for index, _ in key):
            raise EventError("a table map's primary key has a column that is not there")
        self.found["primary_key"] = key

    def visibility(self, value: bytes) -> None:
        self.found["visible"] = tuple(self.bits(value, len(self.types)))

    def bits(self, value: bytes, count: int) -> list[bool]:
        if len(value) != (count + 7) // 8:
            raise EventError("a table map has a field of bits that does not fit its columns")
        return [bool(value[i // 8] & 0x80 >> i % 8) for i in range(count)]

    def spread(self, columns: list[int], values: Sequence[T]) -> tuple[T | None, ...]:
        if len(values) != len(columns):
            raise EventError("a table map has a field that does not fit its columns")
        out: list[T | None] = [None] * len(self.types)
        for index, value in zip(columns, values, strict=True):
            out[index] = value
        return tuple(out)


_READERS: dict[int, Callable[[_Fields, bytes], None]] = {
    1: _Fields.signedness,
    2: lambda f, v: f.default_charset(v, f.character),
    3: lambda f, v: f.column_charset(v, f.character),
    4: _Fields.names,
    5: lambda f, v: f.put_labels(v, f.of(_SET)),
    6: lambda f, v: f.put_labels(v, f.of(_ENUM)),
    7: _Fields.geometry,
    8: lambda f, v: f.key(v, prefixes=False),
    9: lambda f, v: f.key(v, prefixes=True),
    10: lambda f, v: f.default_charset(v, f.choice),
    11: lambda f, v: f.column_charset(v, f.choice),
    12: _Fields.visibility,
    13: _Fields.vectors,
}


def _metadata(body: bytes, at: int, types: Sequence[int], mariadb: bool) -> TableMetadata:
    fields = _Fields(types, mariadb)
    unknown: list[int] = []
    end = len(body)
    while at < end:
        kind = body[at]
        value, at = counted(body, at + 1, end)
        reader = _READERS.get(kind)
        if reader is None:
            unknown.append(kind)
        else:
            reader(fields, value)
    found = fields.found
    if "collations" in found:
        found["collations"] = tuple(fields.collations)
    if "names" in found:
        found.setdefault("primary_key", ())
        found["labels"] = tuple(fields.labels)
    return TableMetadata(**found, unknown=tuple(unknown))  # type: ignore[arg-type]


def _numbers(value: bytes) -> list[int]:
    numbers, at, end = [], 0, len(value)
    while at < end:
        number, at = packed(value, at, end)
        numbers.append(number)
    return numbers
