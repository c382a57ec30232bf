"""Debezium's PostgreSQL offset ⇄ a typed value.

The rule of resuming: pgoutput replays whole transactions in commit order. ``lsn_commit`` is the end LSN of the last
transaction that was handed on completely; a transaction is skipped if and only if its commit record (``BEGIN.final_lsn``)
lies before it. Inside a transaction two keys of ours say how far it got: ``headgate_tx_lsn`` names the transaction by its
commit record, ``headgate_tx_index`` counts its change messages that were dealt with. A row's own LSN never decides:
several rows can share one. Debezium ignores keys it does not know, and offsets without ours are taken over.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from connect.api.errors import ConnectError
from connectors.postgres.lsn import LSN

__all__ = ["PgOffset", "partition_of"]

_COUNTER = "transaction_data_collection_order_"


def partition_of(prefix: str) -> dict[str, str]:
    """The source partition of a connector with that ``topic.prefix``."""
    return {"server": prefix}


class PgOffset(NamedTuple):
    """How far a connector got. Make with :meth:`read`, store what :meth:`write` gives. A tuple: one is made for each batch.

    ``ts_usec`` is in microseconds since 1970. ``snapshot`` is "INITIAL" (or another word of Debezium's) while and right
    after a snapshot, None once streaming. ``tx_counts`` are the transaction metadata's per-table counters.
    """

    lsn: LSN | None = None
    lsn_proc: LSN | None = None
    lsn_commit: LSN | None = None
    tx_id: int | None = None
    ts_usec: int | None = None
    message_type: str | None = None
    snapshot: str | None = None
    snapshot_completed: bool = False
    last_snapshot_record: bool = False
    tx_lsn: LSN | None = None
    tx_index: int = 0
    transaction_id: str | None = None
    tx_counts: Mapping[str, int] = MappingProxyType({})
    system_id: str | None = None
    timeline: int | None = None

    @classmethod
    def read(cls, offset: Mapping[str, Any] | None) -> PgOffset | None:
        """From a stored offset, ours or Debezium's; None from none. Raises ConnectError naming the key that is wrong."""
        if not offset:
            return None
        snapshot = offset.get("snapshot")
        if snapshot is True:
            snapshot = "INITIAL"
        elif snapshot is False or snapshot == "":
            snapshot = None
        elif snapshot is not None and not isinstance(snapshot, str):
            raise _wrong("snapshot", snapshot, "a text or a boolean")
        transaction_id = offset.get("transaction_id")
        return cls(
            lsn=_lsn(offset, "lsn"),
            lsn_proc=_lsn(offset, "lsn_proc"),
            lsn_commit=_lsn(offset, "lsn_commit"),
            tx_id=_number(offset, "txId"),
            ts_usec=_number(offset, "ts_usec"),
            message_type=None if offset.get("messageType") is None else str(offset["messageType"]),
            snapshot=snapshot,
            snapshot_completed=bool(offset.get("snapshot_completed", False)),
            last_snapshot_record=bool(offset.get("last_snapshot_record", False)),
            tx_lsn=_lsn(offset, "headgate_tx_lsn"),
            tx_index=_number(offset, "headgate_tx_index") or 0,
            transaction_id=None if transaction_id is None else str(transaction_id),
            tx_counts={k[len(_COUNTER):]: _number(offset, k) or 0 for k in offset if k.startswith(_COUNTER)},
            system_id=None if offset.get("headgate_system_id") is None else str(offset["headgate_system_id"]),
            timeline=_number(offset, "headgate_timeline"),
        )

    def write(self) -> dict[str, Any]:
        """As a map of primitive values with Debezium's keys; what is not known is left out."""
        out: dict[str, Any] = {}
        if self.snapshot is not None:
            out["snapshot"] = self.snapshot
            out["snapshot_completed"] = self.snapshot_completed
            out["last_snapshot_record"] = self.last_snapshot_record
        for name, value in (("lsn_proc", self.lsn_proc), ("messageType", self.message_type),
                            ("lsn_commit", self.lsn_commit), ("lsn", self.lsn), ("txId", self.tx_id),
                            ("ts_usec", self.ts_usec)):
            if value is not None:
                out[name] = _signed(value) if isinstance(value, int) else value
        if self.tx_lsn is not None:
            out["headgate_tx_lsn"] = _signed(self.tx_lsn)
            out["headgate_tx_index"] = self.tx_index
        if self.system_id is not None:
            out["headgate_system_id"] = self.system_id
        if self.timeline is not None:
            out["headgate_timeline"] = self.timeline
        if self.transaction_id is not None:
            out["transaction_id"] = self.transaction_id
            out.update({_COUNTER + k: v for k, v in self.tx_counts.items()})
        return out

    @property
    def snapshot_running(self) -> bool:
        """Whether a snapshot was begun and not finished: it starts again."""
        return self.snapshot is not None and not self.snapshot_completed

    @property
    def resume_lsn(self) -> LSN:
        """Transactions whose commit record lies before this are done; also what the database may be told is confirmed."""
        if self.lsn_commit is not None:
            return self.lsn_commit
        if self.lsn is not None:
            return self.lsn
        return self.lsn_proc or LSN(0)

    def but(self, **changes: Any) -> PgOffset:
        """A copy with some attributes changed."""
        return self._replace(**changes)


def _signed(n: int) -> int:
    """A plain int64, as Debezium stores LSNs."""
    return int(n) - (1 << 64) if n > 0x7FFFFFFFFFFFFFFF else int(n)


def _wrong(key: str, value: object, expected: str) -> ConnectError:
    return ConnectError(f"the stored offset's {key!r} is {value!r}, expected {expected}; "
                        "correct it with PATCH /connectors/NAME/offsets, or delete the offset")


def _number(offset: Mapping[str, Any], key: str) -> int | None:
    value = offset.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(key, value, "a whole number")
    return value


def _lsn(offset: Mapping[str, Any], key: str) -> LSN | None:
    value = offset.get(key)
    if value is None:
        return None
    if isinstance(value, str) and "/" in value:
        try:
            return LSN.parse(value)
        except ValueError:
            raise _wrong(key, value, "an LSN") from None
    n = _number(offset, key)
    assert n is not None
    if not -(1 << 63) <= n < 1 << 64:
        raise _wrong(key, value, "an LSN as a 64-bit number")
    return LSN(n & 0xFFFFFFFFFFFFFFFF)
