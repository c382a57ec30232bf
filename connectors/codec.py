"""The column codec: for one column type under the configuration, its Connect schema and two things to do with a value's bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import connectors.core  # noqa: F401  (chooses the core's implementation before anything of it is imported)
from connectors.core.plan import CALL
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.model import Schema, Value

__all__ = ["NO_DEFAULT", "Codec"]

NO_DEFAULT: Any = object()
"""Says that a column has no default that can be told."""


@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """How the values of one column type are read and written.

    ``schema`` is required and without default; the table makes it optional. ``read`` turns the server's bytes into a Connect
    value and raises ValueError, without the value in the message. ``zero`` stands for a NOT NULL column that a partial old
    row does not have, ``unavailable`` for an unchanged value that is not in the log (None: the type has no stand-in).
    ``fast`` and ``bound`` name the compiled codec that writes the same bytes as Avro of ``read``. ``literal`` says that a
    literal default is told, ``computed`` what is told for a default that calls a function (NO_DEFAULT: nothing).
    ``character`` types can be masked. ``null`` replaces null (fixed masks). ``gaps``: ``read`` may give None for a value that has
    no form in the schema (a zero date); the field is then null, or in a NOT NULL column its default, or ``zero``.
    """

    schema: Schema
    read: Callable[[bytes], Value]
    zero: Value
    fast: int = CALL
    bound: int = 0
    unavailable: Value = None
    literal: bool = False
    computed: Value = NO_DEFAULT
    character: bool = False
    null: Value = None
    gaps: bool = False

    def value(self, raw: bytes) -> Value:
        """The Connect value of the server's bytes. Raises ValueError."""
        return self.read(raw)

    def encode(self, raw: bytes, writer: Writer) -> None:
        """Append the Avro form of the server's bytes under ``schema``. Raises ValueError."""
        encoder_of(self.schema).encode(self.read(raw), writer)

    def but(self, **changes: Any) -> Codec:
        """A copy with some attributes changed."""
        return replace(self, **changes)
