"""Free TCP ports on the loopback address.

Ports are taken below the range from which the kernel gives ports to outgoing connections. A server that is stopped and
started again therefore finds its port free, and a client that knocks while the server is away is refused instead of
being connected to itself, which Linux does when both ends happen to get the same port.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable
from pathlib import Path

from devstack.errors import DevstackError

__all__ = ["HOST", "find_free_port", "is_free", "port_range"]

HOST = "127.0.0.1"
_LOWEST = 20000
_HIGHEST = 32000


def port_range(kernel_range: str | None = None) -> range:
    """The ports to choose from, given the kernel's range for outgoing connections ("32768\t60999")."""
    if kernel_range is None:
        try:
            kernel_range = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
        except OSError:
            kernel_range = "32768 60999"
    first, last = (int(part) for part in kernel_range.split())
    if first > _LOWEST + 1000:
        return range(_LOWEST, min(_HIGHEST, first))
    if last < 64000:
        return range(last + 1, 65536)
    return range(_LOWEST, _HIGHEST)


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT is free, one that somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def find_free_port(avoid: Iterable[int] = ()) -> int:
    """A port nobody listens on, chosen at random so that stacks that start at once do not meet."""
    taken = set(avoid)
    candidates = port_range()
    for port in random.sample(candidates, k=min(200, len(candidates))):
        if port not in taken and is_free(port):
            return port
    raise DevstackError(
        f"no free port found between {candidates.start} and {candidates.stop - 1} on {HOST}; "
        "give ports yourself with --port NAME=PORT"
    )
