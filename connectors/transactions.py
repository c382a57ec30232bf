"""Transaction metadata (``provide.transaction.metadata``): BEGIN and END records, and each event's place in its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connect.api.records import Offset, Partition, SourceRecord
from schemas.envelope import TRANSACTION_KEY, TRANSACTION_VALUE

__all__ = ["TransactionCounts", "begin_record", "end_record"]


@dataclass(slots=True)
class TransactionCounts:
    """Counts the events of one transaction, all together and by table, from 1. Survives a restart through the offset."""

    total: int = 0
    by_table: dict[str, int] = field(default_factory=dict)

    @classmethod
    def resumed(cls, counts: Mapping[str, int]) -> TransactionCounts:
        """As the offset remembers it."""
        return cls(sum(counts.values()), dict(counts))

    def next(self, table: str) -> tuple[int, int]:
        """The place of the next event: among all, and among those of its table."""
        self.total += 1
        place = self.by_table[table] = self.by_table.get(table, 0) + 1
        return self.total, place

    def summary(self) -> list[dict[str, Any]]:
        """What END says of the tables, in the order they were first touched."""
        return [{"data_collection": t, "event_count": n} for t, n in self.by_table.items()]


def begin_record(topic: str, transaction: str, ts_ms: int, partition: Partition, offset: Offset) -> SourceRecord:
    """The record at the begin of a transaction."""
    value = {"status": "BEGIN", "id": transaction, "event_count": None, "data_collections": None, "ts_ms": ts_ms}
    return _record(topic, transaction, value, partition, offset)


def end_record(topic: str, transaction: str, ts_ms: int, counts: TransactionCounts, partition: Partition,
               offset: Offset) -> SourceRecord:
    """The record at its end, with the numbers of events."""
    value = {"status": "END", "id": transaction, "event_count": counts.total, "data_collections": counts.summary(),
             "ts_ms": ts_ms}
    return _record(topic, transaction, value, partition, offset)


def _record(topic: str, transaction: str, value: dict[str, Any], partition: Partition, offset: Offset) -> SourceRecord:
    return SourceRecord(partition, offset, topic, TRANSACTION_KEY, {"id": transaction}, TRANSACTION_VALUE, value,
                        kafka_partition=0)
