"""The errors of Headgate, as one tree::

    HeadgateError
    ├── ConnectError              the task or request fails; not retried
    │   ├── ConfigError           a property is missing or wrong; carries the messages by key
    │   ├── DataError             a value does not fit its schema
    │   ├── RecordError           one record cannot be encoded or delivered; says where it came from
    │   ├── NotFoundError         no such connector, task, plugin …
    │   └── AlreadyExistsError
    └── RetriableError            a passing fault: the runtime tries again with back-off, without losing its place

A message says what happened, where (connector, task, table, position) and what to do. Row values and secrets never
appear in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = [
    "AlreadyExistsError", "ConfigError", "ConnectError", "DataError", "HeadgateError", "NotFoundError", "RecordError",
    "RetriableError",
]


class HeadgateError(Exception):
    """The root of the tree."""

    retriable = False


class ConnectError(HeadgateError):
    """Fails the task or the request; trying the same again would not help."""


class ConfigError(ConnectError):
    """One or more properties are wrong. ``errors`` maps a property to its messages."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {k: list(v) for k, v in errors.items() if v}
        super().__init__("; ".join(m for ms in self.errors.values() for m in ms))


class DataError(ConnectError):
    """A value does not fit its schema. Names the field and the type, never the value."""


class RecordError(ConnectError):
    """One record cannot be encoded or was refused for good.

    ``where`` says topic, table, key columns' names and log position, as far as known.
    """

    def __init__(self, message: str, where: str = "") -> None:
        self.where = where
        first, newline, more = message.partition("\n")
        super().__init__(f"{first} ({where}){newline}{more}" if where else message)


class NotFoundError(ConnectError):
    """The thing asked for is not there."""


class AlreadyExistsError(ConnectError):
    """The thing to be created is there already."""


class RetriableError(HeadgateError):
    """A passing fault: a server is gone, a time-out. The same call may be made again."""

    retriable = True
