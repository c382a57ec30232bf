"""Logical decoding messages (``pg_logical_emit_message``): which are wanted, and the value of their record."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Self

from connectors.postgres.config import PostgresConfig
from connectors.postgres.pgoutput import Message
from connectors.selection import Patterns
from schemas.envelope import message_schema
from schemas.model import BYTES, STRING, Schema, Value

__all__ = ["MessageSelection", "message_value"]


@dataclass(frozen=True, slots=True)
class MessageSelection:
    """``message.prefix.include.list`` and ``.exclude.list``; the first wins when it is given."""

    include: Patterns
    exclude: Patterns

    @classmethod
    def of(cls, config: PostgresConfig) -> Self:
        """That of a connector."""
        return cls(Patterns.parse(config.message_prefix_include), Patterns.parse(config.message_prefix_exclude))

    def wants(self, prefix: str) -> bool:
        """Whether messages of this prefix become records."""
        return self.include.match(prefix) if self.include else not self.exclude.match(prefix)


def message_value(message: Message, binary_mode: str, source: Value, block: Value, now_ms: int) -> tuple[Schema, Value]:
    """Schema and value of the record; the content is shown as ``binary.handling.mode`` says."""
    schema, content = _content(message.content, binary_mode)
    return schema, {
        "op": "m", "ts_ms": now_ms, "source": source, "transaction": block,
        "message": {"prefix": message.prefix, "content": content},
    }


def _content(content: bytes, mode: str) -> tuple[Schema, bytes | str]:
    match mode:
        case "base64":
            return message_schema(STRING), base64.b64encode(content).decode()
        case "base64-url-safe":
            return message_schema(STRING), base64.urlsafe_b64encode(content).decode()
        case "hex":
            return message_schema(STRING), content.hex()
        case _:
            return message_schema(BYTES), content
