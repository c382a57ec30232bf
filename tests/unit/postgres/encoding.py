"""One value of the server's text, as the compiled codecs and as the general ones write it."""

from __future__ import annotations

from connectors.codec import Codec
from connectors.postgres.core.rows import TuplePlan, TupleSpans
from schemas.core.writer import Writer
from tests.unit.postgres import wire


def fast(codec: Codec, text: bytes) -> bytes:
    """By the plan; CellError where it cannot be written."""
    spans, writer = TupleSpans(), Writer()
    spans.parse(wire.row([text]), 0)
    TuplePlan([(0, codec.fast, codec.bound, b"", None, None, codec.encode)]).write(spans, writer, None)
    return writer.take()


def general(codec: Codec, text: bytes) -> bytes:
    """By the codec alone."""
    writer = Writer()
    codec.encode(text, writer)
    return writer.take()
