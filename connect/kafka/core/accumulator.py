# cython: annotation_typing=False
"""Collects records into Kafka record batches (message format v2), one open batch for each partition.

Format: https://kafka.apache.org/documentation/#recordbatch. Only the records are written here; the batch header is made when
the batch is sent, since it holds the producer's id and sequence.

Two threads use an accumulator: one extends, the other seals and takes. They hold the same lock around every call.
"""

from collections import deque
from typing import Any

from connect.kafka.murmur2 import murmur2 as _murmur2
from schemas.core.writer import Writer

__all__ = ["FULL", "PARTITION", "SIZE", "TAKEN", "TOPIC", "Accumulator", "Open", "Sealed", "Sink"]

TAKEN, TOPIC, PARTITION, SIZE, FULL = 0, 1, 2, 3, 4
"""Why :meth:`Accumulator.extend` took no more: it took all; the topic is not known, or has no such partition; the record is
larger than any may be; there is no room."""

_FRAME = 32
"""Bytes that a record may take beside key, value and headers: lengths, attributes, differences of time and offset."""
_BATCH = 61
"""Bytes of a batch's header."""


def _varint_size(value: int) -> int:
    n = (value << 1) ^ (value >> 63)
    size = 1
    while n > 0x7F:
        size += 1
        n >>= 7
    return size


# Compiled, these are the inline functions of accumulator.pxd and the lines have no effect on them.
globals().setdefault("murmur2", _murmur2)
globals().setdefault("varint_size", _varint_size)


class Sealed:
    """Records of one partition that will be sent together. ``owners`` and ``counts``: whose they are, in order; ``charge``
    bytes are to be given back to the accumulator when they are done."""

    def __init__(self, topic: str, partition: int, records: bytes, count: int, first_ms: int, last_ms: int, charge: int,
                 owners: list[Any], counts: list[int]) -> None:
        self.topic = topic
        self.partition = partition
        self.records = records
        self.count = count
        self.first_ms = first_ms
        self.last_ms = last_ms
        self.charge = charge
        self.owners = owners
        self.counts = counts


class Open:
    """The batch of a partition that still takes records. ``since``: when its first record came, as the caller counts time."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.since = 0.0
        self.writer = Writer()
        self.count = 0
        self.first_ms = 0
        self.last_ms = 0
        self.charge = 0
        self.owner: Any = None
        self.owned = 0
        self.owners: list[Any] = []
        self.counts: list[int] = []

    def change(self, owner: Any) -> None:
        """The next records are this owner's."""
        if self.owned:
            self.owners.append(self.owner)
            self.counts.append(self.owned)
        self.owner = owner
        self.owned = 0

    def size(self) -> int:
        """Bytes of its records."""
        return self.writer.end

    def seal(self) -> Sealed:
        """Its records; it is empty afterwards."""
        self.change(None)
        sealed = Sealed(self.topic, self.partition, self.writer.take(), self.count, self.first_ms, self.last_ms, self.charge,
                        self.owners, self.counts)
        self.owners, self.counts = [], []
        self.count = 0
        self.charge = 0
        return sealed


class Sink:
    """A topic: its partitions' open batches. ``turn``: where records without a key go, for one batch."""

    def __init__(self, topic: str, partitions: int, turn: int) -> None:
        self.topic = topic
        self.opens = [Open(topic, p) for p in range(partitions)]
        self.turn = turn


