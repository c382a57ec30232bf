"""The configurations of the MySQL and the MariaDB connector: Debezium's names, defaults and meanings.

Read one with ``from_props``. :class:`MariaDbConfig` is a :class:`MySqlConfig`; ``flavor`` tells whose server it is. A property of
Debezium's that is not honoured is in :mod:`connectors.mysql.unhonoured` with the reason; it is reported, never swallowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from connect.api.config import REQUIRED, KeyType, key
from connectors.mysql.structure import Flavor
from connectors.naming import STRATEGIES
from connectors.properties import (
    CONNECTOR,
    EVENTS,
    HIGH,
    LOW,
    SERVER,
    SNAPSHOT,
    RelationalConfig,
    below,
    choice,
    filled,
    flag,
    integer,
    known_strategy,
    patterns,
    secret,
    text,
)
from connectors.selection import Patterns

__all__ = ["HISTORY", "KAFKA_HISTORY", "MariaDbConfig", "MySqlConfig"]

HISTORY = "schema.history.internal."
"""What the names of the schema history's properties begin with."""
KAFKA_HISTORY = "io.debezium.storage.kafka.history.KafkaSchemaHistory"
"""The class of the history in a Kafka topic, the one there is here."""
_OLD_KAFKA_HISTORY = "io.debezium.relational.history.KafkaDatabaseHistory"
_GROUP = "History"
_SECURED = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_MARIADB_TLS = {"disable": "disabled", "trust": "required", "verify-ca": "verify_ca", "verify-full": "verify_identity"}
_MODES = ("always", "initial", "initial_only", "no_data", "when_needed", "recovery", "schema_only", "schema_only_recovery")


