"""The recorded cases of the type families, from bytes that real servers sent for the same rows: the schemas and values of both
forms equal what Debezium gave, but for the deviations listed here, each of which is a fault or an artefact of the reference.

``recorded/`` has for each case the tables as SHOW CREATE TABLE gives them, the column types in the log, and each inserted row in
both forms; what came of the rows is in ``tests/golden``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.core.spans import Spans
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.core.rows import ImageSpans, TextSpans
from connectors.mysql.ddl.context import DdlContext
from connectors.mysql.structure import Flavor, TableDef, Wire
from connectors.mysql.structures import parse_create
from connectors.mysql.tables import TableBuilder
from connectors.mysql.types import Charsets
from connectors.tables import Table
from schemas.connectjson import JsonStyle, schema_text, value_text

HERE = Path(__file__).parent / "recorded"
GOLDEN = Path(__file__).parents[3] / "golden"
SHARED = {
    "decimals-double": "decimals-precise", "decimals-string": "decimals-precise", "binary-base64": "binary-bytes",
    "binary-base64-url-safe": "binary-bytes", "binary-hex": "binary-bytes", "temporal-isostring": "temporal-connect",
    "temporal-microseconds": "temporal-connect", "temporal-nanoseconds": "temporal-connect",
}
CASES = sorted([*(p.stem for p in HERE.glob("*.json")), *(f"mysql-{case}" for case in SHARED)])


class Case:
    """A recorded case, under the configuration it was recorded with."""

    def __init__(self, name: str) -> None:
        database, _, self.name = name.partition("-")
        self.flavor = Flavor(database)
        golden = GOLDEN / database / self.name
        config = {
            "topic.prefix": "P", "database.hostname": "h", "database.user": "u", "database.password": "p",
            "database.server.id": "1", "database.include.list": "golden",
            "event.converting.failure.handling.mode": "skip",
            **{k: v for k, v in json.loads((golden / "case.json").read_text())["config"].items() if "converter" not in k}}
        self.config = (MariaDbConfig if self.flavor is Flavor.MARIADB else MySqlConfig).from_props(config)
        self.style = JsonStyle(replace_null_with_default=self.name != "null-with-default")
        schemas = json.loads((golden / "schemas.json").read_text())
        self.expected: dict[tuple[str, str], tuple[str, dict[str, Any], dict[str, Any]]] = {}
        for line in (golden / "events.jsonl").read_text().splitlines():
            event = json.loads(line)
            if event["value"] and event["value"].get("op") in ("c", "r"):
                fields = next(f for f in schemas[event["value_schema"]]["fields"] if f["field"] == "after")["fields"]
                table = event["topic"].rpartition(".")[2]
                self.expected[table, _key(event["key"])] = (
                    event["value"]["op"], {f.pop("field"): f for f in map(dict, fields)}, event["value"]["after"])
        self.tables = json.loads((HERE / f"{database}-{SHARED.get(self.name, self.name)}.json").read_text())

    def rows(self) -> Iterator[tuple[str, list[tuple[Table, Spans]]]]:
        """Each row by its table's name, in both forms."""
        for told in self.tables:
            tdef: TableDef = parse_create(told["create"], "golden", DdlContext(self.flavor))
            builder = TableBuilder(self.config, Charsets())
            wires = [Wire(*wire) for wire in told["wires"]]
            log, snapshot = builder.stream_table(tdef, wires), builder.snapshot_table(tdef)
            assert log is not None and snapshot is not None
            for row in told["rows"]:
                text = snapshot[0], _text_row(snapshot[0], row["text"])
                yield told["table"], [text, (log, _log_row(log, row["log"], wires))]


def _key(key: Any) -> str:
    return json.dumps(key, sort_keys=True)


def _text_row(table: Table, cells: list[str | None]) -> TextSpans:
    packet = b""
    for cell in cells:
        raw = None if cell is None else bytes.fromhex(cell)
        packet += b"\xfb" if raw is None else b"\xfe" + len(raw).to_bytes(8, "little") + raw
    spans = TextSpans()
    table.parse(spans, packet, 0, b"")
    return spans


