"""The runtime's own keys in a connector's configuration: Kafka Connect's, with its groups, order and texts for forms.

Keys whose names vary (aliases of transforms and predicates, groups for topic creation) are made by functions here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connect.api.config import ConfigDef, ConfigKey, ConfigModel, Importance, KeyType, Width, key
from connect.config.checks import AtLeast, ConnectorName, Distinct

__all__ = [
    "CONVERTER_ROLES", "DEFAULT_TOPIC_GROUP", "OVERRIDE_PREFIXES", "ConnectorConfig", "connector_definition", "predicate_keys",
    "topic_group_keys", "transform_keys",
]

CONVERTER_ROLES = ("key", "value", "header")
OVERRIDE_PREFIXES = ("producer.override.", "consumer.override.", "admin.override.")
DEFAULT_TOPIC_GROUP = "default"

_HIGH, _MEDIUM, _LOW = Importance.HIGH, Importance.MEDIUM, Importance.LOW
_COMMON, _ERRORS, _TOPICS, _EOS = "Common", "Error Handling", "Topic Creation", "Exactly Once Support"
# Kafka numbers the groups in runs of their own; exactly once goes on where topic creation ends.
_FIRST_ORDER = {_EOS: 2}
_ONE_RUN = (_COMMON, "Transforms", "Predicates")


class ConnectorConfig(ConfigModel):
    """The runtime's part of a connector's configuration, typed. The connector's own keys are not in it."""

    name: str = key(
        "name", type=KeyType.STRING, importance=_HIGH, group=_COMMON, display_name="Connector name", valid=(ConnectorName(),),
        doc="Name of the connector, unique in the cluster.")
    connector_class: str = key(
        "connector.class", importance=_HIGH, group=_COMMON, width=Width.LONG, display_name="Connector class",
        doc="The connector: a Java class name as Debezium's configurations have it, its simple name with or without "
        "'Connector', a "
            "short alias such as 'postgres', or a Python path 'module:Class'.")
    connector_version: str | None = key(
        "connector.plugin.version", None, group=_COMMON, display_name="Connector version",
        doc="Version of the connector, when several are installed.")
    tasks_max: int = key(
        "tasks.max", 1, type=KeyType.INT, importance=_HIGH, group=_COMMON, width=Width.SHORT, display_name="Tasks max",
        valid=(AtLeast(1),), doc="Maximum number of tasks of this connector.")
    tasks_max_enforce: bool = key(
        "tasks.max.enforce", True, type=KeyType.BOOLEAN, importance=_LOW, group=_COMMON, width=Width.SHORT,
        display_name="Enforce tasks max", doc="Fail the connector when it plans more tasks than tasks.max.")
    key_converter: str | None = key(
        "key.converter", None, type=KeyType.CLASS, importance=_LOW, group=_COMMON, width=Width.SHORT,
        display_name="Key converter class", doc="Converter of record keys; the worker's when not set. Its settings follow as "
            "key.converter.*.")
    key_converter_version: str | None = key(
        "key.converter.plugin.version", None, importance=_LOW, group=_COMMON, width=Width.SHORT,
        display_name="Key converter version",
        doc="Version of the key converter.")
    value_converter: str | None = key(
        "value.converter", None, type=KeyType.CLASS, importance=_LOW, group=_COMMON, width=Width.SHORT,
        display_name="Value converter class",
        doc="Converter of record values; the worker's when not set. Its settings follow as value.converter.*.")
    value_converter_version: str | None = key(
        "value.converter.plugin.version", None, importance=_LOW, group=_COMMON, width=Width.SHORT,
        display_name="Value converter version", doc="Version of the value converter.")
    header_converter: str | None = key(
        "header.converter", None, type=KeyType.CLASS, importance=_LOW, group=_COMMON, width=Width.SHORT,
        display_name="Header converter class", doc="Converter of header values; the worker's when not set.")
    header_converter_version: str | None = key(
        "header.converter.plugin.version", None, importance=_LOW, group=_COMMON, width=Width.SHORT,
        display_name="Header converter version", doc="Version of the header converter.")
    transforms: list[str] = key(
        "transforms", [], type=KeyType.LIST, importance=_LOW, group="Transforms", width=Width.LONG, display_name="Transforms",
        valid=(Distinct("transform"),), doc="Aliases of the transforms applied to each record, in order.")
    predicates: list[str] = key(
        "predicates", [], type=KeyType.LIST, importance=_LOW, group="Predicates", width=Width.LONG, display_name="Predicates",
        valid=(Distinct("predicate"),), doc="Aliases of the predicates that transforms may name.")
    config_action_reload: str = key(
        "config.action.reload", "restart", importance=_LOW, group=_COMMON, display_name="Reload Action",
        recommended=("none", "restart"), one_of=True,
        doc="What to do when a config provider says that a value has changed: restart the connector, or none.")
    errors_retry_timeout: int = key(
        "errors.retry.timeout", 0, type=KeyType.LONG, group=_ERRORS, display_name="Retry Timeout for Errors",
        doc="How long (ms) a failed operation of a transform or converter is tried again; 0 not at all, -1 for ever. When it "
            "is not given, a server that is out of reach is waited for without end, in view of status and metrics.")
    errors_retry_delay_max_ms: int = key(
        "errors.retry.delay.max.ms", 60000, type=KeyType.LONG, group=_ERRORS,
        display_name="Maximum Delay Between Retries for Errors", doc="Longest wait (ms) between two such tries.")
    errors_tolerance: str = key(
        "errors.tolerance", "none", group=_ERRORS, width=Width.SHORT, display_name="Error Tolerance", recommended=("none", "all"),
        one_of=True, doc="'none': a record that cannot be transformed, converted or delivered fails the task; 'all': it is "
            "skipped.")
    errors_log_enable: bool = key(
        "errors.log.enable", False, type=KeyType.BOOLEAN, group=_ERRORS, width=Width.SHORT, display_name="Log Errors",
        doc="Log each such error, also when it is tolerated.")
    errors_log_include_messages: bool = key(
        "errors.log.include.messages", False, type=KeyType.BOOLEAN, group=_ERRORS, width=Width.SHORT,
        display_name="Log Error Details",
        doc="Say in that line which record it was: topic, partition, position. Never its values.")
    topic_creation_groups: list[str] = key(
        "topic.creation.groups", [], type=KeyType.LIST, importance=_LOW, group=_TOPICS, width=Width.LONG,
        display_name="Topic Creation Groups", valid=(Distinct("topic creation group"),),
        doc="Groups of new topics, each with settings topic.creation.<group>.*; the group 'default' is there without being "
            "named.")
    exactly_once_support: str = key(
        "exactly.once.support", "requested", group=_EOS, width=Width.SHORT, display_name="Exactly once support",
        recommended=("requested", "required"), one_of=True,
        doc="'required' refuses the configuration unless worker and connector can promise exactly-once delivery.")
    transaction_boundary: str = key(
        "transaction.boundary", "poll", group=_EOS, width=Width.SHORT, display_name="Transaction Boundary",
        recommended=("poll", "interval", "connector"), one_of=True,
        doc="When transactions end: with each batch, by time, or where the connector says.")
    transaction_boundary_interval_ms: int | None = key(
        "transaction.boundary.interval.ms", None, type=KeyType.LONG, importance=_LOW, group=_EOS, width=Width.SHORT,
        display_name="Transaction boundary interval", valid=(AtLeast(1, nullable=True),),
        doc="Time (ms) between transactions with transaction.boundary=interval; the worker's offset.flush.interval.ms when not "
            "set.")
    offsets_storage_topic: str | None = key(
        "offsets.storage.topic", None, importance=_LOW, group="offsets.topic", width=Width.LONG, display_name="Offsets topic",
        doc="An offsets topic for this connector alone.")

    @classmethod
    def definition(cls) -> ConfigDef:
        """The keys with Kafka's order numbers."""
        orders: dict[str, int] = {}
        keys = []
        for k in super().definition():
            run = _COMMON if k.group in _ONE_RUN else (k.group or "")
            orders[run] = orders.get(run, _FIRST_ORDER.get(run, 1) - 1) + 1
            keys.append(replace(k, order=orders[run]))
        return ConfigDef(tuple(keys))


