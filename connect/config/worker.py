"""The worker's configuration: Kafka Connect's keys and defaults, and ours under ``headgate.``.

Keys of the Kafka clients (``bootstrap.servers``, ``security.protocol``, ``producer.*`` …) are not fields: they stay in
:attr:`WorkerConfig.props` and are translated by :mod:`connect.config.clients`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field

from connect.api.config import ConfigModel, Importance, KeyType, key
from connect.api.errors import ConfigError
from connect.config.checks import AtLeast, NonEmpty
from connect.config.clients import is_client_key
from connect.config.report import Ignored, find_ignored

__all__ = ["Listener", "WorkerConfig", "unknown_worker_keys"]

_HIGH, _LOW = Importance.HIGH, Importance.LOW
_KAFKA, _TOPICS, _REST, _RUN, _EOS, _OURS = "Kafka", "Internal topics", "REST", "Running", "Exactly once", "Headgate"
_JAVA = "it belongs to the Java worker"
_PREFIXES = (
    "producer.", "consumer.", "admin.", "key.converter.", "value.converter.", "header.converter.", "config.providers.",
    "config.storage.", "offset.storage.", "status.storage.", "listeners.https.", "admin.listeners.https.", "topic.creation.",
)
_NOT_HONOURED: Mapping[str, str] = {
    "plugin.path": "plugins are Python packages of this environment, found by entry points",
    "plugin.discovery": "plugins are found by entry points",
    "metric.reporters": "metrics are served at /metrics",
    "metrics.*": "metrics are served at /metrics",
    "auto.include.jmx.reporter": _JAVA,
    "worker.sync.timeout.ms": "the group is not Kafka Connect's own protocol",
    "worker.unsync.backoff.ms": "the group is not Kafka Connect's own protocol",
    "connect.protocol": "the group is not Kafka Connect's own protocol",
    "rest.extension.classes": "REST extensions are Java code",
    "internal.key.converter": "internal topics are always JSON",
    "internal.value.converter": "internal topics are always JSON",
    "internal.key.converter.*": "internal topics are always JSON",
    "internal.value.converter.*": "internal topics are always JSON",
}


class Listener(tuple[str, str, int]):
    """Protocol, host (empty: every interface for the server, the machine's name for others) and port of a listener."""

    __slots__ = ()

    @property
    def protocol(self) -> str:
        """``http`` or ``https``."""
        return self[0]

    @property
    def host(self) -> str:
        """May be empty."""
        return self[1]

    @property
    def port(self) -> int:
        """0 lets the system choose."""
        return self[2]


def parse_listener(text: str) -> Listener:
    """Read ``protocol://host:port``; the host may be empty. Raises ValueError."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        port = None
    if port is None or parts.scheme.lower() not in ("http", "https") or parts.path not in ("", "/"):
        raise ValueError(f"{text!r} is not a listener; expected protocol://host:port with http or https, for example "
            f"http://0.0.0.0:8083")
    return Listener((parts.scheme.lower(), parts.hostname or "", port))


def _listeners(value: list[str] | None) -> None:
    for text in value or []:
        parse_listener(text)


def _factor(value: int | None) -> None:
    if value is not None and value < 1 and value != -1:
        raise ValueError("Value must be -1 (the broker's default) or at least 1")


def _long(name: str, default: int, doc: str, group: str = _RUN, low: int = 0) -> int:
    field: int = key(name, default, type=KeyType.LONG, doc=doc, group=group, valid=(AtLeast(low),))
    return field


class WorkerConfig(ConfigModel):
    """A worker's configuration. ``props`` is all that was given, variables resolved."""

    props: Mapping[str, str] = Field(default_factory=dict)

    bootstrap_servers: list[str] = key(
        "bootstrap.servers", ["localhost:9092"], type=KeyType.LIST, importance=_HIGH, group=_KAFKA, valid=(NonEmpty(),),
        doc="Brokers to ask first, host:port, separated by commas.")
    client_id: str = key("client.id", "", group=_KAFKA, importance=_LOW, doc="Part of the client ids of the worker's own "
        "clients.")
    client_dns_lookup: str = key(
        "client.dns.lookup", "use_all_dns_ips", group=_KAFKA, importance=_LOW,
        recommended=("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"), one_of=True, doc="How broker names are "
            "resolved.")

    group_id: str = key("group.id", importance=_HIGH, group=_TOPICS, valid=(NonEmpty(),), doc="Name of the cluster of workers.")
    config_storage_topic: str = key(
        "config.storage.topic", importance=_HIGH, group=_TOPICS, valid=(NonEmpty(),), doc="Topic of connector configurations; "
        "one partition.")
    config_storage_replication_factor: int = key(
        "config.storage.replication.factor", 3, type=KeyType.SHORT, importance=_LOW, group=_TOPICS, valid=(_factor,),
        doc="Replicas when the topic is created; -1 is the broker's default.")
    offset_storage_topic: str = key(
        "offset.storage.topic", importance=_HIGH, group=_TOPICS, valid=(NonEmpty(),), doc="Topic of source offsets.")
    offset_storage_partitions: int = key(
        "offset.storage.partitions", 25, type=KeyType.INT, importance=_LOW, group=_TOPICS, valid=(_factor,),
        doc="Partitions when the topic is created; -1 is the broker's default.")
    offset_storage_replication_factor: int = key(
        "offset.storage.replication.factor", 3, type=KeyType.SHORT, importance=_LOW, group=_TOPICS, valid=(_factor,),
        doc="Replicas when the topic is created; -1 is the broker's default.")
    status_storage_topic: str = key(
        "status.storage.topic", importance=_HIGH, group=_TOPICS, valid=(NonEmpty(),), doc="Topic of states of connectors and "
        "tasks.")
    status_storage_partitions: int = key(
        "status.storage.partitions", 5, type=KeyType.INT, importance=_LOW, group=_TOPICS, valid=(_factor,),
        doc="Partitions when the topic is created; -1 is the broker's default.")
    status_storage_replication_factor: int = key(
        "status.storage.replication.factor", 3, type=KeyType.SHORT, importance=_LOW, group=_TOPICS, valid=(_factor,),
        doc="Replicas when the topic is created; -1 is the broker's default.")

    key_converter: str = key("key.converter", type=KeyType.CLASS, importance=_HIGH, group=_RUN, doc="Converter of record keys.")
    value_converter: str = key("value.converter", type=KeyType.CLASS, importance=_HIGH, group=_RUN, doc="Converter of record "
        "values.")
    header_converter: str = key(
        "header.converter", "org.apache.kafka.connect.storage.SimpleHeaderConverter", type=KeyType.CLASS, importance=_LOW,
        group=_RUN,
        doc="Converter of header values.")
    offset_flush_interval_ms: int = _long(
        "offset.flush.interval.ms", 5000,
        "How often source offsets are stored. Kafka Connect's default is 60000; a shorter time means fewer records repeated "
        "after a "
        "crash.", low=1)
    offset_flush_timeout_ms: int = _long("offset.flush.timeout.ms", 5000, "How long storing offsets may take.", low=1)
    task_shutdown_graceful_timeout_ms: int = _long(
        "task.shutdown.graceful.timeout.ms", 5000, "How long tasks together may take to stop before their processes are killed.")
    config_providers: list[str] = key(
        "config.providers", [], type=KeyType.LIST, importance=_LOW, group=_RUN,
        doc="Names of config providers; ${name:path:key} is replaced by what the provider config.providers.<name>.class finds.")
    connector_client_config_override_policy: str = key(
        "connector.client.config.override.policy", "All", group=_RUN,
        doc="Which producer.override.*, admin.override.* a connector may set: All, None, Principal or Allowlist.")
    connector_client_config_override_allowlist: list[str] = key(
        "connector.client.config.override.allowlist", [], type=KeyType.LIST, group=_RUN,
        doc="The client settings a connector may override with the policy Allowlist.")
    topic_creation_enable: bool = key(
        "topic.creation.enable", True, type=KeyType.BOOLEAN, importance=_LOW, group=_RUN,
        doc="Create topics by the connector's topic.creation.* settings.")
    topic_tracking_enable: bool = key(
        "topic.tracking.enable", True, type=KeyType.BOOLEAN, importance=_LOW, group=_RUN,
        doc="Remember which topics a connector has written to.")
    topic_tracking_allow_reset: bool = key(
        "topic.tracking.allow.reset", True, type=KeyType.BOOLEAN, importance=_LOW, group=_RUN, doc="Allow forgetting them by "
        "REST.")
    exactly_once_source_support: str = key(
        "exactly.once.source.support", "disabled", importance=_HIGH, group=_EOS, recommended=("disabled", "preparing", "enabled"),
        one_of=True, doc="Exactly-once delivery by transactions; 'preparing' on every worker first, then 'enabled'.")
    session_timeout_ms: int = _long(
        "session.timeout.ms", 10000, "A worker silent for so long has left the group; it stops its tasks by itself.", _KAFKA, 1)
    heartbeat_interval_ms: int = _long("heartbeat.interval.ms", 3000, "Time between heartbeats of the group.", _KAFKA, 1)
    rebalance_timeout_ms: int = _long("rebalance.timeout.ms", 60000, "How long a worker may take to join a changed group.",
        _KAFKA, 1)
    scheduled_rebalance_max_delay_ms: int = _long(
        "scheduled.rebalance.max.delay.ms", 300000, "How long the work of a lost worker waits for its return.")
    inter_worker_key_ttl_ms: int = _long("inter.worker.key.ttl.ms", 3600000, "Age at which the key that signs internal requests "
        "is replaced.")
    inter_worker_key_generation_algorithm: str = key(
        "inter.worker.key.generation.algorithm", "HmacSHA256", importance=_LOW, group=_RUN, doc="Algorithm of that key.")
    inter_worker_signature_algorithm: str = key(
        "inter.worker.signature.algorithm", "HmacSHA256", importance=_LOW, group=_RUN, doc="Algorithm of signatures.")
    inter_worker_verification_algorithms: list[str] = key(
        "inter.worker.verification.algorithms", ["HmacSHA256"], type=KeyType.LIST, importance=_LOW, group=_RUN,
        doc="Algorithms accepted when verifying; must contain the signing one.")
    inter_worker_key_size: int | None = key(
        "inter.worker.key.size", None, type=KeyType.INT, importance=_LOW, group=_RUN, doc="Size of that key in bits.")

    listeners: list[str] = key(
        "listeners", ["http://:8083"], type=KeyType.LIST, importance=_LOW, group=_REST, valid=(_listeners, NonEmpty()),
        doc="Where the REST API listens: protocol://host:port. Without a host: on every interface.")
    admin_listeners: list[str] | None = key(
        "admin.listeners", None, type=KeyType.LIST, importance=_LOW, group=_REST, valid=(_listeners,),
        doc="Where /admin is served; not set: with the rest; empty: nowhere.")
    rest_advertised_host_name: str | None = key(
        "rest.advertised.host.name", None, importance=_LOW, group=_REST, doc="Host name that other workers reach this one by.")
    rest_advertised_port: int | None = key(
        "rest.advertised.port", None, type=KeyType.INT, importance=_LOW, group=_REST, doc="Port that other workers reach this "
        "one by.")
    rest_advertised_listener: str | None = key(
        "rest.advertised.listener", None, importance=_LOW, group=_REST, recommended=("http", "https"), one_of=True,
        doc="Protocol that other workers use.")
    access_control_allow_origin: str = key(
        "access.control.allow.origin", "", importance=_LOW, group=_REST, doc="Value of Access-Control-Allow-Origin; empty: none.")
    access_control_allow_methods: str = key(
        "access.control.allow.methods", "", importance=_LOW, group=_REST, doc="Methods allowed across origins; empty: GET, "
        "POST, HEAD.")
    response_http_headers_config: str = key(
        "response.http.headers.config", "", importance=_LOW, group=_REST, doc='Headers of every answer: "[action] '
        '[name]:[value]", …')

    mask_passwords: bool = key(
        "headgate.rest.mask.passwords", True, type=KeyType.BOOLEAN, group=_OURS,
        doc="Show passwords as [hidden] in REST answers. Posting that mask back keeps the stored value.")
    task_restart_enable: bool = key(
        "headgate.task.restart.enable", False, type=KeyType.BOOLEAN, group=_OURS, doc="Restart failed tasks by themselves.")
    task_restart_delay_ms: int = _long("headgate.task.restart.delay.ms", 10000, "Wait before the first automatic restart; "
        "doubles.", _OURS, 1)
    task_restart_delay_max_ms: int = _long("headgate.task.restart.delay.max.ms", 600000, "Longest such wait.", _OURS, 1)
    task_restart_max: int = key(
        "headgate.task.restart.max", -1, type=KeyType.INT, group=_OURS, valid=(AtLeast(-1),),
        doc="Automatic restarts in a row; -1 without end. A task that ran for headgate.task.restart.delay.max.ms starts anew at "
            "0.")
    plugin_call_timeout_ms: int = _long(
        "headgate.plugin.call.timeout.ms", 60000, "Time limit for plugin code that validates or plans, in its own process.",
        _OURS, 1)
    log_format: str = key(
        "headgate.log.format", "text", group=_OURS, recommended=("text", "json"), one_of=True, doc="Form of log lines.")
    log_level: str = key(
        "headgate.log.level", "INFO", group=_OURS, recommended=("TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL",
        "OFF"),
        one_of=True, doc="Level of the root logger at start.")

    @classmethod
    def from_props(cls, props: Mapping[str, str | None]) -> Self:
        """The typed configuration. Raises ConfigError with every message of every wrong key."""
        given = {k: v for k, v in props.items() if v is not None}
        parsed = cls.definition().parse(given)
        errors = dict(parsed.errors)
        signing = parsed.values.get("inter.worker.signature.algorithm")
        accepted = parsed.values.get("inter.worker.verification.algorithms")
        if signing and accepted is not None and signing not in accepted:
            errors["inter.worker.signature.algorithm"] = [
                f"Invalid value {signing} for configuration inter.worker.signature.algorithm: it must be in "
                f"inter.worker.verification.algorithms"]
        if errors:
            raise ConfigError(errors)
        return cls.model_validate({**parsed.values, "props": given})

    def listening(self) -> list[Listener]:
        """The listeners, parsed."""
        return [parse_listener(t) for t in self.listeners]

    def topic_settings(self, store: str) -> dict[str, str]:
        """Settings for creating the internal topic of ``config``, ``offset`` or ``status`` (KIP-605), without cleanup.policy."""
        prefix = f"{store}.storage."
        own = ("topic", "partitions", "replication.factor", "cleanup.policy")
        return {k[len(prefix):]: v for k, v in self.props.items() if k.startswith(prefix) and k[len(prefix):] not in own}


def unknown_worker_keys(props: Mapping[str, str]) -> list[Ignored]:
    """Properties of a worker that have no effect: misspelt, or of the Java worker. For the start-up log."""
    definition = WorkerConfig.definition()
    ignored = find_ignored(
        props, [k.name for k in definition], lambda n: n.startswith(_PREFIXES) or is_client_key(n), _NOT_HONOURED)
    for store in ("config", "offset", "status"):
        name = f"{store}.storage.cleanup.policy"
        if name in props:
            ignored.append(Ignored(name, None, f'"{name}" is ignored: internal topics are always compacted'))
    if "config.storage.partitions" in props:
        ignored.append(Ignored("config.storage.partitions", None, '"config.storage.partitions" is ignored: that topic has one '
        'partition'))
    return ignored
