"""Log lines with connector and task in every one, as text or JSON, to standard output.

Text: ``2026-01-31 12:00:00,123 INFO [inventory|task-0] connectors.postgres.task: message``. The bracket is Kafka Connect's: the
connector's name and ``worker`` or ``task-N``; a line of the worker itself has none. It comes from the record (lines of task
processes bring it along) or from the context that :func:`connector_context` sets.
"""

from __future__ import annotations

import contextvars
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

__all__ = ["LEVELS", "Levels", "SecretsFilter", "connector_context", "level_name", "parse_level", "setup"]

LEVELS: Mapping[str, int] = {
    "TRACE": 5, "DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING, "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL, "OFF": 60,
}
"""Levels by the names Kafka Connect uses."""

_ALIASES = {"WARNING": "WARN", "CRITICAL": "FATAL", "ALL": "TRACE"}

_connector: contextvars.ContextVar[str | None] = contextvars.ContextVar("headgate_connector", default=None)
_task: contextvars.ContextVar[int | None] = contextvars.ContextVar("headgate_task", default=None)


@contextmanager
def connector_context(connector: str, task: int | None = None) -> Iterator[None]:
    """Lines logged inside (by this thread or coroutine) carry this connector and task."""
    tokens = _connector.set(connector), _task.set(task)
    try:
        yield
    finally:
        _connector.reset(tokens[0])
        _task.reset(tokens[1])


def parse_level(name: str) -> int:
    """The number of a level by Kafka's or Python's name, any case. Raises ValueError naming what there is."""
    upper = name.strip().upper()
    number = LEVELS.get(_ALIASES.get(upper, upper))
    if number is None:
        raise ValueError(f"invalid log level {name!r}; expected one of {', '.join(LEVELS)}")
    return number


def level_name(number: int) -> str:
    """Kafka's name for a level number."""
    return next((n for n, v in reversed(tuple(LEVELS.items())) if number >= v), "TRACE")


def _where(record: logging.LogRecord) -> tuple[str | None, int | None]:
    connector = getattr(record, "connector", None)
    if connector is not None:
        return str(connector), getattr(record, "task", None)
    return _connector.get(), _task.get()


class TextFormatter(logging.Formatter):
    """One line for each record, then its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        connector, task = _where(record)
        where = "" if connector is None else f" [{connector}|{'worker' if task is None else f'task-{task}'}]"
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        text = f"{moment},{int(record.msecs):03d} {level_name(record.levelno)}{where} {record.name}: {record.getMessage()}"
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        return f"{text}\n{record.exc_text}" if record.exc_text else text


class JsonFormatter(logging.Formatter):
    """One JSON object for each record: timestamp (UTC), level, logger, message, connector, task, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        connector, task = _where(record)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        body: dict[str, Any] = {
            "timestamp": f"{moment}.{int(record.msecs):03d}Z", "level": level_name(record.levelno), "logger": record.name,
            "message": record.getMessage(),
        }
        if connector is not None:
            body["connector"] = connector
            if task is not None:
                body["task"] = task
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            body["exception"] = record.exc_text
        return json.dumps(body, ensure_ascii=False)


class SecretsFilter(logging.Filter):
    """Cleans texts of secrets before they are written, whoever logged them. Put on the handler, so that nothing passes by."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        super().__init__()
        self._clean = clean

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        record.msg, record.args = self._clean(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._clean(record.exc_text)
        return True


def setup(
    form: str = "text", level: str = "INFO", *, stream: IO[str] | None = None, clean: Callable[[str], str] | None = None
) -> logging.Handler:
    """Make the root logger write to ``stream`` (standard output) in this form; handlers there were are removed."""
    for name, number in LEVELS.items():
        logging.addLevelName(number, name)
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    if clean is not None:
        handler.addFilter(SecretsFilter(clean))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(parse_level(level))
    logging.captureWarnings(True)
    # Their INFO lines are one for each request.
    for noisy in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return handler


class Levels:
    """The loggers' levels as ``/admin/loggers`` shows and changes them. One object in the worker; ``now`` gives milliseconds."""

    def __init__(self, now: Callable[[], int] = lambda: int(time.time() * 1000)) -> None:
        self._now = now
        self._modified: dict[str, int] = {}

    def all(self) -> dict[str, tuple[str, int | None]]:
        """Every logger in use: effective level, when it was last changed here."""
        names = sorted(n for n, lg in logging.root.manager.loggerDict.items() if isinstance(lg, logging.Logger))
        return {n: self._shown(n) for n in ["root", *names]}

    def get(self, name: str) -> tuple[str, int | None] | None:
        """One of them, None when there is no such logger."""
        known = name == "root" or isinstance(logging.root.manager.loggerDict.get(name), logging.Logger)
        return self._shown(name) if known else None

    def set(self, name: str, level: str) -> list[str]:
        """Set a logger and all below it; the names of those whose level changed, sorted. Raises ValueError for no such level."""
        number = parse_level(level)
        prefix = "" if name == "root" else name + "."
        found = [n for n, lg in list(logging.root.manager.loggerDict.items())
                 if isinstance(lg, logging.Logger) and n.startswith(prefix)]
        before = {n: _logger(n).getEffectiveLevel() for n in {name, *found}}
        for n in before:
            _logger(n).setLevel(number)
        changed = sorted(n for n, old in before.items() if old != number)
        for n in changed:
            self._modified[n] = self._now()
        return changed

    def _shown(self, name: str) -> tuple[str, int | None]:
        return level_name(_logger(name).getEffectiveLevel()), self._modified.get(name)


def _logger(name: str) -> logging.Logger:
    return logging.root if name == "root" else logging.getLogger(name)
