"""Levels of this worker's loggers, by name and at run time, in the words of Kafka Connect (Log4j)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from connect.herder.requests import LoggerLevel, RequestError

__all__ = ["LEVELS", "LoggerLevels"]

logger = logging.getLogger(__name__)

LEVELS: Mapping[str, int] = {
    "OFF": logging.CRITICAL + 10, "FATAL": logging.CRITICAL, "ERROR": logging.ERROR, "WARN": logging.WARNING,
    "INFO": logging.INFO, "DEBUG": logging.DEBUG, "TRACE": 5, "ALL": 1,
}
"""Python's level for each of Log4j's."""
_ALIASES = {"CRITICAL": "FATAL", "WARNING": "WARN"}


def _word(level: int) -> str:
    return next((word for word, at in LEVELS.items() if level >= at), "ALL")


class LoggerLevels:
    """Used in the worker's event loop. ``on_change`` is given the explicit levels, for the task processes."""

    def __init__(self, on_change: Callable[[Mapping[str, str]], None] | None = None) -> None:
        self._on_change = on_change
        self._modified: dict[str, int] = {}
        self._explicit: dict[str, str] = {}

    @staticmethod
    def _existing() -> dict[str, logging.Logger]:
        found = {n: x for n, x in logging.root.manager.loggerDict.items() if isinstance(x, logging.Logger)}
        return {"root": logging.root, **dict(sorted(found.items()))}

    def all(self) -> dict[str, LoggerLevel]:
        """Every logger in use with its effective level."""
        return {n: LoggerLevel(_word(x.getEffectiveLevel()), self._modified.get(n)) for n, x in self._existing().items()}

    def get(self, name: str) -> LoggerLevel:
        """RequestError 404 for a logger that is not in use."""
        found = self._existing().get(name)
        if found is None:
            raise RequestError(404, f"Logger {name} not found.")
        return LoggerLevel(_word(found.getEffectiveLevel()), self._modified.get(name))

    @staticmethod
    def check(level: str) -> str:
        """The level's word. RequestError 404 when there is no such level (as Kafka Connect answers)."""
        word = _ALIASES.get(level.upper(), level.upper())
        if word not in LEVELS:
            raise RequestError(404, f"invalid log level '{level}'. Expected one of {', '.join(LEVELS)}.")
        return word

    def set(self, name: str, level: str) -> list[str]:
        """Set a logger and all below it; those whose level changed, sorted. RequestError 404."""
        word = self.check(level)
        if name != "root":
            logging.getLogger(name)
        now = int(time.time() * 1000)
        concerned = {
            n: x for n, x in self._existing().items() if name == "root" or n == name or n.startswith(f"{name}.")
        }
        before = {n: _word(x.getEffectiveLevel()) for n, x in concerned.items()}
        for x in concerned.values():
            x.setLevel(LEVELS[word])
        changed = sorted(n for n, was in before.items() if was != word)
        for n in changed:
            self._modified[n] = now
        self._explicit[name] = word
        if self._on_change:
            self._on_change(dict(self._explicit))
        return changed

    def set_from_cluster(self, name: str, level: str) -> None:
        """A level for all workers was read from the config topic."""
        try:
            self.set(name, level)
        except RequestError as e:
            logger.warning("the level for logger %s on all workers is ignored: %s", name, e)
