"""Changes of the configuration: create, replace, merge, delete, target state.

Validation comes first and runs in a process of its own; then existence is looked at and the records are written, one
change of a connector at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from connect.api.errors import ConfigError, ConnectError, HeadgateError, RetriableError
from connect.config.report import ignored_of
from connect.config.secrets import keep_masked
from connect.herder.reports import check_report
from connect.herder.requests import ConnectorInfo, InitialState, RequestError, TaskId
from connect.herder.worker import Worker
from connect.stores.state import ConnectorEntry

__all__ = ["ConfigChanges", "connector_info", "not_found", "storing"]

logger = logging.getLogger(__name__)

Config = Mapping[str, str | None]


def not_found(name: str) -> RequestError:
    """404 in Kafka Connect's words."""
    return RequestError(404, f"Connector {name} not found")


def connector_info(name: str, entry: ConnectorEntry, config: Mapping[str, str] | None = None) -> ConnectorInfo:
    """A connector as configured. ``config``: as it was sent, whose order is kept."""
    return ConnectorInfo(name, config or entry.config, [TaskId(name, n) for n in range(len(entry.tasks))])


class storing:
    """Turns a store's errors into answers: 500 with what failed and that asking again is right."""

    def __init__(self, what: str) -> None:
        self._what = what

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, RequestError):
            return
        if isinstance(error, RetriableError):
            raise RequestError(500, f"{self._what} could not be completed, and may or may not have happened: {error}") from error
        if isinstance(error, HeadgateError):
            raise RequestError(500, f"{self._what} failed: {error}") from error


class ConfigChanges:
    """Used in the worker's event loop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def validated(self, name: str, config: Config) -> dict[str, str]:
        """The configuration without nulls and with its name, when it is good. RequestError 400 with every message."""
        given = config.get("name")
        if given is not None and given != name:
            raise RequestError(
                400, f"Connector name configuration ({given}) doesn't match connector name in the URL ({name})"
            )
        full: Config = config if given is not None else {**config, "name": name}
        if not (full.get("connector.class") or "").strip():
            # Kafka Connect shows the whole configuration here, passwords too.
            raise RequestError(400, f"The configuration of connector {name} contains no connector type (connector.class)")
        try:
            report = await self._worker.calls.validate(full)
        except TimeoutError:
            raise RequestError(
                500, f"Request timed out. The connector did not validate its configuration within {self._worker.calls.limit:g} s "
                "(headgate.plugin.call.timeout.ms)"
            ) from None
        except ConfigError as e:
            raise RequestError(400, str(e)) from e
        except RequestError:
            raise
        except ConnectError as e:
            raise RequestError(400, str(e)) from e
        check_report(report)
        for ignored in ignored_of(report):
            logger.warning("connector %s: %s", name, ignored.message)
        return {k: v for k, v in full.items() if v is not None}

    async def create(self, name: str, config: Config, initial: InitialState | None) -> ConnectorInfo:
        """See Herder."""
        good = await self.validated(name, config)
        async with self._worker.locks.of(name), storing(f"Creating connector {name}"):
            if name in self._worker.state.connectors:
                raise RequestError(409, f"Connector {name} already exists")
            target = None if initial is None else "STARTED" if initial is InitialState.RUNNING else str(initial)
            await self._worker.configs.put_connector(name, good, target)
        return ConnectorInfo(name, good, [])

    async def put(self, name: str, config: Config) -> tuple[ConnectorInfo, bool]:
        """See Herder."""
        stored = self._worker.state.connectors.get(name)
        good = await self.validated(name, keep_masked(config, stored.config) if stored else config)
        async with self._worker.locks.of(name), storing(f"Configuring connector {name}"):
            created = name not in self._worker.state.connectors
            await self._worker.configs.put_connector(name, good)
            entry = self._worker.state.connectors.get(name, ConnectorEntry(good))
        return connector_info(name, entry, good), created

    async def patch(self, name: str, patch: Config) -> ConnectorInfo:
        """See Herder."""
        stored = self._worker.state.connectors.get(name)
        if stored is None:
            raise not_found(name)
        merged = {k: v for k, v in {**stored.config, **keep_masked(patch, stored.config)}.items() if v is not None}
        good = await self.validated(name, merged)
        async with self._worker.locks.of(name), storing(f"Configuring connector {name}"):
            entry = self._worker.state.connectors.get(name)
            if entry is None:
                raise not_found(name)
            if entry.config != stored.config:
                raise RequestError(409, f"Connector {name} was configured anew meanwhile; try again")
            await self._worker.configs.put_connector(name, good)
        return connector_info(name, entry, good)

    async def delete(self, name: str) -> None:
        """See Herder."""
        async with self._worker.locks.of(name), storing(f"Deleting connector {name}"):
            if name not in self._worker.state.connectors:
                raise not_found(name)
            await self._worker.configs.remove_connector(name)

    async def set_target(self, name: str, target: str) -> None:
        """See Herder."""
        if target not in ("STARTED", "PAUSED", "STOPPED"):
            raise RequestError(400, f"{target!r} is no target state; expected STARTED, PAUSED or STOPPED")
        async with self._worker.locks.of(name), storing(f"Setting connector {name} to {target}"):
            if name not in self._worker.state.connectors:
                raise not_found(name)
            await self._worker.configs.put_target(name, target)
