"""Processes of tasks that die, hang or are killed, and those whose worker is."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connect.tasks.spec import EventKind, TaskKey
from tests.integration.tasks.rig import Rig
from tests.integration.tasks.supervising import HERE, alive, run, supervising, supervising_alone, worker_of
from tests.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("one_supervisor")]


@pytest.mark.parametrize(("mode", "how"), [("crash", "SIGSEGV"), ("exit", "exit code 3")])
def test_a_process_that_dies_by_itself_is_a_failed_task_that_says_how(rig: Rig, mode: str, how: str) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec(mode=mode))
            failed = await w.until_state("FAILED")
            assert failed.trace is not None and how in failed.trace
            assert "starts after 0" in failed.trace, "its last log lines"
            assert w.supervisor.running() == []

    run(scene())


def test_a_killed_task_goes_on_where_it_was_and_loses_nothing(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            for _ in range(3):
                before = rig.stored() or 0
                await w.supervisor.start(w.spec(pause="0.002"))
                await w.until(lambda before=before: (rig.stored() or 0) > before + 10)
                pid = w.supervisor.pid(TaskKey("count", 0))
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
                failed = await w.until_state("FAILED")
                assert failed.trace is not None and "SIGKILL" in failed.trace

    run(scene())
    stored = rig.stored() or 0
    assert stored > 30
    assert set(range(1, stored + 1)) <= set(rig.numbers())


@pytest.mark.parametrize("mode", ["hang", "spin", "hang-start", "hang-stop"])
def test_a_task_that_does_not_stop_is_killed_after_its_grace(rig: Rig, mode: str) -> None:
    async def scene() -> None:
        async with supervising_alone(rig, task_shutdown_graceful_timeout_ms="500") as w:
            await w.supervisor.start(w.spec(mode=mode))
            if mode != "hang-start":
                await w.until_state("RUNNING")
            pid = w.supervisor.pid(TaskKey("count", 0))
            assert pid is not None
            await w.supervisor.stop([TaskKey("count", 0)])
            assert not alive(pid)
            assert w.supervisor.running() == []
            assert w.states()[-1] == "UNASSIGNED"

    run(scene())


def test_a_task_without_a_sign_of_life_is_shown_as_stalled_and_where(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with supervising_alone(rig, stalled_after=1.5, task_shutdown_graceful_timeout_ms="300") as w:
            await w.supervisor.start(w.spec(mode="hang"))
            await w.until_state("RUNNING")
            await w.until(lambda: (e := w.last(EventKind.CONDITION)) is not None and e.detail.startswith("stalled"))
            await w.until(lambda: "hangs here" in caplog.text)
            assert "plugins_for_tests.py" in caplog.text

    run(scene())


def test_starting_a_running_task_again_replaces_its_process(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec())
            await w.until_state("RUNNING")
            first = w.supervisor.pid(TaskKey("count", 0))
            await w.supervisor.start(w.spec())
            second = w.supervisor.pid(TaskKey("count", 0))
            assert first is not None and second is not None and first != second
            assert not alive(first)
            assert w.supervisor.running() == [TaskKey("count", 0)]

    run(scene())


def test_a_task_that_asks_for_a_new_process_goes_on_in_one_without_failing(rig: Rig, tmp_path: Path) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec(mode="again", mark=str(tmp_path / "mark"), count="6"))
            first = w.supervisor.pid(TaskKey("count", 0))
            await w.until(lambda: rig.stored() == 6)
            assert w.supervisor.pid(TaskKey("count", 0)) != first
            await w.supervisor.stop([TaskKey("count", 0)])
            assert w.states() == ["RUNNING", "RUNNING", "UNASSIGNED"]

    run(scene())
    assert set(rig.numbers()) == {1, 2, 3, 4, 5, 6}


def test_one_hung_task_does_not_hold_up_another(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising_alone(rig, task_shutdown_graceful_timeout_ms="300") as w:
            await w.supervisor.start(w.spec("stuck", mode="spin"))
            await w.until_state("RUNNING", "stuck")
            await w.supervisor.start(w.spec("fine", count="3"))
            await w.until(lambda: rig.stored() == 3)

    run(scene())


def test_a_dead_fork_server_is_replaced_and_its_tasks_go_on(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec("first"))
            await w.until_state("RUNNING", "first")
            server, orphan = w.supervisor.fork_server_pid, w.supervisor.pid(TaskKey("first", 0))
            assert server is not None and orphan is not None
            os.kill(server, signal.SIGKILL)
            await w.supervisor.start(w.spec("second"))
            await w.until_state("RUNNING", "second")
            assert alive(orphan)
            await w.supervisor.stop([TaskKey("first", 0)])
            await w.until(lambda: not alive(orphan))
            assert w.states("first")[-1] == "UNASSIGNED"
            assert (await w.supervisor.call(f"{HERE}:echo", 1, 20)) == {"got": 1}

    run(scene())


FAILPOINTS = (
    "pipeline.before_produce", "pipeline.after_produce", "ledger.before_offset_flush", "commit.after_offset_write",
    "commit.before_task_commit", "task.before_stop",
)


@pytest.mark.parametrize("name", FAILPOINTS)
def test_killed_at_any_line_that_matters_nothing_is_lost_and_no_offset_is_ahead(rig: Rig, name: str) -> None:
    key = TaskKey("count", 0)

    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec(pause="0.001", failpoints=f"{name}=kill:{1 if name == 'task.before_stop' else 3}"))
            if name == "task.before_stop":
                await w.until(lambda: rig.stored())
                await w.supervisor.stop([key])
            else:
                failed = await w.until_state("FAILED")
                assert "SIGKILL" in (failed.trace or "")
            await w.until(lambda: w.supervisor.running() == [])
            stored, produced = rig.stored() or 0, rig.numbers()
            assert set(range(1, stored + 1)) <= set(produced), "the stored offset ran ahead"
            last = max(produced, default=0) + 5
            await w.supervisor.start(w.spec(count=str(last)))
            await w.until(lambda: rig.stored() == last)
            assert set(rig.numbers()) == set(range(1, last + 1))

    run(scene())
    for third in range(3):
        firsts = list(dict.fromkeys(n for n in rig.numbers() if n % 3 == third))
        assert firsts == sorted(firsts), "a key overtook itself"


WORKER = """
import asyncio, json, sys
from connect.tasks.spec import TaskKey, TaskSpec
from connect.tasks.supervisor import Supervisor

