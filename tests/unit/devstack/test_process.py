"""Processes are recognised by number and start time, and end with all that belongs to them."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.process import (
    Launch,
    identify,
    is_running,
    kill,
    launch,
    stop,
    tail,
    wait_until,
    with_descendants,
)

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
PARENT = """\
import subprocess, time
print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
time.sleep(600)
"""


def test_this_process_is_running() -> None:
    me = identify(os.getpid())
    assert me is not None
    assert is_running(me)


def test_a_number_that_was_given_away_is_not_the_same_process() -> None:
    me = identify(os.getpid())
    assert me is not None
    assert not is_running(dataclasses.replace(me, started=me.started - 1))
    assert not is_running(dataclasses.replace(me, boot="another boot"))


def test_a_zombie_does_not_run() -> None:
    child = subprocess.Popen(["true"])
    assert wait_until(lambda: identify(child.pid) is None, 10)
    child.wait()


def test_output_of_a_launched_program_is_appended_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    plan = Launch([sys.executable, "-c", "import os; print(os.environ['WORD'], os.getcwd())"], tmp_path, {"WORD": "hello"})
    try:
        _, child = launch(plan, log)
        child.wait()
    except DevstackError:
        pass  # it may end before its start time is read
    assert log.read_text() == f"before\nhello {tmp_path}\n"


def test_stop_says_whether_the_first_signal_was_enough(tmp_path: Path) -> None:
    obedient, child = launch(Launch(["sleep", "600"], tmp_path), tmp_path / "log")
    assert stop(obedient, [(signal.SIGTERM, 10)])
    child.wait()

    deaf, child = launch(Launch([sys.executable, "-c", DEAF], tmp_path), tmp_path / "deaf")
    assert wait_until(lambda: "deaf" in tail(tmp_path / "deaf"), 20)
    assert not stop(deaf, [(signal.SIGTERM, 0.1)])
    assert not is_running(deaf)
    child.wait()


def test_kill_ends_the_children_too(tmp_path: Path) -> None:
    parent, child = launch(Launch([sys.executable, "-c", PARENT], tmp_path), tmp_path / "log")
    assert wait_until(lambda: tail(tmp_path / "log") != "", 20)
    grandchild = identify(int(tail(tmp_path / "log")))
    family = with_descendants(parent)
    assert grandchild is not None
    assert set(family) == {parent, grandchild}
    kill(family)
    assert not is_running(grandchild)
    child.wait()


def test_a_process_that_is_not_the_recorded_one_is_never_signalled(tmp_path: Path) -> None:
    running, child = launch(Launch(["sleep", "600"], tmp_path), tmp_path / "log")
    stranger = dataclasses.replace(running, started=running.started + 1)
    assert with_descendants(stranger) == []
    stop(stranger, [(signal.SIGKILL, 0.1)])
    assert is_running(running)
    kill([running])
    child.wait()


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match="/no/such/program cannot be started"):
        launch(Launch(["/no/such/program"], tmp_path), tmp_path / "log")


def test_tail_gives_the_last_lines_and_nothing_for_no_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{number}\n" for number in range(100)))
    assert tail(log, 3) == "97\n98\n99"
    assert tail(tmp_path / "none") == ""
