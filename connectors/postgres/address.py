"""Where and as whom to connect, and the settings that every connection pins, as libpq's connection string. Pure.

Start-up options win over settings of the role and of the database (PostgreSQL documentation, "How Configuration Variables
Are Set").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["PINNED", "Address", "conninfo", "pinned"]

_CONNECT_TIMEOUT = 30.0

PINNED: Final[Mapping[str, str]] = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "TimeZone": "UTC",
    "lc_monetary": "C",
    "search_path": "pg_catalog",
    "quote_all_identifiers": "off",
    "xmlbinary": "base64",
    "row_security": "on",
    "client_min_messages": "notice",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
}
"""What every connection sets, whatever role and database say. transaction_timeout, new in PostgreSQL 17, follows after
the start."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom to connect. ``ssl`` are libpq's sslmode, sslcert, sslkey, sslpassword, sslrootcert as far as given."""

    host: str
    port: int
    user: str
    password: str | None = field(repr=False)
    database: str
    ssl: Mapping[str, str] = field(default_factory=dict, repr=False)
    keepalive: bool = True
    connect_timeout: float = _CONNECT_TIMEOUT

    def __str__(self) -> str:
        return f"database {self.database} at {self.host}:{self.port} as {self.user}"


def pinned(settings: Mapping[str, str] | None) -> dict[str, str]:
    """:data:`PINNED` with these added; a value of "" takes a pinned one away."""
    return {k: v for k, v in {**PINNED, **(settings or {})}.items() if v}


def conninfo(address: Address, application: str, *, replication: bool, settings: Mapping[str, str]) -> str:
    """libpq's connection string. It holds the password: never log it."""
    options = " ".join(f"-c {k}={_escaped(v)}" for k, v in settings.items() if k != "client_encoding")
    parameters: dict[str, str | int] = {
        "host": address.host, "port": address.port, "user": address.user, "dbname": address.database,
        "application_name": application, "client_encoding": settings["client_encoding"], "options": options,
        "connect_timeout": max(2, int(address.connect_timeout)),
        "keepalives": int(address.keepalive), "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
        **address.ssl,
    }
    if address.password is not None:
        parameters["password"] = address.password
    if replication:
        parameters["replication"] = "database"
    return " ".join(f"{k}={_quoted(str(v))}" for k, v in parameters.items())


def _escaped(value: str) -> str:
    """As one word of the options."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _quoted(value: str) -> str:
    """As a value of the connection string."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