async def main():
    plan = json.loads(sys.argv[1])
    supervisor = Supervisor(plan["worker"])
    def told(event):
        if event.state == "RUNNING":
            running.append(event.key)
    running = []
    await supervisor.open(told)
    for name, config in plan["tasks"].items():
        await supervisor.start(TaskSpec(TaskKey(name, 0), 1, plan["worker"], {"name": name}, config))
    while len(running) < len(plan["tasks"]):
        await asyncio.sleep(0.02)
    print(json.dumps([supervisor.fork_server_pid, *[supervisor.pid(TaskKey(n, 0)) for n in plan["tasks"]]]), flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.mark.parametrize("also_the_fork_server", [False, True])
def test_a_killed_worker_leaves_no_process_behind(rig: Rig, tmp_path: Path, also_the_fork_server: bool) -> None:
    mark = tmp_path / "mark"
    task = {"task.class": f"{HERE}:CountTask", "topic": rig.topic, "stop.mark": str(mark)}
    plan = {
        "worker": worker_of(rig, task_shutdown_graceful_timeout_ms="1500"),
        "tasks": {"good": task, "stuck": {**task, "mode": "hang", "stop.mark": ""}},
    }
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(plan)], stdout=subprocess.PIPE, cwd=root, env=environment)
    assert worker.stdout is not None
    pids = json.loads(worker.stdout.readline())
    assert all(map(alive, pids))
    until(lambda: 2 in rig.numbers(), what="a record of the good task; the stuck one makes one only")
    worker.kill()
    if also_the_fork_server:
        os.kill(pids[0], signal.SIGKILL)
    worker.wait()
    worker.stdout.close()

    async def gone() -> None:
        async with asyncio.timeout(30):
            while any(map(alive, pids)):
                await asyncio.sleep(0.05)

    run(gone())
    assert mark.read_text() == "stopped", "a task whose worker died stops in good order"
    stored = rig.stored()
    assert stored is not None and stored in rig.numbers()
