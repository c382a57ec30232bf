from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connect.failpoints import ENVIRONMENT, FAILPOINTS, RELEASE, FailpointError, arm, failpoint, parse_failpoints

NAME = "ledger.before_offset_flush"


@pytest.fixture(autouse=True)
def _disarm() -> Iterator[None]:
    arm(None)
    yield
    arm(None)


def test_nothing_happens_unless_asked() -> None:
    for name in FAILPOINTS:
        failpoint(name)


def test_the_action_happens_at_the_nth_hit_only() -> None:
    arm(f"{NAME}=raise:3")
    failpoint(NAME)
    failpoint(NAME)
    with pytest.raises(FailpointError, match=NAME):
        failpoint(NAME)
    failpoint(NAME)


def test_other_names_are_not_touched() -> None:
    arm(f"{NAME}=raise")
    failpoint("task.before_start")


def test_several_are_told_apart() -> None:
    found = parse_failpoints("task.before_start=kill; task.before_stop = pause:2;")
    assert [(p.name, p.action, p.hit) for p in found.values()] == [("task.before_start", "kill", 1),
        ("task.before_stop", "pause", 2)]


@pytest.mark.parametrize("text", ["nonsense", f"{NAME}=explode", f"{NAME}=kill:x", "no.such=kill", f"{NAME}="])
def test_a_mistake_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=ENVIRONMENT):
        parse_failpoints(text)


def test_kill_is_a_sigkill() -> None:
    code = f"from connect.failpoints import failpoint; failpoint('{NAME}'); failpoint('{NAME}'); print('alive')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={ENVIRONMENT: f"{NAME}=kill:2"}, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""


def test_a_pause_ends_when_the_file_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = tmp_path / "go"
    monkeypatch.setenv(RELEASE, str(release))
    arm(f"{NAME}=pause")
    waiting = threading.Thread(target=failpoint, args=(NAME,))
    waiting.start()
    assert waiting.is_alive()
    release.touch()
    waiting.join(timeout=30)
    assert not waiting.is_alive()


def test_every_failpoint_in_the_code_is_registered() -> None:
    root = Path(__file__).resolve().parents[3]
    used = set()
    for folder in ("connect", "connectors"):
        for file in (root / folder).rglob("*.py"):
            used |= {line.split('failpoint("')[1].split('"')[0] for line in file.read_text().splitlines()
                     if 'failpoint("' in line and not line.lstrip().startswith(("#", '"""'))}
    assert used <= set(FAILPOINTS)
