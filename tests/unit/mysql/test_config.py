"""The connectors' configurations: Debezium's names and defaults, and what is refused, naming key, value and what is allowed."""

from __future__ import annotations

import pytest

from connect.api.config import KeyType
from connect.api.errors import ConfigError
from connectors.mysql.config import KAFKA_HISTORY, MariaDbConfig, MySqlConfig
from connectors.mysql.structure import Flavor
from connectors.mysql.unhonoured import NOT_HONOURED
from connectors.properties import RelationalConfig

BASE = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.server.id": "7"}
each_model = pytest.mark.parametrize("model", [MySqlConfig, MariaDbConfig])


def errors(model: type[MySqlConfig] = MySqlConfig, **props: str) -> dict[str, list[str]]:
    with pytest.raises(ConfigError) as e:
        model.from_props({**BASE, **{k.replace("__", "."): v for k, v in props.items()}})
    return e.value.errors


def made(model: type[MySqlConfig] = MySqlConfig, **props: str) -> MySqlConfig:
    return model.from_props({**BASE, **{k.replace("__", "."): v for k, v in props.items()}})


@each_model
@pytest.mark.parametrize(("key", "default"), [
    ("database.port", 3306), ("snapshot.mode", "initial"), ("snapshot.locking.mode", "minimal"),
    ("snapshot.lock.timeout.ms", 10000), ("decimal.handling.mode", "precise"),
    ("time.precision.mode", "adaptive_time_microseconds"), ("binary.handling.mode", "bytes"),
    ("bigint.unsigned.handling.mode", "long"), ("enable.time.adjuster", True), ("include.query", False),
    ("include.schema.changes", True), ("include.schema.comments", False), ("tombstones.on.delete", True),
    ("skipped.operations", ["t"]), ("connect.timeout.ms", 30000), ("connect.keep.alive", True),
    ("connect.keep.alive.interval.ms", 60000), ("inconsistent.schema.handling.mode", "fail"),
    ("event.processing.failure.handling.mode", "fail"), ("event.converting.failure.handling.mode", "fail"),
    ("gtid.source.includes", None), ("gtid.source.excludes", None), ("gtid.source.filter.dml.events", True),
    ("topic.naming.strategy", "io.debezium.schema.DefaultTopicNamingStrategy"), ("heartbeat.interval.ms", 0),
    ("max.batch.size", 2048), ("poll.interval.ms", 500), ("errors.max.retries", -1), ("table.ignore.builtin", True),
    ("schema.history.internal", KAFKA_HISTORY), ("schema.history.internal.kafka.topic", None),
    ("schema.history.internal.kafka.recovery.poll.interval.ms", 100), ("schema.history.internal.kafka.recovery.attempts", 100),
    ("schema.history.internal.kafka.query.timeout.ms", 3000), ("schema.history.internal.kafka.create.timeout.ms", 30000),
    ("schema.history.internal.skip.unparseable.ddl", False), ("schema.history.internal.store.only.captured.tables.ddl", False),
    ("schema.history.internal.store.only.captured.databases.ddl", False)])
def test_default(model: type[MySqlConfig], key: str, default: object) -> None:
    found = model.definition().get(key)
    assert found is not None and found.default == default


def test_the_two_differ_in_how_a_connection_is_secured() -> None:
    assert [m.definition().get("database.ssl.mode").default for m in (MySqlConfig, MariaDbConfig)] == ["preferred", "disable"]  # type: ignore[union-attr]
    assert (made().flavor, made(MariaDbConfig).flavor) == (Flavor.MYSQL, Flavor.MARIADB)
    assert made(MariaDbConfig, database__ssl__mode="verify-full").tls == made(database__ssl__mode="VERIFY_IDENTITY").tls
    assert made(MariaDbConfig, database__ssl__mode="trust").tls == "required"
    assert "trust" in errors(MariaDbConfig, database__ssl__mode="preferred")["database.ssl.mode"][0]


@each_model
def test_every_key_has_a_doc_a_group_and_a_name_of_its_own(model: type[MySqlConfig]) -> None:
    keys = list(model.definition())
    assert all(k.doc and k.group and "<namespace>" not in k.doc for k in keys)
    assert len({k.name for k in keys}) == len(keys)


def test_groups_are_in_one_piece_and_counted() -> None:
    groups = [k.group for k in MySqlConfig.definition()]
    assert list(dict.fromkeys(groups)) == ["MySQL", "Connector", "Events", "Snapshot", "History"]
    for group in set(groups):
        assert [k.order for k in MySqlConfig.definition() if k.group == group] == list(range(groups.count(group)))
    assert next(iter(MariaDbConfig.definition())).group == "MariaDB"


def test_passwords_are_of_type_password() -> None:
    secret = {k.name for k in MySqlConfig.definition() if k.type is KeyType.PASSWORD}
    assert secret == {"database.password", "database.ssl.keystore.password", "database.ssl.truststore.password"}


