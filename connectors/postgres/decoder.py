"""pgoutput frames and COPY lines → batches of changes. No I/O but what the catalogue given does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.postgres.batch import ChangeBatch
from connectors.postgres.config import PostgresConfig
from connectors.postgres.facts import ConnectorFacts, SnapshotMarks, SnapshotPosition
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset
from connectors.postgres.relations import Catalog, CatalogTable

__all__ = ["Decoder", "SnapshotTable"]


@dataclass(frozen=True, slots=True)
class SnapshotTable:
    """A table ready to be read: COPY exactly ``columns`` in this order, as text, then hand the lines to the decoder."""

    table: CatalogTable
    columns: tuple[str, ...]


class Decoder:
    """Turns what the replication connection read into batches. One for each connection: relations are remembered."""

    server_wal_end: LSN
    """The newest ``wal_end`` the server told of, in any frame."""
    reply_requested: bool
    """Whether a keepalive asked for a status update; set it to False once it is sent."""

    def __init__(self, config: PostgresConfig, catalog: Catalog, connector: ConnectorFacts, resume: PgOffset | None,
                 clock: Callable[[], int] = time.time_ns) -> None: ...

    @property
    def offset(self) -> PgOffset:
        """The offset after everything fed so far."""
        raise NotImplementedError

    @property
    def in_transaction(self) -> bool:
        """Whether the last frame fed lies inside a transaction."""
        raise NotImplementedError

    def feed(self, frames: Sequence[bytes]) -> ChangeBatch:
        """Decode CopyData payloads in the order read. May end inside a transaction. A batch without records still moves the
        offset. Raises ConnectError on a message that is not known, RecordError on a row that cannot be decoded."""
        raise NotImplementedError

    def table_for_snapshot(self, table: CatalogTable) -> SnapshotTable | None:
        """How to read that table, None when it is not captured."""
        raise NotImplementedError

    def snapshot_batch(self, table: SnapshotTable, lines: Sequence[bytes], at: SnapshotPosition,
                       marks: SnapshotMarks = SnapshotMarks()) -> ChangeBatch:  # noqa: B008
        """``COPY … TO STDOUT`` text lines (with or without the newline) as ``r`` events. With ``marks.last`` the
        batch's offset says that the snapshot is complete."""
        raise NotImplementedError

    def snapshot_done(self, at: SnapshotPosition) -> ChangeBatch:
        """A batch without records whose offset says that the snapshot is complete (no row was there to say it)."""
        raise NotImplementedError
