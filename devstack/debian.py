"""Programs from Debian packages, of any suite, unpacked into the download cache and run from there.

Nothing is installed and no right is needed: apt-get, which every Debian and Ubuntu has, is given an empty machine of its
own to plan for, so it fetches the packages and everything below them down to the C library. The programs are then started
through *that* C library's loader, and so run on any Linux of the same processor, whatever its own libraries are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.cache import cache_entry
from devstack.errors import DevstackError
from devstack.progress import Progress

__all__ = ["Packages", "apt_options", "install_packages"]

_ARCHIVE = "http://deb.debian.org/debian"
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FOLDERS = ("usr/sbin", "usr/bin", "sbin", "bin")


@dataclass(frozen=True, slots=True)
class Packages:
    """An unpacked set of packages: `root` is what would be / on a machine that had them."""

    root: Path

    def command(self, program: str) -> list[str]:
        """The words that start `program`, by whatever user; arguments go behind them."""
        for folder in _FOLDERS:
            path = self.root / folder / program
            if path.exists():
                return [str(self._loader()), "--library-path", ":".join(map(str, self._libraries())), str(path)]
        raise DevstackError(f"{program} is not among the packages in {self.root}; delete that folder to fetch them again")

    def _loader(self) -> Path:
        for library in self._libraries():
            for found in sorted(library.glob("ld-linux*.so.*")):
                return found
        raise DevstackError(f"there is no C library in {self.root}; delete that folder to fetch it again")

    def _libraries(self) -> list[Path]:
        return [path for pattern in ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*") for path in sorted(self.root.glob(pattern))]


def install_packages(entry: str, suite: str, packages: Sequence[str], folder: Path, name: str, progress: Progress) -> Packages:
    """`packages` and all that they depend on from Debian's `suite`, as the cache entry `entry` in `folder`.

    `name` is the server they are for. HEADGATE_DEVSTACK_DEBIAN names another archive than Debian's own.
    """
    found = cache_entry(
        entry,
        lambda partial: _fetch(suite, packages, partial, name, progress),
        folder=folder,
        waiting=lambda: progress.say(name, "waiting for another download of the same packages"),
    )
    return Packages(found)


def apt_options(state: Path) -> list[str]:
    """What makes apt-get forget this machine: its lists, caches and installed packages are all below `state`."""
    options = {
        "Dir::State": str(state),
        "Dir::State::status": str(state / "status"),
        "Dir::Cache": str(state / "cache"),
        "Dir::Etc::SourceList": str(state / "sources.list"),
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "APT::Update::Post-Invoke": "",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Acquire::Retries": "3",
    }
    return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]


def _fetch(suite: str, packages: Sequence[str], into: Path, name: str, progress: Progress) -> None:
    apt = shutil.which("apt-get")
    if apt is None or shutil.which("dpkg-deb") is None:
        raise DevstackError(
            f"{name} comes from Debian's packages, and this machine has no apt-get and dpkg-deb (Debian and Ubuntu have them); "
            f"elsewhere start it in another way (docker compose up {name}) and give its address to the tests as the variable "
            f"HEADGATE_{name.upper()}_URL"
        )
    if not _KEYS.exists():
        raise DevstackError(
            f"{_KEYS} is missing; install it with: apt-get install --no-install-recommends debian-archive-keyring"
        )
    archive = os.environ.get("HEADGATE_DEVSTACK_DEBIAN", _ARCHIVE)
    state = into / ".apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True)
    (state / "status").touch()
    (state / "sources.list").write_text(f"deb [signed-by={_KEYS}] {archive} {suite} main\n")
    start = [apt, "-q", "-y", *apt_options(state)]
    _run([*start, "update"], f"reading Debian's list of packages ({suite})", name, progress)
    _run([*start, "install", "--download-only", *packages], f"downloading {packages[0]}", name, progress)
    files = sorted((state / "cache" / "archives").glob("*.deb"))
    for number, file in enumerate(files, 1):
        progress.update(name, "unpacking", f"{number} of {len(files)} packages")
        done = subprocess.run(["dpkg-deb", "-x", file, into], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DevstackError(f"{file.name} could not be unpacked:\n{done.stderr}")
    _run(["rm", "-rf", str(state)], "unpacking", name, progress)
    into.chmod(0o755)


def _run(command: Sequence[str], step: str, name: str, progress: Progress) -> None:
    progress.say(name, step)
    words: deque[str] = deque(maxlen=5)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    fetched = 0
    with process.stdout:
        for line in process.stdout:
            words.append(line.rstrip())
            if re.match(r"Get:\d+ ", line):
                fetched += 1
                progress.update(name, step, f"{fetched} files")
    if process.wait() != 0:
        raise DevstackError(f"{step} failed:\n" + "\n".join(words))