def test_no_property_is_both_honoured_and_not() -> None:
    assert not set(NOT_HONOURED) & {k.name for k in MySqlConfig.definition()}
    assert all(NOT_HONOURED.values())


def test_everything_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as e:
        MySqlConfig.from_props({})
    assert set(e.value.errors) == set(BASE)


@pytest.mark.parametrize(("key", "value", "said"), [
    ("database.server.id", "0", "from 1 to 4294967295"), ("database.server.id", "4294967296", "4294967295"),
    ("database.server.id", "x", "Not a number"), ("time.precision.mode", "adaptive", "adaptive_time_microseconds"),
    ("snapshot.mode", "never", "initial_only"), ("snapshot.locking.mode", "minimal_percona", "extended"),
    ("database.include.list", "a[b", "not a regular expression"), ("gtid.source.includes", "(", "not a regular expression"),
    ("bigint.unsigned.handling.mode", "wrap", "precise"), ("inconsistent.schema.handling.mode", "ignore", "skip"),
    ("decimal.handling.mode", "exact", "precise"), ("database.ssl.mode", "verify-full", "verify_identity"),
    ("include.query", "maybe", "true or false"), ("column.mask.hash.MD17.with.salt.s", "a.b.c", "no hash algorithm"),
    ("schema.history.internal.kafka.recovery.attempts", "0", "at least 1")])
def test_a_wrong_value_is_refused_with_what_is_allowed(key: str, value: str, said: str) -> None:
    found = errors(**{key: value})
    assert list(found) == [key] and said in found[key][0] and key in found[key][0]


@pytest.mark.parametrize(("one", "other"), [
    *((f"{k}.include.list", f"{k}.exclude.list") for k in ("table", "database", "column")),
    ("gtid.source.includes", "gtid.source.excludes")])
def test_include_and_exclude_lists_exclude_each_other(one: str, other: str) -> None:
    assert list(errors(**{one: "a", other: "b"})) == [other]


@pytest.mark.parametrize(("given", "meant"), [
    ("schema_only", "no_data"), ("SCHEMA_ONLY_RECOVERY", "recovery"), ("recovery", "recovery"), ("when_needed", "when_needed")])
def test_older_words_for_snapshot_modes_are_understood(given: str, meant: str) -> None:
    assert made(snapshot__mode=given).snapshot_mode == meant


def test_selects_of_ones_own_are_read() -> None:
    assert made(**{"snapshot.select.statement.overrides": "d.t",
                   "snapshot.select.statement.overrides.d.t": "SELECT 1"}).overrides == {"d.t": "SELECT 1"}


def test_settings_of_the_history_s_clients_are_read() -> None:
    config = made(**{"schema.history.internal.producer.security.protocol": "SSL", "schema.history.internal.consumer.ssl.x": "y"})
    assert (config.history_producer, config.history_consumer) == ({"security.protocol": "SSL"}, {"ssl.x": "y"})


def test_the_system_s_databases_are_left_out() -> None:
    selection = made().selection
    assert not selection.table("mysql", "user") and not selection.table("sys", "x") and selection.table("shop", "t")
    assert made(table__ignore__builtin="false").selection.table("mysql", "user")


def test_databases_are_selected() -> None:
    assert made(database__include__list="shop").selection.table("SHOP", "t")
    assert not made(database__exclude__list="shop.*").selection.table("shop2", "t")


@pytest.mark.parametrize(("given", "counted"), [
    ({}, {"a", "b"}), ({"gtid.source.includes": "A"}, {"a"}), ({"gtid.source.excludes": "a,c"}, {"b"})])
def test_sources_of_gtids_are_selected(given: dict[str, str], counted: set[str]) -> None:
    assert {s for s in "ab" if made(**given).counts(s)} == counted


@pytest.mark.parametrize("name", [
    "database.server.id", "column.mask.with.5.chars", "snapshot.select.statement.overrides.shop.a",
    "schema.history.internal.producer.acks", "schema.history.internal.consumer.ssl.truststore.location"])
def test_names_that_vary_are_recognised(name: str) -> None:
    assert MySqlConfig.recognises(name)


@pytest.mark.parametrize("name", ["slot.name", "schema.include.list", "schema.history.internal.kafka.topics", "driver.x"])
def test_other_names_are_not_recognised(name: str) -> None:
    assert not MySqlConfig.recognises(name)


def test_topics_are_named_as_debezium_names_them() -> None:
    topics = made().topics
    assert (topics.data("shop", "t"), topics.schema_changes, topics.transaction) == ("p.shop.t", "p", "p.transaction")


def test_keys_of_all_databases_are_keys_of_each() -> None:
    assert {k.name for k in RelationalConfig.definition()} <= {k.name for k in MySqlConfig.definition()}
