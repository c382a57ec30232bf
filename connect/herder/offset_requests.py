"""Reading and changing a connector's offsets by request (KIP-875)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from connect.api.errors import ConnectError
from connect.api.records import Offset, Partition
from connect.herder.changes import not_found, storing
from connect.herder.requests import RequestError
from connect.herder.worker import Worker
from connect.stores.offsets import check_primitive
from connect.stores.state import ConnectorEntry

__all__ = ["OffsetRequests"]

Changes = Sequence[tuple[Partition, Offset | None]]
_STOPPING_SECONDS = 20.0


def _done(verb: str) -> str:
    """Kafka Connect's words for connectors whose offsets it keeps, as ours all are."""
    return (
        f"The Connect framework-managed offsets for this connector have been {verb} successfully. However, if this connector "
        f"manages offsets externally, they will need to be manually {verb} in the system that the connector uses."
    )


class OffsetRequests:
    """Used in the worker's event loop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def _known(self, name: str) -> ConnectorEntry:
        entry = self._worker.state.connectors.get(name)
        if entry is None:
            raise not_found(name)
        return entry

    async def get(self, name: str) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """See Herder."""
        entry = self._known(name)
        async with storing(f"Reading the offsets of connector {name}"):
            return list(await self._worker.offsets.of(name, entry.config))

    async def alter(self, name: str, offsets: Changes) -> str:
        """See Herder."""
        entry = self._known(name)
        if not offsets:
            raise RequestError(400, "Partitions / offsets need to be provided for an alter offsets request")
        seen: list[Partition] = []
        for partition, offset in offsets:
            try:
                check_primitive("partition", partition)
                check_primitive("offset", offset or {})
            except ConnectError as e:
                raise RequestError(400, str(e)) from e
            if not partition:
                raise RequestError(400, "A source partition is missing or empty: nothing could be read from there")
            if partition in seen:
                raise RequestError(400, f"The source partition with keys {sorted(partition)} is given more than once")
            seen.append(partition)
        await self._stopped(name, entry)
        await self._ask(entry, offsets)
        async with storing(f"Altering the offsets of connector {name}"):
            await self._worker.offsets.change(name, entry.config, offsets)
        return _done("altered")

    async def reset(self, name: str) -> str:
        """See Herder."""
        entry = self._known(name)
        await self._stopped(name, entry)
        async with storing(f"Resetting the offsets of connector {name}"):
            known = await self._worker.offsets.of(name, entry.config)
            changes: Changes = [(p, None) for p, _ in known]
            await self._ask(entry, changes)
            await self._worker.offsets.change(name, entry.config, changes)
        return _done("reset")

    async def _stopped(self, name: str, entry: ConnectorEntry) -> None:
        if entry.target != "STOPPED" or entry.tasks:
            raise RequestError(
                400, "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
                f"specified connector by issuing a 'PUT' request to the '/connectors/{name}/stop' endpoint"
            )
        # The target is written, but a task that is still ending could store an offset after ours.
        for _ in range(int(_STOPPING_SECONDS / 0.1)):
            if not any(k.connector == name for k in self._worker.supervision.running()):
                return
            await asyncio.sleep(0.1)
        raise RequestError(409, f"The tasks of connector {name} have not stopped yet; try again")

    async def _ask(self, entry: ConnectorEntry, offsets: Changes) -> None:
        try:
            await self._worker.calls.alter_offsets(entry.config, offsets)
        except TimeoutError:
            raise RequestError(
                500, f"Request timed out. The connector did not say within {self._worker.calls.limit:g} s whether it takes these "
                "offsets (headgate.plugin.call.timeout.ms)"
            ) from None
        except RequestError:
            raise
        except ConnectError as e:
            raise RequestError(400, f"The connector refuses these offsets: {e}") from e
