"""Asking the server to end what it does for a connection."""

from __future__ import annotations

import select
import time

import psycopg
from psycopg import pq

__all__ = ["send_cancel"]


def send_cancel(conn: pq.abc.PGconn, limit: float) -> None:
    """Ask for it on a connection of its own, and wait until the server has heard, at most until ``limit`` (time.monotonic).
    Raises psycopg.Error and OSError."""
    try:
        request = conn.cancel_conn()
    except psycopg.NotSupportedError:  # libpq before 17
        conn.get_cancel().cancel()
        return
    request.start()
    while (left := limit - time.monotonic()) > 0:
        status = request.poll()
        if status in (pq.PollingStatus.OK, pq.PollingStatus.FAILED):
            break
        poll = select.poll()
        poll.register(request.socket, select.POLLIN if status == pq.PollingStatus.READING else select.POLLOUT)
        poll.poll(left * 1000)
    request.finish()
