"""What kind of statement a query event of the binary log carries. Pure, and by its first words only: structures are followed
by :mod:`connectors.mysql.structures`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["Statement", "StatementKind", "canonical_xid", "classify", "fills_from_select", "without_texts"]


class StatementKind(StrEnum):
    """What the reader of the log does about a statement."""

    BEGIN = "begin"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    """The whole transaction is undone."""
    SAVEPOINT = "savepoint"
    ROLLBACK_TO = "rollback to"
    RELEASE = "release"
    XA_START = "xa start"
    XA_END = "xa end"
    XA_PREPARE = "xa prepare"
    XA_COMMIT = "xa commit"
    XA_ROLLBACK = "xa rollback"
    DML = "dml"
    """It changes rows, and they are not in the log as rows."""
    OTHER = "other"
    """It may change structures."""


@dataclass(frozen=True, slots=True)
class Statement:
    """``word`` is the first word in capitals; ``argument`` a savepoint's name, or an XA transaction's id in its
    canonical form."""

    kind: StatementKind
    word: str
    argument: str = ""


_BEGIN: Final = Statement(StatementKind.BEGIN, "BEGIN")
_COMMIT: Final = Statement(StatementKind.COMMIT, "COMMIT")
_SPACE = re.compile(r"(?:\s+|/\*(?![!]|M!).*?\*/|#[^\n]*(?:\n|$)|--(?=\s)[^\n]*(?:\n|$)|/\*M?!\d*)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]+")
_SET_STATEMENT = re.compile(r"SET\s+STATEMENT\s.*?\sFOR\s+", re.DOTALL | re.IGNORECASE)
_TRANSACTION = re.compile(
    r"(?P<commit>COMMIT(?:\s+WORK)?)|ROLLBACK(?:\s+WORK)?\s+TO(?:\s+SAVEPOINT)?\s+(?P<to>.+)|(?P<rollback>ROLLBACK(?:\s+WORK)?)|"
    r"RELEASE\s+SAVEPOINT\s+(?P<release>.+)|SAVEPOINT\s+(?P<savepoint>.+)|(?P<begin>BEGIN(?:\s+WORK)?|START\s+TRANSACTION)",
    re.DOTALL | re.IGNORECASE)
_XA = re.compile(r"XA\s+(START|BEGIN|END|PREPARE|COMMIT|ROLLBACK)\s+(.+?)(?:\s+ONE\s+PHASE)?", re.DOTALL | re.IGNORECASE)
_XA_KINDS = {
    "START": StatementKind.XA_START, "BEGIN": StatementKind.XA_START, "END": StatementKind.XA_END,
    "PREPARE": StatementKind.XA_PREPARE, "COMMIT": StatementKind.XA_COMMIT, "ROLLBACK": StatementKind.XA_ROLLBACK,
}
# SELECT and DO are logged when they call a stored function that changes rows; WITH stands before UPDATE and DELETE.
_DML = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "SELECT", "DO", "WITH", "CALL"})
_TEXTS = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|/\*(?!M?!).*?\*/|#[^\n]*|--\s[^\n]*""", re.DOTALL)
_FILLED = re.compile(r"\bSELECT\b|\bVALUES\s+ROW\b|\)\s*TABLE\b", re.IGNORECASE)
_PART = re.compile(r"(?:X'([0-9A-Fa-f]*)'|0x([0-9A-Fa-f]+)|'((?:[^'\\]|\\.|'')*)')")


def classify(sql: str) -> Statement:
    """Never raises: what is not known is OTHER."""
    if sql == "BEGIN":
        return _BEGIN
    if sql == "COMMIT":
        return _COMMIT
    text = sql[_end_of_space(sql):].rstrip("; \t\r\n\0")
    prefix = _SET_STATEMENT.match(text)
    if prefix:
        text = text[prefix.end():]
    found = _WORD.match(text)
    word = found[0].upper() if found else ""
    if word in ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "START"):
        return _transaction(text, word)
    if word == "XA":
        xa = _XA.fullmatch(text)
        if xa:
            return Statement(_XA_KINDS[xa[1].upper()], word, canonical_xid(xa[2]))
    if word in _DML:
        return Statement(StatementKind.DML, word)
    return Statement(StatementKind.OTHER, word)


def _end_of_space(sql: str) -> int:
    found = _SPACE.match(sql)
    return found.end() if found else 0


def _transaction(text: str, word: str) -> Statement:
    found = _TRANSACTION.fullmatch(text)
    if found is None:
        return Statement(StatementKind.OTHER, word)
    if found["begin"]:
        return _BEGIN
    if found["commit"]:
        return _COMMIT
    if found["rollback"]:
        return Statement(StatementKind.ROLLBACK, word)
    for name, kind in (("to", StatementKind.ROLLBACK_TO), ("release", StatementKind.RELEASE)):
        if found[name]:
            return Statement(kind, word, _identifier(found[name]))
    return Statement(StatementKind.SAVEPOINT, word, _identifier(found["savepoint"]))


def _identifier(text: str) -> str:
    """A savepoint's name, which does not tell cases of letters apart."""
    text = text.strip()
    if text[:1] == text[-1:] and text[:1] in '`"' and len(text) > 1:
        text = text[1:-1].replace(text[0] * 2, text[0])
    return text.lower()


def canonical_xid(text: str) -> str:
    """An XA transaction's id as :func:`connectors.mysql.eventtypes.xid_text` writes it. Text that is none is only stripped."""
    parts: list[bytes] = []
    at = 0
    stripped = text.strip()
    while len(parts) < 2:
        found = _PART.match(stripped, at)
        if found is None:
            break
        if found[3] is not None:
            parts.append(re.sub(r"\\(.)|'(')", r"\1\2", found[3]).encode())
        else:
            digits = found[1] if found[1] is not None else found[2]
            if len(digits) % 2:
                return stripped
            parts.append(bytes.fromhex(digits))
        at = found.end()
        comma = re.compile(r"\s*,\s*").match(stripped, at)
        if comma is None:
            break
        at = comma.end()
    number = stripped[at:].strip() or "1"
    if not parts or not number.isdigit():
        return stripped
    gtrid, bqual = parts[0], parts[1] if len(parts) > 1 else b""
    return f"X'{gtrid.hex()}',X'{bqual.hex()}',{int(number)}"


def without_texts(sql: str) -> str:
    """The statement with its quoted texts, quoted names and comments blanked."""
    return _TEXTS.sub(" ", sql)


def fills_from_select(sql: str) -> bool:
    """Whether a CREATE TABLE also fills the table with what a SELECT gives: in the log only of a session that writes
    statements instead of rows."""
    bare = without_texts(sql)
    return _FILLED.search(bare) is not None
