"""Makes records of two runs comparable: what differs on every run becomes ``"*"``; and tells where two runs differ."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME

SENTINEL_SCHEMA = "zz_golden"
_SOURCE = {"ts_ms", "ts_us", "ts_ns", "version", "lsn", "txId", "xmin", "sequence", "server_id", "gtid", "file", "pos",
           "thread", "origin_lsn"}
_FLAT = re.compile(r"__(source_)?(ts_ms|ts_us|ts_ns|lsn|txId|xmin|sequence|version|server_id|gtid|file|pos|thread)$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WINDOW_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(-open|-close)\b")
_WINDOW = re.compile(r'(WindowTimestamp\\?": *\\?")[^"\\]+')
_JAVA_ID = re.compile(r"(io\.debezium\.[\w.$]+)@[0-9a-f]+")

Events = list[dict[str, Any]]
Schemas = dict[str, Any]


def _star(payload: dict[str, Any], names: Any) -> None:
    for name in payload:
        if name in names and payload[name] is not None:
            payload[name] = "*"


def scrub(payload: Any) -> None:
    """Replace volatile members of a payload, in place. Null and absent stay as they are."""
    if not isinstance(payload, dict):
        return
    _star(payload, {"ts_ms", "ts_us", "ts_ns"} | {k for k in payload if _FLAT.match(k)})
    source = payload.get("source")
    if isinstance(source, dict) and "connector" in source:
        _star(source, _SOURCE)
    for block in ("transaction", "__transaction"):
        if isinstance(payload.get(block), dict):
            _star(payload[block], {"id"})
    if isinstance(payload.get("data_collections"), list):
        payload["data_collections"].sort(key=lambda c: c["data_collection"])


def _transaction(document: dict[str, Any]) -> str:
    return re.sub(r"^(\d+):\d+$", r"\1", document.get("payload", document)["id"])


def normalise(messages: Sequence[Any], prefix: str) -> tuple[Events, Schemas]:
    """Kafka messages of a run → its events and the schemas they name, without the sentinel's."""
    schemas: Schemas = {}
    names: dict[str, str] = {}
    beats: set[str] = set()
    found: list[tuple[dict[str, Any], Any, Any, Any, Any]] = []

    def clean(raw: bytes) -> str:
        text = raw.decode("utf-8", "backslashreplace").replace(prefix, "P")
        return _JAVA_ID.sub(r"\1@*", _WINDOW.sub(r"\1*", _WINDOW_ID.sub(r"*\1", text)))

    def decode(raw: bytes | None) -> tuple[Any, Any]:
        if raw is None:
            return None, None
        try:
            document = json.loads(clean(raw))
        except ValueError:
            return None, clean(raw)
        if isinstance(document, dict) and set(document) == {"schema", "payload"}:
            return document["schema"], document["payload"]
        return None, document

    own = {
        _transaction(json.loads(m.value()))
        for m in messages
        if m.value() and b'"status":"END"' in m.value() and SENTINEL_SCHEMA.encode() in m.value()
    }
    for m in messages:
        topic, key, value = m.topic().replace(prefix, "P"), clean(m.key() or b""), clean(m.value() or b"")
        if SENTINEL_SCHEMA in topic or SENTINEL_SCHEMA in key or SENTINEL_SCHEMA in value:
            continue
        (key_schema, key_payload), (value_schema, value_payload) = decode(m.key()), decode(m.value())
        name = (value_schema or {}).get("name") or ""
        if name == "io.debezium.connector.common.Heartbeat":
            if topic in beats:
                continue
            beats.add(topic)
        scrub(key_payload)
        scrub(value_payload)
        if name.endswith("TransactionMetadataValue"):
            if _transaction(value_payload) in own:
                continue
            _star(key_payload, {"id"})
            _star(value_payload, {"id"})
        if name.endswith("connector.common.Notification"):
            _star(value_payload, {"timestamp"})
            for payload in (key_payload, value_payload):
                if payload and _UUID.fullmatch(payload["id"]):
                    payload["id"] = "*"
        kind, at = m.timestamp()
        headers = [
            [n, "*" if n == "__debezium.context.runId" else None if x is None else clean(x)] for n, x in sorted(m.headers() or [])
        ]
        line = {"topic": topic, "partition": m.partition(), "headers": headers,
                "timestamp_type": "append" if kind == TIMESTAMP_LOG_APPEND_TIME else "create"}
        if abs(at / 1000 - time.time()) > 3600:
            line["timestamp"] = at
        found.append((line, key_schema, key_payload, value_schema, value_payload))

    def named(schema: Any) -> str | None:
        if schema is None:
            return None
        text = json.dumps(schema, sort_keys=True)
        if text not in names:
            names[text] = f"s{len(names) + 1}"
            schemas[names[text]] = schema
        return names[text]

    found.sort(key=lambda x: (x[0]["topic"], x[0]["partition"]))
    return [
        line | {"key_schema": named(ks), "key": k, "value_schema": named(vs), "value": v} for line, ks, k, vs, v in found
    ], schemas


def differences(want: Any, got: Any, at: str) -> Iterator[str]:
    """Yield ``path: expected …, got …`` for each place where two JSON values differ."""
    if isinstance(want, dict) and isinstance(got, dict):
        for k in dict.fromkeys([*want, *got]):
            if k not in got:
                yield f"{at}.{k}: expected {_short(want[k])}, got nothing"
            elif k not in want:
                yield f"{at}.{k}: expected nothing, got {_short(got[k])}"
            else:
                yield from differences(want[k], got[k], f"{at}.{k}")
    elif isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            yield f"{at}: expected {len(want)} items, got {len(got)}"
        for i, (a, b) in enumerate(zip(want, got, strict=False)):
            yield from differences(a, b, f"{at}[{a.get('field', i) if isinstance(a, dict) else i}]")
    elif isinstance(want, bool) != isinstance(got, bool) or want != got or (
        isinstance(want, float) and str(want) != str(float(got))
    ):
        yield f"{at}: expected {_short(want)}, got {_short(got)}"


def _short(value: Any, length: int = 160) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= length else text[:length] + "…"


def compare(want: tuple[Events, Schemas], got: tuple[Events, Schemas]) -> Iterator[str]:
    """All differences between two runs, a line each, topic by topic."""
    (want_events, want_schemas), (got_events, got_schemas) = want, got
    seen = set()
    for topic in sorted({e["topic"] for e in want_events + got_events}):
        a, b = ([e for e in events if e["topic"] == topic] for events in (want_events, got_events))
        if len(a) != len(b):
            yield f"{topic}: expected {len(a)} records, got {len(b)}"
        for i, (x, y) in enumerate(zip(a, b, strict=False)):
            for side in ("key", "value"):
                pair = side, x[f"{side}_schema"], y[f"{side}_schema"]
                if pair not in seen:
                    seen.add(pair)
                    yield from differences(want_schemas.get(pair[1]), got_schemas.get(pair[2]), f"{topic}[{i}] {side} schema")
            rest = [{k: v for k, v in e.items() if not k.endswith("_schema")} for e in (x, y)]
            yield from differences(*rest, f"{topic}[{i}]")
        yield from (f"{topic} missing: {_short(x['value'], 300)}" for x in a[len(b):])
        yield from (f"{topic} extra: {_short(y['value'], 300)}" for y in b[len(a):])
