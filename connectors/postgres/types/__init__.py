"""From a PostgreSQL type to its column codec. One module for each family of types."""

from __future__ import annotations

from collections.abc import Callable

from connectors.codec import NO_DEFAULT, Codec
from connectors.postgres.relations import Catalog, PgType
from connectors.postgres.types import composite, numbers, temporal, text
from connectors.postgres.types.options import TypeOptions
from schemas import semantic

__all__ = ["NO_DEFAULT", "Codec", "TypeOptions", "codec_of", "resolved"]

Make = Callable[[int, TypeOptions], Codec]

_TEXT = ("text", "varchar", "bpchar", "char", "name", "citext", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc")
_PLAIN = ("inet", "cidr", "macaddr", "macaddr8", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange")
_BUILT: dict[str, Make] = {
    "bool": lambda m, o: numbers.boolean(),
    "int2": lambda m, o: numbers.whole(2),
    "int4": lambda m, o: numbers.whole(4),
    "int8": lambda m, o: numbers.whole(8),
    "oid": lambda m, o: numbers.oid(),
    "float4": lambda m, o: numbers.float4(),
    "float8": lambda m, o: numbers.float8(),
    "numeric": numbers.numeric,
    "money": lambda m, o: numbers.money(o),
    "bytea": lambda m, o: text.bytea(o),
    "bit": lambda m, o: text.bits(m, True),
    "varbit": lambda m, o: text.bits(m, False),
    "json": lambda m, o: text.json(o),
    "jsonb": lambda m, o: text.json(o),
    "xml": lambda m, o: text.plain(o, semantic.xml()),
    "uuid": lambda m, o: text.uuid(o),
    "date": lambda m, o: temporal.date(o),
    "time": temporal.time,
    "timetz": lambda m, o: temporal.timetz(m),
    "timestamp": temporal.timestamp,
    "timestamptz": lambda m, o: temporal.timestamptz(m),
    "interval": lambda m, o: temporal.interval(o),
    "hstore": lambda m, o: composite.hstore(o),
    "point": lambda m, o: composite.point(),
    "ltree": lambda m, o: text.plain(o, semantic.ltree()),
    "tsvector": lambda m, o: text.plain(o, semantic.tsvector()),
    **{n: (lambda m, o: text.character(o)) for n in _TEXT},
    **{n: (lambda m, o: text.plain(o)) for n in _PLAIN},
}
_EXTENSION = frozenset({"citext", "hstore", "ltree", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc"})
_NOT_IN_ARRAYS = frozenset({"money", "name", "interval", "varbit", "bit", "xml", "point", "tsvector", "macaddr8", "char"})


def codec_of(type_oid: int, typmod: int, catalog: Catalog, options: TypeOptions) -> Codec | None:
    """The codec of a column, None for a type that is left out."""
    declared = catalog.type(type_oid)
    found, typmod = resolved(declared, typmod, catalog)
    if found.element:
        element = catalog.type(found.element)
        if element.kind == "d":
            return text.opaque(options) if options.unknown else None
        if (element.kind == "b" and element.name in _NOT_IN_ARRAYS) or element.element:
            return None
        codec = _scalar(element, typmod, options)
        return None if codec is None else composite.array(codec, options)
    codec = _scalar(found, typmod, options)
    if codec is None and options.unknown:
        return text.opaque(options)
    return codec


def resolved(declared: PgType, typmod: int, catalog: Catalog) -> tuple[PgType, int]:
    """The type behind domains, with the modifier that holds for it."""
    found = declared
    for _ in range(64):
        if found.kind != "d":
            break
        if found.base_typmod != -1:
            typmod = found.base_typmod
        found = catalog.type(found.base)
    return found, typmod


def _scalar(found: PgType, typmod: int, options: TypeOptions) -> Codec | None:
    if found.kind == "e":
        return text.enum(found.labels, options)
    if found.kind not in "br":
        return None
    if found.schema != "pg_catalog" and found.name not in _EXTENSION:
        return None
    make = _BUILT.get(found.name)
    if make is None:
        return None
    return make(typmod, options)
