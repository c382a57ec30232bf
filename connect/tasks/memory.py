"""What the C library's allocator is told, so that a task holds little more memory than it uses."""

from __future__ import annotations

import ctypes
import os

__all__ = ["one_arena"]

_M_ARENA_MAX = -8


def one_arena() -> None:
    """All threads of this process, and of those forked from it, allocate from one arena (mallopt(3), ``M_ARENA_MAX``).

    Buffers go from thread to thread here: what one arena gets back another cannot give out, and a task under load held some
    20 MiB more for it. Threads do not contend, they mostly hold the interpreter's lock. The environment's
    ``MALLOC_ARENA_MAX`` is left as it is, and so are C libraries other than glibc.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    except (OSError, AttributeError):
        return
