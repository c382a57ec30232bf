"""A task's converters: chosen, made and configured; Apicurio's settings as Confluent's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connect.api.errors import ConfigError
from connect.api.plugins import Converters
from connect.config.report import Ignored
from connect.plugins.discovery import Kind, Plugin, Registry, registry

__all__ = ["adapt_converter", "converter_kind", "converter_properties", "find_converter", "make_converters"]

_HEADER = "org.apache.kafka.connect.storage.SimpleHeaderConverter"
_APICURIO = "io.apicurio."
_CCOMPAT = re.compile(r"/apis/registry/v[0-9.]+/?$")
_PLAIN = {
    "apicurio.registry.auto-register": "auto.register.schemas",
    "apicurio.registry.find-latest": "use.latest.version",
}
_USER = ("apicurio.registry.auth.username", "apicurio.auth.username")
_PASSWORD = ("apicurio.registry.auth.password", "apicurio.auth.password")


def converter_kind(role: str) -> Kind:
    """The kind of plugin for ``key``, ``value`` or ``header``."""
    return Kind.HEADER_CONVERTER if role == "header" else Kind.CONVERTER


def find_converter(plugins: Registry, role: str, name: str) -> Plugin | None:
    """The converter of that name for that role, or None."""
    return plugins.find(converter_kind(role), name)


def converter_properties(role: str, worker: Mapping[str, str], connector: Mapping[str, str | None]) -> tuple[str, dict[str, str]]:
    """Name and settings (without prefix) of a converter: all of the connector's when it names one, else all of the worker's."""
    prefix = f"{role}.converter."
    own = connector.get(f"{role}.converter")
    source: Mapping[str, str | None] = connector if own else worker
    name = own or worker.get(f"{role}.converter") or (_HEADER if role == "header" else "")
    props = {k[len(prefix):]: v for k, v in source.items() if k.startswith(prefix) and v is not None}
    props.pop("plugin.version", None)
    return name, props


def adapt_converter(name: str, props: Mapping[str, str]) -> tuple[dict[str, str], list[Ignored]]:
    """The settings as our converter reads them, and those without a counterpart.

    Apicurio's Avro converter is served by the Confluent-compatible API of the same registry, in Confluent's frame
    (``apicurio.registry.as-confluent``).
    """
    if not name.startswith(_APICURIO):
        return dict(props), []
    out: dict[str, str] = {}
    ignored: list[Ignored] = []
    for key, value in props.items():
        if key == "apicurio.registry.url":
            out["schema.registry.url"] = ",".join(_confluent_url(u) for u in value.split(","))
        elif key in _PLAIN:
            out[_PLAIN[key]] = value
        elif not key.startswith("apicurio."):
            out[key] = value
        elif key not in (*_USER, *_PASSWORD, "apicurio.registry.as-confluent"):
            ignored.append(Ignored(key, None, f'"{key}" is ignored: the registry is used by its Confluent-compatible API and '
            f'frame'))
    user, password = (next((props[k] for k in keys if k in props), None) for keys in (_USER, _PASSWORD))
    if user is not None:
        out["basic.auth.credentials.source"], out["basic.auth.user.info"] = "USER_INFO", f"{user}:{password or ''}"
    return out, ignored


def _confluent_url(url: str) -> str:
    return _CCOMPAT.sub("/apis/ccompat/v7", url.strip().rstrip("/"))


def configure_converter(plugin: Plugin, name: str, role: str, props: Mapping[str, str]) -> Any:
    """A converter, made and configured. Raises ConfigError with keys in full."""
    adapted, _ = adapt_converter(name, props)
    made = plugin.make()
    try:
        if role == "header":
            made.configure(adapted)
        else:
            made.configure(adapted, role == "key")
    except ConfigError as e:
        raise ConfigError({f"{role}.converter.{k}": list(v) for k, v in e.errors.items()}) from None
    return made


def make_converters(worker: Mapping[str, str], connector: Mapping[str, str], plugins: Registry | None = None) -> Converters:
    """The three converters of a task, from properties with variables resolved. Raises ConfigError and other ConnectErrors."""
    plugins = plugins or registry()
    made: dict[str, Any] = {}
    for role in ("key", "value", "header"):
        name, props = converter_properties(role, worker, connector)
        made[role] = configure_converter(plugins.resolve(converter_kind(role), name), name, role, props)
    return Converters(made["key"], made["value"], made["header"])
