"""A table of people: its frames, and what comes of them."""

from __future__ import annotations

from typing import Any

from tests.unit.postgres.wire import FakeCatalog, begin, both_ways, commit, decoder, relation, table

COLUMNS = [("id", "int4", True), ("name", "text", True), ("note", "text", False)]
PEOPLE = table(1, "people", COLUMNS)
REL = relation(1, "people", [("id", "int4", True), ("name", "text", False), ("note", "text", False)])
FULL = relation(1, "people", [("id", "int4", True), ("name", "text", True), ("note", "text", True)], "f")


def catalog() -> FakeCatalog:
    return FakeCatalog({1: PEOPLE, 2: table(2, "other", [("id", "int4", True)])})


def feed(*frames: bytes, props: dict[str, str] | None = None, resume: dict[str, Any] | None = None) -> list[Any]:
    batch = decoder(catalog(), resume, props).feed(frames)
    records = list(batch.records())
    assert len(records) == len(batch)
    native, generic = both_ways(batch)
    assert native == generic
    return records


def in_tx(*frames: bytes, rel: bytes = REL) -> list[bytes]:
    return [begin(1000), rel, *frames, commit(1000, 1010)]


def shape(records: list[Any]) -> list[tuple[Any, Any, Any, Any]]:
    return [(r.value and r.value.get("op"), r.key, r.value and r.value.get("before"), r.value and r.value.get("after"))
            for r in records]


def row(i: int, name: str | None, note: str | None) -> dict[str, Any]:
    return {"id": i, "name": name, "note": note}
