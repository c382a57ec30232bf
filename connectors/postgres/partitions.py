"""Partitions of a table that is published by its root: attaching, detaching and truncating one changes the table's rows
without a word in the log. Nobody can emit those rows; but the change of the set can be told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from connectors.postgres.session import Session
from connectors.selection import Selection

__all__ = ["PartitionWatch"]

INTERVAL: Final = 60.0
_SECONDS: Final = 5.0


class PartitionWatch:
    """Looks at the partitions of captured tables once in a while and logs what has come and gone. ``changes`` counts."""

    def __init__(
        self,
        publication: str,
        selection: Selection,
        logger: logging.Logger,
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publication = publication
        self._selection = selection
        self._logger = logger
        self._interval = interval
        self._clock = clock
        self._next = clock() + min(interval, 5.0)
        self._known: dict[str, set[str]] = {}
        self.changes = 0

    def due(self) -> bool:
        """Whether it is time to look again."""
        return self._clock() >= self._next

    def look(self, session: Session) -> None:
        """Compare with the last look; the first one only remembers."""
        self._next = self._clock() + self._interval
        now: dict[str, set[str]] = {}
        for schema, name, leaf in session.execute(
                "SELECT p.schemaname, p.tablename, l.relid::regclass::text FROM pg_publication_tables p "
                "JOIN pg_namespace n ON n.nspname = p.schemaname "
                "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename AND c.relkind = 'p', "
                "pg_partition_tree(c.oid) l WHERE p.pubname = $1 AND l.isleaf", (self._publication,),
                doing="looking at the partitions", timeout=_SECONDS):
            if self._selection.table(schema or "", name or ""):
                now.setdefault(f"{schema}.{name}", set()).add(leaf or "")
        for table, leaves in now.items():
            before = self._known.get(table)
            if before is not None and before != leaves:
                self._tell(table, sorted(leaves - before), sorted(before - leaves))
        self._known = now

    def _tell(self, table: str, come: Sequence[str], gone: Sequence[str]) -> None:
        self.changes += len(come) + len(gone)
        if come:
            self._logger.warning(
                "partitions of %s are new: %s. Rows that a partition had before it was attached are not in the log and give no "
                "events; a snapshot of the table brings them", table, ", ".join(come))
        if gone:
            self._logger.warning(
                "partitions of %s are gone: %s. The rows they held give no delete events; a snapshot of the table tells what is "
                "left", table, ", ".join(gone))
