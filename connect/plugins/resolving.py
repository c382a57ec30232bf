"""Config providers of a worker, and the worker's properties with variables replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connect.api.errors import ConfigError, HeadgateError
from connect.api.plugins import ConfigProvider
from connect.config.variables import Resolver
from connect.config.worker import WorkerConfig, unknown_worker_keys
from connect.plugins.discovery import Kind, Registry, registry

__all__ = ["LoadedWorker", "load_worker", "resolver_for"]


def resolver_for(worker: Mapping[str, str], plugins: Registry | None = None) -> Resolver:
    """The resolver of a worker with these raw properties (``config.providers``). Raises ConfigError."""
    plugins = plugins or registry()
    providers: dict[str, ConfigProvider] = {}
    errors: dict[str, list[str]] = {}
    for name in (n.strip() for n in worker.get("config.providers", "").split(",")):
        if not name:
            continue
        prefix = f"config.providers.{name}."
        params = {k[len(prefix) + 6:]: v for k, v in worker.items() if k.startswith(prefix + "param.")}
        try:
            # Our own three need no class: their names say which they are.
            provider: ConfigProvider = plugins.resolve(Kind.CONFIG_PROVIDER, worker.get(prefix + "class", name)).make()
            provider.configure(params)
            providers[name] = provider
        except ConfigError as e:
            errors |= {f"{prefix}param.{k}": list(v) for k, v in e.errors.items()}
        except HeadgateError as e:
            errors[prefix + "class"] = [f"Invalid value {worker.get(prefix + 'class')} for configuration {prefix}class: {e}"]
    if errors:
        raise ConfigError(errors)
    return Resolver(providers)


@dataclass(frozen=True, slots=True)
class LoadedWorker:
    """A worker's configuration, the raw properties (for child processes), and what to warn of in the start-up log."""

    config: WorkerConfig
    raw: Mapping[str, str]
    warnings: tuple[str, ...]


def load_worker(props: Mapping[str, str], plugins: Registry | None = None) -> LoadedWorker:
    """Replace variables and read the worker's configuration. Raises ConfigError with every message."""
    plugins = plugins or registry()
    resolved = resolver_for(props, plugins).resolve(props)
    config = WorkerConfig.from_props(resolved.props)
    errors: dict[str, list[str]] = {}
    for key, kind in (
        ("key.converter", Kind.CONVERTER), ("value.converter", Kind.CONVERTER), ("header.converter", Kind.HEADER_CONVERTER)):
        name = config.props.get(key)
        if name is not None:
            try:
                plugins.resolve(kind, name)
            except HeadgateError as e:
                errors[key] = [f"Invalid value {name} for configuration {key}: {e}"]
    if errors:
        raise ConfigError(errors)
    warnings = [i.message for i in unknown_worker_keys(props)] + resolved.explain_unresolved()
    return LoadedWorker(config, dict(props), tuple(warnings))