class Accumulator:
    """The open batches of a producer, and what is waiting in all.

    ``batch_size`` bounds a batch's bytes (a larger record is alone in one), ``largest`` a record's; ``most_bytes`` and
    ``most_records`` bound what is waiting for its acknowledgement. ``sealed`` gets batches in the order of their partition's
    records, ``touched`` every open batch that gets its first record.
    """

    def __init__(self, batch_size: int, largest: int, most_bytes: int, most_records: int) -> None:
        self.batch_size = batch_size
        self.largest = largest
        self.most_bytes = most_bytes
        self.most_records = most_records
        self.bytes = 0
        self.records = 0
        self.why = TAKEN
        self.taken_bytes = 0
        """Bytes of keys and values that the last ``extend`` took."""
        self.sinks: dict[str, Sink] = {}
        self.sealed: deque[Sealed] = deque()
        self.touched: deque[Open] = deque()
        self._headers: Any = None
        self._header_bytes = b"\x00"
        self._scratch = Writer()

    def queues(self) -> tuple[Any, Any]:
        """``sealed`` and ``touched``."""
        return self.sealed, self.touched

    def topic(self, name: str, partitions: int, turn: int) -> None:
        """Know a topic, or that it has more partitions. ``turn`` is any number; it chooses where records without key go."""
        known = self.sinks.get(name)
        if known is None:
            self.sinks[name] = Sink(name, partitions, turn % partitions)
        else:
            known.opens.extend([Open(name, p) for p in range(len(known.opens), partitions)])

    def extend(self, records: list[Any], begin: int, owner: Any, now_ms: int, now: float) -> int:
        """Take records (tuples as :class:`connect.api.records.Serialized`) from ``begin`` on; how many were taken.

        When fewer than all were taken ``why`` says what is the matter with the next one. ``now_ms`` is the time of records
        that have none, ``now`` is remembered by batches that get their first record.
        """
        last: Any = None
        sink: Any = None
        count = len(records)
        self.taken_bytes = 0
        self.why = TAKEN
        i = begin
        while i < count:
            topic, partition, key, value, headers, stamp = records[i]
            if topic is not last:
                sink = self.sinks.get(topic)
                if sink is None:
                    self.why = TOPIC
                    return i - begin
                last = topic
            header = self.header(headers)
            body = 0
            if key is not None:
                body += len(key)
            if value is not None:
                body += len(value)
            size = self.sized(body, header)
            if size < 0:
                self.why = SIZE
                return i - begin
            if self.crowded(size):
                self.why = FULL
                return i - begin
            if partition < 0:
                if key is None:
                    partition = sink.turn
                else:
                    partition = (murmur2(key) & 0x7FFFFFFF) % len(sink.opens)  # type: ignore[name-defined]  # noqa: F821
            elif partition >= len(sink.opens):
                self.why = PARTITION
                return i - begin
            open = sink.opens[partition]
            self.room(sink, open, size, key is not None, stamp if stamp else now_ms, now)
            writer = open.writer
            self.lead(open, -1 if key is None else len(key), -1 if value is None else len(value), header,
                      stamp if stamp else now_ms)
            if key is not None:
                writer.write_raw(key)
            writer.write_long(-1 if value is None else len(value))
            if value is not None:
                writer.write_raw(value)
            self.own(open, size, body, header, owner)
            i += 1
        return i - begin

    def sized(self, body: int, header: bytes) -> int:
        """Bytes that a record with so many of key and value is charged with; -1: it is larger than any may be."""
        size = body + len(header) + _FRAME
        return -1 if size + _BATCH > self.largest else size

    def crowded(self, size: int) -> bool:
        """Whether a record of that size must wait until others are done."""
        return self.records > 0 and (self.bytes + size > self.most_bytes or self.records >= self.most_records)

    def room(self, sink: Sink, open: Open, size: int, keyed: bool, stamp: int, now: float) -> None:
        """Make the open batch ready for a record of that size and time."""
        if open.count and open.writer.end + size + _BATCH > self.batch_size:
            self.seal(open)
            if not keyed:
                sink.turn = (sink.turn + 1) % len(sink.opens)
        if not open.count:
            open.first_ms = stamp
            open.last_ms = stamp
            open.since = now
            self.touched.append(open)
        elif stamp > open.last_ms:
            open.last_ms = stamp

    def lead(self, open: Open, key: int, value: int, header: bytes, stamp: int) -> None:
        """Begin a record: what stands before its key. ``key`` and ``value`` are their sizes, -1 of null."""
        writer = open.writer
        since = stamp - open.first_ms
        # A null is a length of -1 and nothing.
        body = 1 + varint_size(since) + varint_size(open.count) + len(header)  # type: ignore[name-defined]  # noqa: F821
        body += varint_size(key) + varint_size(value)  # type: ignore[name-defined]  # noqa: F821
        if key > 0:
            body += key
        if value > 0:
            body += value
        writer.write_long(body)
        writer.write_byte(0)
        writer.write_long(since)
        writer.write_long(open.count)
        writer.write_long(key)

    def own(self, open: Open, size: int, body: int, header: bytes, owner: Any) -> None:
        """End a record whose key and value are written, and count it."""
        open.writer.write_raw(header)
        open.count += 1
        open.charge += size
        self.bytes += size
        self.records += 1
        self.taken_bytes += body
        if owner is not open.owner:
            open.change(owner)
        open.owned += 1

    def header(self, headers: Any) -> bytes:
        """Headers with their count, encoded; kept for the next record when they cannot change meanwhile."""
        if headers is self._headers:
            return self._header_bytes
        writer = self._scratch
        if not headers:
            data = b"\x00"
        else:
            writer.truncate(0)
            writer.write_long(len(headers))
            for name, value in headers:
                writer.write_bytes(name.encode("utf-8"))
                if value is None:
                    writer.write_byte(1)
                else:
                    writer.write_bytes(value.encode("utf-8") if isinstance(value, str) else value)
            data = writer.take()
        if type(headers) is tuple:
            self._headers = headers
            self._header_bytes = data
        return data

    def seal(self, open: Open) -> None:
        """Close a batch that has records; it is appended to ``sealed``."""
        if open.count:
            self.sealed.append(open.seal())

    def give_back(self, records: int, charge: int) -> None:
        """So many records are done."""
        self.records -= records
        self.bytes -= charge
