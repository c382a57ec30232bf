"""Validators of configuration values, with Kafka's wording.

Kafka runs a validator also on the null that a missing or unreadable value leaves; one that refuses null then adds a second
message. ``null_reason`` is that message's reason, None when null passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connect.config.javaregex import compile_java

__all__ = ["AtLeast", "Between", "ConnectorName", "Distinct", "NonEmpty", "Regex"]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A number not below ``low``; ``nullable`` lets null pass."""

    low: int
    nullable: bool = False

    @property
    def null_reason(self) -> str | None:
        """See the module."""
        return None if self.nullable else "Value must be non-null"

    def __call__(self, value: Any) -> None:
        """Raise ValueError with the reason."""
        if value is not None and value < self.low:
            raise ValueError(f"Value must be at least {self.low}")


@dataclass(frozen=True, slots=True)
class Between:
    """A number from ``low`` to ``high``, both included."""

    low: int
    high: int
    null_reason: str | None = None

    def __call__(self, value: Any) -> None:
        """Raise ValueError with the reason."""
        if value is not None and not self.low <= value <= self.high:
            raise ValueError(f"Value must be from {self.low} to {self.high}")


@dataclass(frozen=True, slots=True)
class NonEmpty:
    """A text or list that is not empty."""

    null_reason: str | None = None

    def __call__(self, value: Any) -> None:
        """Raise ValueError with the reason."""
        if value is not None and not value:
            raise ValueError("Value must be non-empty" if isinstance(value, list) else "String must be non-empty")


@dataclass(frozen=True, slots=True)
class ConnectorName:
    """A name that is not empty and has no control characters."""

    null_reason: str | None = None

    def __call__(self, value: Any) -> None:
        """Raise ValueError with the reason."""
        if value is None:
            return
        if not value.strip():
            raise ValueError("String may not be empty")
        codes = [str(ord(c)) for c in value if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0]
        if codes:
            raise ValueError(f"String may not contain control sequences but had the following ASCII chars: {', '.join(codes)}")


@dataclass(frozen=True, slots=True)
class Distinct:
    """A list without anything twice and without empty members."""

    what: str
    null_reason: str | None = None

    def __call__(self, value: Sequence[str] | None) -> None:
        """Raise ValueError with the reason."""
        members = value or []
        if len(set(members)) != len(members):
            raise ValueError(f"Duplicate alias provided: a {self.what} may be named once")
        if any(not m for m in members):
            raise ValueError(f"an empty {self.what}; names are separated by single commas")


@dataclass(frozen=True, slots=True)
class Regex:
    """A Java regular expression that we can translate."""

    null_reason: str | None = "Invalid regex: null"

    def __call__(self, value: Any) -> None:
        """Raise ValueError with the reason."""
        if value is not None:
            compile_java(value)
