"""The worker's first fork server, forked from the worker itself before it has threads, sockets or an event loop.

Worker, fork server and tasks then share the pages of the modules they all have (half of what each would hold alone), and
nothing is imported twice. A fork server that died is replaced by a process of its own, see
:mod:`connect.tasks.forkclient`.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
from dataclasses import dataclass
from functools import partial

from connect.tasks import forkserver

__all__ = ["ForkedServer", "fork_server"]


@dataclass(slots=True)
class ForkedServer:
    """A fork server that runs. It ends when ``control``, our end of its socket, is closed."""

    pid: int
    control: socket.socket
    _status: int | None = None

    def kill(self) -> None:
        """SIGKILL. Raises ProcessLookupError when it was waited for."""
        if self._status is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code (minus the signal), as soon as it has ended."""
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status


def fork_server(grace: float) -> ForkedServer | None:
    """Fork it; ``grace`` as for :func:`connect.tasks.forkserver.serve`. None where that cannot be done safely: a thread runs
    already, or the system has no room.

    Our own modules are imported before, other people's plugins only in the fork: one that ends or blocks its process at its
    import is not to take the worker with it.
    """
    if threading.active_count() > 1:
        return None
    forkserver.preload(foreign=False)
    gc.collect()
    gc.freeze()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    sys.stdout.flush()
    sys.stderr.flush()
    # A Ctrl-C that comes now is the worker's to hear, in the fork too early to be ignored.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, forkserver.SIGNALS)
    try:
        pid = os.fork()
        if pid == 0:
            forkserver.end_with(partial(_serve, ours, theirs, grace))
    except OSError:
        ours.close()
        return None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
    return ForkedServer(pid, ours)


def _serve(worker_end: socket.socket, control: socket.socket, grace: float) -> int:
    worker_end.close()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return forkserver.serve(control, grace)
