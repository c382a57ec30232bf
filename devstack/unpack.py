"""Unpacks tar archives into a folder that everybody may read, and into nothing else.

The extraction filters of the standard library do most of this, but the Python of Debian 12 does not have them yet.
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from devstack.errors import DevstackError

__all__ = ["unpack"]


def unpack(source: IO[bytes], into: Path) -> None:
    """Extracts folders, files and links of a tar archive, whatever its compression; DevstackError if one leads outside.

    Folders are open to everybody to read, files too, whatever the umask; who owned them is forgotten.
    """
    root = into.resolve()
    with tarfile.open(fileobj=source, mode="r|*") as archive:
        for member in archive:
            target = root / member.name
            _check(member.name, root, target)
            _make_folder(target if member.isdir() else target.parent, root)
            if member.issym():
                _check(member.name, root, target.parent / member.linkname)
                target.symlink_to(PurePosixPath(member.linkname))
            elif member.islnk():
                _check(member.name, root, root / member.linkname)
                target.hardlink_to(root / member.linkname)
            elif member.isfile():
                content = archive.extractfile(member)
                assert content is not None  # what a regular file always has
                with content, target.open("xb") as file:
                    shutil.copyfileobj(content, file)
                target.chmod(0o755 if member.mode & 0o100 else 0o644)
            elif not member.isdir():
                raise DevstackError(f"{member.name} in a downloaded archive is neither a file nor a folder nor a link")


def _check(name: str, root: Path, target: Path) -> None:
    if not target.resolve().is_relative_to(root):
        raise DevstackError(f"{name} in a downloaded archive leads out of its folder")


def _make_folder(folder: Path, root: Path) -> None:
    for part in (*reversed(folder.relative_to(root).parents), folder.relative_to(root)):
        path = root / part
        if not path.is_dir():
            path.mkdir()
            path.chmod(0o755)
