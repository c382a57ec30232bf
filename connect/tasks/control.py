"""What the worker asked of a task: flags set by the one small thread that reads the pipe.

The thread does nothing else, so that a task that hangs in its connector still hears ``stop``; when the worker is gone and
the task does not end within the grace, the thread ends the process.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
from types import FrameType

from connect.tasks.pipe import ChildPipe, PipeError

__all__ = ["Control", "listen", "set_levels"]

_ORPHAN_EXIT = 75


class Control:
    """The flags. Set by the listening thread or a signal, read by the task's thread."""

    def __init__(self, *, paused: bool = False) -> None:
        self._stop = threading.Event()
        self.stop_fileno, self._told = os.pipe()
        """Can be read from the moment the task should end; both ends live as long as the process."""
        os.set_blocking(self._told, False)
        self.paused = paused
        """Whether the task should be paused."""
        self.orphaned = False
        """Whether the worker is gone."""

    @property
    def stopping(self) -> bool:
        """Whether the task should end."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the task to end."""
        self._stop.set()
        with contextlib.suppress(BlockingIOError):  # it is full of earlier ones
            os.write(self._told, b"!")

    def wait(self, seconds: float) -> bool:
        """Wait, at most so long; True at once when the task should end."""
        return self._stop.wait(seconds)


def set_levels(levels: dict[str, str]) -> None:
    """Give loggers of this process these levels (the worker's explicit ones); ``root`` is the root logger."""
    for name, level in levels.items():
        logging.getLogger(None if name == "root" else name).setLevel(level)


def _main_stack() -> str:
    frames = sys._current_frames()
    frame = frames.get(threading.main_thread().ident or 0)
    return "".join(traceback.format_stack(frame)[-8:]) if frame else ""


def listen(pipe: ChildPipe, control: Control, grace: float) -> threading.Thread:
    """Start the thread that reads the pipe and sets ``control``; also make SIGTERM a clean stop.

    Call from the main thread. ``grace``: seconds a task has to end by itself once the worker is gone.
    """

    def on_term(_signal: int, _frame: FrameType | None) -> None:
        control.stop()

    def run() -> None:
        while True:
            try:
                message = pipe.receive()
            except PipeError as e:
                sys.stderr.write(f"the pipe to the worker is broken: {e}\n")
                message = None
            match message and message.get("do"):
                case None:
                    control.orphaned = True
                    control.stop()
                    time.sleep(grace)
                    sys.stderr.write(f"the worker is gone and this task did not end in {grace:g} s; ending it\n{_main_stack()}")
                    os._exit(_ORPHAN_EXIT)
                case "stop":
                    control.stop()
                case "pause":
                    control.paused = True
                case "resume":
                    control.paused = False
                case "levels" if message:
                    set_levels(message["levels"])
                case "where":
                    pipe.send({"where": _main_stack()})

    signal.signal(signal.SIGTERM, on_term)
    thread = threading.Thread(target=run, name="pipe", daemon=True)
    thread.start()
    return thread
