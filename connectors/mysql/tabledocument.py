"""A table as Debezium tells it: in records of the schema-change topic and, with a little more, in the schema history."""

from __future__ import annotations

from typing import Any

from connectors.mysql.structure import ColumnDef, TableDef, TableId
from connectors.mysql.types.literals import Now, literal_of

__all__ = ["column_document", "quoted_id", "table_document"]

# Numbers of java.sql.Types, by the type's name as declared.
_JDBC = {
    "BIT": -7, "TINYINT": 5, "INT1": 5, "SMALLINT": 5, "INT2": 5, "MEDIUMINT": 4, "INT3": 4, "MIDDLEINT": 4, "INT": 4,
    "INTEGER": 4,
    "INT4": 4, "BIGINT": -5, "INT8": -5, "SERIAL": -5, "REAL": 7, "DOUBLE": 8, "DOUBLE PRECISION": 8, "FLOAT8": 8, "FLOAT": 6,
    "FLOAT4": 6, "DECIMAL": 3, "DEC": 3, "FIXED": 3, "NUMERIC": 2, "BOOL": 16, "BOOLEAN": 16, "CHAR": 1, "CHARACTER": 1,
    "ENUM": 1,
    "SET": 1, "VARCHAR": 12, "NCHAR": -15, "NVARCHAR": -9, "BINARY": -2, "VARBINARY": -3, "DATE": 91, "TIME": 92, "DATETIME": 93,
    "TIMESTAMP": 2014, "YEAR": 4,
}
_BY_TYPE = {
    "tinyint": 5, "smallint": 5, "mediumint": 4, "int": 4, "bigint": -5, "decimal": 3, "float": 6, "double": 8, "bit": -7,
    "char": 1,
    "varchar": 12, "tinytext": 12, "text": 12, "mediumtext": 12, "longtext": 12, "binary": -2, "varbinary": -3, "tinyblob": 2004,
    "blob": 2004, "mediumblob": 2004, "longblob": 2004, "enum": 1, "set": 1, "date": 91, "time": 92, "datetime": 93,
    "timestamp": 2014, "year": 4,
}
_OTHER = 1111


def quoted_id(id: TableId) -> str:
    """``"database"."table"``."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in (id.database, id.name))


def declared(column: ColumnDef) -> str:
    """The type's name with UNSIGNED and ZEROFILL, as the statement had it."""
    if column.declared:
        return column.declared
    return column.type.upper() + (" UNSIGNED" if column.unsigned else "") + (" ZEROFILL" if column.zerofill else "")


def _jdbc(column: ColumnDef, name: str) -> int:
    base = name.removesuffix(" ZEROFILL").removesuffix(" UNSIGNED")
    if base in _JDBC:
        return _JDBC[base]
    if base.startswith(("NATIONAL", "NCHAR")):
        return -9 if column.type == "varchar" else -15
    return _BY_TYPE.get(column.type, _OTHER)


def default_text(column: ColumnDef) -> str | None:
    """The default without quotes; the epoch for the current time; None for NULL, expressions and none."""
    if column.default is None or column.generated:
        return None
    literal = literal_of(column.default)
    if literal is None:
        return None
    if isinstance(literal, Now):
        return "1970-01-01 00:00:00"
    if literal.text is not None:
        return literal.text
    text = column.default.strip()
    if text[:2].lower() == "b'":
        return text[2:-1]
    if text[:2].lower() == "0b":
        return text[2:]
    return text


def column_document(column: ColumnDef, position: int, comments: bool) -> dict[str, Any]:
    """A column in the members of :data:`schemas.schemachange.COLUMN`."""
    name = declared(column)
    length, scale = column.length, column.scale
    if column.type in ("time", "datetime", "timestamp"):
        length, scale = scale, None
    elif column.type == "enum":
        length = 1
    elif column.type == "set":
        length = max(0, 2 * len(column.labels) - 1)
    labels = ["'" + label.replace("'", "''") + "'" for label in column.labels]
    return {
        "name": column.name, "jdbcType": _jdbc(column, name), "nativeType": None, "typeName": name, "typeExpression": name,
        "charsetName": column.charset, "length": length, "scale": scale, "position": position, "optional": column.nullable,
        "autoIncremented": column.auto_increment, "generated": column.auto_increment,
        "comment": column.comment if comments else None, "defaultValueExpression": default_text(column),
        "enumValues": labels or None,
    }


def table_document(table: TableDef, comments: bool, comment: bool) -> dict[str, Any]:
    """A table in the members of :data:`schemas.schemachange.TABLE`. ``comments``: with the columns' comments; ``comment``: with
    the table's own."""
    return {
        "defaultCharsetName": table.charset,
        "primaryKeyColumnNames": list(table.primary_key or table.unique_key),
        "columns": [column_document(c, i + 1, comments) for i, c in enumerate(table.columns)],
        "comment": table.comment if comment else None,
    }
