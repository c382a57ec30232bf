"""Places on disk for a server that runs as another user than the one at the terminal.

That user must be able to enter every folder above its files. Folders that are not ours are never changed: when one of
them is closed, another place is used instead.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from devstack.cache import cache_folder
from devstack.errors import DevstackError

__all__ = ["is_reachable", "locate", "make_place", "server_user", "shared_cache"]

_SYSTEM_CACHE = Path("/var/cache/headgate-devstack")


def server_user() -> int | None:
    """The numeric user for a server that refuses to run as root: nobody for root, else None, which means ourselves."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def is_reachable(folder: Path) -> bool:
    """Whether everybody may enter `folder` and all folders above it, as far as they exist."""
    folder = folder.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents) if part.exists())


def shared_cache(user: int | None) -> Path:
    """Where programs that `user` runs are kept: the download cache, or a system-wide one if that is closed to it."""
    ours = cache_folder()
    if user is None:
        return ours
    ours.mkdir(parents=True, exist_ok=True)
    if is_reachable(ours):
        return ours
    _SYSTEM_CACHE.mkdir(parents=True, exist_ok=True)
    _SYSTEM_CACHE.chmod(0o755)
    return _SYSTEM_CACHE


def locate(folder: Path, user: int | None) -> Path:
    """Where the files of `folder` really are if `user` is to use them.

    It is `folder` itself if `user` can get there; otherwise one in the machine's temporary folder, named after `folder`.
    """
    if user is None or is_reachable(folder.parent):
        return folder
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"headgate-{digest}"


def make_place(place: Path, user: int | None) -> None:
    """Makes the folder `place`, empty, and gives it to `user`."""
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), user):
        raise DevstackError(f"{place} is needed for data but belongs to somebody else; remove it")
    for entry in place.iterdir():  # of a stack whose folder was deleted without us
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if user is not None:
        os.chown(place, user, -1)
