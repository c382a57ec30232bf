"""How a record looks on a line and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connect.cli.events import Record, as_json, as_line, payload


def event(op: str, before=None, after=None, **source) -> dict:
    return {"op": op, "before": before, "after": after, "source": {"lsn": 0x1_0000_00FF, **source}, "ts_ms": 1}


def line(value, key=None, **more) -> str:
    return as_line(Record("t", 2, 7, 0, {"id": 1} if key is None else key, value), **more)


@pytest.mark.parametrize("value, expected", [
    (event("c", None, {"id": 1, "name": "Ada"}), 'insert     t  id=1  id=1, name="Ada"  @ 1/FF'),
    (event("r", None, {"id": 1}), "read       t  id=1  id=1  @ 1/FF"),
    (event("u", {"id": 1, "a": 1, "b": 2}, {"id": 1, "a": 1, "b": 3}), "update     t  id=1  b: 2 → 3  @ 1/FF"),
    (event("u", None, {"id": 1, "b": 3}), "update     t  id=1  id=1, b=3  @ 1/FF"),
    (event("u", {"id": 1}, {"id": 1}), "update     t  id=1  (no column changed)  @ 1/FF"),
    (event("u", {"id": 1, "x": "a"}, {"id": 2, "x": "__debezium_unavailable_value"}), "update     t  id=1  id: 1 → 2  @ 1/FF"),
    (event("u", None, {"x": "__debezium_unavailable_value"}), "update     t  id=1  x=(unchanged)  @ 1/FF"),
    (event("d", {"id": 1, "name": None}, None), "delete     t  id=1  id=1, name=null  @ 1/FF"),
    (event("t"), "truncate   t  id=1  @ 1/FF"),
    (None, "tombstone  t  id=1  @ 2:7"),
    ({"op": "c", "after": {"id": 1}, "source": {"file": "bin.1", "pos": 4}}, "insert     t  id=1  id=1  @ bin.1:4"),
    ({"plain": "record"}, 'record     t  id=1  {"plain": "record"}  @ 2:7'),
    ("text", 'record     t  id=1  "text"  @ 2:7'),
])
def test_a_line_has_operation_topic_key_changes_and_position(value, expected) -> None:
    assert line(value).endswith(expected)


@pytest.mark.parametrize("value, shown", [
    (b"\x00\xff", "0x00ff"), (Decimal("1.50"), "1.50"), (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
    (date(2026, 1, 2), "2026-01-02"), ({"scale": 2, "value": b"\x96"}, "-1.06"), (True, "true"),
    (None, "null"), ([1, "a"], '[1, "a"]'),
    ("żółw", '"żółw"'),
])
def test_values_are_shown_as_a_person_reads_them(value, shown) -> None:
    assert f"x={shown}  @" in line(event("c", None, {"x": value}))


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "\x9b1m", "\u202e"])
def test_no_value_can_command_the_terminal(text) -> None:
    shown = line(event("c", None, {"x": text}), key={"k": text})
    assert shown.isprintable()


def test_a_long_value_is_cut_and_says_so() -> None:
    assert "… (1002 characters)" in line(event("c", None, {"x": "y" * 1000}))


def test_a_record_without_key_or_time() -> None:
    assert as_line(Record("t", 0, 0, None, None, None)) == "-  tombstone  t  -  @ 0:0"


def test_colour_only_when_asked() -> None:
    assert "\x1b[32m" in line(event("c", None, {"x": 1}), coloured=True)
    assert "\x1b" not in line(event("c", None, {"x": 1}))


def test_json_is_one_line_with_everything() -> None:
    text = as_json(Record("t", 2, 7, 5, {"id": 1}, {"b": b"\x00\xff", "d": Decimal("1.50"), "at": date(2026, 1, 2)}))
    assert "\n" not in text
    assert json.loads(text) == {
        "topic": "t", "partition": 2, "offset": 7, "timestamp": 5, "key": {"id": 1},
        "value": {"b": "AP8=", "d": "1.50", "at": "2026-01-02"},
    }


def test_the_schema_of_the_json_converter_is_taken_off() -> None:
    assert payload({"schema": {}, "payload": 1}) == 1
    assert payload({"schema": {}, "payload": 1, "x": 2}) == {"schema": {}, "payload": 1, "x": 2}
