"""What is the same in many records of a connector, written once; and which way its batches are serialized."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from connect.api.plugins import AvroFraming, Converters, ManyFrames
from connectors.changes import OP, Facts, Kind, RowRun
from connectors.core.run import RowWriter
from connectors.core.spans import Spans
from connectors.jsonbatch import json_converters
from connectors.tables import Table
from schemas.core.writer import Writer

__all__ = ["PLANS", "Ends", "HeaderBytes", "Native", "Parts", "Way", "way_of"]

HeaderBytes = tuple[tuple[str, bytes | None], ...]
"""Headers as the producer takes them."""
Ends = dict[Kind, bytes]
"""What stands behind the transaction block, by what the record is."""
PLANS = ("new", "partial", "key")
"""A table's plans, in the order of connectors.core.run."""
_AHEAD = 100
"""Changes of unknown tables whose schemas a converter hears of at once: the task shows no sign of life meanwhile."""


def _op(op: str) -> bytes:
    writer = Writer()
    writer.write_string(op)
    return writer.take()


_OPS = {kind: _op(op) for kind, op in OP.items()}
_CODES = (Kind.CREATE, Kind.UPDATE, Kind.DELETE, Kind.READ, Kind.DELETE)
"""By the codes of connectors.core.run."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is the same in all records of a table."""

    key_frame: bytes | None
    value_frame: bytes
    headers: HeaderBytes


class Native:
    """What is the same in many records of a connector, written once: frames, headers, how a table's rows are written. Used by one
    thread, by several batches in turn: nothing of one is kept while its records are handed on."""

    def __init__(self, facts: Facts, converters: Converters, key: AvroFraming, value: AvroFraming) -> None:
        self.writer = Writer()
        self._stamps = Writer()
        self.converters = converters
        self._facts = facts
        self._key, self._value = key, value
        self.ahead: Iterator[Table] = iter(())
        """The tables of the newest batch, as far as no converter has heard of them."""
        # Tables come and go with their schemas.
        self._parts: WeakKeyDictionary[Table, Parts] = WeakKeyDictionary()
        self._writers: WeakKeyDictionary[Table, RowWriter] = WeakKeyDictionary()
        # They are large: one pair serves all tables.
        self._spans: dict[Callable[[], Spans], tuple[Spans, Spans]] = {}

    def ends(self, now: int) -> Ends:
        """What records end with when they are told that time."""
        writer = self._stamps
        for stamp in (now // 1_000_000, now // 1000, now):
            writer.write_byte(2)
            writer.write_long(stamp)
        stamps = writer.take()
        return {kind: op + stamps for kind, op in _OPS.items()}

    def parts(self, table: Table) -> Parts:
        """Frames and headers of a table's records."""
        made = self._parts.get(table)
        if made is None:
            self._prepare(table)
            convert, topic = self.converters.header.from_connect_header, table.topic
            headers = tuple((h.key, convert(topic, h.key, h.schema, h.value)) for h in self._facts.headers)
            key = None if table.key_schema is None else self._key.frame(topic, table.key_schema)
            made = self._parts[table] = Parts(key, self._value.frame(topic, table.envelope), headers)
        return made

    def _prepare(self, table: Table) -> None:
        """With a table that is new to a converter it hears of the next ones that the batch has, too."""
        key, value = self._key, self._value
        if not isinstance(value, ManyFrames) or value.knows(table.topic, table.envelope):
            return
        unknown = (t for t in self.ahead if not value.knows(t.topic, t.envelope))
        new = list(dict.fromkeys(itertools.islice(unknown, _AHEAD)))
        if isinstance(key, ManyFrames):
            key.prepare((t.topic, t.key_schema) for t in new if t.key_schema is not None)
        value.prepare((t.topic, t.envelope) for t in new)

    def rows(self, table: Table, run: RowRun, ends: Ends) -> RowWriter:
        """What writes that run's rows, until it is asked for again."""
        made = self._writers.get(table)
        if made is None:
            form, parts = table.form, self.parts(table)
            if form.spans not in self._spans:
                self._spans[form.spans] = form.spans(), form.spans()
            plans = tuple(table.plan(which) for which in PLANS)
            made = self._writers[table] = RowWriter(*self._spans[form.spans], plans, parts.key_frame, parts.value_frame)
        made.begin([ends[k] for k in _CODES], run.tombstones)
        old, new = run.images or (None, None)
        table.form.prepare(made.old, old)
        table.form.prepare(made.spans, new)
        return made


@dataclass(frozen=True, slots=True)
class Way:
    """How batches are serialized for a task's converters; ``native`` is for these, or for those of JSON in their place."""

    converters: Converters
    native: Native | None


def way_of(facts: Facts, converters: Converters) -> Way:
    """As the batches before did it, when it was for the same converters: to find out takes longer than to write a small batch."""
    kept: Way | None = facts.kept.get(Way)
    if kept is None or kept.converters is not converters:
        given: Converters | None = converters
        if not isinstance(converters.key, AvroFraming) or not isinstance(converters.value, AvroFraming):
            given = json_converters(converters)
        native = None
        if given is not None:
            assert isinstance(given.key, AvroFraming) and isinstance(given.value, AvroFraming)
            native = Native(facts, given, given.key, given.value)
        kept = facts.kept[Way] = Way(converters, native)
    return kept
