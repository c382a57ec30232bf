"""What the allocator and the garbage collector are told, so that a task holds little more memory than it uses, and does not
look through it again and again."""

from __future__ import annotations

import ctypes
import gc
import os

__all__ = ["keep_all", "one_arena"]

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


def keep_all() -> None:
    """What there is now stays for as long as the process: the collector does not look at it again (``gc.freeze``). A connector of
    thousands of tables has a million objects after its start, and going through them took a tenth of a second."""
    gc.collect()
    gc.freeze()
