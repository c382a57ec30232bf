"""What a look at the server says of a configuration, before the connector is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from connect.api.errors import ConnectError
from connectors.mysql.address import tls_context
from connectors.mysql.config import HISTORY, KAFKA_HISTORY, MySqlConfig
from connectors.mysql.failures import ConnectionLost, DatabaseError
from connectors.mysql.opening import address_of
from connectors.mysql.requirements import Wish, problems
from connectors.mysql.server import ServerFacts, inspect
from connectors.mysql.session import Session

__all__ = ["check_server"]

_CONNECT_SECONDS: Final = 10.0
_HOST: Final = "database.hostname"
_MODE: Final = "database.ssl.mode"


def check_server(config: MySqlConfig) -> Mapping[str, Sequence[str]]:
    """Errors by key. Connects, with a limit of ten seconds; a server out of reach is told at database.hostname, as Debezium
    does."""
    address = address_of(config)
    address = replace(address, connect_timeout=min(_CONNECT_SECONDS, address.connect_timeout))
    try:
        tls_context(address.tls)
    except ConnectError as e:
        named = str(e).partition(":")[0]
        return {named if named in config.definition() else _MODE: [str(e)]}
    try:
        session = Session.open(address, "headgate validation", statement_timeout=_CONNECT_SECONDS)
        try:
            facts = inspect(session)
        finally:
            session.close()
    except (DatabaseError, ConnectionLost) as e:
        return {_HOST: [f"Error while validating connector config: {e}"]}
    return judge(config, facts)


def judge(config: MySqlConfig, facts: ServerFacts) -> dict[str, list[str]]:
    """What such a server says of the configuration, by key. Pure. Who else reads with the same database.server.id is looked for
    when a task starts: by then a reader that is about to end is gone."""
    errors: dict[str, list[str]] = {}
    wish = Wish(config.flavor, config.server_id, stream=config.snapshot_mode != "initial_only",
                history=bool(config.history_topic and config.history_bootstrap))
    for problem in problems(replace(facts, replicas=None), wish):
        errors.setdefault(problem.key, []).append(str(problem))
    needed = wish.stream and facts.flavor is config.flavor and not facts.full_metadata
    if needed and config.history_class != KAFKA_HISTORY:
        errors.setdefault(HISTORY[:-1], []).append(
            f"{config.history_class} is not there: a schema history is kept in Kafka. To do: set {HISTORY[:-1]}={KAFKA_HISTORY}, "
            "or binlog_row_metadata=FULL on the server, which needs none")
    return errors
