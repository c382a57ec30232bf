"""How far the stream is read: the transaction that is open, what was handed on before, and the offset that says it. Pure.

Between transactions the offset is behind everything that committed; inside one it says which (by the position of its commit
record) and how many of its changes are done. A restart reads that transaction again and passes over so many.
"""

from __future__ import annotations

from typing import Any

from connect.api.errors import ConnectError
from connectors.postgres.changes import Transaction
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset
from connectors.postgres.pgoutput import Begin, Commit, Origin
from connectors.transactions import TransactionCounts

__all__ = ["Progress"]


class Progress:
    """Follows the stream. One thread.

    ``base`` says which server it is; ``resume`` is the offset to go on from. With ``metadata`` offsets count the changes of
    each table too.
    """

    def __init__(self, base: PgOffset, resume: PgOffset | None, metadata: bool) -> None:
        self.offset = resume if resume is not None else base
        """The offset after everything read so far; after rows only once :meth:`settle` was called."""
        self.threshold = self.offset.resume_lsn
        """What committed before it was handed on."""
        self.tx: Transaction | None = None
        """The transaction that is open."""
        self.passing = False
        """Whether it was handed on before, as a whole."""
        self.index = 0
        """Changes of it that were read."""
        self.skip = 0
        """Changes of it that were handed on by an earlier run."""
        self.counts = TransactionCounts()
        self._base = base
        self._metadata = metadata
        self._resume = self.offset
        self._transaction_id: str | None = None
        self._rows: tuple[int, str] | None = None

    @property
    def fresh(self) -> bool:
        """Whether the next transaction cannot be one that was handed on in part."""
        return self.tx is None and self._resume.tx_lsn is None

    def enter(self, offset: PgOffset) -> None:
        """Everything up to that offset was handed on otherwise: a snapshot."""
        self.offset = offset
        self._resume = PgOffset()
        self.threshold = offset.resume_lsn

    def keepalive(self, wal_end: int) -> None:
        """The server has sent what committed before ``wal_end``; so between transactions it is all handed on."""
        if self.tx is None and wal_end > self.threshold:
            self.threshold = LSN(wal_end)
            self.offset = self._moved(lsn_commit=self.threshold)

    def begin(self, lsn: int, begin: Begin) -> bool:
        """A transaction begins; whether this is to be told. Raises ConnectError when another was handed on in part and the server
        does not send it again."""
        if self.tx is not None:
            raise ValueError("a transaction begins inside another")
        last = self.offset.lsn_commit
        self.tx = Transaction(begin.final_lsn, begin.xid, begin.ts_us, last)
        self.index = self.skip = 0
        self.passing = begin.final_lsn < self.threshold
        if self.passing:
            return False
        pending, self._resume = self._resume, PgOffset()
        resumed = False
        if pending.tx_lsn is not None and pending.tx_lsn >= self.threshold:
            resumed = pending.tx_lsn == begin.final_lsn
            if resumed:
                self.skip = pending.tx_index
            elif pending.tx_lsn < begin.final_lsn and pending.tx_index:
                raise ConnectError(
                    f"the transaction whose commit record is at {pending.tx_lsn} was handed on in part ({pending.tx_index} "
                    f"changes) and the server does not send it again; the next one is at {begin.final_lsn}. Its other changes "
                    "are missing: was the slot recreated, or the publication changed? Take a new snapshot of its tables, then "
                    "correct the offset")
        self.counts = TransactionCounts.resumed(pending.tx_counts) if resumed else TransactionCounts()
        self._transaction_id = f"{begin.xid}:{lsn}"
        told = resumed and pending.transaction_id is not None
        if told:
            self._transaction_id = pending.transaction_id
        self.change(lsn, "BEGIN")
        return not told

    def origin(self, origin: Origin) -> None:
        """The open transaction came from another server."""
        tx = self.tx
        if tx is None:
            raise ValueError("an origin outside a transaction")
        self.tx = Transaction(tx.final_lsn, tx.tx_id, tx.ts_us, tx.last_commit, origin.name, origin.lsn)

    def next(self) -> bool:
        """Count a change of the transaction; whether it is to be emitted."""
        if self.tx is None:
            raise ValueError("a change outside a transaction")
        self.index += 1
        return not self.passing and self.index > self.skip

    def row(self, lsn: int, what: str) -> None:
        """A row was dealt with; the offset is brought up to date when it is needed."""
        self._rows = (lsn, what)

    def settle(self) -> None:
        """Bring the offset up to date with the rows since."""
        if self._rows is not None:
            self.change(*self._rows)

    def change(self, lsn: int, what: str) -> None:
        """Move the offset inside the transaction."""
        self._rows = None
        tx = self.tx
        assert tx is not None
        at = LSN(lsn) if lsn else self.offset.lsn
        self.offset = self._moved(
            lsn=at, lsn_proc=at, tx_id=tx.tx_id, ts_usec=tx.ts_us, message_type=what, tx_lsn=tx.final_lsn,
            tx_index=max(self.index, self.skip), transaction_id=self._transaction_id if self._metadata else None,
            tx_counts=dict(self.counts.by_table) if self._metadata else {})

    def commit(self, commit: Commit) -> Transaction | None:
        """The open transaction ends; it, or None when it was handed on before."""
        tx = self.tx
        if tx is None:
            raise ValueError("a transaction ends that has not begun")
        if commit.lsn != tx.final_lsn or commit.end_lsn < commit.lsn:
            raise ValueError(f"the transaction whose commit record is at {tx.final_lsn} ends with one at {commit.lsn} that ends "
                             f"at {commit.end_lsn}")
        self.tx = self._rows = None
        if self.passing:
            return None
        self.committed(tx.tx_id, commit)
        return tx

    def committed(self, tx_id: int | None, commit: Commit) -> None:
        """The offset is behind that transaction."""
        end = commit.end_lsn
        self.threshold = max(self.threshold, end)
        self.offset = self._moved(
            lsn=end, lsn_proc=end, lsn_commit=end, tx_id=tx_id, ts_usec=commit.ts_us, message_type="COMMIT")

    def message(self, lsn: LSN) -> None:
        """A message outside transactions: it is sent when it is read, before every transaction that is still open, so what
        committed before it was sent."""
        self.threshold = lsn
        self.offset = self._moved(lsn=lsn, lsn_proc=lsn, lsn_commit=lsn, message_type="MESSAGE")

    def _moved(self, **changes: Any) -> PgOffset:
        """The offset further on: no snapshot any more, no transaction open, the server's identity in it."""
        base = self._base
        old = self.offset
        # Not by replace(), which looks at every field by its name: this is done for each batch.
        kept = {"lsn": old.lsn, "lsn_proc": old.lsn_proc, "lsn_commit": old.lsn_commit, "tx_id": old.tx_id,
                "ts_usec": old.ts_usec, "message_type": old.message_type}
        return PgOffset(**{**kept, **changes}, system_id=base.system_id, timeline=base.timeline)
