"""What an error of a MySQL or MariaDB server means for a task: passing (try again) or final, and what an operator can do.

Numbers are those of MySQL's and MariaDB's error references; 2000–2999 are the client's own. A binlog dump is refused with
1236 for whatever reason, so there the text decides.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from connect.api.errors import ConnectError, RetriableError

__all__ = ["ConnectionLost", "DatabaseError", "DumpFault", "DumpRefused", "dump_failure", "dump_fault", "failure"]

CLIENT_LOST: Final = 2013
CLIENT_UNREACHABLE: Final = 2003
CLIENT_PROTOCOL: Final = 2027
CLIENT_TLS: Final = 2026
CLIENT_PLUGIN: Final = 2059
QUERY_TIMEOUT: Final = 3024
DUMP_REFUSED: Final = 1236
ACCESS_DENIED: Final = frozenset({1044, 1045, 1142, 1143, 1227, 1370, 1698})


class DatabaseError(ConnectError):
    """The database refused something for good. ``number`` is 0 when it told none; ``said`` are its own words."""

    def __init__(self, message: str, number: int = 0, said: str = "") -> None:
        self.number = number
        self.said = said
        super().__init__(message)


class ConnectionLost(RetriableError):
    """The database is out of reach, starting or stopping, or the connection broke; or it gave up a statement in passing (a
    lock that was not had in time, a deadlock)."""

    def __init__(self, message: str, number: int = 0, said: str = "") -> None:
        self.number = number
        self.said = said
        super().__init__(message)


class DumpFault(StrEnum):
    """Why the server does not send, or no longer sends, its binary log."""

    PURGED = "purged"
    """What is asked for is not on this server any more (or never was): only a snapshot helps."""
    DUPLICATE_SERVER_ID = "duplicate server id"
    TOO_LARGE = "too large"
    CORRUPTED = "corrupted"
    UNKNOWN_GTID = "unknown GTID"
    """The stored position has transactions that this server does not have."""
    NOT_LOGGING = "not logging"
    OTHER = "other"


class DumpRefused(DatabaseError):
    """The server refused or ended a binlog dump for good; ``fault`` says why."""

    def __init__(self, message: str, fault: DumpFault, number: int = 0, said: str = "") -> None:
        self.fault = fault
        super().__init__(message, number, said)


_PASSING: Final = frozenset({
    1021,  # disk full: the server waits for space
    1037, 1038, 1041, 1135,  # out of memory, of threads
    1040, 1203, 1226,  # too many connections, of this user, per hour
    1053, 1077, 1078, 1079, 3032, 3169, 4031,  # stopping, session ended by the server
    1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1184,  # the network, as the server sees it
    1205, 1213, 1614, 3058, 3132, 3572,  # locks
    1317, 1927, 1969, QUERY_TIMEOUT,  # killed, timed out
    2002, CLIENT_UNREACHABLE, 2006, 2012, CLIENT_LOST, 2055,
})

_VALUES: Final = frozenset({1062, 1292, 1366, 1367, 1411, 1441, 1525, 1586, 1644, 1690, 1859, 3140, 3141, 3156, 3819, 4025})
"""Numbers whose texts quote row values, which never appear in an error."""
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")

_ANEW: Final = "set snapshot.mode=when_needed, or delete the connector's offsets, so that a new snapshot is made"

_CURES: Final = {
    1040: "wait until connections are free, or raise max_connections",
    1044: "GRANT the user the right on that database",
    1045: "correct database.user and database.password; see that the user may connect from this host",
    1049: "correct the name of the database",
    1129: "run FLUSH HOSTS (or TRUNCATE TABLE performance_schema.host_cache) on the server: it has blocked this host after too "
    "many failed connections",
    1130: "let the user in from this host: CREATE USER 'name'@'host', or correct bind and skip-name-resolve settings",
    1142: "GRANT SELECT ON the table TO the user",
    1203: "raise the user's max_user_connections",
    1226: "raise the user's resource limits (ALTER USER … WITH MAX_CONNECTIONS_PER_HOUR …)",
    1227: "GRANT the user the right that is named",
    1251: "create the user with caching_sha2_password or mysql_native_password",
    1290: "connect to a server that is not restricted by this option",
    1524: "create the user with an authentication plugin that the server has",
    1698: "correct database.user and database.password; the account may be one for local log-in only",
    1820: "log in once with another client and change the user's password: it has expired",
    1862: "change the user's password: it has expired",
    3118: "ALTER USER … ACCOUNT UNLOCK",
    3159: "set database.ssl.mode=required: the server takes encrypted connections only",
    3955: "ALTER USER … ACCOUNT UNLOCK, or wait: too many wrong passwords",
    4151: "ALTER USER … ACCOUNT UNLOCK",
    2002: "see that the server runs, and that database.hostname and database.port are right",
    CLIENT_UNREACHABLE: "see that the server runs and takes TCP connections, that database.hostname and database.port are right, "
    "and that no firewall is between",
    CLIENT_PROTOCOL: "see that database.hostname and database.port are those of a MySQL or MariaDB server",
    CLIENT_TLS: "correct database.ssl.mode, database.ssl.truststore and database.ssl.keystore",
    QUERY_TIMEOUT: "raise database.query.timeout.ms, or see what the server waits for (SHOW PROCESSLIST)",
}

_BY_TEXT: Final = (
    (r"SSL is required but|insecure transport", "see that the server offers TLS (ssl_cert, ssl_key), or set database.ssl.mode"),
    (r"certificate verify failed|Hostname mismatch|IP address mismatch|not valid for",
     "set database.ssl.truststore to the authority that signed the server's certificate; with verify_identity (verify-full) the "
     "certificate must name database.hostname"),
    (r"'cryptography' package", "set database.ssl.mode=required, or install the package cryptography"),
    (r"'pynacl' package", "install it (pip install PyNaCl), or give the user the plugin mysql_native_password"),
    (r"REPLICATION SLAVE", "GRANT REPLICATION SLAVE ON *.* TO the user"),
    (r"REPLICATION CLIENT|BINLOG MONITOR",
     "GRANT REPLICATION CLIENT ON *.* TO the user (MariaDB: BINLOG MONITOR)"),
    (r"RELOAD|FLUSH_TABLES", "GRANT RELOAD (or FLUSH_TABLES) ON *.* TO the user, or set snapshot.locking.mode"),
)

_DUMP_TEXTS: Final[tuple[tuple[str, DumpFault, str], ...]] = (
    (r"same server_uuid/server_id|same server[_ ]?(uu)?id", DumpFault.DUPLICATE_SERVER_ID,
     "another replica or connector reads from this server with the same id, and the server serves only the newest: give each a "
     "database.server.id of its own, then restart this task"),
    (r"has more GTIDs than|executing extra erroneous transactions|connecting slave requested to start from GTID|"
     r"which is not in the (master|primary|source)'s binlog", DumpFault.UNKNOWN_GTID,
     "the stored position has transactions that this server does not have: it lost the end of its log, or is not the server (or "
     f"a replica of it) that was read before. Connect to that one; else {_ANEW}"),
    (r"max_allowed_packet", DumpFault.TOO_LARGE, "raise max_allowed_packet (and replica_max_allowed_packet) on the server"),
    (r"purged|Could not find first log file name|Could not find GTID state|not find the requested binlog|"
     r"could not find next log|missing the GTID|file not found|Could not open log file", DumpFault.PURGED,
     f"the server has thrown away the log that is needed. To go on, {_ANEW}; to prevent it, raise binlog_expire_logs_seconds"),
    (r"position > file size|impossible position", DumpFault.PURGED,
     "the stored position is past the end of the server's file: the server was reset, or restored from a backup. To go on, "
     f"{_ANEW}"),
    (r"crc|checksum|bogus data|corrupt|truncated|could not read event|error reading log event|decryption|wrong magic|"
     r"Binlog has bad magic number|memory allocation failed", DumpFault.CORRUPTED,
     "the server cannot read its own binary log at this place, or the stored position is of another server's. See the server's "
     f"error log; connect to a replica that has the transactions (GTIDs), or {_ANEW}"),
    (r"Binary log is not open", DumpFault.NOT_LOGGING, "start the server with log_bin"),
    (r"server.?id was not set|server_id=0", DumpFault.NOT_LOGGING, "give the server a server_id other than 0"),
    (r"GTID_MODE ?= ?\w+ instead of ON|GTID_MODE", DumpFault.OTHER,
     f"set gtid_mode=ON on the server again; else {_ANEW}"),
)


def _redacted(number: int, text: str) -> str:
    said = " ".join(text.split())
    return _QUOTED.sub("'…'", said) if number in _VALUES else said


def failure(number: int, text: str, doing: str, where: str = "", *, sqlstate: str = "") -> DatabaseError | ConnectionLost:
    """The error to raise: ``doing`` says what was tried ("reading SHOW GRANTS"), ``where`` which server and user.

    Number 0 means that the connection itself broke.
    """
    said = _redacted(number, text)
    cure = next((c for pattern, c in _BY_TEXT if re.search(pattern, said, re.IGNORECASE)), _CURES.get(number, ""))
    code = f" (error {number}{', SQLSTATE ' + sqlstate if sqlstate else ''})" if number else ""
    message = f"{doing}: {said or 'the connection broke'}{code}" + (f"; {where}" if where else "")
    if cure:
        message += f". To do: {cure}"
    passing = number == 0 or number in _PASSING
    return ConnectionLost(message, number, said) if passing else DatabaseError(message, number, said)


def dump_fault(text: str) -> tuple[DumpFault, str]:
    """What the text of a refused dump says, and the cure."""
    for pattern, fault, cure in _DUMP_TEXTS:
        if re.search(pattern, text, re.IGNORECASE):
            return fault, cure
    return DumpFault.OTHER, "see the server's error log"


_DUMP_NUMBERS: Final = frozenset({DUMP_REFUSED, 1220, 1373, 1726, 1780, 1789, 1945, 1950, 1951, 1955, 1956, 3100, 4052, 4114})


def dump_failure(number: int, text: str, doing: str, where: str, server_id: int) -> DatabaseError | ConnectionLost:
    """The error of a dump that the server refused or ended; of numbers that say nothing of the log that of :func:`failure`."""
    if number not in _DUMP_NUMBERS:
        return failure(number, text, doing, where)
    said = _redacted(number, text)
    fault, cure = dump_fault(said)
    who = f"; database.server.id is {server_id}" if fault is DumpFault.DUPLICATE_SERVER_ID else ""
    return DumpRefused(f"{doing}: {said} (error {number}{who}); {where}. To do: {cure}", fault, number, said)
