"""Java class names of plugins, and which of ours stands for each.

A plugin is an entry point of one of our groups; its entry point's name is its short alias. The tables map an alias to the Java
names it answers to, the first being the one it is shown under. The ``$Key`` and ``$Value`` variants are two classes with an entry
point each.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["JAVA_NAMES", "SHOWN_VERSIONS"]

_T = "org.apache.kafka.connect.transforms."


def _both(name: str, alias: str) -> dict[str, tuple[str, ...]]:
    return {f"{alias}_key": (f"{_T}{name}$Key",), f"{alias}_value": (f"{_T}{name}$Value",)}


JAVA_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "headgate.connectors": {
        "postgres": ("io.debezium.connector.postgresql.PostgresConnector",),
        "mysql": ("io.debezium.connector.mysql.MySqlConnector",),
        "mariadb": ("io.debezium.connector.mariadb.MariaDbConnector",),
    },
    "headgate.converters": {
        "avro": ("io.confluent.connect.avro.AvroConverter", "io.apicurio.registry.utils.converter.AvroConverter"),
        "json": ("org.apache.kafka.connect.json.JsonConverter",),
        "string": ("org.apache.kafka.connect.storage.StringConverter",),
        "bytes": ("org.apache.kafka.connect.converters.ByteArrayConverter", "io.debezium.converters.ByteArrayConverter"),
    },
    "headgate.header_converters": {
        "simple": ("org.apache.kafka.connect.storage.SimpleHeaderConverter",),
    },
    "headgate.transforms": {
        "regex_router": (f"{_T}RegexRouter",),
        "filter": (f"{_T}Filter",),
        "drop_headers": (f"{_T}DropHeaders",),
        "insert_header": (f"{_T}InsertHeader",),
        "timestamp_router": (f"{_T}TimestampRouter",),
        "value_to_key": (f"{_T}ValueToKey",),
        **_both("Cast", "cast"),
        **_both("ExtractField", "extract_field"),
        **_both("Flatten", "flatten"),
        **_both("HeaderFrom", "header_from"),
        **_both("HoistField", "hoist_field"),
        **_both("InsertField", "insert_field"),
        **_both("MaskField", "mask_field"),
        **_both("ReplaceField", "replace_field"),
        **_both("SetSchemaMetadata", "set_schema_metadata"),
        **_both("TimestampConverter", "timestamp_converter"),
    },
    "headgate.predicates": {
        "topic_name_matches": (f"{_T}predicates.TopicNameMatches",),
        "has_header_key": (f"{_T}predicates.HasHeaderKey",),
        "record_is_tombstone": (f"{_T}predicates.RecordIsTombstone",),
    },
    "headgate.config_providers": {
        "file": ("org.apache.kafka.common.config.provider.FileConfigProvider",),
        "dir": ("org.apache.kafka.common.config.provider.DirectoryConfigProvider",),
        "env": ("org.apache.kafka.common.config.provider.EnvVarConfigProvider",),
    },
}
"""Entry-point group → alias → Java class names."""

SHOWN_VERSIONS: Mapping[str, str] = {
    "org.apache.kafka.": "4.1.0", "io.debezium.connector.mysql.": "3.6.1.Final", "io.debezium.connector.mariadb.": "3.5.0.Final",
    "io.debezium.": "3.6.3.Final"}
"""Version that plugins under names of that package are shown with, the first that fits: the one whose behaviour they
have. Headgate's own version is at ``GET /``."""
