"""Writes the reference pages that are made from the code: ``python -m docs.properties`` (``--check`` only compares).

- ``postgres-properties.md``, ``mysql-properties.md``: every property of a connector, and those of Debezium's that have no effect.
- ``postgres-types.md``, ``mysql-types.md``: every column type and its schema in each mode.

A test compares the pages with what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from connect.api.config import ConfigKey, KeyType
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.unhonoured import NOT_HONOURED as NOT_HONOURED_BY_MYSQL
from connectors.postgres.config import PostgresConfig
from connectors.postgres.unhonoured import NOT_HONOURED
from connectors.properties import RelationalConfig
from docs.types_mysql import types_page as mysql_types_page
from docs.types_postgres import types_page
from docs.writing import MADE, table

__all__ = ["PAGES", "main"]

HERE = Path(__file__).parent

_MASKS = (
    ("column.mask.with.<n>.chars", "Columns shown as that many asterisks; null too."),
    ("column.mask.hash.<algorithm>.with.salt.<salt>", "Columns shown as a hash of Java's serialised text; null stays null."),
    ("column.mask.hash.v2.<algorithm>.with.salt.<salt>", "The same of the text's UTF-8."),
    ("column.truncate.to.<n>.chars", "Columns cut to that many characters."),
)
_HISTORY_CLIENTS = (
    ("schema.history.internal.producer.<setting>", "A setting of the client that writes the schema history: brokers' security …"),
    ("schema.history.internal.consumer.<setting>", "One of the client that reads it."),
)


def _default(key: ConfigKey) -> str:
    if key.required:
        return "**required**"
    value = key.default
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{','.join(map(str, value)) if isinstance(value, list) else value}`"


def _meaning(key: ConfigKey) -> str:
    doc = key.doc.replace("<", "&lt;")
    if key.one_of:
        doc += " One of " + ", ".join(f"`{v}`" for v in key.recommended) + "."
    if key.type is KeyType.PASSWORD:
        doc += " Secret."
    return doc


def _keys_table(keys: Iterable[ConfigKey]) -> list[str]:
    return table(("property", "default", "meaning"), ((f"`{k.name}`", _default(k), _meaning(k)) for k in keys))


def _properties(
    title: str, plugin: str, model: type[RelationalConfig], not_honoured: Mapping[str, str], more: Iterable[tuple[str, str]] = (),
    sibling: type[RelationalConfig] | None = None,
) -> str:
    """The page of a connector. Of its sibling, which has a connector of its own, only what differs is told."""
    lines = [
        f"# Properties of {title}", "", MADE, "",
        "Names, defaults and meanings are Debezium's unless [compatibility.md](compatibility.md) says otherwise. The runtime's "
        "own (`name`, `tasks.max`, converters, `transforms`, `errors.*`, `topic.creation.*`, `producer.override.*`) are Kafka "
        f"Connect's. `GET /connector-plugins/{plugin}/config` lists all of them.",
    ]
    keys = list(model.definition())
    for group in dict.fromkeys(k.group for k in keys):
        lines += ["", f"## {group}", "", *_keys_table(k for k in keys if k.group == group)]
    if sibling is not None:
        told = {k.name: (k.default, k.doc, k.recommended) for k in keys}
        lines += ["", f"## {sibling.server_group}", "", f"As above under the group {sibling.server_group}, but for:", ""]
        lines += _keys_table(k for k in sibling.definition() if told.get(k.name) != (k.default, k.doc, k.recommended))
    lines += ["", "## Properties whose names vary", ""]
    override = f"snapshot.select.statement.overrides.{model.namespace}.<table>"
    lines += table(("property", "meaning"), ((f"`{name}`", doc) for name, doc in (
        (override, "The SELECT that reads this table in a snapshot."), *_MASKS, *more)))
    lines += ["", "Lists are regular expressions separated by commas, matched against the whole qualified name in any case; "
              "`\\,` is a comma inside one.", "", "## Properties of Debezium without effect", "",
              "They are accepted, and told as ignored by `/config/validate` (group `Ignored`) and in the worker's log.", ""]
    lines += table(("property", "why"), ((f"`{name}`", why) for name, why in not_honoured.items()))
    return "\n".join(lines) + "\n"


def properties_page() -> str:
    """The text of ``postgres-properties.md``."""
    return _properties("the PostgreSQL connector", "PostgresConnector", PostgresConfig, NOT_HONOURED)


def mysql_properties_page() -> str:
    """The text of ``mysql-properties.md``."""
    return _properties("the MySQL and MariaDB connectors", "MySqlConnector", MySqlConfig, NOT_HONOURED_BY_MYSQL,
                       _HISTORY_CLIENTS, MariaDbConfig)


PAGES: Mapping[str, Callable[[], str]] = {
    "postgres-properties.md": properties_page, "postgres-types.md": types_page, "mysql-properties.md": mysql_properties_page,
    "mysql-types.md": mysql_types_page}
"""The pages by file name."""


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` tell which are not current; the exit code."""
    stale = [name for name, page in PAGES.items() if not (HERE / name).exists() or (HERE / name).read_text("utf-8") != page()]
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"docs/{name} is not current: run python -m docs.properties\n")
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(PAGES[name](), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
