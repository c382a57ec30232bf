"""Bad input over REST: 400 naming key, value and what is allowed; nothing is created, no password is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.badinput.scene import CONNECTOR, SECRET

pytestmark = pytest.mark.integration

WRONG = [
    ({"database__port": "54x2"}, ["54x2", "database.port", "number"]),
    ({"database__port": "0"}, ["database.port", "0", "1 to 65535"]),
    ({"database__port": "65536"}, ["database.port", "65536", "1 to 65535"]),
    ({"snapshot__mode": "sometimes"}, ["snapshot.mode", "sometimes", "always", "initial", "no_data"]),
    ({"publication__autocreate__mode": "al_tables"}, ["publication.autocreate.mode", "al_tables", "all_tables", "filtered"]),
    ({"decimal__handling__mode": "exact"}, ["decimal.handling.mode", "exact", "precise", "double", "string"]),
    ({"errors__tolerance": "some"}, ["errors.tolerance", "some", "none", "all"]),
    ({"plugin__name": "wal2json"}, ["plugin.name", "wal2json", "pgoutput"]),
    ({"table__include__list": "public.(a"}, ["table.include.list", "public.(a"]),
    ({"column__exclude__list": "[z-a]"}, ["column.exclude.list", "[z-a]"]),
    ({"slot__name": "Not-A-Slot"}, ["slot.name", "Not-A-Slot", "a-z, 0-9, _"]),
    ({"topic__prefix": "a b"}, ["topic.prefix", "a b", "letters, digits"]),
    ({"topic__prefix": None}, ["topic.prefix", "required"]),
    ({"database__hostname": None}, ["database.hostname", "required"]),
    ({"database__dbname": ""}, ["database.dbname", "required"]),
    ({"table__include__list": "public.a", "table__exclude__list": "public.b"}, ["table.include.list", "table.exclude.list"]),
    ({"schema__include__list": "public", "schema__exclude__list": "other"}, ["schema.include.list", "schema.exclude.list"]),
    ({"tombstones__on__delete": "yes"}, ["tombstones.on.delete", "yes", "true", "false"]),
    ({"tasks__max": "0"}, ["tasks.max", "0", "at least 1"]),
    ({"skipped__operations": "c,x"}, ["skipped.operations", "x", "c"]),
    ({"max__batch__size": "0"}, ["max.batch.size", "0", "at least 1"]),
    ({"value__converter": "com.acme.Nothing"}, ["value.converter", "com.acme.Nothing"]),
    ({"transforms": "route", "transforms__route__type": "RegexRouter", "transforms__route__regex": "(a",
      "transforms__route__replacement": "b"}, ["transforms.route.regex", "(a"]),
    ({"transforms": "none"}, ["transforms.none.type"]),
]


@pytest.mark.parametrize(("change", "told"), WRONG, ids=[",".join(c) for c, _ in WRONG])
def test_a_wrong_value_is_a_400_naming_key_value_and_what_is_allowed(
        scene: Any, change: dict[str, Any], told: list[str]) -> None:
    message = scene.refused(database__password=SECRET, **change)
    assert [t for t in told if t not in message] == [], message
    assert SECRET not in message
    assert SECRET not in scene.log()


def test_every_wrong_key_is_told_at_once(scene: Any) -> None:
    message = scene.refused(database__port="x", snapshot__mode="y", table__include__list="(", slot__name="Z")
    assert "contains the following 4 error(s)" in message
    assert [k for k in ("database.port", "snapshot.mode", "table.include.list", "slot.name") if k not in message] == []


@pytest.mark.parametrize(("wrong", "right"), [
    ("tabel.include.list", "table.include.list"), ("database.hostnam", "database.hostname"), ("slot_name", "slot.name"),
    ("Snapshot.Mode", "snapshot.mode"), ("transform", "transforms"), ("error.tolerance", "errors.tolerance"),
])
def test_a_misspelt_property_is_reported_with_the_nearest_and_logged(scene: Any, wrong: str, right: str) -> None:
    config = {**scene.config(database__password=SECRET), "name": scene.name, wrong: "x"}
    report = scene.http.put("/connector-plugins/PostgresConnector/config/validate", json=config)
    assert report.status_code == 200
    (entry,) = [c for c in report.json()["configs"] if c["value"]["name"] == wrong]
    assert f'did you mean "{right}"?' in entry["definition"]["documentation"]
    assert entry["value"]["recommended_values"] == [right]
    assert SECRET not in report.text
    scene.refused(**{wrong: "x", "database.port": "0"})
    assert scene.put({**scene.config(), wrong: "x"}).status_code == 201
    assert f'connector {scene.name}: "{wrong}" is ignored: no such property; did you mean "{right}"?' in scene.log()


def test_a_property_of_debezium_without_effect_is_told_with_the_reason(scene: Any) -> None:
    config = {**scene.config(), "name": scene.name, "signal.data.collection": "public.signals"}
    report = scene.http.put("/connector-plugins/PostgresConnector/config/validate", json=config).json()
    (entry,) = [c for c in report["configs"] if c["value"]["name"] == "signal.data.collection"]
    assert "signals are not supported yet" in entry["definition"]["documentation"]


def test_a_misspelt_password_is_hidden_too(scene: Any) -> None:
    config = {**scene.config(database__password=None), "name": scene.name, "database.pasword": SECRET}
    report = scene.http.put("/connector-plugins/PostgresConnector/config/validate", json=config)
    assert "did you mean" in report.text
    assert SECRET not in report.text
    answer = scene.put({k: v for k, v in config.items() if k != "name"})
    assert SECRET not in answer.text
    for path in ("", "/config", "/tasks", "/status"):
        assert SECRET not in scene.call("GET", path).text
    assert SECRET not in scene.log()


@pytest.mark.parametrize(("text", "told"), [
    ('{"name": "x", "config": {', "Malformed JSON"), ("", "JSON body is required"), ('["name"]', "the body"),
    ("null", "not null"),
    ('{"name": "x", "config": "text"}', "config"), ('{"name": "x", "config": {"tasks.max": [1]}}', "tasks.max"),
    ('{"name": "x", "config": {"a": {"b": 1}}}', "'config.a'"), ('{"name": "x"}', "config"),
    ('{"name": "x", "config": {}, "extra": 1}', "extra"), ('{"name": {"a": 1}, "config": {}}', "name"),
    ('{"name": "x", "config": {}, "initial_state": "ASLEEP"}', "ASLEEP"), ("\x00\xff", "Malformed JSON"),
])
def test_a_body_that_is_wrong_is_a_400(scene: Any, text: str, told: str) -> None:
    answer = scene.http.post("/connectors", content=text.encode("latin-1"), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"error_code", "message"}
    assert told in answer.json()["message"]


def test_malformed_json_does_not_tell_the_password_in_it(scene: Any) -> None:
    text = f'{{"name": "x", "config": {{"connector.class": "{CONNECTOR}", "database.password": "{SECRET}",, }}}}'
    answer = scene.http.post("/connectors", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert SECRET not in answer.text
    assert SECRET not in scene.log()


def test_a_connector_class_that_is_not_there_is_told_with_those_that_are(scene: Any) -> None:
    message = scene.refused(connector__class="io.debezium.connector.postgresql.PostgreConnector", database__password=SECRET)
    assert "PostgreConnector" in message
    assert CONNECTOR in message
    assert SECRET not in message


def test_no_connector_class_is_a_400_without_the_configuration(scene: Any) -> None:
    message = scene.refused(connector__class=None, database__password=SECRET)
    assert "connector.class" in message
    assert SECRET not in message


@pytest.mark.parametrize(("body", "told"), [
    ({"offsets": "x"}, "offsets"), ({"offsets": [{"partition": {"server": "x"}, "offset": {"lsn": [1]}}]}, "lsn"),
    ({"offsets": []}, "offsets"), ({"offsets": [{"offset": {"lsn": 1}}]}, "partition"),
])
def test_wrong_offsets_are_a_400(scene: Any, body: Any, told: str) -> None:
    answer = scene.call("PATCH", "/offsets", json=body)
    assert answer.status_code in (400, 404)
    assert told in answer.json()["message"] or answer.status_code == 404
