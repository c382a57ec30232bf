"""The PostgreSQL connector's configuration: Debezium's names, defaults and meanings.

Read one with :meth:`PostgresConfig.from_props`. A property of Debezium's that is not honoured is in
:data:`NOT_HONOURED` with the reason; it is reported, never swallowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field

from connect.api.config import ConfigModel, Importance, KeyType, Width, key
from connect.api.errors import ConfigError
from connectors.masks import Masks
from connectors.naming import STRATEGIES, TopicNames
from connectors.postgres.unhonoured import NOT_HONOURED
from connectors.selection import KeyColumns, Patterns, Selection, java_pattern

__all__ = ["NOT_HONOURED", "PostgresConfig", "recognises"]

_POSTGRES, _CONNECTOR, _EVENTS, _SNAPSHOT = "Postgres", "Connector", "Events", "Snapshot"
_HIGH, _LOW = Importance.HIGH, Importance.LOW
_OVERRIDE = "snapshot.select.statement.overrides."
_SYSTEM = frozenset({"pg_catalog", "information_schema", "pg_toast"})
_DYNAMIC = re.compile(r"snapshot\.select\.statement\.overrides\..+|driver\..+")


def _regexes(value: Any) -> None:
    Patterns.parse(value)


def _regex(value: Any) -> None:
    if value is not None:
        java_pattern(value)


def _key_columns(value: Any) -> None:
    KeyColumns.parse(value)


def _matches(pattern: str, what: str) -> Any:
    def check(value: Any) -> None:
        if value is not None and not re.fullmatch(pattern, value):
            raise ValueError(what)
    return check


def _between(low: int, high: int | None = None) -> Any:
    def check(value: Any) -> None:
        if value is not None and (value < low or (high is not None and value > high)):
            raise ValueError(f"Value must be at least {low}" if high is None else f"Value must be from {low} to {high}")
    return check


def _filled(value: Any) -> None:
    if not value:
        raise ValueError("A value is required")


_strategy = "expected one of Debezium's classes: " + ", ".join(STRATEGIES)


def _known_strategy(value: Any) -> None:
    if value not in STRATEGIES:
        raise ValueError(_strategy)


def _operations(value: Any) -> None:
    if "none" in value and len(value) > 1:
        raise ValueError("'none' stands alone")


def _list(name: str, doc: str, group: str = _CONNECTOR, importance: Importance = Importance.MEDIUM) -> Any:
    return key(name, None, type=KeyType.LIST, doc=doc, group=group, importance=importance, width=Width.LONG, valid=(_regexes,))


def _choice(name: str, default: str, allowed: Sequence[str], doc: str, group: str = _CONNECTOR,
            importance: Importance = Importance.MEDIUM) -> Any:
    return key(name, default, doc=doc, group=group, importance=importance, recommended=allowed, one_of=True)


def _int(name: str, default: Any, doc: str, group: str = _CONNECTOR, low: int = 0, high: int | None = None,
         kind: KeyType = KeyType.INT, importance: Importance = Importance.MEDIUM) -> Any:
    return key(name, default, type=kind, doc=doc, group=group, width=Width.SHORT, importance=importance,
               valid=(_between(low, high),))


def _flag(name: str, default: bool, doc: str, group: str = _CONNECTOR, importance: Importance = Importance.MEDIUM) -> Any:
    return key(name, default, type=KeyType.BOOLEAN, doc=doc, group=group, width=Width.SHORT, importance=importance)


def _text(name: str, default: Any, doc: str, group: str = _CONNECTOR, valid: Sequence[Any] = (),
          importance: Importance = Importance.MEDIUM) -> Any:
    return key(name, default, doc=doc, group=group, valid=valid, importance=importance)


class PostgresConfig(ConfigModel):
    """All properties that the connector honours. ``masks`` and ``overrides`` are read from the properties whose names vary."""

    topic_prefix: str = key(
        "topic.prefix", doc="Logical name of the server: prefix of every topic. Changing it makes another connector.",
        group=_POSTGRES, importance=_HIGH,
        valid=(_filled, _matches(r"[A-Za-z0-9._\-]+", "only letters, digits, '.', '_' and '-' are allowed")))
    hostname: str = key("database.hostname", doc="Host name or address of the server.", group=_POSTGRES, importance=_HIGH,
                        valid=(_filled,))
    port: int = _int("database.port", 5432, "Port of the server.", _POSTGRES, 1, 65535, importance=_HIGH)
    user: str = key("database.user", doc="Role to connect as; needs REPLICATION and SELECT.", group=_POSTGRES,
                    importance=_HIGH, valid=(_filled,))
    password: str | None = key("database.password", None, type=KeyType.PASSWORD, doc="The role's password.", group=_POSTGRES,
                               importance=_HIGH)
    dbname: str = key("database.dbname", doc="The database whose changes are captured.", group=_POSTGRES, importance=_HIGH,
                      valid=(_filled,))
    query_timeout_ms: int = _int("database.query.timeout.ms", 600000, "Longest run of one statement; 0 is no limit.", _POSTGRES)
    initial_statements: str | None = _text(
        "database.initial.statements", None, "Statements, separated by ';', run on each ordinary connection; ';;' is one ';'.",
        _POSTGRES, importance=_LOW)
    sslmode: str = _choice("database.sslmode", "prefer", ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
                           "Whether the connection is encrypted and the server's certificate checked, as in libpq.", _POSTGRES)
    sslcert: str | None = _text("database.sslcert", None, "File with the client's certificate.", _POSTGRES)
    sslkey: str | None = _text("database.sslkey", None, "File with the client's private key.", _POSTGRES)
    sslpassword: str | None = key("database.sslpassword", None, type=KeyType.PASSWORD, doc="Password of the private key.",
                                  group=_POSTGRES)
    sslrootcert: str | None = _text("database.sslrootcert", None, "File with the authorities that are trusted.", _POSTGRES)
    tcp_keepalive: bool = _flag("database.tcpKeepAlive", True, "Whether TCP keep-alive probes are sent.", _POSTGRES,
                                importance=_LOW)

    plugin_name: str = _choice("plugin.name", "pgoutput", ("pgoutput",),
                               "Output plug-in of the slot. Only pgoutput, which every server since 10 has.", _POSTGRES)
    slot_name: str = _text("slot.name", "debezium", "Replication slot, made when it is not there.", _POSTGRES,
                           (_matches(r"[a-z0-9_]{1,63}", "a slot's name has 1 to 63 of: a-z, 0-9, _"),), _HIGH)
    slot_drop_on_stop: bool = _flag("slot.drop.on.stop", False,
                                    "Drop the slot on a clean stop. For tests: changes made meanwhile are lost.", _POSTGRES)
    slot_failover: bool = _flag("slot.failover", False, "Make the slot a failover slot (PostgreSQL 17 and newer).", _POSTGRES)
    slot_max_retries: int = _int("slot.max.retries", 6, "How often a slot that is in use is tried again.", _POSTGRES,
                                 importance=_LOW)
    slot_retry_delay_ms: int = _int("slot.retry.delay.ms", 10000, "Wait between these tries.", _POSTGRES,
                                    kind=KeyType.LONG, importance=_LOW)
    offset_mismatch_strategy: str = _choice(
        "offset.mismatch.strategy", "no_validation", ("no_validation", "trust_offset", "trust_slot", "trust_greater_lsn"),
        "What to do when the stored offset and the slot disagree. A slot that is past the offset is an error in every mode but "
        "trust_slot and trust_greater_lsn, which accept the gap.", _POSTGRES)
    publication_name: str = _text("publication.name", "dbz_publication", "Publication that is streamed.", _POSTGRES, (_filled,))
    publication_autocreate_mode: str = _choice(
        "publication.autocreate.mode", "all_tables", ("all_tables", "disabled", "filtered", "no_tables"),
        "How a publication that is not there is made: for all tables, not at all, for the captured tables, or empty.", _POSTGRES)
    publish_via_partition_root: bool = _flag(
        "publish.via.partition.root", False, "Changes of partitions appear as changes of the partitioned table.", _POSTGRES)
    replica_identity_autoset: str | None = _text(
        "replica.identity.autoset.values", None,
        "Replica identities set at the start: <table regex>:FULL|DEFAULT|NOTHING|INDEX <name>, separated by commas.", _POSTGRES)
    status_update_interval_ms: int = _int("status.update.interval.ms", 10000, "How often the server is told the position.",
                                          _POSTGRES, 1)
    lsn_flush_mode: str = _choice("lsn.flush.mode", "connector", ("connector", "manual", "connector_and_driver"),
                                  "Who confirms the position to the slot: the connector, or nobody (manual).", _POSTGRES)
    errors_max_retries: int = _int("errors.max.retries", -1, "How often a passing fault is tried again; -1 is without limit.",
                                   low=-1)
    schema_include: list[str] | None = _list("schema.include.list", "Schemas to capture.")
    schema_exclude: list[str] | None = _list("schema.exclude.list", "Schemas not to capture.")
    table_include: list[str] | None = _list("table.include.list", "Tables to capture, as <schema>.<table>.", importance=_HIGH)
    table_exclude: list[str] | None = _list("table.exclude.list", "Tables not to capture, as <schema>.<table>.")
    table_ignore_builtin: bool = _flag("table.ignore.builtin", True, "Leave out the system's schemas.", importance=_LOW)
    column_include: list[str] | None = _list("column.include.list", "Columns in events, as <schema>.<table>.<column>.")
    column_exclude: list[str] | None = _list("column.exclude.list", "Columns left out, as <schema>.<table>.<column>.")
    message_key_columns: str | None = _text(
        "message.key.columns", None, "Keys in place of the primary key: <table>:<column>,…;<table>:…", valid=(_key_columns,))
    message_prefix_include: list[str] | None = _list("message.prefix.include.list", "Prefixes of logical messages to emit.")
    message_prefix_exclude: list[str] | None = _list("message.prefix.exclude.list", "Prefixes of logical messages left out.")

    skipped_operations: list[str] = key(
        "skipped.operations", ["t"], type=KeyType.LIST, group=_EVENTS, recommended=("c", "u", "d", "t", "none"), one_of=True,
        valid=(_operations,), doc="Operations that give no event: c(reate), u(pdate), d(elete), t(runcate), or none.")
    skip_messages_without_change: bool = _flag(
        "skip.messages.without.change", False, "Drop updates that changed no captured column (needs REPLICA IDENTITY FULL).",
        _EVENTS)
    tombstones_on_delete: bool = _flag("tombstones.on.delete", True, "Follow each delete by a null value with the same key.",
                                       _EVENTS)
    provide_transaction_metadata: bool = _flag(
        "provide.transaction.metadata", False, "Emit BEGIN and END records, and each event's place in its transaction.", _EVENTS)
    extended_headers: bool = _flag("extended.headers.enabled", True, "Add the __debezium.context headers.", _EVENTS, _LOW)
    include_schema_comments: bool = _flag("include.schema.comments", False, "Column comments become docs of fields.", _EVENTS)
    decimal_handling_mode: str = _choice("decimal.handling.mode", "precise", ("precise", "double", "string"),
                                         "How numeric and money appear.", _EVENTS)
    money_fraction_digits: int = _int("money.fraction.digits", 2, "Decimal places of money.", _EVENTS, 0, 18)
    binary_handling_mode: str = _choice("binary.handling.mode", "bytes", ("bytes", "base64", "base64-url-safe", "hex"),
                                        "How bytea appears.", _EVENTS)
    time_precision_mode: str = _choice(
        "time.precision.mode", "adaptive",
        ("adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds"),
        "Which schemas date, time and timestamp get.", _EVENTS)
    hstore_handling_mode: str = _choice("hstore.handling.mode", "json", ("json", "map"), "How hstore appears.", _EVENTS)
    interval_handling_mode: str = _choice("interval.handling.mode", "numeric", ("numeric", "string"),
                                          "How interval appears: microseconds, or ISO text.", _EVENTS)
    include_unknown_datatypes: bool = _flag(
        "include.unknown.datatypes", False, "Columns of other types appear as opaque bytes instead of being left out.", _EVENTS)
    unavailable_value_placeholder: str = _text(
        "unavailable.value.placeholder", "__debezium_unavailable_value",
        "Stands for a large value that was not changed and is not in the log; 'hex:' gives its bytes.", _EVENTS)
    converting_failure_mode: str = _choice(
        "event.converting.failure.handling.mode", "fail", ("fail", "warn", "skip"),
        "A value that cannot be converted fails the task (fail), or becomes null with (warn) or without (skip) a warning.",
        _EVENTS)
    column_propagate_source_type: list[str] | None = _list(
        "column.propagate.source.type", "Columns whose type, length and scale are told in the schema's parameters.", _EVENTS)
    datatype_propagate_source_type: list[str] | None = _list(
        "datatype.propagate.source.type", "Types, as <schema>.<table>.<type>, whose columns tell it likewise.", _EVENTS)
    schema_name_adjustment: str = _choice("schema.name.adjustment.mode", "none", ("none", "avro", "avro_unicode"),
                                          "How schema names are made legal in Avro.", _EVENTS)
    field_name_adjustment: str = _choice("field.name.adjustment.mode", "none", ("none", "avro", "avro_unicode"),
                                         "How field names are made legal in Avro.", _EVENTS)
    topic_naming_strategy: str = key(
        "topic.naming.strategy", "io.debezium.schema.SchemaTopicNamingStrategy", type=KeyType.CLASS, group=_EVENTS,
        importance=_LOW, recommended=tuple(STRATEGIES), valid=(_known_strategy,), doc="How topics are named.")
    topic_delimiter: str = _text("topic.delimiter", ".", "Between the parts of a topic's name.", _EVENTS,
                                 (_matches(r"[A-Za-z0-9._\-]+", "only letters, digits, '.', '_' and '-' are allowed"),), _LOW)
    topic_heartbeat_prefix: str = _text("topic.heartbeat.prefix", "__debezium-heartbeat", "Prefix of the heartbeats' topic.",
                                        _EVENTS, importance=_LOW)
    topic_heartbeat_name: str | None = _text("topic.heartbeat.name", None, "The heartbeats' topic.", _EVENTS, importance=_LOW)
    topic_transaction: str = _text("topic.transaction", "transaction", "Last part of the transactions' topic.", _EVENTS,
                                   importance=_LOW)
    topic_regex: str | None = _text("topic.regex", None, "With a regex naming strategy: what topics are renamed.", _EVENTS,
                                    (_regex,), _LOW)
    topic_replacement: str | None = _text("topic.replacement", None, "The name they get; $1 is the first group.", _EVENTS,
                                          importance=_LOW)

    snapshot_mode: str = _choice("snapshot.mode", "initial", ("always", "initial", "initial_only", "no_data", "when_needed"),
                                 "When the tables' rows are read.", _SNAPSHOT, _HIGH)
    snapshot_locking_mode: str = _choice("snapshot.locking.mode", "none", ("none", "shared"),
                                         "Whether captured tables are locked (ACCESS SHARE) meanwhile.", _SNAPSHOT, _LOW)
    snapshot_lock_timeout_ms: int = _int("snapshot.lock.timeout.ms", 10000, "Longest wait for these locks.", _SNAPSHOT,
                                         kind=KeyType.LONG, importance=_LOW)
    snapshot_include: list[str] | None = _list("snapshot.include.collection.list", "Those of the captured tables to read.",
                                               _SNAPSHOT)
    snapshot_select_overrides: list[str] | None = key(
        "snapshot.select.statement.overrides", None, type=KeyType.LIST, group=_SNAPSHOT,
        doc="Tables read by a SELECT of their own, given by snapshot.select.statement.overrides.<schema>.<table>.")
    snapshot_delay_ms: int = _int("snapshot.delay.ms", 0, "Wait before the snapshot.", _SNAPSHOT, kind=KeyType.LONG,
                                  importance=_LOW)
    streaming_delay_ms: int = _int("streaming.delay.ms", 0, "Wait between snapshot and stream.", _SNAPSHOT, kind=KeyType.LONG,
                                   importance=_LOW)
    snapshot_fetch_size: int = _int("snapshot.fetch.size", 10240, "Rows in one batch of a snapshot.", _SNAPSHOT, 1,
                                    importance=_LOW)

    max_batch_size: int = _int("max.batch.size", 2048, "Most changes in one batch.", low=1)
    poll_interval_ms: int = _int("poll.interval.ms", 500, "Longest wait for a change in one turn.", kind=KeyType.LONG, low=1)
    heartbeat_interval_ms: int = _int("heartbeat.interval.ms", 0, "How often a heartbeat record is sent; 0 is never.",
                                      kind=KeyType.LONG)
    heartbeat_action_query: str | None = _text("heartbeat.action.query", None, "Statement run at each heartbeat.")

    masks: Masks = Field(default_factory=Masks)
    overrides: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def from_props(cls, props: Mapping[str, str | None]) -> Self:
        """The typed configuration. Raises ConfigError with every message of every wrong key."""
        parsed = cls.definition().parse(props)
        masks, errors = Masks.read(props)
        errors = {**{k: list(v) for k, v in parsed.errors.items()}, **errors}
        for name, messages in cross_errors(parsed.values, props).items():
            errors.setdefault(name, []).extend(messages)
        if errors:
            raise ConfigError(errors)
        overrides = {k[len(_OVERRIDE):]: v for k, v in props.items() if k.startswith(_OVERRIDE) and v is not None}
        return cls.model_validate({**parsed.values, "masks": masks, "overrides": overrides})

    @property
    def selection(self) -> Selection:
        """Which tables and columns are captured."""
        return Selection(
            Patterns.parse(self.table_include), Patterns.parse(self.table_exclude), Patterns.parse(self.schema_include),
            Patterns.parse(self.schema_exclude), Patterns.parse(self.column_include), Patterns.parse(self.column_exclude),
            _SYSTEM if self.table_ignore_builtin else frozenset())

    @property
    def topics(self) -> TopicNames:
        """A new set of topic names: keep one for the life of a task, it remembers which table took which topic."""
        strategy = STRATEGIES[self.topic_naming_strategy]
        regex = java_pattern(self.topic_regex) if strategy.endswith("regex") and self.topic_regex else None
        return TopicNames(self.topic_prefix, self.topic_delimiter, strategy, regex, self.topic_replacement or "",
                          self.topic_heartbeat_prefix, self.topic_heartbeat_name, self.topic_transaction)

    @property
    def key_columns(self) -> KeyColumns:
        """The keys given in place of primary keys."""
        return KeyColumns.parse(self.message_key_columns)

    @property
    def skipped(self) -> frozenset[str]:
        """The operations that give no event."""
        return frozenset(o for o in self.skipped_operations if o != "none")


def recognises(name: str) -> bool:
    """Whether the connector knows a property of that name: one of the model, or one whose name varies."""
    return name in PostgresConfig.definition() or Masks.recognises(name) or _DYNAMIC.fullmatch(name) is not None


def cross_errors(values: Mapping[str, Any], props: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Errors that need more than one key, by key."""
    errors: dict[str, list[str]] = {}
    for kind in ("table", "schema", "column", "message.prefix"):
        include, exclude = f"{kind}.include.list", f"{kind}.exclude.list"
        if values.get(include) and values.get(exclude):
            errors[exclude] = [f'"{exclude}" is given although "{include}" is: give one of them']
    strategy = STRATEGIES.get(str(values.get("topic.naming.strategy")), "")
    for name in ("topic.regex", "topic.replacement"):
        if strategy.endswith("regex") and name in values and not values[name]:
            errors[name] = [f"{name} is required by topic.naming.strategy={values['topic.naming.strategy']}"]
    for table in values.get("snapshot.select.statement.overrides") or ():
        if props.get(_OVERRIDE + table) is None:
            errors[_OVERRIDE + table] = [f"{_OVERRIDE}{table} is required: {table} is in snapshot.select.statement.overrides"]
    return errors
