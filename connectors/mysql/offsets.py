"""Debezium's MySQL and MariaDB offset ⇄ a typed value.

The rule of resuming: ``file``/``pos`` is where the current transaction begins (its BEGIN; after COMMIT the position of what
follows), ``gtids`` what was executed before it. A restart replays from there and skips ``event`` events, the BEGIN being the
first and every event after it counting (table maps, rows queries, rows events, also those inside a compressed transaction),
then ``row`` rows of the event that follows. Debezium ignores keys it does not know, and offsets without ours are taken over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from connect.api.errors import ConnectError

__all__ = ["BinlogOffset", "PreparedXa", "partition_of"]

_COUNTER = "transaction_data_collection_order_"


def partition_of(prefix: str) -> dict[str, str]:
    """The source partition of a connector with that ``topic.prefix``."""
    return {"server": prefix}


@dataclass(frozen=True, slots=True)
class PreparedXa:
    """An XA transaction that is prepared and not decided at this offset: its rows are read again from where it begins.

    ``xid`` is its text as in XA statements (``X'…',X'…',1``), ``file``/``pos`` the position of its first event (the GTID event
    if there is one), ``gtid`` the GTID under which it was prepared, None without GTIDs.
    """

    xid: str
    file: str
    pos: int
    gtid: str | None = None


class BinlogOffset(NamedTuple):
    """How far a connector got. Make with :meth:`read`, store what :meth:`write` gives. A tuple: one is made for each batch.

    ``ts_sec`` is in seconds since 1970, that of the last event dealt with. ``snapshot`` is "INITIAL" (or another word of
    Debezium's) while a snapshot runs and None once it is complete or there was none. ``gtids`` is None where the server has no
    GTIDs; the empty text is the empty set. ``tx_counts`` are the transaction metadata's per-table counters. ``server_uuid`` names
    the server that ``file`` and ``pos`` are of; ``xa`` the transactions that wait for their decision; ``tx_gtid`` the
    transaction that ``event`` and ``row`` are of.
    """

    file: str = ""
    pos: int = 0
    event: int = 0
    row: int = 0
    gtids: str | None = None
    ts_sec: int | None = None
    server_id: int | None = None
    snapshot: str | None = None
    transaction_id: str | None = None
    tx_counts: Mapping[str, int] = MappingProxyType({})
    server_uuid: str | None = None
    xa: tuple[PreparedXa, ...] = ()
    tx_gtid: str | None = None

    @classmethod
    def read(cls, offset: Mapping[str, Any] | None) -> BinlogOffset | None:
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
        elif snapshot in ("true", "false"):
            snapshot = "INITIAL" if snapshot == "true" else None
        gtids = _text(offset, "gtids")
        return cls(
            file=_text(offset, "file") or "",
            pos=_count(offset, "pos"),
            event=_count(offset, "event"),
            row=_count(offset, "row"),
            gtids=None if gtids is None else "".join(gtids.split()),
            ts_sec=_number(offset, "ts_sec"),
            server_id=_number(offset, "server_id"),
            snapshot=snapshot,
            transaction_id=_text(offset, "transaction_id"),
            tx_counts={k[len(_COUNTER):]: _count(offset, k) for k in offset if k.startswith(_COUNTER)},
            server_uuid=_text(offset, "headgate_server_uuid"),
            xa=_prepared(offset.get("headgate_xa")),
            tx_gtid=_text(offset, "headgate_gtid"),
        )

    def write(self) -> dict[str, Any]:
        """As a map of primitive values with Debezium's keys; as there, what is not known, and an ``event`` and ``row`` of 0,
        is left out."""
        out: dict[str, Any] = {}
        if self.snapshot is not None:
            out["snapshot"] = self.snapshot
        if self.server_id:
            out["server_id"] = self.server_id
        if self.gtids is not None:
            out["gtids"] = self.gtids
        if self.file:
            out["file"] = self.file
            out["pos"] = self.pos
        if self.event:
            out["event"] = self.event
        if self.row:
            out["row"] = self.row
        if self.ts_sec is not None:
            out["ts_sec"] = self.ts_sec
        if self.server_uuid is not None:
            out["headgate_server_uuid"] = self.server_uuid
        if self.tx_gtid is not None:
            out["headgate_gtid"] = self.tx_gtid
        if self.xa:
            out["headgate_xa"] = json.dumps([_entry(x) for x in self.xa], separators=(",", ":"))
        if self.transaction_id is not None:
            out["transaction_id"] = self.transaction_id
            for name, count in self.tx_counts.items():
                out[_COUNTER + name] = count
        return out

    @property
    def snapshot_running(self) -> bool:
        """Whether a snapshot was begun and not finished: it starts again."""
        return self.snapshot is not None

    def but(self, **changes: Any) -> BinlogOffset:
        """A copy with some attributes changed."""
        return self._replace(**changes)


def _entry(xa: PreparedXa) -> dict[str, Any]:
    entry: dict[str, Any] = {"xid": xa.xid, "file": xa.file, "pos": xa.pos}
    if xa.gtid is not None:
        entry["gtid"] = xa.gtid
    return entry


def _prepared(value: object) -> tuple[PreparedXa, ...]:
    if value is None or value == "":
        return ()
    try:
        entries = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        entries = None
    out = []
    for entry in entries if isinstance(entries, list) else (None,):
        match entry:
            case {"xid": str(xid), "file": str(file), "pos": int(pos), "gtid": str(gtid)} if pos >= 0:
                out.append(PreparedXa(xid, file, pos, gtid))
            case {"xid": str(xid), "file": str(file), "pos": int(pos), **rest} if pos >= 0 and "gtid" not in rest:
                out.append(PreparedXa(xid, file, pos))
            case _:
                raise _wrong("headgate_xa", value, "a JSON list of {xid, file, pos, gtid}")
    return tuple(out)


def _wrong(key: str, value: object, expected: str) -> ConnectError:
    return ConnectError(f"the stored offset's {key!r} is {value!r}, expected {expected}; "
                        "correct it with PATCH /connectors/NAME/offsets, or delete the offset")


def _text(offset: Mapping[str, Any], key: str) -> str | None:
    value = offset.get(key)
    if value is not None and not isinstance(value, str):
        raise _wrong(key, value, "a text")
    return value


def _number(offset: Mapping[str, Any], key: str) -> int | None:
    value = offset.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(key, value, "a whole number")
    return value


def _count(offset: Mapping[str, Any], key: str) -> int:
    value = _number(offset, key)
    if value is None:
        return 0
    if value < 0:
        raise _wrong(key, value, "a whole number that is not negative")
    return value
