"""The schemas of Debezium's schema-change topic: what a statement did to the structure of tables."""

from __future__ import annotations

from schemas.model import BOOLEAN, INT32, INT64, STRING, Schema, array_of, struct_of

__all__ = ["CHANGE", "COLUMN", "TABLE", "change_key", "change_value"]

_SCHEMA = "io.debezium.connector.schema."

COLUMN = struct_of(
    [
        ("name", STRING), ("jdbcType", INT32), ("nativeType", INT32.opt()), ("typeName", STRING),
        ("typeExpression", STRING.opt()),
        ("charsetName", STRING.opt()), ("length", INT32.opt()), ("scale", INT32.opt()), ("position", INT32),
        ("optional", BOOLEAN.opt()), ("autoIncremented", BOOLEAN.opt()), ("generated", BOOLEAN.opt()), ("comment", STRING.opt()),
        ("defaultValueExpression", STRING.opt()), ("enumValues", array_of(STRING).opt()),
    ],
    _SCHEMA + "Column", version=1)
"""A column. ``position`` counts from 1; ``jdbcType`` is a number of java.sql.Types."""

TABLE = struct_of(
    [
        ("defaultCharsetName", STRING.opt()), ("primaryKeyColumnNames", array_of(STRING).opt()), ("columns", array_of(COLUMN)),
        ("comment", STRING.opt()),
    ],
    _SCHEMA + "Table", version=1).opt()
"""A table after the change; null when it was dropped."""

CHANGE = struct_of([("type", STRING), ("id", STRING), ("table", TABLE)], _SCHEMA + "Change", version=1)
"""What became of one table: ``type`` is CREATE, ALTER or DROP."""


def change_key(connector: str) -> Schema:
    """The key of the topic's records for a connector ("mysql", "mariadb")."""
    return struct_of([("databaseName", STRING)], f"io.debezium.connector.{connector}.SchemaChangeKey", version=1)


def change_value(connector: str, source: Schema) -> Schema:
    """Their value. ``source`` is the connector's source block."""
    return struct_of(
        [
            ("source", source), ("ts_ms", INT64), ("databaseName", STRING.opt()), ("schemaName", STRING.opt()),
            ("ddl", STRING.opt()),
            ("tableChanges", array_of(CHANGE)),
        ],
        f"io.debezium.connector.{connector}.SchemaChangeValue", version=1)
