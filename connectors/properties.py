"""Properties that every connector to a relational database has, and the makers of fields that their own are declared with.

:class:`RelationalConfig` holds what the databases share: names, defaults and meanings are Debezium's. A connector's model adds
its own keys, and declares a key again where default, choices or words differ (it keeps its place).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import Field

from connect.api.config import ConfigDef, ConfigModel, Importance, KeyType, Width, key
from connect.api.errors import ConfigError
from connectors.masks import Masks
from connectors.naming import STRATEGIES, TopicNames
from connectors.selection import KeyColumns, Patterns, Selection, java_pattern

__all__ = [
    "CONNECTOR", "EVENTS", "HIGH", "LOW", "SERVER", "SNAPSHOT", "RelationalConfig", "below", "choice", "filled", "flag",
    "integer", "known_strategy", "matches", "patterns", "secret", "text",
]

SERVER, CONNECTOR, EVENTS, SNAPSHOT = "Server", "Connector", "Events", "Snapshot"
"""Groups of keys; SERVER is shown under the connector's own word for it."""
HIGH, LOW = Importance.HIGH, Importance.LOW
_OVERRIDE = "snapshot.select.statement.overrides."


def matches(pattern: str, what: str) -> Any:
    """A validator: the text matches, or ``what`` is the reason."""
    def check(value: Any) -> None:
        if value is not None and not re.fullmatch(pattern, value):
            raise ValueError(what)
    return check


def filled(value: Any) -> None:
    """A validator: the text is not empty."""
    if not value:
        raise ValueError("A value is required")


def _between(low: int, high: int | None = None) -> Any:
    def check(value: Any) -> None:
        if value is not None and (value < low or (high is not None and value > high)):
            raise ValueError(f"Value must be at least {low}" if high is None else f"Value must be from {low} to {high}")
    return check


def _regexes(value: Any) -> None:
    Patterns.parse(value)


def _regex(value: Any) -> None:
    if value is not None:
        java_pattern(value)


def _key_columns(value: Any) -> None:
    KeyColumns.parse(value)


def known_strategy(value: Any) -> None:
    """A validator: it is one of Debezium's topic naming strategies."""
    if value not in STRATEGIES:
        raise ValueError("expected one of Debezium's classes: " + ", ".join(STRATEGIES))


def _operations(value: Any) -> None:
    if "none" in value and len(value) > 1:
        raise ValueError("'none' stands alone")


def patterns(name: str, doc: str, group: str = CONNECTOR, importance: Importance = Importance.MEDIUM) -> Any:
    """A field: a list of regular expressions, None when it is not given."""
    return key(name, None, type=KeyType.LIST, doc=doc, group=group, importance=importance, width=Width.LONG, valid=(_regexes,))


def choice(name: str, default: str, allowed: Sequence[str], doc: str, group: str = CONNECTOR,
           importance: Importance = Importance.MEDIUM) -> Any:
    """A field: one of these words, in any case."""
    return key(name, default, doc=doc, group=group, importance=importance, recommended=allowed, one_of=True)


def integer(name: str, default: Any, doc: str, group: str = CONNECTOR, low: int = 0, high: int | None = None,
            kind: KeyType = KeyType.INT, importance: Importance = Importance.MEDIUM) -> Any:
    """A field: a whole number within these bounds."""
    return key(name, default, type=kind, doc=doc, group=group, width=Width.SHORT, importance=importance,
               valid=(_between(low, high),))


def flag(name: str, default: bool, doc: str, group: str = CONNECTOR, importance: Importance = Importance.MEDIUM) -> Any:
    """A field: true or false."""
    return key(name, default, type=KeyType.BOOLEAN, doc=doc, group=group, width=Width.SHORT, importance=importance)


def text(name: str, default: Any, doc: str, group: str = CONNECTOR, valid: Sequence[Any] = (),
         importance: Importance = Importance.MEDIUM) -> Any:
    """A field: a text."""
    return key(name, default, doc=doc, group=group, valid=valid, importance=importance)