def connector_definition(defaults: Mapping[str, str | None] | None = None) -> ConfigDef:
    """The runtime's keys; ``defaults`` (the worker's converters, versions of plugins) replace those of the definition."""
    given = defaults or {}
    return ConfigDef(tuple(replace(k, default=given[k.name]) if k.name in given else k for k in ConnectorConfig.definition()))


def _alias_keys(kind: str, alias: str, noun: str, recommended: tuple[str, ...], version: str | None) -> list[ConfigKey]:
    prefix = f"{kind}.{alias}."
    group = f"{kind.capitalize()}: {alias}"
    return [
        ConfigKey(
            prefix + "type", KeyType.CLASS, importance=_HIGH, group=group, order=0, width=Width.LONG, recommended=recommended,
            display_name=f"{noun} type for {alias}", doc=f"Class of the {noun.lower()} {alias}."),
        ConfigKey(
            prefix + "plugin.version", KeyType.STRING, version, importance=_HIGH, group=group, order=1, width=Width.LONG,
            recommended=(version,) if version else (), display_name=f"{noun} version for {alias}",
            doc=f"Version of the {noun.lower()} {alias}."),
    ]


def _embed(own: ConfigDef, prefix: str, group: str, first: int) -> list[ConfigKey]:
    return [
        replace(k, name=prefix + k.name, group=group, order=first + i, display_name=k.display_name or k.name, dependents=tuple(
            prefix + d for d in k.dependents))
        for i, k in enumerate(k for k in own if not k.internal)
    ]


