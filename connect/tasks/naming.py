"""What a process is called where processes are listed."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["name_process"]

_LONGEST = 15


def name_process(name: str, number: int | None = None) -> None:
    """Give this process a name for ``top`` and ``ps -o comm`` (Linux; elsewhere nothing happens): at most 15 bytes (proc(5)), of
    a long ``name`` the first, and ``-NUMBER``."""
    end = "" if number is None else f"-{number}"
    short = name.encode(errors="replace")[:_LONGEST - len(end)].decode(errors="ignore")
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_bytes(f"{short}{end}".encode())
