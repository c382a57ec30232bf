"""The replication stream: reads what the server sends in gulps, and tells it how far the work is stored.

Facts: PostgreSQL documentation, "Streaming Replication Protocol" (XLogData, keepalive, standby status update).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Mapping
from typing import Final

from connect.api.errors import ConnectError
from connectors.pace import FEW, Pace
from connectors.postgres.failures import ConnectionLost, failure
from connectors.postgres.lsn import LSN
from connectors.postgres.session import CopyEnded, Session
from connectors.postgres.texts import quote_literal, quote_name

__all__ = ["ReplicationStream"]

GULP_BYTES: Final = 4 * 1024 * 1024
GULP_FRAMES: Final = 16_384
SILENCE_LIMIT: Final = 60.0

_STATUS: Final = struct.Struct("!cQQQqB")
_EPOCH_2000_US: Final = 946_684_800_000_000
_DOING: Final = "streaming"


class ReplicationStream:
    """A started stream on a replication session. One thread.

    The position reported to the server is only ever the one given to :meth:`confirm`: it frees the log before it.
    """

    def __init__(
        self,
        session: Session,
        *,
        confirmed: LSN,
        status_interval: float,
        silence_limit: float = SILENCE_LIMIT,
        gulp_frames: int = GULP_FRAMES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = session
        self._confirmed = confirmed
        self._interval = status_interval
        self._silence_limit = silence_limit
        self._gulp_frames = gulp_frames
        self._clock = clock
        self._pace = Pace(clock, sleep)
        now = clock()
        self._heard = now
        self._told = now
        self._unwatched = False
        self._unsent = False
        self.caught_up = False
        """Whether the last :meth:`read` gave little and all there was."""

    @classmethod
    def start(
        cls,
        session: Session,
        slot: str,
        publication: str,
        at: LSN,
        *,
        status_interval: float = 10.0,
        messages: bool = True,
        more: Mapping[str, str] | None = None,
        silence_limit: float | None = None,
        gulp_frames: int = GULP_FRAMES,
    ) -> ReplicationStream:
        """START_REPLICATION: transactions that committed before ``at``, or before what the slot has confirmed, are not
        sent. ``more`` are further options of pgoutput (slot.stream.params).

        Raises DatabaseError; its SQLSTATE is 55006 when somebody else reads the slot.
        """
        options = {"proto_version": "1", "publication_names": quote_name(publication)}
        if messages and session.server_version >= 140000:
            options["messages"] = "true"
        options.update(more or {})
        text = ", ".join(f"{quote_name(k)} {quote_literal(v)}" for k, v in options.items())
        timeout = session.value("SELECT setting::bigint FROM pg_settings WHERE name = 'wal_sender_timeout'",
                                doing="reading wal_sender_timeout")
        server_limit = int(timeout or 0) / 1000
        session.start_copy(f"START_REPLICATION SLOT {quote_name(slot)} LOGICAL {at} ({text})", f"starting to read slot {slot}")
        session.notices.watching = True
        if silence_limit is None:
            # A server told to be patient may be silent for long while it decodes a large transaction that nobody sees.
            silence_limit = max(SILENCE_LIMIT, server_limit if server_limit else 5 * SILENCE_LIMIT)
        interval = min(status_interval, server_limit / 2) if server_limit else status_interval
        return cls(session, confirmed=LSN(0), status_interval=max(0.1, interval), silence_limit=silence_limit,
                   gulp_frames=gulp_frames)

    def read(self, wait: float) -> list[bytes]:
        """What the server has sent: CopyData payloads in order; waits for the first at most ``wait`` seconds.

        Raises ConnectionLost when the connection broke or nothing, not even an answer, came for too long; ConnectError
        when the publication is missing at this point of the log.
        """
        session = self._session
        if self._unwatched:
            # Nobody looked in the meantime, so nothing is known of a silence.
            self._unwatched = False
            self._heard = self._clock()
        self._tell_if_due()
        try:
            self._pace.keep()
            frames = session.read_copy(GULP_BYTES, self._gulp_frames, min(wait, self._interval), _DOING)
        except CopyEnded:
            raise failure("57P01", "the server ended the stream", _DOING, str(session.address)) from None
        self.caught_up = len(frames) < min(2 * FEW, self._gulp_frames)
        if session.notices.warning:
            self._warned(session.notices.warning, frames)
        if frames:
            self._heard = self._clock()
            self._pace.took(len(frames))
        elif self._clock() - self._heard > self._silence_limit:
            raise ConnectionLost(
                f"streaming: nothing came from the server for {self._silence_limit:g} s, not even an answer; the connection is "
                f"taken for dead; {session.address}. To do: look for a firewall or a frozen server between")
        return frames

    def _warned(self, warning: str, frames: list[bytes]) -> None:
        if not frames:
            raise ConnectError(
                f"streaming: the server says: {warning}. Changes written while the publication was missing are not sent. "
                "To do: create the publication; a new snapshot is needed: delete the connector's offsets and drop the slot")

    def confirm(self, position: LSN) -> None:
        """Everything before ``position`` is stored: tell the server at once. Never goes back."""
        if position > self._confirmed:
            self._confirmed = position
            self.tell()

    @property
    def confirmed(self) -> LSN:
        """The newest position given to :meth:`confirm`."""
        return self._confirmed

    def keepalive(self) -> None:
        """While nobody reads: send what is due. Never blocks. Raises ConnectionLost."""
        self._unwatched = True
        self._tell_if_due()

    def _tell_if_due(self) -> None:
        if self._unsent:
            self._unsent = not self._session.flush(_DOING)
        if self._clock() - self._told >= self._interval:
            self.tell()

    def tell(self) -> None:
        """Send a standby status update now and ask for an answer, by which a dead connection is noticed."""
        at = self._confirmed
        now = time.time_ns() // 1000 - _EPOCH_2000_US
        quiet = self._clock() - self._heard >= min(self._interval, 5.0)
        message = _STATUS.pack(b"r", at, at, at, now, 1 if quiet else 0)
        self._unsent = not self._session.send_copy(message, _DOING)
        self._told = self._clock()

    def close(self) -> None:
        """End the stream and its connection."""
        self._session.close()
