"""The PostgreSQL connector's configuration: Debezium's names, defaults and meanings.

Read one with :meth:`PostgresConfig.from_props`. A property of Debezium's that is not honoured is in
:data:`NOT_HONOURED` with the reason; it is reported, never swallowed.
"""

from __future__ import annotations

from typing import ClassVar

from connect.api.config import KeyType, key
from connectors.postgres.unhonoured import NOT_HONOURED
from connectors.properties import (
    EVENTS,
    HIGH,
    LOW,
    SERVER,
    SNAPSHOT,
    RelationalConfig,
    choice,
    filled,
    flag,
    integer,
    matches,
    patterns,
    secret,
    text,
)
from connectors.selection import Patterns

__all__ = ["NOT_HONOURED", "PostgresConfig"]


class PostgresConfig(RelationalConfig):
    """All properties that the connector honours."""

    server_group: ClassVar[str] = "Postgres"
    namespace: ClassVar[str] = "<schema>"
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = tuple(
        (f"{kind}.include.list", f"{kind}.exclude.list") for kind in ("table", "schema", "column", "message.prefix"))
    system_namespaces: ClassVar[frozenset[str]] = frozenset({"pg_catalog", "information_schema", "pg_toast"})

    port: int = integer("database.port", 5432, "Port of the server.", SERVER, 1, 65535, importance=HIGH)
    user: str = key("database.user", doc="Role to connect as; needs REPLICATION and SELECT.", group=SERVER, importance=HIGH,
                    valid=(filled,))
    password: str | None = secret("database.password", "The role's password.", SERVER, HIGH)
    dbname: str = key("database.dbname", doc="The database whose changes are captured.", group=SERVER, importance=HIGH,
                      valid=(filled,))
    sslmode: str = choice("database.sslmode", "prefer", ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
                          "Whether the connection is encrypted and the server's certificate checked, as in libpq.", SERVER)
    sslcert: str | None = text("database.sslcert", None, "File with the client's certificate.", SERVER)
    sslkey: str | None = text("database.sslkey", None, "File with the client's private key.", SERVER)
    sslpassword: str | None = secret("database.sslpassword", "Password of the private key.")
    sslrootcert: str | None = text("database.sslrootcert", None, "File with the authorities that are trusted.", SERVER)
    tcp_keepalive: bool = flag("database.tcpKeepAlive", True, "Whether TCP keep-alive probes are sent.", SERVER, LOW)

    plugin_name: str = choice("plugin.name", "pgoutput", ("pgoutput",),
                               "Output plug-in of the slot. Only pgoutput, which every server since 10 has.", SERVER)
    slot_name: str = text("slot.name", "debezium", "Replication slot, made when it is not there.", SERVER,
                           (matches(r"[a-z0-9_]{1,63}", "a slot's name has 1 to 63 of: a-z, 0-9, _"),), HIGH)
    slot_drop_on_stop: bool = flag("slot.drop.on.stop", False,
                                    "Drop the slot on a clean stop. For tests: changes made meanwhile are lost.", SERVER)
    slot_failover: bool = flag("slot.failover", False, "Make the slot a failover slot (PostgreSQL 17 and newer).", SERVER)
    slot_max_retries: int = integer("slot.max.retries", 6, "How often a slot that is in use is tried again.", SERVER,
                                 importance=LOW)
    slot_retry_delay_ms: int = integer("slot.retry.delay.ms", 10000, "Wait between these tries.", SERVER,
                                    kind=KeyType.LONG, importance=LOW)
    offset_mismatch_strategy: str = choice(
        "offset.mismatch.strategy", "no_validation", ("no_validation", "trust_offset", "trust_slot", "trust_greater_lsn"),
        "What to do when the stored offset and the slot disagree. A slot that is past the offset is an error in every mode but "
        "trust_slot and trust_greater_lsn, which accept the gap.", SERVER)
    publication_name: str = text("publication.name", "dbz_publication", "Publication that is streamed.", SERVER, (filled,))
    publication_autocreate_mode: str = choice(
        "publication.autocreate.mode", "all_tables", ("all_tables", "disabled", "filtered", "no_tables"),
        "How a publication that is not there is made: for all tables, not at all, for the captured tables, or empty.", SERVER)
    publish_via_partition_root: bool = flag(
        "publish.via.partition.root", False, "Changes of partitions appear as changes of the partitioned table.", SERVER)
    replica_identity_autoset: str | None = text(
        "replica.identity.autoset.values", None,
        "Replica identities set at the start: <table regex>:FULL|DEFAULT|NOTHING|INDEX <name>, separated by commas.", SERVER)
    status_update_interval_ms: int = integer("status.update.interval.ms", 10000, "How often the server is told the position.",
                                          SERVER, 1)
    lsn_flush_mode: str = choice("lsn.flush.mode", "connector", ("connector", "manual", "connector_and_driver"),
                                  "Who confirms the position to the slot: the connector, or nobody (manual).", SERVER)
    schema_include: list[str] | None = patterns("schema.include.list", "Schemas to capture.")
    schema_exclude: list[str] | None = patterns("schema.exclude.list", "Schemas not to capture.")
    message_prefix_include: list[str] | None = patterns("message.prefix.include.list", "Prefixes of logical messages to emit.")
    message_prefix_exclude: list[str] | None = patterns("message.prefix.exclude.list", "Prefixes of logical messages left out.")

    skip_messages_without_change: bool = flag(
        "skip.messages.without.change", False, "Drop updates that changed no captured column (needs REPLICA IDENTITY FULL).",
        EVENTS)
    decimal_handling_mode: str = choice("decimal.handling.mode", "precise", ("precise", "double", "string"),
                                        "How numeric and money appear.", EVENTS)
    money_fraction_digits: int = integer("money.fraction.digits", 2, "Decimal places of money.", EVENTS, 0, 18)
    binary_handling_mode: str = choice("binary.handling.mode", "bytes", ("bytes", "base64", "base64-url-safe", "hex"),
                                       "How bytea appears.", EVENTS)
    time_precision_mode: str = choice(
        "time.precision.mode", "adaptive",
        ("adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds"),
        "Which schemas date, time and timestamp get.", EVENTS)
    hstore_handling_mode: str = choice("hstore.handling.mode", "json", ("json", "map"), "How hstore appears.", EVENTS)
    interval_handling_mode: str = choice("interval.handling.mode", "numeric", ("numeric", "string"),
                                         "How interval appears: microseconds, or ISO text.", EVENTS)
    include_unknown_datatypes: bool = flag(
        "include.unknown.datatypes", False, "Columns of other types appear as opaque bytes instead of being left out.", EVENTS)

    snapshot_locking_mode: str = choice("snapshot.locking.mode", "none", ("none", "shared"),
                                        "Whether captured tables are locked (ACCESS SHARE) meanwhile.", SNAPSHOT, LOW)

    @property
    def namespaces(self) -> tuple[Patterns, Patterns]:
        """See RelationalConfig: the schemas."""
        return Patterns.parse(self.schema_include), Patterns.parse(self.schema_exclude)
