"""DropHeaders: removes headers by name."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance, KeyType
from connect.api.records import SourceRecord
from connect.config.checks import NonEmpty

__all__ = ["DropHeaders"]

_KEYS = ConfigDef((
    ConfigKey("headers", KeyType.LIST, importance=Importance.HIGH, valid=(NonEmpty(),), doc="Names of the headers to remove."),))


class DropHeaders:
    """Looks at headers only."""

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        self._names = frozenset[str](_KEYS.parse(props).good()["headers"])

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        return record.but(headers=tuple(h for h in record.headers if h.key not in self._names))

    def close(self) -> None:
        """See Transform."""
