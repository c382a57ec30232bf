"""The folder outside the repository that keeps what was downloaded.

An entry is a folder that appears complete or not at all: it is built beside its place and renamed. Two processes that
want the same entry at once do the work once: the second waits on a file lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.errors import DevstackError

__all__ = ["cache_entry", "cache_folder", "locked"]


def cache_folder() -> Path:
    """HEADGATE_DEVSTACK_CACHE, or headgate/devstack in the user's cache folder."""
    chosen = os.environ.get("HEADGATE_DEVSTACK_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "headgate" / "devstack"


@contextmanager
def locked(path: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Holds the file lock `path`; calls `waiting` once if another process has it. A dead process holds no lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is not None:
                waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def cache_entry(
    name: str, build: Callable[[Path], None], *, folder: Path | None = None, waiting: Callable[[], None] | None = None
) -> Path:
    """The complete entry `name`; `build` fills an empty folder when there is none yet.

    If `build` raises, or the machine stops in the middle, nothing of the attempt is ever used.
    """
    root = folder if folder is not None else cache_folder()
    entry = root / name
    if entry.is_dir():
        return entry
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DevstackError(
            f"the download folder {root} cannot be made ({error.strerror}); name another with HEADGATE_DEVSTACK_CACHE"
        ) from error
    with locked(root / f".{name}.lock", waiting):
        if entry.is_dir():
            return entry
        partial = root / f".{name}.partial"
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir()
        try:
            build(partial)
            partial.rename(entry)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return entry
