"""Column definitions as written → columns as the server makes them: inheritance, implicit nullability and defaults, sizes that
pick a type."""

from __future__ import annotations

from connectors.mysql.ddl.context import DdlContext
from connectors.mysql.ddl.names import charset_of, max_bytes, plain_charset, plain_collation
from connectors.mysql.ddl.tree import ColumnSpec
from connectors.mysql.structure import ColumnDef

__all__ = ["Charset", "pick_charset", "resolve_column", "text_type"]

Charset = tuple[str | None, str | None]
"""A character set and its collation; collation None = the set's own default."""

_TEXTUAL = frozenset(("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"))
_TWINS = {
    "char": "binary", "varchar": "varbinary", "tinytext": "tinyblob", "text": "blob", "mediumtext": "mediumblob",
    "longtext": "longblob",
}
_TEXT_SIZES = ((0xFF, "tiny"), (0xFFFF, ""), (0xFFFFFF, "medium"), (0xFFFFFFFFF, "long"))


def pick_charset(charset: str | None, collation: str | None, inherited: Charset) -> Charset:
    """What CHARACTER SET and COLLATE of a statement come to below what is inherited."""
    if charset == "default":
        charset = inherited[0]
    if collation == "default":
        collation = None
    if charset:
        charset = plain_charset(charset)
        if collation:
            collation = plain_collation(collation)
            return charset, collation if charset_of(collation) else f"{charset}_{collation}"
        return charset, None
    if collation:
        collation = plain_collation(collation)
        own = charset_of(collation)
        return (own, collation) if own else (inherited[0], f"{inherited[0]}_{collation}")
    return inherited


def resolve_column(spec: ColumnSpec, inherited: Charset, context: DdlContext) -> ColumnDef:
    """The column, below a table of that character set."""
    found = spec.type
    kind, length = found.type, found.length
    charset: str | None = None
    collation: str | None = None
    if kind in _TEXTUAL:
        if found.json:
            charset, collation = "utf8mb4", "utf8mb4_bin"
        charset, collation = pick_charset(found.charset, found.collation, inherited if not found.json else (charset, collation))
        if found.bin_collation and charset:
            collation = "binary" if charset == "binary" else f"{charset}_bin"
        if charset == "binary":
            kind = _TWINS.get(kind, kind)
            if kind not in ("enum", "set"):
                charset = collation = None
    if found.sized and length is not None:
        kind, length = text_type(kind, length * max_bytes(charset)), None
    elif kind in ("varchar", "varbinary") and length is not None and length * max_bytes(charset) > 0xFFFF:
        # Without strict mode the server makes a TEXT or BLOB of it.
        kind, length = text_type("text" if kind == "varchar" else "blob", length * max_bytes(charset)), None
    nullable, default = spec.nullable, spec.default
    if kind == "timestamp" and not context.explicit_defaults_ts and not spec.generated and spec.row_time is None:
        if nullable is None:
            nullable = False
        if not nullable and default is None:
            default = f"'0000-00-00 00:00:00.{'0' * found.scale}'" if found.scale else "'0000-00-00 00:00:00'"
    return ColumnDef(
        name=spec.name,
        type=kind,
        declared=found.declared,
        length=length,
        scale=found.scale,
        unsigned=found.unsigned,
        zerofill=found.zerofill,
        charset=charset,
        collation=collation,
        nullable=nullable is not False,
        labels=found.labels,
        default=default,
        auto_increment=spec.auto_increment,
        generated=spec.generated,
        on_update=spec.on_update,
        invisible=spec.invisible,
        comment=spec.comment or None,
        srid=spec.srid,
        compressed=spec.compressed,
    )


def text_type(kind: str, size: int) -> str:
    """The smallest of the text or blob types (``kind`` is \"text\" or \"blob\") that holds so many bytes."""
    for limit, prefix in _TEXT_SIZES:
        if size <= limit:
            return prefix + kind
    return "long" + kind
