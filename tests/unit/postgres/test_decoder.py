"""Frames → records: operations, keys, tombstones, filters, schemas, masks, and what stops."""

from __future__ import annotations

import pytest

from connect.api.errors import ConnectError, RecordError
from connectors.postgres.relations import PgType
from tests.unit.postgres.people import COLUMNS, FULL, REL, catalog, feed, in_tx, row, shape
from tests.unit.postgres.wire import (
    UNCHANGED,
    FakeCatalog,
    begin,
    both_ways,
    commit,
    decoder,
    delete,
    insert,
    keepalive,
    relation,
    table,
    truncate,
    update,
    xlog,
)


def test_an_insert_is_a_create_with_the_row_after() -> None:
    assert shape(feed(*in_tx(insert(1, 5, "a", None)))) == [("c", {"id": 5}, None, row(5, "a", None))]


def test_the_topic_and_schemas_are_named_after_the_table() -> None:
    (r,) = feed(*in_tx(insert(1, 5, "a", None)))
    assert (r.topic, r.key_schema.name, r.value_schema.name, r.value_schema.version) == (
        "p.public.people", "p.public.people.Key", "p.public.people.Envelope", 2)


def test_an_update_without_an_old_row_has_no_before() -> None:
    assert shape(feed(*in_tx(update(1, 5, "b", "n")))) == [("u", {"id": 5}, None, row(5, "b", "n"))]


def test_a_delete_is_followed_by_a_tombstone_with_the_same_key_and_headers() -> None:
    first, second = feed(*in_tx(delete(1, 5, None, None)))
    assert shape([first]) == [("d", {"id": 5}, row(5, "", None), None)]
    assert (second.key, second.value, second.value_schema, second.headers) == ({"id": 5}, None, None, first.headers)


def test_tombstones_can_be_switched_off() -> None:
    assert len(feed(*in_tx(delete(1, 5, None, None)), props={"tombstones.on.delete": "false"})) == 1


def test_a_changed_key_is_a_delete_a_tombstone_and_a_create() -> None:
    records = feed(*in_tx(update(1, 6, "b", None, old=[5, None, None])))
    assert shape(records) == [
        ("d", {"id": 5}, row(5, "", None), None), (None, {"id": 5}, None, None), ("c", {"id": 6}, None, row(6, "b", None))]


def test_a_changed_key_is_told_in_headers_with_the_keys_schema() -> None:
    old, tombstone, new = feed(*in_tx(update(1, 6, "b", None, old=[5, None, None])))
    assert [(h.key, h.value, h.schema) for h in old.headers[-1:]] == [("__debezium.newkey", {"id": 6}, old.key_schema)]
    assert tombstone.headers == old.headers
    assert [(h.key, h.value) for h in new.headers[-1:]] == [("__debezium.oldkey", {"id": 5})]


def test_an_old_row_with_the_same_key_is_a_plain_update() -> None:
    assert shape(feed(*in_tx(update(1, 5, "b", None, old=[5, "a", "x"], kind="O"), rel=FULL))) == [
        ("u", {"id": 5}, row(5, "a", "x"), row(5, "b", None))]


def test_an_unchanged_large_value_is_the_placeholder() -> None:
    (r,) = feed(*in_tx(update(1, 5, "b", UNCHANGED)))
    assert r.value["after"]["note"] == "__debezium_unavailable_value"


def test_an_unchanged_large_value_is_taken_from_a_whole_old_row() -> None:
    (r,) = feed(*in_tx(update(1, 5, "b", UNCHANGED, old=[5, "a", "long"], kind="O"), rel=FULL))
    assert r.value["after"]["note"] == "long"


def test_a_key_that_stays_unchanged_in_a_toasted_column_is_no_key_change() -> None:
    rel = relation(1, "people", [("id", "int4", False), ("name", "text", True), ("note", "text", False)], "i")
    props = {"message.key.columns": "public.people:name"}
    (r,) = feed(*in_tx(update(1, 5, UNCHANGED, "n", old=[5, "kk", None], kind="O"), rel=rel), props=props)
    assert (r.value["op"], r.key) == ("u", {"name": "kk"})


