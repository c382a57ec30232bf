"""The connector's configuration: Debezium's names and defaults, and what is refused, naming key, value and what is allowed."""

from __future__ import annotations

import pytest

from connect.api.config import KeyType
from connect.api.errors import ConfigError
from connectors.postgres.config import NOT_HONOURED, PostgresConfig

BASE = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.dbname": "d"}


def errors(**props: str) -> dict[str, list[str]]:
    with pytest.raises(ConfigError) as e:
        PostgresConfig.from_props({**BASE, **{k.replace("__", "."): v for k, v in props.items()}})
    return e.value.errors


@pytest.mark.parametrize(("key", "default"), [
    ("database.port", 5432), ("slot.name", "debezium"), ("publication.name", "dbz_publication"),
    ("publication.autocreate.mode", "all_tables"),
    ("snapshot.mode", "initial"), ("decimal.handling.mode", "precise"), ("time.precision.mode", "adaptive"),
    ("binary.handling.mode", "bytes"),
    ("tombstones.on.delete", True), ("skipped.operations", ["t"]), ("hstore.handling.mode", "json"),
    ("interval.handling.mode", "numeric"),
    ("heartbeat.interval.ms", 0), ("status.update.interval.ms", 10000), ("max.batch.size", 2048), ("poll.interval.ms", 500),
    ("unavailable.value.placeholder", "__debezium_unavailable_value"), ("schema.name.adjustment.mode", "none"),
    ("topic.delimiter", "."),
    ("provide.transaction.metadata", False), ("extended.headers.enabled", True), ("slot.max.retries", 6),
    ("errors.max.retries", -1),
    ("event.converting.failure.handling.mode", "fail"), ("plugin.name", "pgoutput")])
def test_default(key: str, default: object) -> None:
    found = PostgresConfig.definition().get(key)
    assert found is not None and found.default == default


def test_every_key_has_a_doc_a_group_and_a_name_of_its_own() -> None:
    keys = list(PostgresConfig.definition())
    assert all(k.doc and k.group for k in keys)
    assert len({k.name for k in keys}) == len(keys)


def test_passwords_are_of_type_password() -> None:
    secret = {k.name for k in PostgresConfig.definition() if k.type is KeyType.PASSWORD}
    assert secret == {"database.password", "database.sslpassword"}


def test_no_property_is_both_honoured_and_not() -> None:
    assert not set(NOT_HONOURED) & {k.name for k in PostgresConfig.definition()}
    assert all(NOT_HONOURED.values())


def test_everything_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as e:
        PostgresConfig.from_props({})
    assert set(e.value.errors) == set(BASE)


@pytest.mark.parametrize(("key", "value", "said"), [
    ("topic.prefix", "a b", "only letters"), ("database.port", "x", "Not a number"), ("database.port", "70000", "65535"),
    ("slot.name", "Slot-1", "a-z"), ("slot.name", "x" * 64, "63"), ("snapshot.mode", "sometimes", "initial_only"),
    ("time.precision.mode", "fine", "isostring"), ("table.include.list", "a[b", "not a regular expression"),
    ("message.key.columns", "t", "<table>:<column>"),
    ("skipped.operations", "x", "must be one of"), ("skipped.operations", "none,c", "alone"),
    ("plugin.name", "wal2json", "pgoutput"),
    ("topic.naming.strategy", "com.example.Own", "SchemaTopicNamingStrategy"), ("tombstones.on.delete", "maybe", "true or false"),
    ("column.mask.with.x.chars", "a.b.c", "number of characters"),
    ("column.mask.hash.MD17.with.salt.s", "a.b.c", "no hash algorithm"),
    ("topic.regex", "(", "not a regular expression"), ("max.batch.size", "0", "at least 1")])
def test_a_wrong_value_is_refused_with_what_is_allowed(key: str, value: str, said: str) -> None:
    found = errors(**{key: value})
    assert list(found) == [key] and said in found[key][0] and key in found[key][0]


@pytest.mark.parametrize("kind", ["table", "schema", "column", "message.prefix"])
def test_include_and_exclude_lists_exclude_each_other(kind: str) -> None:
    assert list(errors(**{f"{kind}.include.list": "a", f"{kind}.exclude.list": "b"})) == [f"{kind}.exclude.list"]


def test_a_select_of_ones_own_must_be_given() -> None:
    assert list(errors(**{"snapshot.select.statement.overrides": "s.t"})) == ["snapshot.select.statement.overrides.s.t"]


def test_selects_of_ones_own_are_read() -> None:
    made = PostgresConfig.from_props({**BASE, "snapshot.select.statement.overrides": "s.t",
        "snapshot.select.statement.overrides.s.t": "SELECT 1"})
    assert made.overrides == {"s.t": "SELECT 1"}


def test_choices_are_taken_in_any_case() -> None:
    assert PostgresConfig.from_props({**BASE, "snapshot.mode": "NO_DATA"}).snapshot_mode == "no_data"


def test_none_skips_nothing() -> None:
    assert PostgresConfig.from_props({**BASE, "skipped.operations": "none"}).skipped == frozenset()


@pytest.mark.parametrize("name", ["slot.name", "column.mask.with.5.chars", "column.mask.hash.v2.SHA-256.with.salt.s",
                                  "column.truncate.to.3.chars", "snapshot.select.statement.overrides.public.a"])
def test_names_that_vary_are_recognised(name: str) -> None:
    assert PostgresConfig.recognises(name)


@pytest.mark.parametrize("name", ["slotname", "column.mask.with.chars", "snapshot.mod"])
def test_other_names_are_not_recognised(name: str) -> None:
    assert not PostgresConfig.recognises(name)


def test_regex_naming_needs_its_two_properties() -> None:
    strategy = {"topic.naming.strategy": "io.debezium.schema.SchemaRegexTopicNamingStrategy"}
    assert set(errors(**strategy)) == {"topic.regex", "topic.replacement"}
    made = PostgresConfig.from_props({**BASE, **strategy, "topic.regex": r"(.*)public\.(.*)", "topic.replacement": "$1$2"})
    assert made.topics.data("public", "t") == "p.t"
