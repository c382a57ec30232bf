"""Errors and notices of the server as the fields they are made of, and errors as ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psycopg import pq

from connectors.postgres.failures import ConnectionLost, DatabaseError, failure

__all__ = ["error_of", "fields_of", "result_fields"]

_DETAILS_WITH_VALUES: Final = frozenset({"22", "23"})
"""SQLSTATE classes whose texts quote row values, which never appear in an error."""
_QUOTED: Final = re.compile(r'"[^"]*"')
_FIELDS: Final = (
    pq.DiagnosticField.SEVERITY_NONLOCALIZED, pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.MESSAGE_PRIMARY,
    pq.DiagnosticField.MESSAGE_DETAIL,
)


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse by their letters: ``V`` the severity in English, ``C`` SQLSTATE, ``M``
    message, ``D`` detail (PostgreSQL documentation, "Error and Notice Message Fields")."""
    return {part[:1].decode("latin-1"): part[1:].decode(errors="replace") for part in body.split(b"\0") if part}


def result_fields(result: pq.abc.PGresult) -> dict[str, str]:
    """The same of libpq's result."""
    found = ((chr(field), result.error_field(field)) for field in _FIELDS)
    return {letter: value.decode(errors="replace") for letter, value in found if value is not None}


def error_of(fields: Mapping[str, str], otherwise: str, doing: str, address: str) -> DatabaseError | ConnectionLost:
    """The server's error; ``otherwise`` is its text where it says none."""
    state = fields.get("C", "")
    secret = state[:2] in _DETAILS_WITH_VALUES
    text = ": ".join(filter(None, (fields.get("M"), None if secret else fields.get("D")))) or otherwise
    return failure(state, _QUOTED.sub('"…"', text) if secret else text, doing, address)
