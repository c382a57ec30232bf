"""Source offsets of a standalone worker: one JSON file, ``{connector: [[partition, offset], …]}``, readable and editable.

Task processes and the worker share it: every change takes the lock file beside it, reads, changes one connector's entries
and replaces the file in one step, so that a crash leaves the old or the new content.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connect.api.errors import ConnectError
from connect.stores.offset_store import Changes, Pairs
from connect.stores.offsets import check_primitive

__all__ = ["FileOffsets"]


class FileOffsets:
    """Implements :class:`connect.stores.offset_store.OffsetStore`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def start(self) -> None:
        """See OffsetStore. Raises ConnectError when the file cannot be read."""
        await asyncio.to_thread(self._content)

    async def of(self, connector: str, config: Mapping[str, str]) -> Pairs:
        """See OffsetStore."""
        content = await asyncio.to_thread(self._content)
        return [(dict(p), dict(o)) for p, o in content.get(connector, [])]

    async def change(self, connector: str, config: Mapping[str, str], changes: Changes) -> None:
        """See OffsetStore."""
        for partition, offset in changes:
            check_primitive("partition", partition)
            check_primitive("offset", offset or {})
        await asyncio.to_thread(self._change, connector, changes)

    async def stop(self) -> None:
        """See OffsetStore."""

    def _change(self, connector: str, changes: Changes) -> None:
        try:
            with self._file.with_name(self._file.name + ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                content = self._content()
                touched = [p for p, _ in changes]
                kept = [pair for pair in content.get(connector, []) if pair[0] not in touched]
                content[connector] = [*kept, *([dict(p), dict(o)] for p, o in changes if o is not None)]
                fresh = self._file.with_name(self._file.name + ".new")
                with fresh.open("w", encoding="utf-8") as out:
                    json.dump({c: pairs for c, pairs in content.items() if pairs}, out, ensure_ascii=False, indent=1)
                    out.flush()
                    os.fsync(out.fileno())
                fresh.replace(self._file)
        except OSError as e:
            raise ConnectError(f"offsets cannot be written to {self._file} (offset.storage.file.filename): {e}") from e

    def _content(self) -> dict[str, list[Any]]:
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as e:
            raise ConnectError(
                f"{self._file} (offset.storage.file.filename) cannot be read: {e}. A file that Kafka Connect's standalone worker "
                "wrote is a serialised Java object: name another file"
            ) from e
        if not text.strip():
            return {}
        try:
            content = json.loads(text)
        except ValueError as e:
            raise ConnectError(
                f"{self._file} (offset.storage.file.filename) is not JSON: {e}. Mend it, or move it away to start without offsets"
            ) from e
        if not isinstance(content, dict):
            raise ConnectError(f"{self._file} (offset.storage.file.filename) holds no object of connectors; move it away")
        return content
