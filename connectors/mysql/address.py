"""Where and as whom to connect, how the connection is encrypted, and what every connection pins.

Pure, but for reading key files.
"""

from __future__ import annotations

import secrets
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connect.api.errors import ConnectError

__all__ = ["TLS_MODES", "Address", "Tls", "pins", "quote_identifier", "quote_value", "split_statements", "tls_context"]

TLS_MODES: Final[Mapping[str, str]] = {
    "disabled": "disabled", "preferred": "preferred", "required": "required", "verify_ca": "verify_ca",
    "verify_identity": "verify_identity",
    "disable": "disabled", "trust": "required", "verify-ca": "verify_ca", "verify-full": "verify_identity",
}
"""Every word of ``database.ssl.mode``, MySQL's and then MariaDB's, and what it means here."""

_PEM: Final = b"-----BEGIN"
_JAVA: Final = {b"\xfe\xed\xfe\xed": "JKS", b"\xce\xce\xce\xce": "JCEKS"}
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Tls:
    """How to encrypt. ``mode`` is a word of :data:`TLS_MODES`.

    ``keystore`` is a file with the client's private key and certificates, ``truststore`` one with the authorities that are
    trusted (without one: the system's); PEM or PKCS12, told apart by their content.
    """

    mode: str = "preferred"
    keystore: str | None = None
    keystore_password: str | None = field(default=None, repr=False)
    truststore: str | None = None
    truststore_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom to connect. ``connect_timeout`` is in seconds, for connecting and logging in together."""

    host: str
    port: int
    user: str
    password: str | None = field(default=None, repr=False)
    tls: Tls = field(default_factory=Tls)
    connect_timeout: float = 30.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port} as {self.user}"


def tls_context(tls: Tls) -> ssl.SSLContext | None:
    """The context for this mode, None when nothing is to be encrypted. Raises ConnectError naming the file and the property."""
    mode = TLS_MODES.get(tls.mode.lower())
    if mode is None:
        raise ConnectError(f"database.ssl.mode={tls.mode} is not there: expected one of {', '.join(TLS_MODES)}")
    if mode == "disabled":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Certificates that servers make for themselves lack what a strict reader asks for.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as in Java, a server's own certificate can be trusted by itself
    context.check_hostname = mode == "verify_identity"
    context.verify_mode = ssl.CERT_REQUIRED if mode.startswith("verify") else ssl.CERT_NONE
    if mode.startswith("verify"):
        if tls.truststore:
            _trust(context, tls.truststore, tls.truststore_password)
        else:
            context.load_default_certs()
    if tls.keystore:
        _identify(context, tls.keystore, tls.keystore_password)
    return context


def _read(path: str, what: str) -> bytes:
    try:
        data = Path(path).read_bytes()
    except OSError as e:
        raise ConnectError(f"{what}: {path} cannot be read: {e.strerror}. To do: correct the path, or let the worker's user "
                           "read it") from None
    java = _JAVA.get(data[:4])
    if java:
        raise ConnectError(
            f"{what}: {path} is a {java} store; PEM and PKCS12 can be read. To do: keytool -importkeystore -srckeystore {path} "
            f"-destkeystore store.p12 -deststoretype PKCS12, and name store.p12")
    return data


def _trust(context: ssl.SSLContext, path: str, password: str | None) -> None:
    what = "database.ssl.truststore"
    data = _read(path, what)
    try:
        if _PEM in data:
            context.load_verify_locations(cadata=data.decode("utf-8", "replace"))
        else:
            _, _, pem = _pkcs12(data, password, what, path)
            context.load_verify_locations(cadata=pem)
    except ssl.SSLError as e:
        raise ConnectError(f"{what}: no certificates can be read from {path}: {e.reason or e}. To do: give a PEM or PKCS12 file "
                           "with the authorities' certificates") from None


def _identify(context: ssl.SSLContext, path: str, password: str | None) -> None:
    what = "database.ssl.keystore"
    data = _read(path, what)
    try:
        if _PEM in data:
            context.load_cert_chain(path, password=password or "")
            return
        key, guard, chain = _pkcs12(data, password, what, path)
        if not key:
            raise ConnectError(f"{what}: {path} has no private key. To do: give the store with the client's key and certificate")
        # OpenSSL reads keys from files only: this one is encrypted with a password that nobody knows afterwards.
        with tempfile.NamedTemporaryFile(prefix="headgate-", suffix=".pem") as file:
            file.write(key + chain.encode())
            file.flush()
            context.load_cert_chain(file.name, password=guard)
    except ssl.SSLError as e:
        raise ConnectError(f"{what}: no key and certificate can be read from {path}: {e.reason or e}. To do: give a PEM or "
                           f"PKCS12 file with the client's private key and certificate, and its {what}.password") from None


def _pkcs12(data: bytes, password: str | None, what: str, path: str) -> tuple[bytes, str, str]:
    """The private key as PEM under a new password, that password, and all certificates as PEM, the key's own first."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        store = pkcs12.load_pkcs12(data, password.encode() if password else None)
    except ValueError:
        raise ConnectError(
            f"{what}: {path} cannot be read as PEM or PKCS12. To do: see that it is one, and that {what}.password is right"
        ) from None
    guard = secrets.token_urlsafe(24)
    key = b"" if store.key is None else store.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(guard.encode()))
    certificates = [store.cert, *store.additional_certs]
    chain = b"".join(c.certificate.public_bytes(serialization.Encoding.PEM) for c in certificates if c is not None)
    return key, guard, chain.decode()


def pins(mariadb: bool, version: tuple[int, ...], statement_timeout: float) -> list[str]:
    """The statements that pin what changes how a server answers, whatever server and user say.

    ``statement_timeout`` is in seconds, 0 without limit: MariaDB's max_statement_time; MySQL's max_execution_time, which is
    for SELECTs only. A reader that is held back for long must not be cut off, so the server's patience with it is a day.
    """
    values = {
        "time_zone": "'+00:00'", "sql_mode": "''", "autocommit": "1", "sql_auto_is_null": "0", "sql_big_selects": "1",
        "sql_select_limit": "18446744073709551615", "sql_quote_show_create": "1",
        "wait_timeout": str(_DAY * 7), "net_write_timeout": str(_DAY),
    }
    if mariadb:
        values["max_statement_time"] = f"{statement_timeout:.3f}"
        values |= {f"idle_{kind}transaction_timeout": "0" for kind in ("", "readonly_", "write_")}
    else:
        values["max_execution_time"] = str(int(statement_timeout * 1000))
        if version >= (8, 0, 30):
            values["show_gipk_in_create_table_and_information_schema"] = "ON"
    return [
        "SET NAMES utf8mb4",
        "SET SESSION " + ", ".join(f"{k} = {v}" for k, v in values.items()),
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE",
    ]


def split_statements(text: str | None) -> list[str]:
    """``database.initial.statements``: statements separated by ``;``, where ``;;`` stands for the letter itself."""
    parts = (text or "").replace(";;", "\0").split(";")
    return [s for s in (p.replace("\0", ";").strip() for p in parts) if s]


_ESCAPES: Final = str.maketrans({"\\": "\\\\", "'": "\\'", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z"})


def quote_identifier(name: str) -> str:
    """A name in backticks."""
    return "`" + name.replace("`", "``") + "`"


def quote_value(value: str | bytes | int | None) -> str:
    """A value as a literal, for a connection whose sql_mode is pinned."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, bytes):
        return f"X'{value.hex()}'" if value else "''"
    return "'" + value.translate(_ESCAPES) + "'"
