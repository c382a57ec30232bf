"""Log records of a child process on their way to the worker's loggers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any

from connect.tasks.pipe import ChildPipe
from connect.tasks.secrets import Redactor

__all__ = ["PipeHandler", "explicit_levels", "install", "replay"]


class PipeHandler(logging.Handler):
    """Sends every record up the pipe; to standard error when the worker is gone. Secrets are masked on the way."""

    def __init__(self, pipe: ChildPipe, redactor: Redactor) -> None:
        super().__init__()
        self._pipe = pipe
        self._redactor = redactor
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        try:
            text = record.getMessage()
            if record.exc_info:
                text += "\n" + self._formatter.formatException(record.exc_info)
            text = self._redactor.clean(text)
        except Exception:  # noqa: BLE001 - as logging does: a bad log call must not end the task
            self.handleError(record)
            return
        if self._pipe.gone:
            sys.stderr.write(f"{record.levelname} {record.name}: {text}\n")
            return
        body = {"name": record.name, "level": record.levelno, "text": text, "created": record.created}
        self._pipe.send({"log": body}, may_drop=record.levelno < logging.WARNING)


def explicit_levels() -> dict[str, str]:
    """Loggers of this process with a level of their own, by name; ``root`` is the root logger."""
    levels = {"root": logging.getLevelName(logging.root.level)}
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and logger.level:
            levels[name] = logging.getLevelName(logger.level)
    return levels


def install(pipe: ChildPipe, redactor: Redactor) -> None:
    """Make the pipe the only place this process logs to."""
    logging.root.handlers[:] = [PipeHandler(pipe, redactor)]


def replay(body: Mapping[str, Any], connector: str | None, task: int | None, pid: int) -> None:
    """Log a child's record in the worker, with ``connector`` and ``task`` on the record."""
    logger = logging.getLogger(body["name"])
    level = int(body["level"])
    if not logger.isEnabledFor(level):
        return
    extra = {"connector": connector, "task": task}
    record = logger.makeRecord(logger.name, level, "", 0, "%s", (body["text"],), None, extra=extra)
    record.created = float(body["created"])
    record.msecs = (record.created % 1) * 1000
    record.process = pid
    logger.handle(record)
