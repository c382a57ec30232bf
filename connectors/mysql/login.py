"""Connecting and logging in: the only module that imports a driver.

PyMySQL does it: caching_sha2_password, sha256_password, mysql_native_password, MariaDB's ed25519 when PyNaCl is installed; TLS.
It gives the socket away afterwards; nothing of it is used for statements.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from dataclasses import replace
from typing import Any, Final

import pymysql.connections
import pymysql.err
from pymysql.constants import CLIENT

from connect.api.errors import HeadgateError
from connectors.mysql.address import TLS_MODES, Address, tls_context
from connectors.mysql.channel import COM_QUERY, Channel, connect_socket
from connectors.mysql.failures import CLIENT_PLUGIN, CLIENT_PROTOCOL, CLIENT_TLS, CLIENT_UNREACHABLE, failure
from connectors.waiting import NEVER, Stop

__all__ = ["end_thread", "log_in"]

_CANCEL_SECONDS: Final = 3.0


def log_in(address: Address, application: str, stop: Stop) -> tuple[Any, socket.socket]:
    """A connection of the driver's that is logged in, and its socket, of which nothing is left unread."""
    doing, where = "connecting", str(address)
    context = tls_context(address.tls)
    try:
        sock = connect_socket(address.host, address.port, address.connect_timeout, stop)
    except TimeoutError:
        raise failure(CLIENT_UNREACHABLE, f"no answer within {address.connect_timeout:g} s", doing, where) from None
    except (OSError, UnicodeError) as e:
        raise failure(CLIENT_UNREACHABLE, str(e), doing, where) from None
    conn = None
    try:
        conn = pymysql.connections.Connection(
            host=address.host, port=address.port, user=address.user, password=(address.password or "").encode(),
            charset="utf8mb4", autocommit=None, defer_connect=True, program_name=application, ssl=context,
            ssl_disabled=context is None, read_timeout=address.connect_timeout, write_timeout=address.connect_timeout)
        if context is not None and TLS_MODES[address.tls.mode.lower()] == "preferred":
            # The driver has this mode only without a context of one's own.
            conn._ssl_required = False
            conn.client_flag &= ~CLIENT.SSL
        conn.connect(sock)
    except BaseException as e:
        if conn is not None:
            conn._force_close()
        sock.close()
        error = _login_error(e, doing, where, address)
        if error is None:
            raise
        raise error from None
    return conn, conn._sock


def _login_error(e: BaseException, doing: str, where: str, address: Address) -> Exception | None:
    """What the driver raised as an error of ours; None for what is not the driver's."""
    cause = getattr(e, "original_exception", e)
    if isinstance(cause, ssl.SSLError):
        text = f"TLS: {getattr(cause, 'verify_message', '') or cause.reason or cause}"
        if isinstance(cause, ssl.SSLCertVerificationError):
            text += " (certificate verify failed)"
        return failure(CLIENT_TLS, text, doing, where)
    if isinstance(e, RuntimeError):
        return failure(CLIENT_PLUGIN, str(e), doing, where)
    if isinstance(e, pymysql.err.InternalError):
        return failure(CLIENT_PROTOCOL, f"not MySQL's protocol: {e}", doing, where)
    if isinstance(e, pymysql.err.MySQLError):
        number = e.args[0] if e.args and isinstance(e.args[0], int) else CLIENT_PLUGIN
        text = " ".join(str(a) for a in e.args[1:] or e.args)
        if "timed out" in text:
            return failure(CLIENT_UNREACHABLE, f"no answer within {address.connect_timeout:g} s", doing, where)
        if isinstance(cause, OSError):
            return failure(CLIENT_UNREACHABLE, str(cause), doing, where)
        return failure(number, text, doing, where)
    if isinstance(e, (ValueError, LookupError, ArithmeticError, AssertionError, TypeError, struct.error)):
        return failure(CLIENT_PROTOCOL, f"the answer is not MySQL's protocol ({type(e).__name__})", doing, where)
    return None


def end_thread(address: Address, thread_id: int) -> None:
    """End another connection of the same user on the server, at once and whatever it does; what goes wrong is passed over."""
    quick = replace(address, connect_timeout=_CANCEL_SECONDS)
    with contextlib.suppress(HeadgateError):
        conn, sock = log_in(quick, "headgate", NEVER)
        channel = Channel(sock, str(quick))
        try:
            channel.command(COM_QUERY + f"KILL {thread_id}".encode(), "ending a statement", _CANCEL_SECONDS)
            channel.read("ending a statement", time.monotonic() + _CANCEL_SECONDS)
        finally:
            channel.close()
            conn._force_close()
