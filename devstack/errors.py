"""What can go wrong, in words for the person at the terminal.

DevstackError            anything that stops a command; its text is the whole message, no traceback is shown
└─ MissingProgramError   a program of the machine is not there; the text names the command that installs it
"""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["DevstackError", "MissingProgramError", "find_program"]

_INSTALL = {
    "mvn": "apt-get install --no-install-recommends maven default-jre-headless",
    "java": "apt-get install --no-install-recommends default-jre-headless",
    "pip3": "apt-get install --no-install-recommends python3-pip",
    "pymysql": "pip install pymysql cryptography",
    "psycopg": "pip install 'psycopg[binary]'",
}


class DevstackError(Exception):
    """A command cannot go on; the message says why and what to do."""


class MissingProgramError(DevstackError):
    """A program that is needed is not installed."""

    def __init__(self, program: str, purpose: str) -> None:
        """`purpose` completes the sentence "… is needed to"."""
        cure = _INSTALL.get(program)
        how = f"Install it with: {cure}" if cure else "Install it and run the command again."
        super().__init__(f"{program} is not installed; it is needed to {purpose}. {how}")
        self.program = program


def find_program(program: str, purpose: str) -> Path:
    """Where `program` is on the PATH; MissingProgramError when it is not."""
    found = shutil.which(program)
    if found is None:
        raise MissingProgramError(program, purpose)
    return Path(found)