def transform_keys(
    alias: str, own: ConfigDef | None, recommended: tuple[str, ...] = (), version: str | None = None
) -> list[ConfigKey]:
    """The keys ``transforms.ALIAS.*``; ``own`` are those of its class, None when that is unknown (then only type and version)."""
    keys = _alias_keys("transforms", alias, "Transformation", recommended, version)
    if own is None:
        return keys
    prefix, group = f"transforms.{alias}.", f"Transforms: {alias}"
    keys += _embed(own, prefix, group, 2)
    return [
        *keys,
        ConfigKey(
            prefix + "negate", KeyType.BOOLEAN, False, group=group, order=len(keys), display_name="negate",
            doc="Apply the transform where the predicate does not match."),
        ConfigKey(
            prefix + "predicate", KeyType.STRING, None, group=group, order=len(keys) + 1, display_name="predicate",
            doc="Alias of the predicate that decides to which records the transform is applied."),
    ]


def predicate_keys(
    alias: str, own: ConfigDef | None, recommended: tuple[str, ...] = (), version: str | None = None
) -> list[ConfigKey]:
    """The keys ``predicates.ALIAS.*``, as :func:`transform_keys`."""
    keys = _alias_keys("predicates", alias, "Predicate", recommended, version)
    return keys if own is None else keys + _embed(own, f"predicates.{alias}.", f"Predicates: {alias}", 2)


def topic_group_keys(name: str) -> list[ConfigKey]:
    """The keys ``topic.creation.GROUP.*`` that are not settings of the topic; ``default`` has no patterns, and no defaults."""
    prefix, group = f"topic.creation.{name}.", f"Topic Creation: {name}"
    is_default = name == DEFAULT_TOPIC_GROUP
    patterns = [] if is_default else [
        ConfigKey(prefix + "include", KeyType.LIST, importance=_HIGH, group=group, order=0, width=Width.LONG,
                  display_name="Inclusion Topic Pattern for " + name, doc="Regular expressions of the topics of this group."),
        ConfigKey(prefix + "exclude", KeyType.LIST, [], group=group, order=1, width=Width.LONG,
                  display_name="Exclusion Topic Pattern for " + name, doc="Regular expressions of topics that are not in it."),
    ]
    numbers = [
        ConfigKey(prefix + "replication.factor", KeyType.SHORT, importance=_LOW, group=group, order=2, width=Width.LONG,
                  display_name="Replication Factor for Topics in " + name,
                  doc="Replicas of a new topic; -1 is the broker's default.",
                  valid=(_count,)),
        ConfigKey(prefix + "partitions", KeyType.INT, importance=_LOW, group=group, order=3, width=Width.LONG,
                  display_name="Partition Count for Topics in " + name,
                  doc="Partitions of a new topic; -1 is the broker's default.",
                  valid=(_count,)),
    ]
    return patterns + [k if is_default else replace(k, default=None) for k in numbers]


def _count(value: int | None) -> None:
    if value is not None and value < 1 and value != -1:
        raise ValueError("Value must be -1 (the broker's default) or at least 1")
