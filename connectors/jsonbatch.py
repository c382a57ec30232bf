"""JSON straight from the wire: a batch writes Avro bodies, and these are turned into the JSON of the same values.

The batch is given converters in whose place stand :class:`_Marked` ones: the frame of a body says which schema it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connect.api.plugins import AvroFraming, Converter, Converters, JsonFraming
from connect.api.records import Serialized, SourceRecord
from schemas.avrojson import can_follow, node_of
from schemas.core.jsonwriter import JsonWriter, Node
from schemas.model import Schema, Value

__all__ = ["json_converters", "with_json"]

_WIDTH = 4
_READY = bytes(_WIDTH)


class _Marked:
    """Stands in for a JSON converter. Its frames are numbers, by which :meth:`text` knows the schema; what the converter wrote
    itself is marked as ready."""

    def __init__(self, converter: Any) -> None:
        self._converter = converter
        self._numbers: dict[Schema, bytes] = {}
        self._known: dict[bytes, tuple[Node, bytes, bytes]] = {}
        self._writer = JsonWriter()

    def frame(self, topic: str, schema: Schema) -> bytes:
        """See AvroFraming."""
        found = self._numbers.get(schema)
        if found is None:
            found = (len(self._numbers) + 1).to_bytes(_WIDTH, "big")
            self._known[found] = (node_of(schema, self._converter.style), *self._converter.around(schema))
            self._numbers[schema] = found
        return found

    def from_connect_data(self, topic: str, schema: Schema | None, value: Value) -> bytes | None:
        """See Converter."""
        made: bytes | None = self._converter.from_connect_data(topic, schema, value)
        return None if made is None else _READY + made

    def text(self, data: bytes) -> bytes:
        """The JSON of a marked body. Raises ValueError when it cannot be told."""
        mark = data[:_WIDTH]
        if mark == _READY:
            return data[_WIDTH:]
        node, head, tail = self._known[mark]
        return self._writer.convert(node, data, _WIDTH, head, tail)


def json_converters(converters: Converters) -> Converters | None:
    """The converters with which a batch writes Avro bodies that :func:`with_json` understands; None when neither is JSON that can
    be told from them, or the other writes something else."""
    key, value = _marked(converters.key), _marked(converters.value)
    if key is None or value is None or not (isinstance(key, _Marked) or isinstance(value, _Marked)):
        return None
    return Converters(key, value, converters.header)


def _marked(converter: Converter) -> Any:
    if isinstance(converter, AvroFraming):
        return converter
    if isinstance(converter, JsonFraming) and can_follow(converter.style):
        return _Marked(converter)
    return None


def with_json(records: Iterable[Serialized], given: Converters, converters: Converters,
              record: Callable[[int], SourceRecord]) -> Iterator[Serialized]:
    """The records with JSON in the place of marked bodies. ``converters`` are those of the task; of a body whose JSON cannot be
    told they convert the record itself, which ``record`` gives by its number. It says what is wrong."""
    key_text, value_text = getattr(given.key, "text", None), getattr(given.value, "text", None)
    for i, (topic, partition, key, value, headers, timestamp) in enumerate(records):
        try:
            if key is not None and key_text is not None:
                key = key_text(key)
            if value is not None and value_text is not None:
                value = value_text(value)
        except ValueError:
            yield converters.serialize(record(i))
            continue
        yield Serialized(topic, partition, key, value, headers, timestamp)
