"""Copies that are read by libpq, which can do it on every connection, also encrypted ones."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import pq

from connectors.postgres.copies import CopyEnded
from connectors.postgres.failures import failure
from connectors.postgres.link import Link
from connectors.postgres.notices import Notices

__all__ = ["LibpqCopies"]


class LibpqCopies:
    """:class:`~connectors.postgres.copies.Copies` by libpq."""

    broken: Final = False

    def __init__(self, link: Link, notices: Notices) -> None:
        self._link = link
        self._notices = notices
        self._over = False

    def begin(self, sql: str, doing: str) -> None:
        """See Copies."""
        link = self._link
        self._over = False
        link.send(sql, (), doing)
        result = link.result(doing)
        if result is None:
            raise failure("", "the server did not begin", doing)
        if result.status not in (pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH):
            raise link.error(result, doing)

    def read(self, max_bytes: int, max_frames: int, wait: float, doing: str) -> list[bytes]:
        """See Copies."""
        frames: list[bytes] = []
        notices = self._notices
        if notices.warning:
            return frames
        if self._over:
            self._end(doing)
        conn = self._link.conn
        get, append = conn.get_copy_data, frames.append
        size = 0
        seen = -1
        try:
            while True:
                while size < max_bytes and len(frames) < max_frames:
                    n, data = get(1)
                    if notices.warning:
                        return frames
                    if n > 0:
                        append(bytes(data))
                        size += n
                        continue
                    if n == 0:
                        break
                    self._over = True
                    break
                else:
                    return frames
                if self._over:
                    if frames:
                        return frames  # the end is told by the next call
                    self._end(doing)
                if not frames:
                    if not self._link.wait(True, False, wait):
                        return frames
                elif len(frames) == seen:
                    return frames  # what was there then held no whole message
                seen = len(frames)
                conn.consume_input()
        except psycopg.Error as e:
            if frames:
                return frames  # what came before the connection broke is good; the next call tells the rest
            raise failure("", str(e), doing, self._link.address) from None

    def _end(self, doing: str) -> None:
        result = self._link.result(doing)
        if result is not None and result.status == pq.ExecStatus.FATAL_ERROR:
            raise self._link.error(result, doing)
        if result is not None and result.status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_BOTH):
            # The server has ended its side of a replication stream; ours is ended by closing.
            raise failure("57P01", "the server ended the stream", doing, self._link.address)
        self._link.drain(doing)
        raise CopyEnded

    def send(self, data: bytes, doing: str) -> bool:
        """See Copies."""
        with self._link.driver(doing):
            if self._link.conn.put_copy_data(data) == 0:
                return False
            return self._link.conn.flush() == 0

    def flush(self, doing: str) -> bool:
        """See Copies."""
        with self._link.driver(doing):
            return self._link.conn.flush() == 0

    def close(self) -> None:
        """See Copies; libpq has no share of its own."""
