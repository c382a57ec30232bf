"""Recorded frames of real servers → the records that Debezium made of the same SQL; native and generic bytes agree."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from connectors.postgres.decoder import Decoder
from connectors.postgres.relations import CatalogColumn, CatalogTable, PgType
from schemas.connectjson import JsonStyle, value_text
from tests.batches import assert_json
from tests.unit.postgres.wire import FakeCatalog, both_ways, decoder

FOLDER = Path(__file__).parents[2] / "golden" / "wire"
CASES = sorted(p.stem for p in FOLDER.glob("*.json"))


class Recorded(FakeCatalog):
    """Answers what the catalogue answered at that moment of the recording."""

    def __init__(self, case: dict[str, Any]) -> None:
        super().__init__(types={t["oid"]: PgType(**{**t, "labels": tuple(t["labels"])}) for t in case["types"]})
        self.answers = {int(oid): [_table(t) for t in answers] for oid, answers in case["tables"].items()}

    def table(self, oid: int) -> CatalogTable | None:
        answers = self.answers[oid]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def _table(t: dict[str, Any] | None) -> CatalogTable | None:
    if t is None:
        return None
    columns = tuple(CatalogColumn(**c) for c in t["columns"])
    lists = {k: tuple(t[k]) for k in ("primary_key", "unique_key", "identity_columns")}
    return CatalogTable(**{**t, **lists, "columns": columns})


def _load(name: str) -> tuple[dict[str, Any], Decoder]:
    case = json.loads((FOLDER / f"{name}.json").read_text())
    props = {k: v for k, v in case["config"].items() if v is not None and not k.startswith(("key.", "value."))}
    return case, decoder(Recorded(case), None, {"topic.prefix": "P", **props})


@pytest.mark.parametrize("name", CASES)
def test_recorded_frames_give_the_recorded_records(name: str) -> None:
    case, made = _load(name)
    style = JsonStyle(replace_null_with_default=case["config"].get("value.converter.replace.null.with.default") != "false")
    found = []
    for gulp in case["gulps"]:
        for r in made.feed([base64.b64decode(f) for f in gulp]).records():
            key = None if r.key_schema is None else json.loads(value_text(r.key_schema, style)(r.key))
            value = None if r.value_schema is None else json.loads(value_text(r.value_schema, style)(r.value))
            if value is not None:
                value = {k: value[k] for k in ("op", "before", "after", "message", "transaction") if k in value}
            found.append({"topic": r.topic, "key": key, "value": value})
    found.sort(key=lambda r: r["topic"])
    assert found == case["expected"]


@pytest.mark.parametrize("name", CASES)
def test_recorded_frames_give_the_same_bytes_both_ways(name: str) -> None:
    case, made = _load(name)
    for gulp in case["gulps"]:
        batch = made.feed([base64.b64decode(f) for f in gulp])
        native, generic = both_ways(batch)
        assert native == generic
        assert_json(batch)
