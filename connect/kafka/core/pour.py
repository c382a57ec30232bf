# cython: annotation_typing=False
"""Where those who encode rows put them: straight into an accumulator's open batches."""

from time import monotonic, time
from typing import Any

from connect.kafka.core.accumulator import FULL, SIZE, TAKEN, TOPIC, Accumulator
from connect.kafka.murmur2 import murmur2
from schemas.core.sink import RecordSink
from schemas.core.writer import Writer

__all__ = ["PourSink"]


def _murmur2_part(writer: Writer, size: int) -> int:
    return murmur2(writer.piece(0, size))


# Compiled, this is the inline function of accumulator.pxd and the line has no effect on it.
globals().setdefault("murmur2_part", _murmur2_part)


class PourSink(RecordSink):
    """Records that are written straight into an accumulator's batches. ``lock`` is held between ``enter`` and ``leave``.

    ``position`` is the number of the next record since :meth:`begin`; records before ``skip_to`` were sent before and are
    passed over. ``sent`` and ``size`` count what was taken since :meth:`begin`. ``why`` says what is the matter with the next
    record (``topic`` is its topic), as after ``Accumulator.extend``.
    """

    def __init__(self, accumulator: Accumulator, lock: Any) -> None:
        self._accumulator = accumulator
        self._lock = lock
        self._owner: Any = None
        self._sink: Any = None
        self._header = b"\x00"
        self._now_ms = 0
        self._now = 0.0
        self.why = TAKEN
        self.topic = ""
        self.skip_to = 0
        self.position = 0
        self.sent = 0
        self.size = 0

    def begin(self, owner: Any, skip_to: int) -> None:
        """The records that follow are this owner's; the first ``skip_to`` of them are passed over."""
        self._owner = owner
        self.skip_to = skip_to
        self.position = 0
        self.sent = 0
        self.size = 0
        self.why = TAKEN

    def clear(self) -> None:
        """What was the matter was seen to."""
        self.why = TAKEN

    def enter(self, topic: str, headers: Any) -> bool:
        """See RecordSink. False while the topic is not known, though not for records that are passed over."""
        accumulator = self._accumulator
        self.topic = topic
        self._sink = accumulator.sinks.get(topic)
        if self._sink is None and self.position >= self.skip_to:
            self.why = TOPIC
            return False
        self._lock.acquire()
        self._header = accumulator.header(headers)
        self._now_ms = int(time() * 1000)
        self._now = monotonic()
        return True

    def leave(self) -> None:
        """See RecordSink."""
        self._lock.release()

    def full(self) -> bool:
        """See RecordSink."""
        accumulator = self._accumulator
        if self.position < self.skip_to:
            return False
        if self._sink is None:
            self.why = TOPIC
            return True
        if accumulator.crowded(1):
            self.why = FULL
            return True
        return False

    def put(self, writer: Writer, key_end: int, valued: bool) -> bool:
        """See RecordSink."""
        if self.position < self.skip_to:
            self.position += 1
            return True
        accumulator = self._accumulator
        sink = self._sink
        header = self._header
        start = key_end if key_end > 0 else 0
        end = writer.size() if valued else start
        size = accumulator.sized(end, header)
        if size < 0:
            self.why = SIZE
            return False
        if key_end < 0:
            partition = sink.turn
        else:
            partition = (murmur2_part(writer, key_end) & 0x7FFFFFFF) % len(sink.opens)  # type: ignore[name-defined]  # noqa: F821
        open = sink.opens[partition]
        accumulator.room(sink, open, size, key_end >= 0, self._now_ms, self._now)
        into = open.writer
        accumulator.lead(open, key_end, end - start if valued else -1, header, self._now_ms)
        if key_end > 0:
            into.write_from(writer, 0, key_end)
        into.write_long(end - start if valued else -1)
        if valued:
            into.write_from(writer, start, end)
        accumulator.own(open, size, end, header, self._owner)
        self.position += 1
        self.sent += 1
        self.size += end
        return True

    def add(self, record: Any) -> bool:
        """See RecordSink."""
        if self.position < self.skip_to:
            self.position += 1
            return True
        accumulator = self._accumulator
        taken = 0
        with self._lock:
            taken = accumulator.extend([record], 0, self._owner, int(time() * 1000), monotonic())
            self.why = accumulator.why
        if not taken:
            self.topic = record[0]
            return False
        self.position += 1
        self.sent += 1
        self.size += accumulator.taken_bytes
        return True
