"""The error of an event that cannot be made records of."""

from __future__ import annotations

from connect.api.errors import ConnectError

__all__ = ["Unprocessable"]


class Unprocessable(ConnectError):
    """An event that cannot be made records of; event.processing.failure.handling.mode decides whether reading goes on."""
