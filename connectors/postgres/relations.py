"""What the catalogue says of types and tables, as pure values.

The stream's Relation messages are the truth about names, order and types of a row's columns. The catalogue of today only
widens them: nullability, defaults, comments, the unique index that stands in for a primary key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

__all__ = ["FIRST_USER_OID", "Catalog", "CatalogColumn", "CatalogTable", "PgType"]

FIRST_USER_OID: Final = 16384
"""Types below are the server's own, and the same for as long as it runs (PostgreSQL, ``access/transam.h``)."""


@dataclass(frozen=True, slots=True)
class PgType:
    """One row of ``pg_type``.

    ``kind`` is ``typtype``: b(ase), e(num), d(omain), c(omposite), r(ange), m(ultirange), p(seudo). ``element`` is the
    element type's OID if it is an array, else 0; ``base`` the domain's base type or 0; ``labels`` those of an enum in
    ``enumsortorder``.
    """

    oid: int
    name: str
    schema: str = "pg_catalog"
    kind: str = "b"
    element: int = 0
    base: int = 0
    base_typmod: int = -1
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """One column as ``pg_attribute`` has it. ``default`` is the expression's text (``pg_get_expr``), None without one."""

    name: str
    type_oid: int
    typmod: int = -1
    not_null: bool = False
    default: str | None = None
    generated: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """One table as the catalogue has it now, columns in ``attnum`` order, dropped ones left out.

    ``primary_key`` is in key order. ``unique_key`` is the first declared unique index, which may have nullable columns
    (recorded), but no partial or expression index. ``replica_identity`` is ``relreplident``: d(efault), n(othing), f(ull),
    i(ndex); ``identity_columns`` are those of it. ``kind`` is ``relkind``: r or p(artitioned).
    """

    oid: int
    schema: str
    name: str
    columns: tuple[CatalogColumn, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique_key: tuple[str, ...] = ()
    replica_identity: str = "d"
    identity_columns: tuple[str, ...] = ()
    kind: str = "r"
    comment: str | None = None

    @property
    def qualified(self) -> str:
        """``schema.table``, as the include and exclude lists write it."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> CatalogColumn | None:
        """The column of that name, or None."""
        return next((c for c in self.columns if c.name == name), None)


class Catalog(Protocol):
    """The database's catalogue with a cache in front. May block on the connection and raise RetriableError."""

    def type(self, oid: int) -> PgType:
        """The type of that OID. Raises ConnectError when there is none."""
        ...

    def table(self, oid: int) -> CatalogTable | None:
        """Fresh facts about a table, None when it is no more. Called when a Relation message is new or changed."""
        ...

    def refresh(self) -> None:
        """Forget the types that are not built in: one has changed (an enum has a new label)."""
        ...
