"""Fetches artifacts with Maven, from wherever this machine's Maven is set up to look."""

from __future__ import annotations

import re
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

from devstack.cache import cache_folder, locked
from devstack.errors import DevstackError, find_program
from devstack.progress import Progress

__all__ = ["Artifact", "fetch", "read_event", "render_pom"]

_PROGRESS = re.compile(r"Progress \(\d+\): (?P<text>.+)")
_DOWNLOADED = re.compile(r"Downloaded from [^:]+: \S*/(?P<text>[^/ ]+)")
_ERROR = re.compile(r"\[ERROR\]\s*(?P<text>\S.*)")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact by its Maven coordinates; `alone` leaves out what it depends on."""

    group: str
    name: str
    version: str
    type: str = "jar"
    classifier: str = ""
    alone: bool = False


def render_pom(artifacts: Sequence[Artifact]) -> str:
    """A project whose only purpose is to depend on `artifacts`."""
    lines = [
        '<project xmlns="http://maven.apache.org/POM/4.0.0">',
        "  <modelVersion>4.0.0</modelVersion>",
        "  <groupId>headgate</groupId><artifactId>devstack-download</artifactId><version>1</version>",
        "  <packaging>pom</packaging>",
        "  <dependencies>",
    ]
    for artifact in artifacts:
        parts = {
            "groupId": artifact.group,
            "artifactId": artifact.name,
            "version": artifact.version,
            "type": artifact.type,
            "classifier": artifact.classifier,
        }
        inner = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts.items() if text)
        if artifact.alone:
            inner += "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
        lines.append(f"    <dependency>{inner}</dependency>")
    return "\n".join([*lines, "  </dependencies>", "</project>", ""])


def read_event(line: str) -> tuple[str, str]:
    """What a line of Maven's output tells: ("amount", "1.2/14 MB"), ("file", name), ("error", text) or ("", "")."""
    for kind, pattern in (("amount", _PROGRESS), ("file", _DOWNLOADED), ("error", _ERROR)):
        found = pattern.search(line)
        if found:
            return kind, found["text"].strip()
    return "", ""


def fetch(artifacts: Sequence[Artifact], into: Path, name: str, progress: Progress) -> None:
    """Copies the files of `artifacts`, and of all they depend on, into the folder `into`."""
    mvn = find_program("mvn", f"download {name}")
    pom = into / "pom.xml"
    pom.write_text(render_pom(artifacts))
    command = [str(mvn), "--file", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    step = f"downloading with Maven ({artifacts[0].name} {artifacts[0].version})"
    # Maven's local repository does not stand two writers.
    with locked(cache_folder() / ".maven.lock", lambda: progress.say(name, "waiting for another Maven download")):
        progress.say(name, step)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        errors: deque[str] = deque(maxlen=50)
        words: deque[str] = deque(maxlen=5)
        files = 0
        with process.stdout:
            for line in _pieces(process.stdout):
                kind, text = read_event(line)
                if line.strip() and not kind:
                    words.append(line.strip())
                if kind == "error":
                    errors.append(text)
                elif kind == "file":
                    files += 1
                    progress.update(name, step, f"{files} files, {text}")
                elif kind == "amount":
                    progress.update(name, step, f"{files} files, {text}")
        if process.wait() != 0:
            reason = "\n  ".join(list(errors)[:3] or words)
            raise DevstackError(f"Maven could not download {name}:\n  {reason}")
    pom.unlink()


def _pieces(stream: IO[bytes]) -> Iterator[str]:
    """Lines, where a carriage return ends one too: Maven repaints its progress with it."""
    buffer = b""
    while chunk := stream.read1(65536):  # type: ignore[attr-defined]
        *whole, buffer = re.split(rb"[\r\n]", buffer + chunk)
        for piece in whole:
            yield piece.decode(errors="replace")
    yield buffer.decode(errors="replace")
