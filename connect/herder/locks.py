"""One writer at a time for what the config topic says of a connector."""

from __future__ import annotations

import asyncio
import weakref

__all__ = ["NameLocks"]


class NameLocks:
    """Locks by connector name, made when asked for and forgotten when unused. Used in the worker's event loop."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def of(self, name: str) -> asyncio.Lock:
        """The lock of that connector."""
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        return lock
