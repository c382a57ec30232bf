"""What a PostgreSQL error means for a task: passing (try again) or final, and what an operator can do about it.

SQLSTATEs are those of PostgreSQL's documentation, appendix A. libpq tells no SQLSTATE for a connection that could not be
made; there the text of the server decides.
"""

from __future__ import annotations

import re
from typing import Final

from connect.api.errors import ConnectError, RetriableError

__all__ = ["ConnectionLost", "DatabaseError", "failure", "sqlstate_of_connect_error"]

SLOT_IN_USE: Final = "55006"
UNDEFINED_OBJECT: Final = "42704"
DUPLICATE_OBJECT: Final = "42710"
UNIQUE_VIOLATION: Final = "23505"


class DatabaseError(ConnectError):
    """The database refused something for good. ``sqlstate`` is empty when the server told none; ``said`` are its own words."""

    def __init__(self, message: str, sqlstate: str = "", said: str = "") -> None:
        self.sqlstate = sqlstate
        self.said = said
        super().__init__(message)


class ConnectionLost(RetriableError):
    """The database is out of reach, starting or stopping, or the connection broke."""

    def __init__(self, message: str, sqlstate: str = "", said: str = "") -> None:
        self.sqlstate = sqlstate
        self.said = said
        super().__init__(message)


_PASSING_CLASSES = ("08", "40")
_PASSING = frozenset({"53100", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04"})

_CURES: Final = {
    "08001": "see that the server runs and takes TCP connections, that database.hostname and database.port are right, and that "
    "no firewall is between",
    "28P01": "correct database.user and database.password",
    "28000": "correct database.user, or let the role in: LOGIN right and a line in pg_hba.conf for this host, database and role",
    "3D000": "correct database.dbname",
    "42501": "give the role the right it lacks",
    "53300": "wait until connections are free, or raise max_connections, max_wal_senders or the role's connection limit",
    "53400": "drop replication slots that nobody uses (pg_replication_slots), or raise max_replication_slots and restart",
    "57P03": "wait; the server is starting or stopping",
    "58P01": "the log that is needed is gone: a new snapshot is needed; delete the connector's offsets and drop the slot",
}

_BY_TEXT: Final = (
    (r"wal_level", "set wal_level = logical in postgresql.conf and restart the server"),
    (r"superuser or replication role|permission denied to (start WAL sender|use replication slots)|REPLICATION attribute",
     "give the role the right to replicate: ALTER ROLE … REPLICATION"),
    (r"no pg_hba\.conf entry for replication", "add a line for replication connections of this role and host to pg_hba.conf"),
    (r"publication .* does not exist",
     "create the publication; when it was dropped and made again while changes were pending, a new slot and snapshot are needed: "
     "delete the connector's offsets and drop the slot"),
    (r"can no longer (get|access) (changes )?from|invalidated|requested WAL segment .* has already been removed",
     "the server has thrown the slot's log away (max_slot_wal_keep_size or idle_replication_slot_timeout): drop the slot, "
     "delete the connector's offsets and start again with a snapshot"),
    (r"permission denied for database", "GRANT CONNECT, CREATE ON DATABASE … TO the role"),
    (r"permission denied for schema", "GRANT USAGE ON SCHEMA … TO the role"),
    (r"permission denied for (table|relation|view|materialized view)", "GRANT SELECT ON … TO the role"),
    (r"must be owner of (table|relation)", "make the role owner of the table (a group role that both belong to will do)"),
    (r"row-level security", "give the role BYPASSRLS, or leave the table out"),
    (r"certificate|does not support SSL|SSL", "correct database.sslmode, .sslrootcert, .sslcert and .sslkey"),
    (r"unrecognized configuration parameter", "PostgreSQL 14 or newer is needed"),
)

_CONNECT_TEXTS: Final = (
    (r"password authentication failed|no password supplied|empty password", "28P01"),
    (r"no pg_hba\.conf entry|pg_hba\.conf rejects|role .* does not exist|is not permitted to log in", "28000"),
    (r"authentication failed", "28000"),
    (r"database .* does not exist", "3D000"),
    (r"superuser or replication role|permission denied|REPLICATION attribute", "42501"),
    (r"starting up|shutting down|not yet accepting|recovery mode|not (currently )?accepting connections", "57P03"),
    (r"too many clients|too many connections|connection slots are reserved|max_wal_senders", "53300"),
    (r"terminating connection", "57P01"),
    (r"certificate|does not support SSL|private key file|SSL error: (?!.*(EOF|reset))", "08P01"),
    (r"unrecognized configuration parameter|invalid connection option|invalid .* value|invalid port", "22023"),
)


def sqlstate_of_connect_error(text: str) -> str:
    """The SQLSTATE that fits libpq's text about a connection that was not made; ``08001`` (passing) when none is known."""
    for pattern, state in _CONNECT_TEXTS:
        if re.search(pattern, text):
            return state
    return "08001"


def failure(sqlstate: str, text: str, doing: str, where: str = "") -> DatabaseError | ConnectionLost:
    """The error to raise: ``doing`` says what was tried ("creating slot x"), ``where`` which server, database and role.

    An empty SQLSTATE means that the connection itself broke.
    """
    said = " ".join(text.split())
    cure = next((c for pattern, c in _BY_TEXT if re.search(pattern, said)), _CURES.get(sqlstate, ""))
    state = f" (SQLSTATE {sqlstate})" if sqlstate else ""
    message = f"{doing}: {said or 'the connection broke'}{state}" + (f"; {where}" if where else "")
    if cure:
        message += f". To do: {cure}"
    # Two sessions changed the same line of a system catalogue: the server knows no better code for it.
    crossed = sqlstate == "XX000" and "concurrently updated" in said
    passing = not sqlstate or crossed or sqlstate in _PASSING or (sqlstate[:2] in _PASSING_CLASSES and sqlstate != "08P01")
    return ConnectionLost(message, sqlstate, said) if passing else DatabaseError(message, sqlstate, said)
