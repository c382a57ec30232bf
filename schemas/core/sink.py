# cython: annotation_typing=False
"""Where encoded records go, one after the other, without an object for each: the seam between those who write them and the
producer."""

from typing import Any

from schemas.core.writer import Writer

__all__ = ["RecordSink"]


class RecordSink:
    """Takes records of one topic between :meth:`enter` and :meth:`leave`, which must follow. Used by one thread."""

    def enter(self, topic: str, headers: Any) -> bool:
        """The next records are of this topic and have these headers (a tuple of names and bytes). False: not now; ``leave``
        must not follow."""
        raise NotImplementedError

    def full(self) -> bool:
        """Whether a record should not be put now. A record that is put all the same is taken."""
        raise NotImplementedError

    def put(self, writer: Writer, key_end: int, valued: bool) -> bool:
        """Take a record: its key are the first ``key_end`` bytes of what was written (-1: it has none), its value is the rest
        (not ``valued``: null). False: the record cannot be taken at all, whenever it is put."""
        raise NotImplementedError

    def add(self, record: Any) -> bool:
        """Take a ready record, ``(topic, partition, key, value, headers, timestamp)``, outside of ``enter`` and ``leave``.
        False: not now."""
        raise NotImplementedError

    def leave(self) -> None:
        """No more of this topic for now."""
        raise NotImplementedError
