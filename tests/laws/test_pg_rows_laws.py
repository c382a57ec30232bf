"""Laws of the PostgreSQL row encoder: straight from wire bytes equals by way of Python values, with fastavro as judge; and
no bytes off the wire do worse than an error."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connect.api.errors import ConnectError
from connectors.batch import ChangeBatch
from connectors.postgres.core.rows import CopySpans, TupleSpans
from tests.batches import assert_avro, assert_json
from tests.unit.postgres import wire
from tests.unit.postgres.wire import (
    UNCHANGED,
    FakeCatalog,
    begin,
    both_ways,
    commit,
    decoder,
    delete,
    insert,
    relation,
    table,
    update,
)

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
DATES = st.dates().map(str)
CLOCKS = st.times().map(lambda t: t.replace(tzinfo=None).isoformat())
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**6), max_value=10**6)
COLUMNS: dict[str, tuple[str | int, int, st.SearchStrategy[str]]] = {
    "bool": ("bool", -1, st.sampled_from("tf")),
    "int2": ("int2", -1, st.integers(-(2**15), 2**15 - 1).map(str)),
    "int4": ("int4", -1, st.integers(-(2**31), 2**31 - 1).map(str)),
    "int8": ("int8", -1, st.integers(-(2**63), 2**63 - 1).map(str)),
    "float4": ("float4", -1, st.floats(width=32).map(str).map(lambda s: s.replace("inf", "Infinity").replace("nan", "NaN"))),
    "float8": ("float8", -1, st.floats().map(str).map(lambda s: s.replace("inf", "Infinity").replace("nan", "NaN"))),
    "numeric": ("numeric", (9 << 16 | 2) + 4, NUMBERS.map(lambda d: f"{d:f}")),
    "variable": ("numeric", -1, NUMBERS.map(lambda d: f"{d:f}")),
    "text": ("text", -1, TEXTS),
    "jsonb": ("jsonb", -1, TEXTS),
    "uuid": ("uuid", -1, st.uuids().map(str)),
    "bytea": ("bytea", -1, st.binary(max_size=9).map(lambda b: "\\x" + b.hex())),
    "date": ("date", -1, DATES),
    "time": ("time", -1, CLOCKS),
    "time3": ("time", 3, CLOCKS.map(lambda s: s[:12])),
    "timestamp": ("timestamp", -1, st.tuples(DATES, CLOCKS).map(" ".join)),
    "timestamp0": ("timestamp", 0, st.tuples(DATES, st.just("10:11:12")).map(" ".join)),
    "timestamptz": ("timestamptz", -1, st.tuples(DATES, CLOCKS).map(lambda p: " ".join(p) + "+00")),
    "ints": (1007, -1, st.lists(st.none() | st.integers(-9, 9), max_size=4).map(
        lambda v: "{" + ",".join("NULL" if x is None else str(x) for x in v) + "}")),
    "texts": (1009, -1, st.lists(st.none() | TEXTS, max_size=4).map(
        lambda v: "{" + ",".join("NULL" if x is None else '"' + x.replace("\\", "\\\\").replace('"',
        '\\"') + '"' for x in v) + "}")),
    "interval": ("interval", -1, st.integers(-99, 99).map(lambda d: f"{d} days")),
    "bits": ("varbit", -1, st.text("01", max_size=20)),
    "point": ("point", -1, st.just("(1,-2.5)")),
}
TOASTED = ("text", "jsonb", "bytea", "texts", "ints")


@st.composite
def changes(draw: st.DrawFn) -> tuple[FakeCatalog, list[bytes], dict[str, str]]:
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=8, unique=True))
    required = {n for n in names if draw(st.booleans())}
    full = draw(st.booleans())
    key = draw(st.sampled_from([(), (names[0],)])) if names[0] in required else ()
    columns = [(n, COLUMNS[n][0], n in required, None, COLUMNS[n][1]) for n in names]
    rel = relation(1, "t", [(n, COLUMNS[n][0], n in key or full, COLUMNS[n][1]) for n in names], "f" if full else "d")
    catalog = FakeCatalog({1: table(1, "t", columns, key)})

    def row(unchanged: bool = False) -> list[Any]:
        out: list[Any] = []
        for n in names:
            if n not in required and draw(st.integers(0, 3)) == 0:
                out.append(None)
            elif unchanged and n in TOASTED and n not in key and draw(st.booleans()):
                out.append(UNCHANGED)
            else:
                out.append(draw(COLUMNS[n][2]))
        return out

    def old(values: list[Any]) -> list[Any]:
        return values if full else [v if n in key else None for n, v in zip(names, values, strict=True)]

    frames = [begin(1000), rel]
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from("IUDu"))
        if kind == "I":
            frames.append(insert(1, *row()))
        elif kind == "U":
            frames.append(update(1, *row(True)))
        elif kind == "u" and (key or full):
            frames.append(update(1, *row(True), old=old(row()), kind="O" if full else "K"))
        elif kind == "D" and (key or full):
            frames.append(delete(1, *old(row()), kind="O" if full else "K"))
    frames.append(commit(1000, 1010))
    props = {
        "time.precision.mode": draw(st.sampled_from(["adaptive", "connect", "isostring", "microseconds"])),
        "decimal.handling.mode": draw(st.sampled_from(["precise", "double", "string"])),
        "binary.handling.mode": draw(st.sampled_from(["bytes", "hex"])),
        "provide.transaction.metadata": draw(st.sampled_from(["true", "false"])),
        "event.converting.failure.handling.mode": draw(st.sampled_from(["fail", "skip"])),
    }
    if draw(st.booleans()):
        props["column.mask.with.2.chars"] = "public.t.text"
    return catalog, frames, props


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes())
def test_wire_bytes_to_avro_equals_python_values_to_avro_and_fastavro(given_: tuple[FakeCatalog, list[bytes],
    dict[str, str]]) -> None:
    catalog, frames, props = given_
    batch = decoder(catalog, None, props).feed(frames)
    native, generic = both_ways(batch)
    assert native == generic
    assert_avro(batch, native)
    words = [str(bool(len(frames) % n)).lower() for n in (2, 3)]
    assert_json(batch, replace_null_with_default=words[0], schemas_enable=words[1])


SEEDS = [
    begin(1000), relation(1, "t", [("id", "int4", True), ("v", "text", False)]), insert(1, 1, "a"),
    update(1, 1, "b", old=[2, None]),
    delete(1, 1, None), wire.truncate(1), wire.message("p", b"x"), commit(1000, 1010), wire.keepalive(5),
]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SEEDS) - 1), st.integers(0, 200), st.binary(max_size=6), st.booleans())
def test_damaged_frames_give_an_error_of_ours_or_records(which: int, at: int, junk: bytes, cut: bool) -> None:
    frames = list(SEEDS)
    frame = frames[which]
    at = min(at, len(frame))
    frames[which] = frame[:at] + junk + (b"" if cut else frame[at + len(junk):])
    catalog = FakeCatalog({1: table(1, "t", [("id", "int4", True), ("v", "text", False)])})
    try:
        batch: ChangeBatch[Any] = decoder(catalog, None, {"skipped.operations": "none"}).feed(frames)
        list(batch.records())
        list(batch.serialize(wire.native_converters()))
    except ConnectError:
        pass


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(-5, 70))
def test_any_bytes_are_a_row_or_a_value_error(data: bytes, offset: int) -> None:
    spans = TupleSpans()
    try:
        end = spans.parse(data, offset)
    except ValueError:
        return
    assert offset + 2 <= end <= len(data)
    assert all(len(spans.raw(i) or b"") <= len(data) for i in range(spans.count))


@given(st.lists(st.none() | st.binary(max_size=8).filter(lambda b: b"\0" not in b), min_size=1, max_size=6))
def test_a_copy_line_read_is_the_row_it_was_written_from(cells: list[bytes | None]) -> None:
    escapes = {b"\\": b"\\\\", b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r", b"\b": b"\\b", b"\f": b"\\f", b"\v": b"\\v"}
    line = b"\t".join(
        b"\\N" if c is None else b"".join(escapes.get(bytes([x]), bytes([x])) for x in c) for c in cells) + b"\n"
    spans = CopySpans()
    assert spans.read(b"\\t\n" + line + b"behind", 3) == 3 + len(line)
    assert [spans.raw(i) for i in range(spans.count)] == cells


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"\\", b"\t", b"\n", b"N", b"a", b"\\N", b"n"]), max_size=12).map(b"".join), st.integers(-2, 20))
def test_any_bytes_are_a_copy_line_or_a_value_error(data: bytes, offset: int) -> None:
    spans = CopySpans()
    try:
        end = spans.parse(data, offset)
    except ValueError:
        return
    assert offset <= end <= len(data)
    assert all(len(spans.raw(i) or b"") <= len(data) for i in range(spans.count))
