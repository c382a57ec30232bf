"""What the server says beside its answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from psycopg import pq

from connectors.postgres.serverfields import result_fields

__all__ = ["Notices"]

_NOT_IN_STATE = "55000"


class Notices:
    """The notices of one connection: they go to the log, and one warning among them ends the reading of a copy."""

    def __init__(self, logger: logging.Logger) -> None:
        self._log = logger
        self.watching = False
        """Whether a warning of the server ends the reading of a copy before what came after it."""
        self.warning = ""
        """The first such warning; what was read before it is good."""

    def heard(self, fields: Mapping[str, str]) -> bool:
        """Take one notice, given as its fields. Whether to read no further."""
        text = fields.get("M", "")
        self._log.debug("PostgreSQL says: %s", text)
        if self.watching and fields.get("V") == "WARNING" and fields.get("C") == _NOT_IN_STATE and not self.warning:
            self.warning = text
        return bool(self.warning)

    def heard_by_libpq(self, result: pq.abc.PGresult) -> None:
        """The same of libpq's result."""
        self.heard(result_fields(result))