@pytest.mark.parametrize(("skipped", "ops"), [
    ("c", "ud-t"), ("u", "cd-t"), ("d", "cut"), ("c,u,d", "t"), ("none", "cud-t"), ("t", "cud-"), ("c,u,d,t", "")])
def test_skipped_operations_give_no_event(skipped: str, ops: str) -> None:
    frames = in_tx(insert(1, 1, "a", None), update(1, 1, "b", None), delete(1, 1, None, None), truncate(1))
    records = feed(*frames, props={"skipped.operations": skipped})
    assert "".join(r.value["op"] if r.value else "-" for r in records) == ops


def test_a_truncate_has_neither_key_nor_rows() -> None:
    (r,) = feed(*in_tx(truncate(1)), props={"skipped.operations": "none"})
    assert (r.key, r.key_schema, r.value["before"], r.value["after"], r.value["op"]) == (None, None, None, None, "t")


def test_updates_that_change_no_captured_column_can_be_dropped() -> None:
    props = {"skip.messages.without.change": "true", "column.exclude.list": "public.people.note"}
    frames = in_tx(update(1, 5, "a", "new", old=[5, "a", "old"], kind="O"), update(1, 5, "b", "x", old=[5, "a", "x"], kind="O"),
        rel=FULL)
    assert [r.value["after"]["name"] for r in feed(*frames, props=props)] == ["b"]


def test_rows_of_tables_that_are_filtered_out_give_nothing_but_count() -> None:
    d = decoder(catalog(), None, {"table.include.list": "public.people"})
    batch = d.feed([begin(1000), relation(2, "other", [("id", "int4", True)]), insert(2, 1)])
    assert (len(batch), d.offset.tx_index) == (0, 1)


def test_a_keyless_table_has_no_key_but_a_tombstone() -> None:
    d = decoder(FakeCatalog({1: table(1, "people", COLUMNS, (), "f")}))
    records = list(d.feed([begin(9), FULL, delete(1, 5, "a", None, kind="O"), commit(9, 10)]).records())
    assert [(r.key_schema, r.key, r.value is None) for r in records] == [(None, None, False), (None, None, True)]


def test_the_source_block_says_where_the_row_was() -> None:
    (r,) = feed(keepalive(50), begin(1000, xid=77, ts=1_000_000), REL, insert(1, 5, "a", None, lsn=900))
    source = r.value["source"]
    assert {k: source[k] for k in ("connector", "name", "db", "schema", "table", "txId", "lsn", "sequence", "snapshot",
        "xmin")} == {
        "connector": "postgresql", "name": "p", "db": "db", "schema": "public", "table": "people", "txId": 77, "lsn": 900,
        "sequence": '["50","900"]', "snapshot": None, "xmin": None}
    assert (source["ts_ms"], source["ts_us"], source["ts_ns"]) == (946684801000, 946684801000000, 946684801000000000)


def test_the_sequence_has_null_before_the_first_commit() -> None:
    (r,) = feed(begin(1000), REL, insert(1, 5, "a", None, lsn=900))
    assert r.value["source"]["sequence"] == '[null,"900"]'


def test_an_origin_is_told_for_its_transaction_only() -> None:
    origin = xlog("O", (55).to_bytes(8, "big") + b"far\0")
    a, b = feed(begin(10), origin, REL, insert(1, 1, "a", None), commit(10, 20), begin(30), insert(1, 2, "b", None),
        commit(30, 40))
    assert [(r.value["source"]["origin"], r.value["source"]["origin_lsn"]) for r in (a, b)] == [("far", 55), (None, None)]


def test_the_context_headers_can_be_switched_off() -> None:
    (r,) = feed(*in_tx(insert(1, 5, "a", None)))
    assert [(h.key, h.value) for h in r.headers] == [
        ("__debezium.context.connectorLogicalName", "p"), ("__debezium.context.taskId", "0"),
        ("__debezium.context.connectorName", "postgresql"), ("__debezium.context.runId", "run-1")]
    assert feed(*in_tx(insert(1, 5, "a", None)), props={"extended.headers.enabled": "false"})[0].headers == ()


