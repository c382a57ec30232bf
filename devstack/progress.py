"""Shows what every server is doing: one line per server that is repainted on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["Progress", "format_amount", "format_size"]

_QUIET_SECONDS = 10.0  # on a plain stream, how often a running step says that it still runs


def format_size(size: int) -> str:
    """Bytes as a person reads them: "512 B", "14 kB", "1.4 MB", "159 MB"."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.1f} {unit}" if unit == "MB" and value < 10 else f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def format_amount(done: int, total: int | None) -> str:
    """How far a transfer is: "12 MB of 159 MB (7 %)", or only what is done when the end is not known."""
    if not total or done > total:
        return format_size(done)
    return f"{format_size(done)} of {format_size(total)} ({100 * done // total} %)"


class Progress:
    """Thread-safe: servers start at the same time and each reports under its own name."""

    def __init__(self, stream: TextIO | None = None, *, silent: bool = False) -> None:
        """Writes to `stream` (standard error when None); `silent` shows nothing."""
        self._stream = stream if stream is not None else sys.stderr
        self._silent = silent
        self._live = not silent and self._stream.isatty()
        self._lock = threading.Lock()
        self._lines: dict[str, str] = {}
        self._painted = 0
        self._last: dict[str, tuple[str, float]] = {}

    def say(self, name: str, text: str) -> None:
        """A new step of `name`."""
        self._show(name, text, text)

    def update(self, name: str, step: str, detail: str) -> None:
        """The same step goes on; `detail` is what changes (a size, seconds)."""
        self._show(name, step, f"{step}, {detail}" if detail else step)

    @contextmanager
    def ticking(self, name: str, step: str) -> Iterator[None]:
        """Shows the seconds that pass while the body runs."""
        done = threading.Event()
        began = time.monotonic()

        def tick() -> None:
            while not done.wait(0.5):
                self.update(name, step, f"{time.monotonic() - began:.0f} s")

        self.say(name, step)
        ticker = threading.Thread(target=tick, daemon=True, name=f"progress-{name}")
        ticker.start()
        try:
            yield
        finally:
            done.set()
            ticker.join()

    def _show(self, name: str, step: str, line: str) -> None:
        if self._silent:
            return
        with self._lock:
            self._lines[name] = line
            if self._live:
                self._paint()
                return
            now = time.monotonic()
            last_step, last_time = self._last.get(name, ("", 0.0))
            if step != last_step or now - last_time >= _QUIET_SECONDS:
                self._last[name] = (step, now)
                self._stream.write(f"{name:<12}{line}\n")
                self._stream.flush()

    def _paint(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        out = [f"\x1b[{self._painted}F"] if self._painted else []
        out += [f"\x1b[2K{f'{name:<12}{line}'[:width]}\n" for name, line in self._lines.items()]
        self._painted = len(self._lines)
        self._stream.write("".join(out))
        self._stream.flush()
