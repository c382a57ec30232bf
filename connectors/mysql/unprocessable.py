"""The error of an event that cannot be made records of, and its texts: what, where, the cure."""

from __future__ import annotations

from connect.api.errors import ConnectError
from connectors.mysql.offsets import PreparedXa

__all__ = ["Unprocessable", "lost_events", "rolled_back_late", "xa_gone", "xa_not_read"]

_GO_ON = "set event.processing.failure.handling.mode=warn"


class Unprocessable(ConnectError):
    """An event that cannot be made records of; event.processing.failure.handling.mode decides whether reading goes on."""


def lost_events(where: str, what: str) -> Unprocessable:
    """An incident event."""
    return Unprocessable(
        f"the server tells at {where} that its log lost events ({what}): what follows does not lead to what the tables hold. "
        f"To do: delete the connector's offsets, so that a new snapshot is made; to accept the loss, {_GO_ON}")


def rolled_back_late(where: str) -> Unprocessable:
    """Rows that never came to be were handed on."""
    return Unprocessable(
        f"the transaction that ends at {where} was rolled back, in part or as a whole, after it changed a non-transactional "
        "table, and it is so long that its rows were handed on before that was seen: rows that never came to be are in the "
        f"topics. To do: make a new snapshot of its tables; to go on, {_GO_ON}")


def xa_not_read(xid: str, where: str) -> Unprocessable:
    """An XA COMMIT of a transaction that was prepared before reading began."""
    return Unprocessable(
        f"XA transaction {xid} is committed at {where}, but its PREPARE lies before the place where reading began: its rows are "
        f"not known. To do: make a new snapshot of its tables; to go on without its rows, {_GO_ON}")


def xa_gone(prepared: PreparedXa, where: str) -> Unprocessable:
    """An XA COMMIT of a transaction whose events were to be read again and did not come."""
    at = f"{prepared.file}:{prepared.pos}" + (f" (GTID {prepared.gtid})" if prepared.gtid else "")
    return Unprocessable(
        f"XA transaction {prepared.xid} is committed at {where}, and the log does not hold it any more where it was prepared, at "
        f"{at}: its rows are missing. To do: make a new snapshot of its tables; to go on without its rows, {_GO_ON}")
