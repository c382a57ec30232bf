"""One value for both paths: what the text protocol and the binary log have of a column reads the same, fast or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.codec import Codec
from connectors.mysql.core.rows import RowLayout, RowPlan, TextSpans
from connectors.mysql.structure import Flavor
from connectors.mysql.types import Charsets, TypeOptions, codec_of
from connectors.mysql.types.json_text import compact, json_text
from schemas.core.writer import Writer
from tests.integration.mysql.forms import Cell, Forms
from tests.integration.mysql.typed_values import COLUMNS, MARIADB, MYSQL

pytestmark = pytest.mark.integration

OPTIONS = [
    TypeOptions(),
    TypeOptions("string", "hex", "isostring", "precise"),
    TypeOptions("double", "base64", "connect", "precise", False),
    TypeOptions("precise", "base64-url-safe", "nanoseconds", "long", False),
    TypeOptions("precise", "bytes", "microseconds", "precise"),
]


@pytest.fixture(params=list(Flavor))
def forms(request: pytest.FixtureRequest) -> Iterator[Forms]:
    made = Forms(request.getfixturevalue(request.param.value), request.param)
    yield made
    made.close()


def _value(codec: Codec, raw: bytes) -> Any:
    try:
        return codec.read(raw)
    except ValueError as e:
        return e


def _avro(codec: Codec, raw: bytes, fast: int) -> bytes:
    writer, spans = Writer(), TextSpans()
    spans.parse(b"\xfe" + len(raw).to_bytes(8, "little") + raw, 0, 1)
    RowPlan([(0, fast, codec.bound, b"", None, None, codec.encode)]).write(spans, writer, None)
    return writer.take()


def _same(cell: Cell, options: TypeOptions, charsets: Charsets) -> None:
    text, log = codec_of(cell.column, None, options, charsets), codec_of(cell.column, cell.wire, options, charsets)
    assert text is not None and log is not None
    where = f"{cell.column.declared} {cell.sql} {options}"
    assert text.schema == log.schema, where
    assert (cell.text is None) == (cell.log is None), where
    if cell.text is None or cell.log is None:
        return
    value = _value(text, cell.text)
    assert repr(value) == repr(_value(log, cell.log)), where
    if value is None or isinstance(value, ValueError):
        assert text.gaps if value is None else " outside " in str(value), where
        return
    wanted = _avro(text, cell.text, 0)
    for codec, raw in ((text, cell.text), (log, cell.log)):
        assert _avro(codec, raw, 0) == _avro(codec, raw, codec.fast) == wanted, where


def test_both_forms_of_every_type_read_the_same(forms: Forms) -> None:
    columns = {**COLUMNS, **(MYSQL if forms.flavor is Flavor.MYSQL else MARIADB)}
    height = max(map(len, columns.values()))
    rows = [[values[i] if i < len(values) else "NULL" for values in columns.values()] for i in range(height)]
    charsets = Charsets()
    cells = forms.cells(", ".join(f"c{n} {kind}" for n, kind in enumerate(columns)), rows)
    assert RowLayout([c.wire.type for c in cells[0]], [c.wire.meta for c in cells[0]]).count == len(columns)
    for row in cells:
        for cell in row:
            for options in OPTIONS:
                _same(cell, options, charsets)


_CHANGES = [
    "JSON_SET(d, '$.a', 2)",
    "JSON_SET(d, '$.list[1]', 'two', '$.new', JSON_ARRAY(1, 2))",
    "JSON_REMOVE(d, '$.list[0]')",
    "JSON_REPLACE(d, '$.list[0]', 1e100, '$.o.\"odd key.[1]\"', CAST('2026-02-03' AS DATE))",
    "JSON_SET(d, '$.list[99]', NULL)",
    "JSON_SET(d, '$.o.é', 'ü', '$.o.deep', JSON_OBJECT('x', 18446744073709551615))",
    "JSON_REMOVE(d, '$.a', '$.o.deep.x')",
    "JSON_SET(d, '$.o.deep.y', b'101', '$.list[1]', -1.5)",
    "JSON_SET(d, '$.pad', 'short')",
    "JSON_SET(d, '$.\"q\\\\\"uo\"', TRUE)",
    "JSON_REMOVE(JSON_SET(d, '$.list', JSON_ARRAY()), '$.\"q\\\\\"uo\"')",
]


@pytest.mark.parametrize("forms", [Flavor.MYSQL], indirect=True)
def test_a_partial_json_update_gives_the_servers_document(forms: Forms) -> None:
    forms.execute(
        "CREATE TABLE t (i INT PRIMARY KEY, d JSON, n INT)", "SET SESSION binlog_row_value_options = 'PARTIAL_JSON'",
        """INSERT INTO t VALUES (1, JSON_OBJECT('a', 1, 'list', JSON_ARRAY(1, 2, 3), 'o', JSON_OBJECT('odd key.[1]', 1),
           'pad', REPEAT('.', 400)), 0)""")
    start = forms.position()
    wanted = []
    for i, change in enumerate(_CHANGES):
        forms.execute(f"UPDATE t SET d = {change}, n = {i}")
        wanted.append(compact(forms.execute("SELECT d FROM t")[0][0]))
    found = forms.updates(start, len(_CHANGES))
    assert any(partial for partial, _ in found)
    assert [json_text(row[1] or b"") for _, row in found] == wanted
    assert [int.from_bytes(row[2] or b"", "little") for _, row in found] == list(range(len(_CHANGES)))
