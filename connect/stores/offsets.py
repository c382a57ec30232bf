"""Source offsets in the offsets topic: Kafka Connect's keys and values, and reading them.

Key ``["connector",{source partition}]``, value ``{source offset}``, null = forgotten; the newest record of a key counts.
Keys are found by their bytes, so a partition's members must keep the order in which the connector names them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from connect.api.errors import DataError
from connect.api.records import Offset, Partition
from connect.kafka.reader import read_to_end
from connect.stores.jsontext import dumps, loads

__all__ = ["OffsetTable", "check_primitive", "offset_key", "offset_value", "parse_key", "read_offsets"]

logger = logging.getLogger(__name__)


def check_primitive(what: str, values: Mapping[str, Any]) -> None:
    """Raises DataError unless all values are text, numbers, booleans or null (the rule of Kafka Connect)."""
    for name, value in values.items():
        if not isinstance(name, str):
            raise DataError(f"a source {what}'s keys must be text, but one is of type {type(name).__name__}")
        if value is not None and not isinstance(value, str | int | float | bool):
            kind = "MAP" if isinstance(value, Mapping) else "ARRAY" if isinstance(value, list | tuple) else type(value).__name__
            raise DataError(f"Offsets may only contain primitive types as values, but field {name} contains {kind}")


def offset_key(connector: str, partition: Partition) -> bytes:
    """The key under which this source partition's offset is stored. Raises DataError for nested values."""
    check_primitive("partition", partition)
    return dumps([connector, partition])


def offset_value(offset: Offset | None) -> bytes | None:
    """The value that stores this offset; None forgets. Raises DataError for nested values."""
    if offset is None:
        return None
    check_primitive("offset", offset)
    return dumps(offset)


def parse_key(key: bytes | None) -> tuple[str, dict[str, Any]] | None:
    """Connector and source partition of a key; None for one that is no offset key (left alone, as Kafka Connect does)."""
    try:
        match loads(key or b""):
            case [str(connector), dict(partition)]:
                return connector, partition
            case [str(connector), None]:
                return connector, {}
    except ValueError:
        pass
    return None


class OffsetTable:
    """The newest offset of every key, folded from records of the offsets topic in the order of each partition."""

    def __init__(self) -> None:
        self._by_connector: dict[str, dict[bytes, tuple[dict[str, Any], dict[str, Any]]]] = {}

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record. Unreadable ones are told in the log and left out."""
        parsed = parse_key(key)
        if key is None or parsed is None:
            logger.warning("a record of the offsets topic has a key that is no offset key; left out")
            return
        connector, partition = parsed
        offset = None
        if value is not None:
            try:
                offset = loads(value)
            except ValueError:
                offset = ()
            if offset is not None and not isinstance(offset, dict):
                logger.warning("the stored offset of connector %s for one source partition is unreadable; left out", connector)
                return
        mine = self._by_connector.setdefault(connector, {})
        if offset is None:
            mine.pop(key, None)
            if not mine:
                del self._by_connector[connector]
        else:
            mine[key] = (partition, offset)

    def of(self, connector: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Source partitions and offsets of a connector, copies."""
        return [(dict(p), dict(o)) for p, o in self._by_connector.get(connector, {}).values()]

    def key_of(self, connector: str, partition: Partition) -> bytes | None:
        """The key under which this partition is stored, whatever the order of its members; None when it is not known."""
        return next((k for k, (p, _) in self._by_connector.get(connector, {}).items() if p == partition), None)

    def connectors(self) -> Iterable[str]:
        """Connectors that have an offset."""
        return list(self._by_connector)


def read_offsets(
    properties: Mapping[str, Any], topic: str, connector: str, *, group: str, read_committed: bool = False, timeout: float = 60.0
) -> list[tuple[Partition, Offset]]:
    """The stored offsets of one connector, read to the end of the topic as it is now. Blocks up to ``timeout`` seconds.

    ``properties`` are librdkafka's. Raises RetriableError when Kafka does not answer in time, ConnectError otherwise
    (no such topic). A crash of the caller at any point changes nothing.
    """
    table = OffsetTable()
    wanted = dumps([connector])[:-1]
    for key, value in read_to_end(properties, topic, f"connector-consumer-{connector}", group, read_committed, timeout):
        # A cheap look at the bytes first: a topic may hold the offsets of a thousand connectors.
        if key is not None and (key.startswith(wanted) or key[:1] != b"["):
            table.apply(key, value)
    return list(table.of(connector))