def test_a_message_of_a_kind_that_is_not_known_stops_by_name() -> None:
    with pytest.raises(ConnectError, match="'S'"):
        feed(xlog("S", b"\0" * 5))


def test_a_frame_that_is_no_frame_stops() -> None:
    with pytest.raises(ConnectError, match="expected 'w' or 'k'"):
        feed(b"x")


def test_a_row_of_a_relation_that_was_not_described_stops() -> None:
    with pytest.raises(ConnectError, match="has not described"):
        feed(begin(10), insert(3, 1))


def test_a_row_outside_a_transaction_stops() -> None:
    with pytest.raises(ConnectError, match="outside a transaction"):
        feed(REL, insert(1, 1, "a", None))


def test_a_delete_without_its_key_stops_and_says_what_to_do() -> None:
    rel = relation(1, "people", [("id", "int4", False), ("name", "text", True), ("note", "text", False)], "i")
    with pytest.raises(RecordError, match="REPLICA IDENTITY FULL"):
        feed(*in_tx(delete(1, None, "a", None), rel=rel))


def test_columns_that_differ_only_in_case_stop() -> None:
    rel = relation(1, "people", [("id", "int4", True), ("Name", "text", False), ("name", "text", False)])
    with pytest.raises(ConnectError, match="differ only in case"):
        feed(begin(10), rel)


def test_a_value_that_cannot_be_read_fails_naming_table_column_and_position_but_not_the_value() -> None:
    batch = decoder(catalog()).feed(in_tx(insert(1, "12x4567", "a", None, lsn=0x10)))
    for way in (lambda: list(batch.records()), lambda: both_ways(batch)):
        with pytest.raises(RecordError, match=r"'id'.*public\.people.*0/10") as e:
            way()
        assert "12x4567" not in str(e.value)


@pytest.mark.parametrize("mode", ["warn", "skip"])
def test_a_value_that_cannot_be_read_is_null_when_told_to(mode: str) -> None:
    rel = relation(1, "people", [("id", "int4", True), ("name", "int4", False), ("note", "int4", False)])
    cat = FakeCatalog({1: table(1, "people", [("id", "int4", True), ("name", "int4", True), ("note", "int4", False)])})
    batch = decoder(cat, None, {"event.converting.failure.handling.mode": mode}).feed([begin(9), rel, insert(1, 1, "x", "y")])
    (r,) = batch.records()
    assert r.value["after"] == {"id": 1, "name": 0, "note": None}
    native, generic = both_ways(batch)
    assert native == generic


def test_a_null_in_a_column_that_is_not_null_today_makes_it_nullable() -> None:
    (r,) = feed(*in_tx(insert(1, 5, None, None)))
    assert r.value["after"]["name"] is None
    assert r.value_schema.field("after").schema.field("name").schema.optional


def test_a_column_that_is_gone_today_is_nullable_without_default() -> None:
    d = decoder(FakeCatalog({1: table(1, "people", [("id", "int4", True)])}))
    (r,) = d.feed(in_tx(insert(1, 5, "a", None))).records()
    assert r.value_schema.field("after").schema.field("name").schema.optional


def test_a_table_that_is_gone_today_still_has_its_key_from_the_stream() -> None:
    d = decoder(FakeCatalog({}))
    (r,) = d.feed(in_tx(insert(1, 5, "a", None))).records()
    assert (r.key, r.key_schema.field("id").schema.optional) == ({"id": 5}, False)


def test_key_columns_come_in_the_primary_keys_order() -> None:
    cat = FakeCatalog({1: table(1, "t", [("a", "int4", True), ("b", "int4", True)], ("b", "a"))})
    rel = relation(1, "t", [("a", "int4", True), ("b", "int4", True)])
    (r,) = decoder(cat).feed([begin(9), rel, insert(1, 1, 2)]).records()
    assert list(r.key) == ["b", "a"]


def test_a_unique_key_stands_in_for_a_primary_key() -> None:
    cat = FakeCatalog({1: table(1, "t", [("a", "int4", True)], (), unique_key=("a",))})
    (r,) = decoder(cat).feed([begin(9), relation(1, "t", [("a", "int4", False)]), insert(1, 1)]).records()
    assert r.key == {"a": 1}


