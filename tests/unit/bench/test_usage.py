"""What is read of processes; no server."""

import os
import subprocess
import sys
import time

import pytest

from bench.usage import cpu_seconds
from devstack.process import identify


def test_a_process_has_used_what_it_says_itself() -> None:
    me = identify(os.getpid())
    assert me is not None
    before = time.process_time()
    told = cpu_seconds(me)
    assert before <= told <= time.process_time()


def test_a_process_that_is_gone_has_no_clock() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = identify(child.pid)
        assert process is not None
        cpu_seconds(process)
    with pytest.raises(OSError):
        cpu_seconds(process)
