"""Java client settings as librdkafka settings.

Kafka Connect's rules: clients of the internal topics use the worker's un-prefixed properties; a connector's producer uses
``bootstrap.servers``, ``producer.*`` and then the connector's ``producer.override.*``; its admin client inherits the un-prefixed
ones too. One difference: when ``producer.*`` says nothing about security, the un-prefixed security settings are used, so that a
secured cluster needs its credentials once and not four times.

A setting that librdkafka does not have is told as ignored, with the reason; one without which a connection cannot work (a JKS
key store, a login module we do not have) is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connect.api.errors import ConfigError
from connect.config.clientkeys import CLIENT_KEYS, IGNORED_PREFIXES, NATIVE_KEYS, SECURITY_PREFIXES, Rule, Settings
from connect.config.report import Ignored, find_ignored
from connect.config.tls import apply_sasl, apply_tls

__all__ = [
    "ClientSettings", "connector_admin", "connector_consumer", "connector_producer", "internal_client", "is_client_key",
    "override_errors", "translate",
]


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What to give librdkafka, and what was left out."""

    settings: Mapping[str, Any]
    ignored: tuple[Ignored, ...] = field(default=())


def is_client_key(name: str) -> bool:
    """Whether an un-prefixed worker property is a Kafka client's."""
    return name in CLIENT_KEYS or name in NATIVE_KEYS or name.startswith((*SECURITY_PREFIXES, *(p for p, _ in IGNORED_PREFIXES)))


def translate(props: Mapping[str, str], kind: str) -> ClientSettings:
    """Translate Java settings for a ``producer``, ``consumer`` or ``admin`` client; librdkafka's own names are taken as they are.

    Raises ConfigError for values that cannot be read and for security settings that cannot be honoured.
    """
    settings: dict[str, Any] = {}
    ignored: list[Ignored] = []
    errors: dict[str, list[str]] = {}
    for name, value in props.items():
        rule = CLIENT_KEYS.get(name)
        if name.startswith(SECURITY_PREFIXES):
            continue
        if rule is not None:
            try:
                ignored += _apply(rule, name, value, kind, settings)
            except ValueError as e:
                errors[name] = [f"Invalid value {value} for configuration {name}: {e}"]
        elif name in NATIVE_KEYS:
            settings[name] = value
        elif why := next((w for p, w in IGNORED_PREFIXES if name.startswith(p)), None):
            ignored.append(Ignored(name, None, f'"{name}" is ignored: {why}'))
        else:
            ignored += find_ignored([name], [*CLIENT_KEYS, *NATIVE_KEYS], lambda _n: False, {})
    for apply in (apply_tls, apply_sasl):
        try:
            ignored += apply(props, settings)
        except ConfigError as e:
            errors.update(e.errors)
    if errors:
        raise ConfigError(errors)
    return ClientSettings(settings, tuple(ignored))


def _apply(rule: Rule, name: str, value: str, kind: str, settings: Settings) -> list[Ignored]:
    if rule.kinds and kind not in rule.kinds:
        return []
    if rule.target is None:
        return [Ignored(name, None, f'"{name}" is ignored: {rule.why}')]
    settings[rule.target] = rule.convert(value.strip()) if rule.convert else value.strip()
    return []


def _prefixed(props: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {k[len(prefix):]: v for k, v in props.items() if k.startswith(prefix)}


def _plain(worker: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in worker.items() if is_client_key(k) and k not in ("group.id", "client.id")}


def _security(worker: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in worker.items() if k.startswith(SECURITY_PREFIXES)}


def internal_client(worker: Mapping[str, str], kind: str) -> ClientSettings:
    """Settings of the worker's own clients (internal topics, group, admin)."""
    return translate({"bootstrap.servers": "localhost:9092", **_plain(worker)}, kind)


def _connector(worker: Mapping[str, str], connector: Mapping[str, str], kind: str) -> ClientSettings:
    own = _prefixed(worker, f"{kind}.")
    own = {k: v for k, v in own.items() if not k.startswith("override.")}
    over = _prefixed(connector, f"{kind}.override.")
    shared: dict[str, str] = {"bootstrap.servers": worker.get("bootstrap.servers", "localhost:9092")}
    if kind == "admin":
        shared |= _plain(worker)
    elif not any(k.startswith(SECURITY_PREFIXES) or k == "bootstrap.servers" for k in (*own, *over)):
        shared |= _security(worker)
    if kind == "admin":
        own = {k: v for k, v in own.items() if not k.startswith("listeners")}
    return translate({**shared, **own, **over}, kind)


def connector_producer(worker: Mapping[str, str], connector: Mapping[str, str]) -> ClientSettings:
    """Settings of a task's producer: the worker's ``producer.*``, then the connector's ``producer.override.*``."""
    return _connector(worker, connector, "producer")


def connector_admin(worker: Mapping[str, str], connector: Mapping[str, str]) -> ClientSettings:
    """Settings of a task's admin client: the worker's own, ``admin.*``, then the connector's ``admin.override.*``."""
    return _connector(worker, connector, "admin")


def connector_consumer(worker: Mapping[str, str], connector: Mapping[str, str]) -> ClientSettings:
    """Settings of a consumer of a connector's own offsets topic."""
    return _connector(worker, connector, "consumer")


_PRINCIPAL = frozenset({"sasl.jaas.config", "sasl.mechanism", "security.protocol"})


def override_errors(policy: str, allowlist: tuple[str, ...], connector: Mapping[str, str | None]) -> dict[str, list[str]]:
    """What the worker's override policy refuses, by key. Raises ValueError for a policy that does not exist."""
    simple = policy.rpartition(".")[2].removesuffix("ConnectorClientConfigOverridePolicy").lower()
    if simple == "all":
        return {}
    allowed = {"none": frozenset[str](), "principal": _PRINCIPAL, "allowlist": frozenset(allowlist)}.get(simple)
    if allowed is None:
        raise ValueError(f"connector.client.config.override.policy {policy!r} does not exist; there are All, None, Principal, "
            f"Allowlist")
    found: dict[str, list[str]] = {}
    for name in connector:
        for prefix in ("producer.override.", "consumer.override.", "admin.override."):
            if name.startswith(prefix) and name[len(prefix):] not in allowed:
                found[name] = [
                    f'The "{simple}" policy of this worker does not allow {name[len(prefix):]} to be overridden in the '
                    f'connector configuration.']
    return found
