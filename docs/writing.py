"""What the generated pages are written with."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.model import Schema

__all__ = ["MADE", "shown", "table"]

MADE = "<!-- made by `python -m docs.properties`; edit the code, not this page -->"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table's lines."""
    columns = list(head)
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join('---' for _ in columns)}|"]
    return lines + [f"| {' | '.join(c.replace('|', '&#124;') for c in row)} |" for row in rows]


def shown(schema: Schema) -> str:
    """A schema in a few words."""
    kind = schema.type.value
    if schema.value_schema is not None:
        kind += f" of {shown(schema.value_schema)}"
    name = (schema.name or "").replace("io.debezium.time.", "time.").replace("io.debezium.data.", "data.").replace(
        "org.apache.kafka.connect.data.", "connect.")
    return f"{kind} {name}".strip()
