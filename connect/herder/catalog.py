"""Plugins of this worker: the list, their keys, validation of a configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connect.api.errors import ConfigError, ConnectError, NotFoundError
from connect.herder.requests import PluginInfo, RequestError
from connect.herder.worker import Worker
from connect.plugins.discovery import Kind, registry

__all__ = ["Catalog"]


def _simple(name: str) -> str:
    return name.rpartition(".")[2].removesuffix("Connector")


def no_such_connector(name: str) -> str:
    """Kafka Connect's words, with what there is."""
    there = ", ".join(registry().names(Kind.CONNECTOR)) or "none"
    return (
        f"Failed to find any class that implements Connector and which name matches {name}, available connectors are: {there}"
    )


class Catalog:
    """Used in the worker's event loop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def plugins(self, connectors_only: bool) -> list[PluginInfo]:
        """See Herder."""
        try:
            found = await self._worker.calls.plugins()
        except TimeoutError:
            raise RequestError(500, "Request timed out. The plugins of this worker could not be listed") from None
        return [p for p in found if not connectors_only or p.type in ("source", "sink")]

    async def keys(self, plugin: str, version: str | None) -> Sequence[Mapping[str, Any]]:
        """See Herder."""
        try:
            return await self._worker.calls.keys(plugin, version)
        except TimeoutError:
            raise RequestError(500, f"Request timed out. Plugin {plugin} did not tell its keys") from None
        except NotFoundError as e:
            raise RequestError(404, str(e)) from e
        except ConfigError as e:
            raise RequestError(400, str(e)) from e

    async def validate(self, plugin: str, config: Mapping[str, str | None]) -> Mapping[str, Any]:
        """See Herder."""
        cls = (config.get("connector.class") or "").strip()
        if not cls:
            raise RequestError(400, "The configuration contains no connector type (connector.class)")
        if cls != plugin and _simple(cls) != _simple(plugin):
            raise RequestError(400, f"Included connector type {cls} does not match request type {plugin}")
        if registry().find(Kind.CONNECTOR, cls) is None:
            raise RequestError(404, no_such_connector(cls))
        try:
            return await self._worker.calls.validate(config)
        except TimeoutError:
            raise RequestError(
                500, f"Request timed out. The connector did not validate its configuration within {self._worker.calls.limit:g} s "
                "(headgate.plugin.call.timeout.ms)"
            ) from None
        except RequestError:
            raise
        except (ConfigError, ConnectError) as e:
            raise RequestError(400, str(e)) from e