class MySqlConfig(RelationalConfig):
    """All properties that the connectors honour. ``history_producer`` and ``history_consumer`` are clients' settings."""

    flavor: ClassVar[Flavor] = Flavor.MYSQL
    server_group: ClassVar[str] = "MySQL"
    namespace: ClassVar[str] = "<database>"
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (
        *((f"{kind}.include.list", f"{kind}.exclude.list") for kind in ("table", "database", "column")),
        ("gtid.source.includes", "gtid.source.excludes"))
    synonyms: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "snapshot.mode": {"schema_only": "no_data", "schema_only_recovery": "recovery"},
        "event.processing.failure.handling.mode": {"ignore": "skip"},
        "schema.history.internal": {_OLD_KAFKA_HISTORY: KAFKA_HISTORY}}
    system_namespaces: ClassVar[frozenset[str]] = frozenset({"mysql", "performance_schema", "sys", "information_schema"})
    varying: ClassVar[re.Pattern[str]] = re.compile(
        r"snapshot\.select\.statement\.overrides\..+|schema\.history\.internal\.(producer|consumer)\..+")

    port: int = integer("database.port", 3306, "Port of the server.", SERVER, 1, 65535, importance=HIGH)
    user: str = key("database.user", group=SERVER, importance=HIGH, valid=(filled,),
                    doc="User to connect as; needs SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE and REPLICATION CLIENT.")
    server_id: int = integer(
        "database.server.id", REQUIRED, "Number of this reader among the server's replicas: no server and no other reader may "
        "have it.", SERVER, 1, 2**32 - 1, KeyType.LONG, HIGH)
    ssl_mode: str = choice(
        "database.ssl.mode", "preferred", _SECURED, "Whether the connection is encrypted: never (disabled), if the server can "
        "(preferred), always (required), and the server's certificate (verify_ca) and name (verify_identity) checked.", SERVER)
    ssl_keystore: str | None = text("database.ssl.keystore", None, "PEM or PKCS12 file with the client's private key and "
                                    "certificate.", SERVER)
    ssl_keystore_password: str | None = secret("database.ssl.keystore.password", "Password of the key store.")
    ssl_truststore: str | None = text("database.ssl.truststore", None, "PEM or PKCS12 file with the authorities that are "
                                      "trusted.", SERVER)
    ssl_truststore_password: str | None = secret("database.ssl.truststore.password", "Password of the trust store.")
    connect_timeout_ms: int = integer("connect.timeout.ms", 30000, "Longest wait for a connection.", SERVER, 1)
    keep_alive: bool = flag("connect.keep.alive", True, "Whether the server is asked for heartbeats, and a silent connection is "
                            "given up and opened anew.", SERVER)
    keep_alive_interval_ms: int = integer(
        "connect.keep.alive.interval.ms", 60000, "How long the log may be silent: the server's heartbeat comes after 0.8 of it.",
        SERVER, 1, kind=KeyType.LONG)
    gtid_source_includes: list[str] | None = patterns(
        "gtid.source.includes", "Sources (server UUIDs) whose GTIDs count when the place in the log is found.", SERVER)
    gtid_source_excludes: list[str] | None = patterns(
        "gtid.source.excludes", "Sources whose GTIDs do not count.", SERVER)
    gtid_source_filter_dml_events: bool = flag(
        "gtid.source.filter.dml.events", True, "Leave out changes that come from a source that does not count.", SERVER)

    database_include: list[str] | None = patterns("database.include.list", "Databases to capture.", importance=HIGH)
    database_exclude: list[str] | None = patterns("database.exclude.list", "Databases not to capture.")
    inconsistent_schema_handling_mode: str = choice(
        "inconsistent.schema.handling.mode", "fail", ("fail", "warn", "skip"),
        "A change of a table whose structure is not known or does not fit fails the task (fail), or is left out with (warn) or "
        "without (skip) a warning.", CONNECTOR)
    processing_failure_mode: str = choice(
        "event.processing.failure.handling.mode", "fail", ("fail", "warn", "skip", "ignore"),
        "An event that cannot be read fails the task (fail), or is left out with (warn) or without (skip) a warning.", CONNECTOR)

    topic_naming_strategy: str = key(
        "topic.naming.strategy", "io.debezium.schema.DefaultTopicNamingStrategy", type=KeyType.CLASS, group=EVENTS,
        importance=LOW, recommended=tuple(STRATEGIES), valid=(known_strategy,), doc="How topics are named.")
    include_query: bool = flag(
        "include.query", False, "Tell the statement in source.query (needs binlog_rows_query_log_events, MariaDB "
        "binlog_annotate_row_events).", EVENTS)
    include_schema_changes: bool = flag(
        "include.schema.changes", True, "Emit each change of structure to the topic named like the prefix.", EVENTS)
    bigint_unsigned_handling_mode: str = choice(
        "bigint.unsigned.handling.mode", "long", ("long", "precise"),
        "How BIGINT UNSIGNED appears: int64, where numbers from 2^63 on are negative, or an exact decimal.", EVENTS)
    time_adjuster: bool = flag(
        "enable.time.adjuster", True, "Years of two digits mean 1970 to 2069.", EVENTS, LOW)

    snapshot_mode: str = choice(
        "snapshot.mode", "initial", _MODES, "When the tables' rows are read. schema_only is the old word for no_data, "
        "schema_only_recovery for recovery.", SNAPSHOT, HIGH)
    snapshot_locking_mode: str = choice(
        "snapshot.locking.mode", "minimal", ("minimal", "extended", "none"),
        "How long writes are locked out by FLUSH TABLES WITH READ LOCK: while the position is taken and the structures are read "
        "(minimal), until all rows are read (extended), not at all (none).", SNAPSHOT)
    snapshot_tables_order: str = choice(
        "snapshot.tables.order.by.row.count", "disabled", ("disabled", "ascending", "descending"),
        "Read the tables in the order of their rows, as the server estimates them.", SNAPSHOT, LOW)

    history_class: str = key(
        HISTORY[:-1], KAFKA_HISTORY, type=KeyType.CLASS, group=_GROUP, importance=LOW,
        doc="Where the schema history is kept. It is needed only when the server's binlog_row_metadata is not FULL, and then in "
            "Kafka.")
    history_topic: str | None = text(HISTORY + "kafka.topic", None, "Topic of the schema history, one for each connector; made "
                                     "when it is not there.", _GROUP, importance=HIGH)
    history_bootstrap: str | None = text(HISTORY + "kafka.bootstrap.servers", None, "Brokers of the history's Kafka.", _GROUP,
                                         importance=HIGH)
    history_recovery_poll_ms: int = integer(HISTORY + "kafka.recovery.poll.interval.ms", 100, "Longest wait for one read of the "
                                            "history.", _GROUP, 1, importance=LOW)
    history_recovery_attempts: int = integer(HISTORY + "kafka.recovery.attempts", 100, "How many reads without a record are made "
                                             "before the history is given up.", _GROUP, 1, importance=LOW)
    history_query_timeout_ms: int = integer(HISTORY + "kafka.query.timeout.ms", 3000, "Longest wait for an answer about the "
                                            "topic.", _GROUP, 1, importance=LOW)
    history_create_timeout_ms: int = integer(HISTORY + "kafka.create.timeout.ms", 30000, "Longest wait for the topic to be made.",
                                             _GROUP, 1, importance=LOW)
    history_skip_unparseable: bool = flag(
        HISTORY + "skip.unparseable.ddl", False, "Go on after a statement that cannot be followed, with a warning, instead of "
        "failing.", _GROUP, LOW)
    history_store_only_captured_tables: bool = flag(
        HISTORY + "store.only.captured.tables.ddl", False, "Leave statements about tables that are not captured out of the "
        "history.", _GROUP, LOW)
    history_store_only_captured_databases: bool = flag(
        HISTORY + "store.only.captured.databases.ddl", False, "Leave statements about databases that are not captured out of the "
        "history.", _GROUP, LOW)

    history_producer: dict[str, str] = Field(default_factory=dict)
    history_consumer: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def varied(cls, props: Mapping[str, str | None]) -> dict[str, Any]:
        """See RelationalConfig: the settings of the history's clients."""
        return {"history_producer": below(props, HISTORY + "producer."), "history_consumer": below(props, HISTORY + "consumer.")}

    @property
    def namespaces(self) -> tuple[Patterns, Patterns]:
        """See RelationalConfig: the databases."""
        return Patterns.parse(self.database_include), Patterns.parse(self.database_exclude)

    @property
    def tls(self) -> str:
        """How the connection is secured, in MySQL's words: disabled, preferred, required, verify_ca or verify_identity."""
        return self.ssl_mode

    @property
    def counts(self) -> Callable[[str], bool]:
        """Whether the GTIDs of a source (MySQL: a server's UUID; MariaDB: ``<domain>-<server>``) count."""
        include, exclude = Patterns.parse(self.gtid_source_includes), Patterns.parse(self.gtid_source_excludes)
        if include:
            return include.match
        return lambda source: not exclude.match(source)


class MariaDbConfig(MySqlConfig):
    """The MariaDB connector's."""

    flavor: ClassVar[Flavor] = Flavor.MARIADB
    server_group: ClassVar[str] = "MariaDB"

    ssl_mode: str = choice(
        "database.ssl.mode", "disable", tuple(_MARIADB_TLS), "Whether the connection is encrypted: never (disable), always "
        "(trust), and the server's certificate (verify-ca) and name (verify-full) checked.", SERVER)
    gtid_source_includes: list[str] | None = patterns(
        "gtid.source.includes", "Sources (<domain>-<server id>) whose GTIDs count when the place in the log is found.", SERVER)

    @property
    def tls(self) -> str:
        """See MySqlConfig."""
        return _MARIADB_TLS[self.ssl_mode]
