"""A record of a topic as a line for people, or a JSON object for programs. Pure; values are shown as they were decoded."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from connect.cli.show import colour

__all__ = ["Record", "as_json", "as_line", "payload"]

_UNAVAILABLE = "__debezium_unavailable_value"
_OPERATIONS = {"r": "read", "c": "insert", "u": "update", "d": "delete", "t": "truncate", "m": "message"}
_COLOURS = {"read": "blue", "insert": "green", "update": "yellow", "delete": "red", "truncate": "red", "tombstone": "grey"}
_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Record:
    """A record with key and value decoded; ``timestamp`` in ms, or None."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    key: Any
    value: Any


def payload(value: Any) -> Any:
    """Without the schema that JsonConverter may put around it."""
    return value["payload"] if isinstance(value, dict) and set(value) == {"schema", "payload"} else value


def as_json(record: Record) -> str:
    """One JSON object on one line."""
    return json.dumps({
        "topic": record.topic, "partition": record.partition, "offset": record.offset, "timestamp": record.timestamp,
        "key": record.key, "value": record.value,
    }, default=_plain, ensure_ascii=False)


def as_line(record: Record, coloured: bool = False) -> str:
    """Time, operation, topic, key, what changed, position."""
    value = record.value
    when = datetime.fromtimestamp(record.timestamp / 1000, UTC).strftime("%H:%M:%S.%f")[:-3] if record.timestamp else "-"
    if value is None:
        operation, changes, where = "tombstone", "", ""
    elif _is_envelope(value):
        operation = _OPERATIONS.get(value["op"], str(value["op"]))
        changes, where = _changes(value), _position(value.get("source"))
    else:
        operation, changes, where = "record", _shown(value), ""
    where = where or f"{record.partition}:{record.offset}"
    operation = colour(f"{operation:<9}", _COLOURS.get(operation, "cyan"), coloured)
    key, place = colour(_key(record.key), "bold", coloured), colour(f"@ {where}", "grey", coloured)
    return "  ".join(p for p in (when, operation, record.topic, key, changes, place) if p)


def _is_envelope(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("op"), str) and ("source" in value or "after" in value)


def _key(key: Any) -> str:
    if key is None:
        return "-"
    return " ".join(f"{k}={_shown(v)}" for k, v in key.items()) if isinstance(key, dict) else _shown(key)


def _changes(event: Mapping[str, Any]) -> str:
    """All columns of a new row, changed ones of an update when the old row is there, nothing of a delete but its row."""
    before, after = event.get("before"), event.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        changed = {k: v for k, v in after.items() if before.get(k) != v and v != _UNAVAILABLE}
        return ", ".join(f"{k}: {_shown(before.get(k))} → {_shown(v)}" for k, v in changed.items()) or "(no column changed)"
    row = after if isinstance(after, dict) else before
    if isinstance(row, dict):
        return ", ".join(f"{k}={_shown(v)}" for k, v in row.items())
    return _shown(event["message"]) if "message" in event else ""


def _position(source: Any) -> str:
    """As the database prints it."""
    if not isinstance(source, dict):
        return ""
    if isinstance(lsn := source.get("lsn"), int):
        return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
    if source.get("file"):
        return f"{source['file']}:{source.get('pos')}"
    return ""


def _shown(value: Any) -> str:
    if value == _UNAVAILABLE:
        return "(unchanged)"
    if isinstance(value, bytes):
        text = "0x" + value.hex()
    elif isinstance(value, dict) and set(value) == {"scale", "value"} and isinstance(value["value"], bytes):
        text = str(Decimal(int.from_bytes(value["value"], "big", signed=True)).scaleb(-value["scale"]))
    elif isinstance(value, Decimal | UUID):
        text = str(value)
    elif isinstance(value, datetime | date | time):
        text = value.isoformat()
    else:
        text = json.dumps(value, default=_plain, ensure_ascii=False)
    # What a row holds must not reach the terminal as a command to it.
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}… ({len(text)} characters)"


def _plain(value: Any) -> Any:
    """Values that JSON does not have: bytes as base64, the others as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)
