"""Places on disk for a server that runs as another user than the one at the terminal.

That user must be able to enter every folder above its files. Folders that are not ours are never changed: when one of
them is closed, another place is used instead.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from devstack.cache import cache_folder
from devstack.errors import DevstackError

__all__ = ["is_reachable", "place_for_user", "shared_cache"]

_SYSTEM_CACHE = Path("/var/cache/headgate-devstack")


def is_reachable(folder: Path) -> bool:
    """Whether everybody may enter `folder` and all folders above it, as far as they exist."""
    folder = folder.absolute()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents) if part.exists())


def shared_cache(user: int | None) -> Path:
    """Where programs that `user` runs are kept: the download cache, or a system-wide one if that is closed to it."""
    ours = cache_folder()
    return ours if user is None or is_reachable(ours) else _SYSTEM_CACHE


def place_for_user(folder: Path, user: int | None) -> Path:
    """A folder for the data of a server that runs as `user` (None: as ourselves), made if needed.

    It is `folder` itself where `user` can get there; otherwise one in the machine's temporary folder, always the same
    for the same `folder`.
    """
    if user is None:
        return folder
    if is_reachable(folder):
        place = folder
    else:
        digest = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]
        place = Path(tempfile.gettempdir()) / f"headgate-{digest}"
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), user):
        raise DevstackError(f"{place} is needed for data but belongs to somebody else; remove it")
    os.chown(place, user, -1)
    return place