def secret(name: str, doc: str, group: str = SERVER, importance: Importance = Importance.MEDIUM) -> Any:
    """A field: a password, None when it is not given; never shown."""
    return key(name, None, type=KeyType.PASSWORD, doc=doc, group=group, importance=importance)


@cache
def _arranged(model: type[RelationalConfig]) -> ConfigDef:
    """The model's keys by group, the server's group and the namespace in the connector's own words."""
    keys = [replace(k, group=model.server_group if k.group == SERVER else k.group,
                    doc=k.doc.replace("<namespace>", model.namespace)) for k in super(RelationalConfig, model).definition()]
    groups = list(dict.fromkeys([model.server_group, CONNECTOR, EVENTS, SNAPSHOT, *(k.group for k in keys)]))
    counts = dict.fromkeys(groups, -1)
    made = []
    for k in sorted(keys, key=lambda k: groups.index(k.group)):
        counts[k.group] += 1
        made.append(replace(k, order=counts[k.group]))
    return ConfigDef(tuple(made))


class RelationalConfig(ConfigModel):
    """What the configurations of all databases have. ``masks`` and ``overrides`` come from the properties whose names vary."""

    server_group: ClassVar[str] = SERVER
    """The group under which the keys of the server are shown."""
    namespace: ClassVar[str] = "<schema>"
    """What stands before a table's name."""
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (
        ("table.include.list", "table.exclude.list"), ("column.include.list", "column.exclude.list"))
    """Pairs of lists of which only one may be given."""
    synonyms: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Older words for a key's values, and the ones they stand for."""
    system_namespaces: ClassVar[frozenset[str]] = frozenset()
    """Whose tables are the server's own."""
    varying: ClassVar[re.Pattern[str]] = re.compile(re.escape(_OVERRIDE) + ".+")
    """Names of properties that vary, masks apart."""

    topic_prefix: str = key(
        "topic.prefix", doc="Logical name of the server: prefix of every topic. Changing it makes another connector.",
        group=SERVER, importance=HIGH,
        valid=(filled, matches(r"[A-Za-z0-9._\-]+", "only letters, digits, '.', '_' and '-' are allowed")))
    hostname: str = key("database.hostname", doc="Host name or address of the server.", group=SERVER, importance=HIGH,
                        valid=(filled,))
    port: int = integer("database.port", 0, "Port of the server.", SERVER, 1, 65535, importance=HIGH)
    user: str = key("database.user", doc="User to connect as.", group=SERVER, importance=HIGH, valid=(filled,))
    password: str | None = secret("database.password", "The user's password.", SERVER, HIGH)
    query_timeout_ms: int = integer("database.query.timeout.ms", 600000, "Longest run of one statement; 0 is no limit.", SERVER)
    initial_statements: str | None = text(
        "database.initial.statements", None, "Statements, separated by ';', run on each ordinary connection; ';;' is one ';'.",
        SERVER, importance=LOW)

    errors_max_retries: int = integer("errors.max.retries", -1, "How often a passing fault is tried again; -1 is without limit.",
                                      low=-1)
    table_include: list[str] | None = patterns("table.include.list", "Tables to capture, as <namespace>.<table>.",
                                                importance=HIGH)
    table_exclude: list[str] | None = patterns("table.exclude.list", "Tables not to capture, as <namespace>.<table>.")
    table_ignore_builtin: bool = flag("table.ignore.builtin", True, "Leave out the system's tables.", importance=LOW)
    column_include: list[str] | None = patterns("column.include.list", "Columns in events, as <namespace>.<table>.<column>.")
    column_exclude: list[str] | None = patterns("column.exclude.list", "Columns left out, as <namespace>.<table>.<column>.")
    message_key_columns: str | None = text(
        "message.key.columns", None, "Keys in place of the primary key: <table>:<column>,…;<table>:…", valid=(_key_columns,))
    max_batch_size: int = integer("max.batch.size", 2048, "Most changes in one batch.", low=1)
    poll_interval_ms: int = integer("poll.interval.ms", 500, "Longest wait for a change in one turn.", kind=KeyType.LONG, low=1)
    heartbeat_interval_ms: int = integer("heartbeat.interval.ms", 0, "How often a heartbeat record is sent; 0 is never.",
                                         kind=KeyType.LONG)
    heartbeat_action_query: str | None = text("heartbeat.action.query", None, "Statement run at each heartbeat.")

    skipped_operations: list[str] = key(
        "skipped.operations", ["t"], type=KeyType.LIST, group=EVENTS, recommended=("c", "u", "d", "t", "none"), one_of=True,
        valid=(_operations,), doc="Operations that give no event: c(reate), u(pdate), d(elete), t(runcate), or none.")
    skip_messages_without_change: bool = flag(
        "skip.messages.without.change", False, "Drop updates that changed no captured column.", EVENTS)
    tombstones_on_delete: bool = flag("tombstones.on.delete", True, "Follow each delete by a null value with the same key.",
                                      EVENTS)
    provide_transaction_metadata: bool = flag(
        "provide.transaction.metadata", False, "Emit BEGIN and END records, and each event's place in its transaction.", EVENTS)
    extended_headers: bool = flag("extended.headers.enabled", True, "Add the __debezium.context headers.", EVENTS, LOW)
    include_schema_comments: bool = flag("include.schema.comments", False, "Column comments become docs of fields.", EVENTS)
    decimal_handling_mode: str = choice("decimal.handling.mode", "precise", ("precise", "double", "string"),
                                        "How exact decimals appear.", EVENTS)
    binary_handling_mode: str = choice("binary.handling.mode", "bytes", ("bytes", "base64", "base64-url-safe", "hex"),
                                       "How binary columns appear.", EVENTS)
    time_precision_mode: str = choice(
        "time.precision.mode", "adaptive_time_microseconds",
        ("adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds"),
        "Which schemas dates and times get.", EVENTS)
    unavailable_value_placeholder: str = text(
        "unavailable.value.placeholder", "__debezium_unavailable_value",
        "Stands for a large value that was not changed and is not in the log; 'hex:' gives its bytes.", EVENTS)
    converting_failure_mode: str = choice(
        "event.converting.failure.handling.mode", "fail", ("fail", "warn", "skip"),
        "A value that cannot be converted fails the task (fail), or becomes null with (warn) or without (skip) a warning.",
        EVENTS)
    column_propagate_source_type: list[str] | None = patterns(
        "column.propagate.source.type", "Columns whose type, length and scale are told in the schema's parameters.", EVENTS)
    datatype_propagate_source_type: list[str] | None = patterns(
        "datatype.propagate.source.type", "Types, as <namespace>.<table>.<type>, whose columns tell it likewise.", EVENTS)
    schema_name_adjustment: str = choice("schema.name.adjustment.mode", "none", ("none", "avro", "avro_unicode"),
                                         "How schema names are made legal in Avro.", EVENTS)
    field_name_adjustment: str = choice("field.name.adjustment.mode", "none", ("none", "avro", "avro_unicode"),
                                        "How field names are made legal in Avro.", EVENTS)
    topic_naming_strategy: str = key(
        "topic.naming.strategy", "io.debezium.schema.SchemaTopicNamingStrategy", type=KeyType.CLASS, group=EVENTS,
        importance=LOW, recommended=tuple(STRATEGIES), valid=(known_strategy,), doc="How topics are named.")
    topic_delimiter: str = text("topic.delimiter", ".", "Between the parts of a topic's name.", EVENTS,
                                (matches(r"[A-Za-z0-9._\-]+", "only letters, digits, '.', '_' and '-' are allowed"),), LOW)
    topic_heartbeat_prefix: str = text("topic.heartbeat.prefix", "__debezium-heartbeat", "Prefix of the heartbeats' topic.",
                                       EVENTS, importance=LOW)
    topic_heartbeat_name: str | None = text("topic.heartbeat.name", None, "The heartbeats' topic.", EVENTS, importance=LOW)
    topic_transaction: str = text("topic.transaction", "transaction", "Last part of the transactions' topic.", EVENTS,
                                  importance=LOW)
    topic_regex: str | None = text("topic.regex", None, "With a regex naming strategy: what topics are renamed.", EVENTS,
                                   (_regex,), LOW)
    topic_replacement: str | None = text("topic.replacement", None, "The name they get; $1 is the first group.", EVENTS,
                                         importance=LOW)

    snapshot_mode: str = choice("snapshot.mode", "initial", ("always", "initial", "initial_only", "no_data", "when_needed"),
                                "When the tables' rows are read.", SNAPSHOT, HIGH)
    snapshot_locking_mode: str = choice("snapshot.locking.mode", "none", ("none",), "Which locks are taken meanwhile.", SNAPSHOT,
                                        LOW)
    snapshot_lock_timeout_ms: int = integer("snapshot.lock.timeout.ms", 10000, "Longest wait for these locks.", SNAPSHOT,
                                            kind=KeyType.LONG, importance=LOW)
    snapshot_include: list[str] | None = patterns("snapshot.include.collection.list", "Those of the captured tables to read.",
                                                  SNAPSHOT)
    snapshot_select_overrides: list[str] | None = key(
        "snapshot.select.statement.overrides", None, type=KeyType.LIST, group=SNAPSHOT,
        doc="Tables read by a SELECT of their own, given by snapshot.select.statement.overrides.<namespace>.<table>.")
    snapshot_delay_ms: int = integer("snapshot.delay.ms", 0, "Wait before the snapshot.", SNAPSHOT, kind=KeyType.LONG,
                                     importance=LOW)
    streaming_delay_ms: int = integer("streaming.delay.ms", 0, "Wait between snapshot and stream.", SNAPSHOT, kind=KeyType.LONG,
                                      importance=LOW)
    snapshot_fetch_size: int = integer("snapshot.fetch.size", 10240, "Rows in one batch of a snapshot.", SNAPSHOT, 1,
                                       importance=LOW)

    masks: Masks = Field(default_factory=Masks)
    overrides: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def definition(cls) -> ConfigDef:
        """The keys, those of the server first; ``order`` counts within a group, from 0."""
        return _arranged(cls)

    @classmethod
    def from_props(cls, props: Mapping[str, str | None]) -> Self:
        """The typed configuration. Raises ConfigError with every message of every wrong key."""
        parsed = cls.definition().parse(props)
        masks, errors = Masks.read(props)
        errors = {**{k: list(v) for k, v in parsed.errors.items()}, **errors}
        for name, messages in cls.cross_errors(parsed.values, props).items():
            errors.setdefault(name, []).extend(messages)
        if errors:
            raise ConfigError(errors)
        values = {k: cls.synonyms.get(k, {}).get(v, v) if isinstance(v, str) else v for k, v in parsed.values.items()}
        return cls.model_validate({**values, "masks": masks, "overrides": below(props, _OVERRIDE), **cls.varied(props)})

    @classmethod
    def varied(cls, props: Mapping[str, str | None]) -> dict[str, Any]:
        """Fields of the connector's own that are read from properties whose names vary."""
        return {}

    @classmethod
    def recognises(cls, name: str) -> bool:
        """Whether the connector knows a property of that name: one of the model, or one whose name varies."""
        return name in cls.definition() or Masks.recognises(name) or cls.varying.fullmatch(name) is not None

    @classmethod
    def cross_errors(cls, values: Mapping[str, Any], props: Mapping[str, str | None]) -> dict[str, list[str]]:
        """Errors that need more than one key, by key."""
        errors: dict[str, list[str]] = {}
        for include, exclude in cls.exclusive:
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

    @property
    def namespaces(self) -> tuple[Patterns, Patterns]:
        """Which namespaces (schemas, databases) are captured, and which not."""
        return Patterns(), Patterns()

    @property
    def selection(self) -> Selection:
        """Which tables and columns are captured."""
        include, exclude = self.namespaces
        return Selection(
            Patterns.parse(self.table_include), Patterns.parse(self.table_exclude), include, exclude,
            Patterns.parse(self.column_include), Patterns.parse(self.column_exclude),
            self.system_namespaces if self.table_ignore_builtin else frozenset())

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


def below(props: Mapping[str, str | None], prefix: str) -> dict[str, str]:
    """The given properties that begin with the prefix, without it."""
    return {k[len(prefix):]: v for k, v in props.items() if k.startswith(prefix) and v is not None}
