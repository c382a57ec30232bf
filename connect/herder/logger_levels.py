"""Levels of this worker's loggers as requests: :class:`connect.logs.Levels` with HTTP errors."""

from __future__ import annotations

import logging

from connect.herder.requests import LoggerLevel, RequestError
from connect.logs import Levels, parse_level

__all__ = ["LoggerLevels"]

logger = logging.getLogger(__name__)


class LoggerLevels:
    """Used in the worker's event loop. Task processes follow the worker's levels by themselves."""

    def __init__(self, levels: Levels | None = None) -> None:
        self._levels = levels or Levels()

    def all(self) -> dict[str, LoggerLevel]:
        """Every logger in use with its effective level."""
        return {n: LoggerLevel(*found) for n, found in self._levels.all().items()}

    def get(self, name: str) -> LoggerLevel:
        """RequestError 404 for a logger that is not in use."""
        found = self._levels.get(name)
        if found is None:
            raise RequestError(404, f"Logger {name} not found.")
        return LoggerLevel(*found)

    @staticmethod
    def check(level: str) -> None:
        """RequestError 404 when there is no such level (Kafka Connect's status for it)."""
        try:
            parse_level(level)
        except ValueError as e:
            raise RequestError(404, str(e)) from None

    def set(self, name: str, level: str) -> list[str]:
        """Set a logger and all below it; those whose level changed, sorted. RequestError 404."""
        self.check(level)
        return self._levels.set(name, level)

    def set_from_cluster(self, name: str, level: str) -> None:
        """A level for all workers was read from the config topic."""
        try:
            self.set(name, level)
        except RequestError as e:
            logger.warning("the level for logger %s on all workers is ignored: %s", name, e)
