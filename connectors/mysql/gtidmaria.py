"""MariaDB's GTID positions. Use it through :mod:`connectors.mysql.gtid`, which has what both families share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Self

__all__ = ["GtidError", "MariaDbGtidSet"]

_MAX_SEQUENCE = (1 << 64) - 1
_MAX_32 = (1 << 32) - 1


class GtidError(ValueError):
    """A text or bytes that are no GTID or set of them."""


class MariaDbGtidSet:
    """A position like ``0-1-100,1-2-5``: per replication domain the last transaction as server and sequence number.

    It stands for all transactions of a domain up to that number, whichever server wrote them: that is how MariaDB's own
    positions work. Of a text that names a domain several times (``gtid_binlog_state``) the highest number counts. ``add`` puts
    the domain at that transaction, even to a lower number: in the log the later one is the position.
    """

    __slots__ = ("_domains",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self._domains: dict[int, tuple[int, int]] = {}  # domain -> (sequence number, server)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the servers' text form. Raises GtidError."""
        new = cls()
        new._merge(_three(part) for part in text.split(",") if part.strip())
        return new

    def add(self, gtid: str) -> None:
        """Put a domain at that transaction. Raises GtidError."""
        domain, at = _three(gtid)
        self._domains[domain] = at

    def copy(self) -> Self:
        """An equal position of its own."""
        new = type(self)()
        new._domains = self._domains.copy()
        return new

    def has(self, gtid: str) -> bool:
        """Whether that transaction lies at or before the position. Raises GtidError."""
        domain, (sequence, _) = _three(gtid)
        return domain in self._domains and self._domains[domain][0] >= sequence

    def contains(self, other: Self) -> bool:
        """Whether every domain of ``other`` is at or before this position."""
        return all(domain in self._domains and self._domains[domain][0] >= sequence
                   for domain, (sequence, _) in other._domains.items())

    def union(self, other: Self) -> Self:
        """Per domain the further one."""
        new = self.copy()
        new._merge(other._domains.items())
        return new

    def minus(self, other: Self) -> Self:
        """The domains in which this is further than ``other``."""
        new = type(self)()
        new._domains = {domain: at for domain, at in self._domains.items()
                        if domain not in other._domains or other._domains[domain][0] < at[0]}
        return new

    def keep(self, accept: Callable[[str], bool]) -> Self:
        """Only the domains whose "domain-server" is accepted."""
        new = type(self)()
        new._domains = {domain: at for domain, at in self._domains.items() if accept(f"{domain}-{at[1]}")}
        return new

    def sources(self) -> frozenset[str]:
        """Its "domain-server" pairs."""
        return frozenset(f"{domain}-{server}" for domain, (_, server) in self._domains.items())

    def __bool__(self) -> bool:
        return bool(self._domains)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MariaDbGtidSet) and self._domains == other._domains

    def __str__(self) -> str:
        return ",".join(f"{domain}-{server}-{sequence}" for domain, (sequence, server) in sorted(self._domains.items()))

    def __repr__(self) -> str:
        return f"MariaDbGtidSet({str(self)!r})"

    def _merge(self, entries: Iterable[tuple[int, tuple[int, int]]]) -> None:
        for domain, at in entries:
            known = self._domains.get(domain)
            if known is None or known < at:
                self._domains[domain] = at


def _three(gtid: str) -> tuple[int, tuple[int, int]]:
    items = [item.strip() for item in gtid.split("-")]
    if len(items) != 3 or not all(re.fullmatch(r"[0-9]{1,20}", item) for item in items):
        raise GtidError("a GTID is not of the form DOMAIN-SERVER-SEQUENCE")
    domain, server, sequence = map(int, items)
    if domain > _MAX_32 or server > _MAX_32 or sequence > _MAX_SEQUENCE:
        raise GtidError("a GTID has a number that is too large")
    return domain, (sequence, server)
