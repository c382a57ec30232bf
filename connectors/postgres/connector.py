"""The PostgreSQL connector: validates its configuration, plans its one task, judges changed offsets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from connect.api.config import ConfigDef
from connect.api.errors import ConfigError, ConnectError
from connect.api.records import Offset, Partition
from connect.api.source import ExactlyOnceSupport, SourceTask
from connectors.facts import version as installed_version
from connectors.postgres.config import NOT_HONOURED, PostgresConfig
from connectors.postgres.failures import ConnectionLost, DatabaseError
from connectors.postgres.identities import parse_identity_rules
from connectors.postgres.offsets import PgOffset, partition_of
from connectors.postgres.opening import address_of
from connectors.postgres.session import Session
from connectors.postgres.task import PostgresTask
from connectors.postgres.texts import quote_name

__all__ = ["PostgresConnector"]

_CONNECT_SECONDS: Final = 10.0
_HOST, _USER = "database.hostname", "database.user"


class PostgresConnector:
    """A :class:`connect.api.source.SourceConnector` that :class:`connect.api.source.NamesProperties`."""

    version: str = installed_version()
    task_class: type[SourceTask] = PostgresTask
    not_honoured: Mapping[str, str] = NOT_HONOURED

    def config(self) -> ConfigDef:
        """See SourceConnector."""
        return PostgresConfig.definition()

    def recognises(self, name: str) -> bool:
        """See NamesProperties."""
        return PostgresConfig.recognises(name)

    def validate(self, props: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        """See SourceConnector. Connects to the database; what is wrong there is told at database.hostname, as Debezium
        does."""
        try:
            config = PostgresConfig.from_props(props)
        except ConfigError as e:
            return e.errors
        try:
            parse_identity_rules(config.replica_identity_autoset)
        except ValueError as e:
            return {"replica.identity.autoset.values": [str(e)]}
        return _check_database(config)

    def task_configs(self, props: Mapping[str, str], max_tasks: int) -> list[dict[str, str]]:
        """See SourceConnector. One reader per slot, so one task."""
        if max_tasks < 1:
            raise ConnectError("tasks.max must be at least 1")
        return [dict(props)]

    def alter_offsets(self, props: Mapping[str, str], offsets: Sequence[tuple[Partition, Offset | None]]) -> bool:
        """See SourceConnector. A reset is accepted for every partition, so that strays can be removed."""
        expected = partition_of(props.get("topic.prefix", ""))
        for partition, offset in offsets:
            if offset is None:
                continue
            if dict(partition) != expected:
                raise ConnectError(
                    f"source partition {dict(partition)} is none of this connector's; expected {expected} (topic.prefix)")
            lsn = offset.get("lsn")
            if isinstance(lsn, bool) or not isinstance(lsn, int):
                raise ConnectError(
                    f"offset key 'lsn' is {lsn!r}; expected a log position as a whole number, like 24023128 for 0/16E9058")
            PgOffset.read(offset)
        return True

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        """See SourceConnector. Offsets name the transaction and the place in it, so nothing comes twice."""
        return ExactlyOnceSupport.SUPPORTED


def _check_database(config: PostgresConfig) -> Mapping[str, Sequence[str]]:
    address = replace(address_of(config), connect_timeout=_CONNECT_SECONDS)
    try:
        session = Session.open(address, "headgate validation")
    except (DatabaseError, ConnectionLost) as e:
        return {_HOST: [f"Error while validating connector config: {_own_words(e)}"]}
    try:
        return _check_server(session, config)
    except (DatabaseError, ConnectionLost) as e:
        return {_HOST: [f"Error while validating connector config: {e}"]}
    finally:
        session.close()


def _own_words(error: DatabaseError | ConnectionLost) -> str:
    """What the server or libpq said, without the part that only repeats where; with the cure where the words need one."""
    said = re.sub(r'^connection to server at .*? failed: (?=FATAL)', "", error.said or str(error))
    if error.sqlstate == "28P01" and said.startswith("FATAL"):
        return said
    if not said.startswith(("FATAL", "connection to server at")):
        return str(error)  # it names the server, and ends with the cure
    cure = str(error).partition(". To do: ")[2]
    return said + (f". To do: {cure}" if cure else "")


def _check_server(session: Session, config: PostgresConfig) -> Mapping[str, Sequence[str]]:
    errors: dict[str, list[str]] = {}
    if session.server_version < 140000:
        errors[_HOST] = [
            f"PostgreSQL {session.server_version // 10000} is too old: 14 or newer is needed"]
        return errors
    if config.snapshot_mode == "initial_only":
        return errors
    level = session.value("SHOW wal_level", doing="reading wal_level")
    if level != "logical":
        errors.setdefault(_HOST, []).append(
            f"Postgres server wal_level property must be 'logical' but is: '{level}'. To do: set it in postgresql.conf and "
            "restart the server")
    may = session.value(
        "SELECT rolreplication OR rolsuper OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname IN "
        "('rds_replication', 'rds_superuser', 'azure_pg_admin', 'cloudsqlsuperuser') AND pg_has_role(r.oid, g.oid, 'MEMBER')) "
        "FROM pg_roles r WHERE r.rolname = current_user",
        doing="checking the right to replicate")
    if may != "t":
        errors.setdefault(_USER, []).append(
            f"role {config.user} has no right to replicate. To do: ALTER ROLE {quote_name(config.user)} REPLICATION")
    return errors
