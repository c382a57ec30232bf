"""Source tasks and functions that child processes of the tests run. Named by their path in configurations."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connect.api import ConfigError, ConnectError, Offset, Partition, SourceRecord, TaskContext
from connect.failpoints import arm
from connect.herder.requests import RequestError
from connect.tasks.service import StuckClientError

SOURCE: Partition = {"source": "count"}


class CountTask:
    """Counts up to ``count``; ``mode`` makes it misbehave in one way."""

    version = "7.7"

    def start(self, context: TaskContext) -> None:
        config = context.config
        arm(config.get("failpoints"))
        self.context, self.topic, self.mode = context, config["topic"], config.get("mode", "")
        stored = context.offset(SOURCE)
        self.at = int(stored["n"]) if stored else 0
        self.last = int(config.get("count", "1000000"))
        context.logger.warning("starts after %d, password is %s", self.at, config.get("database.password"))
        if self.mode == "fail-start":
            raise ConnectError(f"cannot log in with {config.get('database.password')}")
        if self.mode == "hang-start":
            time.sleep(3600)

    def poll(self) -> Sequence[SourceRecord] | None:
        if self.mode == "hang" and self.at:
            time.sleep(3600)
        if self.mode == "crash" and self.at:
            ctypes.string_at(0)
        if self.mode == "exit" and self.at:
            os._exit(3)
        if self.mode == "again" and self.at == 3 and not Path(self.context.config["mark"]).exists():
            Path(self.context.config["mark"]).touch()
            raise StuckClientError("stuck")
        if self.mode == "bug" and self.at:
            raise KeyError("nothing")
        if self.mode == "spin" and self.at:
            while True:
                pass
        if self.at >= self.last:
            self.context.wait(0.05)
            return None
        self.context.wait(float(self.context.config.get("pause", "0.01")))
        self.at += 1
        return [SourceRecord(SOURCE, {"n": self.at}, self.topic, key=str(self.at % 3), value=str(self.at))]

    def keepalive(self) -> None: ...

    def commit(self, offsets: Sequence[tuple[Partition, Offset]]) -> None: ...

    def stop(self) -> None:
        if self.mode == "hang-stop":
            time.sleep(3600)
        mark = self.context.config.get("stop.mark")
        if mark:
            Path(mark).write_text("stopped")


def echo(argument: Any) -> Any:
    return {"got": argument}


def whoami(argument: Any) -> Any:
    return {"pid": os.getpid(), "parent": os.getppid(), "threads": sorted(t.name for t in threading.enumerate())}


def hang(argument: Any) -> Any:
    time.sleep(3600)


def die(argument: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def big(argument: Any) -> Any:
    return "x" * int(argument)


def refuse_config(argument: Any) -> Any:
    raise ConfigError({"database.port": ["Invalid value x for configuration database.port: Not a number of type INT"]})


def refuse_request(argument: Any) -> Any:
    raise RequestError(409, "the connector must be stopped")


def fail(argument: Any) -> Any:
    raise ZeroDivisionError("nothing to divide")


def modules(argument: Any) -> Any:
    return [name for name in argument if name in sys.modules]
