"""``headgate standalone``: one worker by itself. Configurations and states live in memory, offsets in a JSON file."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect.api.errors import ConfigError, ConnectError, RetriableError
from connect.cli.worker import OnMetrics, Start, refuse, serve
from connect.config.clients import internal_client
from connect.config.properties import environment_properties, load_properties
from connect.config.worker import WorkerConfig
from connect.herder.herder import WorkerHerder
from connect.herder.loop import HerderLoop
from connect.herder.membership import SoloMembership
from connect.herder.plugin_calls import PluginCalls
from connect.herder.requests import InitialState, RequestError
from connect.herder.worker import Worker
from connect.kafka import clients
from connect.logs import setup
from connect.plugins.resolving import LoadedWorker, load_worker
from connect.stores.config import ConfigStore
from connect.stores.journal import MemoryJournal
from connect.stores.offset_file import FileOffsets
from connect.stores.status import StatusStore
from connect.tasks.early import fork_server
from connect.tasks.settings import fork_grace
from connect.tasks.spec import Supervision
from connect.tasks.supervisor import Supervisor

__all__ = ["ConnectorFile", "read_connector_file", "run_standalone"]

logger = logging.getLogger("headgate.worker")
_FILE = "offset.storage.file.filename"
_STORES = ("config", "offset", "status")
_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ConnectorFile:
    """A connector to be created at start."""

    path: Path
    name: str
    config: Mapping[str, str]
    initial: InitialState | None = None


def read_connector_file(path: Path) -> ConnectorFile:
    """Read a connector: a flat JSON object, a create request (``name``, ``config``, ``initial_state``), or properties.

    Raises ConfigError that names the file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError({str(path): [f"cannot read {path}: {e.strerror or e}"]}) from None
    except ValueError:
        content = load_properties(path)
    if not isinstance(content, dict):
        raise ConfigError({str(path): [f"{path} holds a {type(content).__name__}; expected an object of properties"]})
    initial: InitialState | None = None
    config: Any = content
    if isinstance(content.get("config"), dict):
        config = content["config"]
        unknown = sorted(set(content) - {"name", "config", "initial_state"})
        if unknown:
            raise ConfigError({str(path): [f"{path} has unknown members {', '.join(unknown)}; a create request has name, config, "
                                           "initial_state"]})
        if (state := content.get("initial_state")) is not None:
            try:
                initial = InitialState(str(state).upper())
            except ValueError:
                allowed = ", ".join(InitialState)
                raise ConfigError({str(path): [f"{path}: initial_state is {state!r}; expected one of {allowed}"]}) from None
    name = content.get("name") or config.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ConfigError({str(path): [f"{path}: the connector has no name"]})
    if bad := sorted(k for k, v in config.items() if isinstance(v, dict | list)):
        raise ConfigError({str(path): [f"{path}: the values of {', '.join(bad)} are no texts"]})
    texts = {k: json.dumps(v) if isinstance(v, bool | int | float) else v for k, v in config.items() if v is not None}
    return ConnectorFile(path, name.strip(), texts, initial)


def _load(props: Mapping[str, str]) -> LoadedWorker:
    """A worker's configuration without a group and topics, which a standalone worker needs not have."""
    if not props.get(_FILE):
        raise ConfigError({_FILE: [f'Missing required configuration "{_FILE}" which has no default value: the file for offsets']})
    given = {k: v for k, v in props.items() if not any(k == f"{s}.storage.topic" for s in _STORES)}
    stand_ins = {"group.id": "standalone", **{f"{s}.storage.topic": "standalone" for s in _STORES}}
    loaded = load_worker({**stand_ins, **given})
    return LoadedWorker(loaded.config, given, tuple(w for w in loaded.warnings if _FILE not in w))


def run_standalone(
    properties: Path, connectors: Sequence[Path], environment: Mapping[str, str] | None = None, *, forks: bool = False,
) -> int:
    """Run a standalone worker with these connectors; the exit code (as of a worker; 3 also when a connector cannot be made).
    ``forks`` as for a worker."""
    found = environment_properties(os.environ if environment is None else environment)
    try:
        loaded = _load({**load_properties(properties), **found.props})
        files = [read_connector_file(c) for c in connectors]
    except ConfigError as e:
        return refuse("a standalone worker cannot be configured so", e)
    forked = fork_server(fork_grace(loaded.raw)) if forks else None
    setup(loaded.config.log_format, loaded.config.log_level)
    for note in (*loaded.warnings, *found.notes):
        logger.warning("%s", note)

    def make(url: str, herder: WorkerHerder, on_metrics: OnMetrics) -> Start:
        return StandaloneStart(loaded.config, loaded.raw, url, Supervisor(loaded.raw, forked=forked), herder, files, on_metrics)

    return serve(loaded, make)


class StandaloneStart:
    """Starts the herder of a standalone worker, then its connectors."""

    def __init__(
        self, config: WorkerConfig, raw: Mapping[str, str], url: str, supervision: Supervision, herder: WorkerHerder,
        files: Sequence[ConnectorFile], on_metrics: OnMetrics | None = None,
    ) -> None:
        self._config = config
        self._herder = herder
        self._files = files
        self._admin = clients.admin(internal_client(config.props, "admin").settings, "standalone-admin")
        self._worker = Worker(
            url.split("://", 1)[1], config, raw, supervision,
            PluginCalls(supervision.call, raw, config.plugin_call_timeout_ms / 1000), SoloMembership(url),
            ConfigStore(MemoryJournal()), StatusStore(MemoryJournal()), FileOffsets(Path(raw[_FILE])),
        )
        self._loop = HerderLoop(self._worker, herder.levels, on_metrics)

    async def run(self) -> None:
        """Wait for Kafka, start, create the connectors. Raises ConnectError."""
        where = ",".join(self._config.bootstrap_servers)
        while True:
            self._herder.starting(f"waiting for Kafka at {where}")
            try:
                cluster = await clients.cluster_id(self._admin)
                break
            except RetriableError as e:
                logger.warning("waiting for Kafka at %s: %s Trying again in %g s", where, e, _RETRY_SECONDS)
            await asyncio.sleep(_RETRY_SECONDS)
        await self._herder.start(self._worker, self._loop, cluster)
        for file in self._files:
            try:
                await self._herder.create_connector(file.name, file.config, file.initial)
            except RequestError as e:
                raise ConnectError(f"the connector of {file.path} cannot be made: {e}") from e

    async def stop(self) -> None:
        """Stop everything that was started."""
        self._herder.stopping()
        await self._loop.stop()