def _log_row(table: Table, cells: list[str | None], wires: list[Wire]) -> ImageSpans:
    nulls = sum(1 << i for i, cell in enumerate(cells) if cell is None)
    body = nulls.to_bytes((len(cells) + 7) // 8, "little")
    for cell, wire in zip(cells, wires, strict=True):
        if cell is not None:
            raw = bytes.fromhex(cell)
            size = _length_bytes(wire)
            body += (len(raw).to_bytes(size, "little") if size else b"") + raw
    spans = ImageSpans()
    assert table.parse(spans, body, 0, b"") == len(body)
    return spans


def _length_bytes(wire: Wire) -> int:
    if wire.type in (15, 253, 254):
        return 1 if wire.meta < 256 else 2
    return wire.meta if wire.type in (242, 245, 252, 255) else 0


def _allowed(case: str, table: str, op: str, field: str, got: Any, wanted: Any) -> bool:
    """Whether the difference is one of those we want."""
    if isinstance(wanted, str) and wanted.endswith("Z") and isinstance(got, str):
        # The fraction of a TIMESTAMP has the column's digits on both paths.
        return op == "r" and got[:-1].rstrip("0").rstrip(".") == wanted[:-1]
    if field == "y" and got == 0:
        # The year 0000 is itself.
        return wanted in (1900, 2000)
    match case:
        case "bits-booleans" | "defaults" | "types-numeric" if field in ("bo", "bn", "bf"):
            # BOOLEAN is a TINYINT(1) on both paths.
            return op == "c" and (got == 5 or got == -3 or got["type"] == "int16")
        case "types-numeric" | "floats" if field in ("r", "rmd") and op == "c" and isinstance(got, dict):
            return bool(got["type"] == "double")
        case "floats":
            # Exact on both paths; Debezium's snapshot has the server's six digits, its stream REAL as 32 bits.
            return wanted == "Infinity" or float(f"{got:.6g}") == wanted or round(got, 3) == wanted
        case "temporal" if field == "ts0":
            # A zero TIMESTAMP is null in both databases.
            return got is None and wanted == "1970-01-01T00:00:00Z"
        case "types-strings" if field == "u":
            return bool(got == "123e4567-e89b-12d3-a456-426614174000")
        case "types-strings" if field == "j":
            # MariaDB's JSON is a text type, however it was declared.
            return op == "c" and got == {"type": "string", "optional": True}
        case "json":
            # Compact on both paths, numbers and times as the server prints them.
            return _json_alike(got, wanted)
        case "defaults":
            return field in ("bu", "v", "vq", "bin", "vb", "b12") or (field == "j" and got == wanted.replace(" ", ""))
        case "enum-set":
            # Labels are plain text, and told apart in `allowed` by a comma without a backslash.
            return field == "eo" and (got == "back\\slash" or got["parameters"]["allowed"].endswith("tab\t"))
        case "strings-charsets":
            # VARCHAR CHARACTER SET binary is VARBINARY on both paths.
            return field == "vbin" and op == "c" and (isinstance(got, str) or got["type"] == "bytes")
        case "propagate-source-type":
            # A comment's quotes are undone; NVARCHAR is what SHOW CREATE TABLE calls it here.
            return field == "late" or (field == "v" and got["doc"] == "it's é")
    return False


def _json_alike(got: str, wanted: str) -> bool:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if k not in ("time", "bin", "bit", "hex")}
        if isinstance(value, str):
            return value.removesuffix(".000000")
        return [plain(v) for v in value] if isinstance(value, list) else value

    return bool(" " not in re.sub(r'"[^"]*"', "", got) and plain(json.loads(got)) == plain(json.loads(wanted)))


@pytest.mark.parametrize("name", CASES)
def test_schemas_and_values_of_both_forms_are_the_recorded_ones(name: str) -> None:
    case = Case(name)
    wrong = []
    for table, forms in case.rows():
        for form, spans in forms:
            key = json.loads(value_text(form.key_schema, case.style)(form.key_of(spans))) if form.key_schema else None
            found = case.expected.get((table, _key(key)))
            if found is None:
                continue
            op, schemas, values = found
            schema = {f.pop("field"): f for f in json.loads(schema_text(form.row_schema, case.style))["fields"]}
            got = json.loads(value_text(form.row_schema, case.style)(form.row(spans)))
            wrong += [(table, op, f, schema[f], schemas.get(f)) for f in schema if schema[f] != schemas.get(f)]
            wrong += [(table, op, f, got[f], values.get(f)) for f in got if got[f] != values.get(f)]
    wrong = [w for w in wrong if not _allowed(case.name, *w)]
    assert wrong == []
