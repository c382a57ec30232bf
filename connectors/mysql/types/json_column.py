"""The JSON column type."""

from __future__ import annotations

from connectors.codec import Codec
from connectors.mysql.core import codes
from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import wires
from connectors.mysql.types.json_text import compact, json_text
from connectors.mysql.types.options import TypeOptions
from schemas import semantic

__all__ = ["json"]


def json(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """MySQL's JSON, as compact text on both paths. (MariaDB's JSON is a text column, which comes as it was written.)"""
    if wire is not None and wire.type != wires.JSON:
        raise wires.mismatch(column, wire)
    read, fast = (_text, codes.CALL) if wire is None else (json_text, codes.JSON)
    return Codec(semantic.json(), read, "{}", fast, unavailable=options.placeholder_text)


def _text(raw: bytes) -> str:
    try:
        return compact(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("a JSON text that is not UTF-8") from None
