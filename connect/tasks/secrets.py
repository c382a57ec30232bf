"""Keeps configured secrets out of log lines and traces, wherever they turn up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from connect.config.secrets import is_sensitive_name

__all__ = ["Redactor"]

_SHORTEST = 4


class Redactor:
    """Replaces known secret values in texts by ``[hidden]``."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, props: Mapping[str, str | None], also: Iterable[str] = ()) -> None:
        """Take the values of keys that sound secret, and the texts in ``also``. Values shorter than four characters are left:
        masking them would garble every text."""
        found = {v for k, v in props.items() if v and is_sensitive_name(k)} | set(also)
        found = {v for v in found if len(v) >= _SHORTEST}
        # A boolean or a number is no secret, whatever its key is called.
        self._values |= {v for v in found if v.lower() not in ("true", "false", "none", "null") and not v.isdigit()} | {
            v for v in found if v.isdigit() and len(v) > 5}
        ordered = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def clean(self, text: str) -> str:
        """The text without the secrets learnt."""
        return self._pattern.sub("[hidden]", text) if self._pattern else text