def test_an_excluded_key_column_is_still_in_the_key() -> None:
    (r,) = feed(*in_tx(insert(1, 5, "a", None)), props={"column.include.list": "public.people.name"})
    assert (r.key, r.value["after"]) == ({"id": 5}, {"name": "a"})


def test_the_schema_is_that_of_the_streams_position() -> None:
    wider = relation(1, "people", [("id", "int4", True), ("name", "text", False), ("note", "text", False),
        ("more", "int8", False)])
    a, b = feed(begin(10), REL, insert(1, 1, "a", None), wider, insert(1, 2, "b", None, 9), commit(10, 20))
    assert list(a.value["after"]) == ["id", "name", "note"]
    assert b.value["after"]["more"] == 9


def test_a_table_that_is_described_again_as_it_was_is_the_same() -> None:
    cat = catalog()
    a, b = decoder(cat).feed([begin(10), REL, insert(1, 1, "a", None), REL, insert(1, 2, "b", None), commit(10, 20)]).records()
    assert a.value_schema is b.value_schema
    assert (b.value["after"]["name"], cat.refreshed) == ("b", 0)


def test_what_only_the_catalogue_knows_of_a_table_is_seen_when_it_is_described_again() -> None:
    cat = catalog()
    d = decoder(cat)
    (a,) = d.feed([begin(10), REL, insert(1, 1, "a", None), commit(10, 20)]).records()
    cat.tables[1] = table(1, "people", [(*COLUMNS[0][:2], True), (*COLUMNS[1][:2], False), COLUMNS[2]])
    (b,) = d.feed([begin(30), REL, insert(1, 2, None, None), commit(30, 40)]).records()
    assert (a.value_schema != b.value_schema, b.value["after"]["name"]) == (True, None)


def test_a_new_label_of_an_enum_is_seen_when_its_table_is_described_again() -> None:
    rel = relation(1, "people", [("id", "int4", True), ("mood", 16400, False)])
    cat = FakeCatalog({1: table(1, "people", [("id", "int4", True), ("mood", 16400, False)])},
                      {16400: PgType(16400, "mood", "public", "e", labels=("a",))})
    d = decoder(cat)
    (a,) = d.feed([begin(10), rel, insert(1, 1, "a"), commit(10, 20)]).records()
    cat.types[16400] = PgType(16400, "mood", "public", "e", labels=("a", "b"))
    (b,) = d.feed([begin(30), rel, insert(1, 2, "b"), commit(30, 40)]).records()
    assert (cat.refreshed, b.value["after"]["mood"], a.value_schema != b.value_schema) == (1, "b", True)


def test_a_type_that_is_not_supported_is_left_out_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    rel = relation(1, "people", [("id", "int4", True), ("b", "box", False)])
    d = decoder(catalog())
    (r,) = d.feed([begin(10), rel, insert(1, 1, "(1,1),(0,0)"), rel]).records()
    assert r.value["after"] == {"id": 1}
    assert [m for m in caplog.messages if "public.people" in m and "'b'" in m and "pg_catalog.box" in m] == caplog.messages
    assert len(caplog.messages) == 1


# Masks


def test_masks_change_the_value_and_never_the_key() -> None:
    props = {"column.mask.with.3.chars": "public.people.note", "message.key.columns": "public.people:note",
             "column.truncate.to.2.chars": "public.people.name"}
    (r,) = feed(*in_tx(insert(1, 5, "abcdef", "secret")), props=props)
    assert (r.key, r.value["after"]) == ({"note": "secret"}, {"id": 5, "name": "ab", "note": "***"})


def test_a_fixed_mask_hides_null_and_the_placeholder_too() -> None:
    props = {"column.mask.with.3.chars": "public.people.note"}
    records = feed(*in_tx(insert(1, 5, "a", None), update(1, 5, "a", UNCHANGED)), props=props)
    assert [r.value["after"]["note"] for r in records] == ["***", "***"]
