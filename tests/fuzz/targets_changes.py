"""PostgreSQL's change stream as the decoder has it: runs of many rows, with the decoder message by message as judge, and that
one's records as values as the judge of what is written from the wire's bytes.

An input is the name of a recording, a byte 0, and CopyData messages.
"""

from __future__ import annotations

import random
from typing import Any

from connect.api.errors import ConnectError
from connectors.postgres.decoder import Decoder
from connectors.postgres.relations import CatalogTable
from tests.batches import native_converters
from tests.fuzz.recorded import PEOPLE, cases, frames, message, messages, people
from tests.fuzz.targets import Target
from tests.fuzz.targets_frames import mutate_messages
from tests.unit.postgres.test_wire_recordings import Recorded
from tests.unit.postgres.wire import FakeCatalog, decoder, table

__all__ = ["TARGETS"]

_CONVERTERS = native_converters()


class _Catalog(Recorded):
    """Has never heard of a table that was not recorded."""

    def table(self, oid: int) -> CatalogTable | None:
        """See Recorded."""
        return super().table(oid) if oid in self.answers else None


class _Single(Decoder):
    """Takes no run."""

    def _walk(self, scanned: list[Any], i: int) -> int:
        return i

    def _run(self, scanned: list[Any], i: int, oid: int) -> int:
        return i


def _decoder(name: str) -> Decoder:
    if name == PEOPLE:
        return decoder(FakeCatalog({1: table(1, PEOPLE, [("id", "int4", True), ("name", "text", True)])}))
    case = cases()[name]
    props = {k: v for k, v in case["config"].items() if v is not None and not k.startswith(("key.", "value."))}
    return decoder(_Catalog(case), None, props)


def _written(name: str, portions: list[list[bytes]], single: bool, generic: bool = False) -> tuple[Any, ...]:
    """All that comes of the frames: records, the error that ended them, and where the decoder is then."""
    one = _decoder(name)
    if single:
        one.__class__ = _Single
    made: list[Any] = []
    error = ""
    try:
        for portion in portions:
            batch = one.feed(portion)
            for record in map(_CONVERTERS.serialize, batch.records()) if generic else batch.serialize(_CONVERTERS):
                made.append(record)
    except ConnectError as e:
        error = str(e)
    return made, error, one.offset, one.server_wal_end, one.reply_requested, one.in_transaction


def run_changes(data: bytes) -> int:
    name, _, stream = data.partition(b"\0")
    known = name.decode("latin-1")
    if known != PEOPLE and known not in cases():
        raise ValueError("no such recording")
    given = messages(stream)
    half = len(given) // 2
    for portions in ([given], [given[:half], given[half:]]):
        runs = _written(known, portions, False)
        assert runs == _written(known, portions, True)
    values = _written(known, portions, True, True)
    # The server has checked its texts; that they are UTF-8 is seen only when they are made into values.
    if "codec can't decode" not in values[1]:
        assert runs == values
    if runs[1]:
        raise ValueError(runs[1])
    return len(runs[0])


def _mutate(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    name, _, stream = data.partition(b"\0")
    return mutate_messages(rng, name + b"\0", stream, corpus)


def _seeds() -> list[bytes]:
    recorded = [(name, frames(name)) for name in cases()] + [(PEOPLE, one) for one in people()]
    return [name.encode() + b"\0" + b"".join(map(message, one)) for name, one in recorded]


TARGETS = [Target("pg_changes", run_changes, _mutate, accepts=False, seeds=_seeds)]
