"""Records and batches of records: what a source task hands to the runtime.

A **batch** is an ordered run of consecutive records of one task with the source offsets that are right once every
record of it, and of all batches before it, is acknowledged. A batch may hold no records at all (filtered rows, an empty
transaction, a keepalive): it then only moves the offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from schemas.model import Schema, Value

if TYPE_CHECKING:
    from connect.api.plugins import Converters
    from schemas.core.sink import RecordSink

__all__ = ["Header", "ListBatch", "Offset", "Partition", "PouringBatch", "RecordBatch", "Serialized", "SourceRecord"]

Partition = Mapping[str, Any]
"""A source partition: which log. String keys, primitive values; the order of the keys is kept, it is part of the key."""

Offset = Mapping[str, Any]
"""A source offset: how far in the log. String keys, primitive values."""


class Header(NamedTuple):
    """One header of a record: ``value`` is a Connect value of ``schema`` (None: the value speaks for itself)."""

    key: str
    value: Value
    schema: Schema | None = None


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record before conversion. A tombstone has ``value`` and ``value_schema`` None.

    ``kafka_partition`` None leaves the choice to the partitioner (murmur2 of the key bytes); ``timestamp`` is in
    milliseconds, None is the time of producing.
    """

    source_partition: Partition
    source_offset: Offset
    topic: str
    key_schema: Schema | None = None
    key: Value = None
    value_schema: Schema | None = None
    value: Value = None
    kafka_partition: int | None = None
    timestamp: int | None = None
    headers: tuple[Header, ...] = field(default=())

    def but(self, **changes: Any) -> SourceRecord:
        """A copy with some attributes changed; a transform never changes its input."""
        return replace(self, **changes)


class Serialized(NamedTuple):
    """One record ready for the producer. ``partition`` -1: the partitioner's choice; ``timestamp`` 0: now."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp: int


@runtime_checkable
class RecordBatch(Protocol):
    """An ordered run of records. The runtime calls either :meth:`records` or :meth:`serialize`, once.

    Both ways give the same bytes: ``serialize(c)`` equals converting each of ``records()`` with ``c``.
    """

    def __len__(self) -> int:
        """The number of records."""
        ...

    def offsets(self) -> Sequence[tuple[Partition, Offset]]:
        """For each source partition touched, its offset after the whole batch."""
        ...

    def records(self) -> Iterator[SourceRecord]:
        """The records as Python values, in order. The iterator raises RecordError for one that cannot be decoded and, so that it
        can be skipped, gives the record after it when asked again (a generator cannot: it has ended, and so fails the task)."""
        ...

    def serialize(self, converters: Converters) -> Iterable[Serialized]:
        """The records as bytes, in order. Raises RecordError when one cannot be encoded."""
        ...

    def describe(self, index: int) -> str:
        """Where record ``index`` came from: table, key columns' names and log position. For error texts; no row values."""
        ...


class PouringBatch(RecordBatch, Protocol):
    """A batch that can write its records where the producer wants them, without an object for each."""

    def topics(self) -> Iterable[str]:
        """The topics of its records, in order; some may come again and again."""
        ...

    def pour(self, converters: Converters, sink: RecordSink) -> Iterator[None] | None:
        """Put all records into the sink, in order and from the first, when the iterator is run to its end; None when these
        converters do not allow it. It gives control back from time to time, and whenever the sink takes no more at present;
        when it is resumed it tries the same record again. Raises as :meth:`serialize`; what came before is in the sink."""
        ...


class ListBatch:
    """A plain list of SourceRecord as a batch: what connectors without a codec of their own return."""

    def __init__(self, records: Sequence[SourceRecord], offsets: Sequence[tuple[Partition, Offset]] | None = None) -> None:
        self._records = records
        if offsets is None:
            newest = {tuple(r.source_partition.items()): (r.source_partition, r.source_offset) for r in records}
            offsets = list(newest.values())
        self._offsets = offsets

    def __len__(self) -> int:
        return len(self._records)

    def offsets(self) -> Sequence[tuple[Partition, Offset]]:
        """See RecordBatch."""
        return self._offsets

    def records(self) -> Iterator[SourceRecord]:
        """See RecordBatch."""
        return iter(self._records)

    def serialize(self, converters: Converters) -> Iterable[Serialized]:
        """See RecordBatch."""
        return (converters.serialize(r) for r in self._records)

    def describe(self, index: int) -> str:
        """See RecordBatch."""
        r = self._records[index]
        return f"source partition {dict(r.source_partition)}, source offset {dict(r.source_offset)}"
