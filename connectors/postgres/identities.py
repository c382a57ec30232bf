"""``replica.identity.autoset.values``: replica identities set at the start."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from connect.api.errors import ConnectError
from connectors.postgres.failures import DatabaseError
from connectors.postgres.relations import CatalogTable
from connectors.postgres.session import Session
from connectors.postgres.texts import quote_name, quote_table
from connectors.selection import java_pattern

__all__ = ["IdentityRule", "parse_identity_rules", "set_identities"]

_LETTERS = {"DEFAULT": "d", "FULL": "f", "NOTHING": "n", "INDEX": "i"}


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """Tables whose qualified name the pattern matches get this identity; ``index`` is given with INDEX only."""

    pattern: re.Pattern[str]
    identity: str
    index: str | None = None


def parse_identity_rules(text: str | None) -> tuple[IdentityRule, ...]:
    """From the property's text. Raises ValueError naming the part that is wrong."""
    rules = []
    for part in (p.strip() for p in (text or "").split(",")):
        if not part:
            continue
        table, colon, wanted = part.rpartition(":")
        words = wanted.split()
        kind = words[0].upper() if words else ""
        if not colon or not table.strip() or kind not in _LETTERS or len(words) != (2 if kind == "INDEX" else 1):
            raise ValueError(f"{part!r} has not the form <table regex>:FULL, DEFAULT, NOTHING or INDEX <index name>")
        rules.append(IdentityRule(java_pattern(table.strip()), kind, words[1] if kind == "INDEX" else None))
    return tuple(rules)


def set_identities(
    session: Session, tables: Sequence[CatalogTable], rules: Sequence[IdentityRule], logger: logging.Logger
) -> bool:
    """Change what differs; of several rules for one table the first holds. True when something was changed.

    Raises ConnectError with the statement that the table's owner would have to run.
    """
    changed = False
    for table in tables:
        rule = next((r for r in rules if r.pattern.fullmatch(table.qualified)), None)
        if rule is None or (rule.identity != "INDEX" and table.replica_identity == _LETTERS[rule.identity]):
            continue
        if rule.index is not None and _current_index(session, table) == rule.index:
            continue
        target = f"USING INDEX {quote_name(rule.index)}" if rule.index is not None else rule.identity
        statement = f"ALTER TABLE {quote_table(table.schema, table.name)} REPLICA IDENTITY {target}"
        logger.info("replica.identity.autoset.values: %s", statement)
        try:
            session.execute(statement, doing=f"setting the replica identity of {table.qualified}")
        except DatabaseError as e:
            if e.sqlstate == "42501":
                raise ConnectError(f"{e}; run as the owner of the table: {statement}") from None
            raise
        changed = True
    return changed


def _current_index(session: Session, table: CatalogTable) -> str | None:
    return session.value(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indrelid = $1::oid AND i.indisreplident", (str(table.oid),), doing="reading the replica identity")
