"""Filter: drops every record it sees; used with a predicate."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef
from connect.api.records import SourceRecord

__all__ = ["Filter"]


class Filter:
    """Drops all records."""

    def config(self) -> ConfigDef:
        """See Transform."""
        return ConfigDef()

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        return None

    def close(self) -> None:
        """See Transform."""
