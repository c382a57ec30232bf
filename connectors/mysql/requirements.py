"""What a server must be like for its log to be read: every setting with the value seen and what to do. Pure.

Settings are the global ones; a session may write its part of the log differently, which is noticed when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass

from connect.api.errors import ConnectError
from connectors.mysql.server import ServerFacts
from connectors.mysql.structure import Flavor

__all__ = ["Problem", "Wish", "check", "notes", "problems"]

_IMAGES = ("FULL", "NOBLOB")
_OLDEST = {Flavor.MYSQL: (8, 0), Flavor.MARIADB: (10, 6)}
_CONNECTORS = {
    Flavor.MYSQL: "io.debezium.connector.mysql.MySqlConnector",
    Flavor.MARIADB: "io.debezium.connector.mariadb.MariaDbConnector",
}
_ID = "database.server.id"
_ANEW = "(and in the server's configuration), and let clients connect anew: sessions keep the old value"


class Problem(str):
    """What stands in the way, with its cure; ``key`` is the property at which validation tells it."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, text: str, key: str = "database.hostname") -> Problem:
        """A text that knows its property."""
        made = super().__new__(cls, text)
        made.key = key
        return made


@dataclass(frozen=True, slots=True)
class Wish:
    """What a connector is about to do. ``replica`` is its UUID (stream.replica_uuid), ``host`` its name as a replica; ``history``
    whether a schema history topic is configured."""

    flavor: Flavor
    server_id: int
    replica: str = ""
    host: str = "headgate"
    stream: bool = True
    history: bool = False


def problems(facts: ServerFacts, wish: Wish) -> list[Problem]:
    """Everything that stands in the way, each with its cure."""
    found: list[Problem] = []
    if facts.flavor is not wish.flavor:
        return [Problem(
            f"this is a {facts.flavor} server (version {facts.version_text}), the connector is for {wish.flavor}. To do: set "
            f"connector.class={_CONNECTORS[facts.flavor]}, or correct database.hostname and database.port")]
    if not facts.log_bin:
        found.append(Problem("log_bin is OFF: the server writes no binary log. To do: start it with log_bin" + (
            " (MySQL writes one unless it is told disable_log_bin or skip_log_bin)" if facts.flavor is Flavor.MYSQL else
            " (and log_slave_updates on a replica)")))
    if facts.log_bin and facts.files is None:
        found.append(_right(facts, "REPLICATION CLIENT", "read the position in the log"))
    if not wish.stream:
        return found
    if not facts.may("REPLICATION SLAVE", "REPLICATION REPLICA"):
        found.append(_right(facts, "REPLICATION SLAVE", "read the log"))
    if facts.binlog_format != "ROW":
        found.append(Problem(f"binlog_format is {facts.binlog_format}: rows are logged with ROW only. To do: "
                             f"SET GLOBAL binlog_format=ROW {_ANEW}"))
    if facts.row_image not in _IMAGES:
        found.append(Problem(f"binlog_row_image is {facts.row_image}: changes would lack columns. To do: "
                             f"SET GLOBAL binlog_row_image=FULL {_ANEW}"))
    if not facts.full_metadata and not wish.history:
        found.append(Problem(
            f"binlog_row_metadata is {facts.row_metadata or 'not there'}: changes carry no names of columns. To do: SET GLOBAL "
            "binlog_row_metadata=FULL (and in the server's configuration); or, if the server cannot, set "
            "schema.history.internal.kafka.topic and schema.history.internal.kafka.bootstrap.servers",
            "schema.history.internal.kafka.topic"))
    found += _identity(facts, wish)
    return found


def _right(facts: ServerFacts, right: str, what: str) -> Problem:
    name = "BINLOG MONITOR" if right == "REPLICATION CLIENT" and facts.flavor is Flavor.MARIADB else right
    return Problem(f"the user may not {what}: it lacks {name}. To do: GRANT {name} ON *.* TO the user", "database.user")


def _identity(facts: ServerFacts, wish: Wish) -> list[Problem]:
    if wish.server_id == facts.server_id:
        return [Problem(f"database.server.id={wish.server_id} is the server's own server_id. To do: set a number that no server "
                        "and no other reader of it has", _ID)]
    for other in facts.replicas or ():
        same = other.uuid == wish.replica if other.uuid and wish.replica else other.host == wish.host
        if other.server_id == wish.server_id and not same:
            who = f"replica {other.host or '(no name)'}" + (f" with UUID {other.uuid}" if other.uuid else "")
            return [Problem(f"database.server.id={wish.server_id} is in use: {who} reads from this server with it. To do: set a "
                            "number that no server and no other reader of it has (SHOW REPLICAS lists them)", _ID)]
    return []


def notes(facts: ServerFacts) -> list[str]:
    """What an operator should know, though it stands in no way."""
    said: list[str] = []
    oldest = _OLDEST[facts.flavor]
    if facts.version < oldest:
        said.append(f"{facts.flavor} {facts.version_text} is older than {'.'.join(map(str, oldest))}, the oldest that is tested")
    if "PARTIAL_JSON" in facts.row_value_options:
        said.append("binlog_row_value_options is PARTIAL_JSON: updates of JSON columns are put together from their old values "
                    "and the changes in the log")
    if facts.row_image == "NOBLOB":
        said.append("binlog_row_image is NOBLOB: texts and blobs that an update did not change appear as the unavailable value")
    return said


def check(facts: ServerFacts, wish: Wish) -> None:
    """Raise ConnectError with everything that stands in the way."""
    found = problems(facts, wish)
    if found:
        raise ConnectError("; ".join(found))
