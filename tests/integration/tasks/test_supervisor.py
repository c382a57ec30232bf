"""The supervisor and its processes: start, pause, stop, kill, calls, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connect.api.errors import ConfigError, ConnectError
from connect.herder.requests import RequestError
from connect.tasks.spec import EventKind, TargetState, TaskEvent, TaskKey, TaskSpec
from connect.tasks.supervisor import Supervisor
from tests.integration.tasks.rig import Rig
from tests.waiting import until

pytestmark = pytest.mark.integration

HERE = "tests.integration.tasks.plugins_for_tests"
STRING = "org.apache.kafka.connect.storage.StringConverter"


class Watch:
    """Supervisor, its events, and specs for counting tasks."""

    def __init__(self, supervisor: Supervisor, rig: Rig, worker: dict[str, str]) -> None:
        self.supervisor, self.rig, self.worker = supervisor, rig, worker
        self.events: list[TaskEvent] = []

    def spec(self, connector: str = "count", target: TargetState = TargetState.STARTED, **config: str) -> TaskSpec:
        task = {"task.class": f"{HERE}:CountTask", "topic": self.rig.topic, **{k.replace("_", "."): v for k, v in config.items()}}
        return TaskSpec(TaskKey(connector, 0), 5, self.worker, {"name": connector, "connector.class": "count"}, task, target)

    def states(self, connector: str = "count") -> list[str]:
        return [e.state for e in self.events if e.kind is EventKind.STATE and e.key.connector == connector]

    def last(self, kind: EventKind) -> TaskEvent | None:
        return next((e for e in reversed(self.events) if e.kind is kind), None)

    async def until(self, ready: Callable[[], Any], seconds: float = 60.0, what: str = "a condition") -> Any:
        async with asyncio.timeout(seconds):
            while not (result := ready()):
                await asyncio.sleep(0.02)
            return result

    async def until_state(self, state: str, connector: str = "count") -> TaskEvent:
        await self.until(lambda: self.states(connector)[-1:] == [state], what=state)
        return next(e for e in reversed(self.events) if e.state == state and e.key.connector == connector)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def worker_of(rig: Rig, **more: str) -> dict[str, str]:
    return {
        "bootstrap.servers": rig.conf["bootstrap.servers"], "group.id": "tasks-tests", "offset.storage.topic": rig.offsets_topic,
        "key.converter": STRING, "value.converter": STRING, "offset.flush.interval.ms": "100",
        "task.shutdown.graceful.timeout.ms": "3000", **{k.replace("_", "."): v for k, v in more.items()}}


class Shared:
    """One loop and one supervisor for most tests of this file: starting a fork server takes a second."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.supervisor: Supervisor | None = None
        self.listener: Callable[[TaskEvent], None] = lambda event: None

    async def open(self, worker: dict[str, str]) -> Supervisor:
        if self.supervisor is None:
            self.supervisor = Supervisor(worker)
            await self.supervisor.open(lambda event: self.listener(event))
        return self.supervisor

    def close(self) -> None:
        if self.supervisor is not None:
            server = self.supervisor.fork_server_pid
            self.runner.run(self.supervisor.close())
            assert server is not None and not alive(server)
        self.runner.close()


_shared = Shared()


@pytest.fixture(scope="module", autouse=True)
def _one_supervisor() -> Iterator[None]:
    yield
    _shared.close()


def run(scene: Any) -> Any:
    return _shared.runner.run(scene)


@asynccontextmanager
async def supervising(rig: Rig) -> AsyncIterator[Watch]:
    """The shared supervisor; its tasks are stopped at the end."""
    worker = worker_of(rig)
    watch = Watch(await _shared.open(dict(worker)), rig, worker)
    _shared.listener = watch.events.append
    try:
        yield watch
    finally:
        await watch.supervisor.stop(watch.supervisor.running())
        assert watch.supervisor.running() == []


@asynccontextmanager
async def supervising_alone(rig: Rig, stalled_after: float = 15.0, **more: str) -> AsyncIterator[Watch]:
    worker = worker_of(rig, **more)
    watch = Watch(Supervisor(worker, stalled_after=stalled_after), rig, worker)
    await watch.supervisor.open(watch.events.append)
    server = watch.supervisor.fork_server_pid
    try:
        yield watch
    finally:
        await watch.supervisor.close()
        assert server is not None and not alive(server)
        assert watch.supervisor.running() == []


def test_a_task_runs_stores_its_offsets_and_goes_on_from_them(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec(count="5"))
            running = await w.until_state("RUNNING")
            assert (running.generation, running.version) == (5, "7.7")
            await w.until(lambda: rig.stored() == 5)
            await w.supervisor.stop([TaskKey("count", 0)])
            assert w.states() == ["RUNNING", "UNASSIGNED"]
            assert [e.detail for e in w.events if e.kind is EventKind.TOPIC] == [rig.topic]
            await w.supervisor.start(w.spec(count="8"))
            await w.until(lambda: rig.stored() == 8)
        assert rig.numbers() == [1, 2, 3, 4, 5, 6, 7, 8] or sorted(rig.numbers()) == [1, 2, 3, 4, 5, 6, 7, 8]

    run(scene())


def test_the_standalone_worker_keeps_offsets_in_a_file(rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "offsets.json"

    async def scene() -> None:
        async with supervising(rig) as w:
            del w.worker["offset.storage.topic"]
            w.worker["offset.storage.file.filename"] = str(file)
            await w.supervisor.start(w.spec(count="3"))
            await w.until(lambda: file.exists() and json.loads(file.read_text())["count"] == [[{"source": "count"}, {"n": 3}]])
            await w.supervisor.start(w.spec(count="4"))
            await w.until(lambda: json.loads(file.read_text())["count"] == [[{"source": "count"}, {"n": 4}]])
        assert sorted(rig.numbers()) == [1, 2, 3, 4]

    run(scene())


def test_a_connector_with_an_offsets_topic_of_its_own_has_a_copy_in_the_workers(rig: Rig) -> None:
    own = f"{rig.offsets_topic}-own"

    async def scene() -> None:
        async with supervising(rig) as w:
            w.worker["offset.storage.replication.factor"] = "1"

            def spec(count: str) -> TaskSpec:
                s = w.spec(count=count)
                return TaskSpec(s.key, 5, s.worker, {**s.connector_config, "offsets.storage.topic": own}, s.task_config)

            await w.supervisor.start(spec("3"))
            await w.until(lambda: rig.stored() == 3)
            assert json.loads(rig.records(own)[-1].value() or b"") == {"n": 3}
            await w.supervisor.start(spec("5"))
            await w.until(lambda: rig.stored() == 5)
        assert sorted(rig.numbers()) == [1, 2, 3, 4, 5]

    run(scene())
    rig.admin.delete_topics([own])[own].result(30)


def test_pause_and_resume_and_a_close_that_leaves_nothing(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising_alone(rig) as w:
            await w.supervisor.start(w.spec(target=TargetState.PAUSED))
            await w.until_state("PAUSED")
            assert rig.numbers() == []
            await w.supervisor.set_target(TaskKey("count", 0), TargetState.STARTED)
            await w.until_state("RUNNING")
            await w.supervisor.set_target(TaskKey("count", 0), TargetState.PAUSED)
            await w.until_state("PAUSED")
            await w.supervisor.set_target(TaskKey("nobody", 0), TargetState.PAUSED)
            await w.supervisor.stop([TaskKey("count", 0)])
            assert w.states()[-1] == "UNASSIGNED"

    run(scene())


def test_a_task_that_fails_at_start_tells_why_without_secrets(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec(mode="fail-start", database_password="hunter22"))
            failed = await w.until_state("FAILED")
            assert failed.trace is not None and failed.trace.splitlines()[0] == "cannot log in with [hidden]"
            await w.until(lambda: w.supervisor.running() == [])
            assert w.states() == ["FAILED"]

    with caplog.at_level("INFO"):
        run(scene())
    assert "password is [hidden]" in caplog.text
    assert "hunter22" not in caplog.text
    line = next(r for r in caplog.records if "password is" in r.getMessage())
    assert (line.connector, line.task) == ("count", 0)  # type: ignore[attr-defined]


def test_a_bug_in_a_connector_fails_its_task_with_the_lines_of_code(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            await w.supervisor.start(w.spec(mode="bug"))
            failed = await w.until_state("FAILED")
            assert failed.trace is not None and failed.trace.startswith("KeyError")
            assert "plugins_for_tests.py" in failed.trace and "in poll" in failed.trace

    run(scene())


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


def test_calls_give_results_and_run_elsewhere(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            call = w.supervisor.call
            assert await call(f"{HERE}:echo", {"a": [1, None, "ü"]}, 20) == {"got": {"a": [1, None, "ü"]}}
            me = await call(f"{HERE}:whoami", None, 20)
            assert me["parent"] == w.supervisor.fork_server_pid and me["pid"] != os.getpid()
            assert await call(f"{HERE}:big", 3_000_000, 20) == "x" * 3_000_000
            found = await call(f"{HERE}:modules", ["confluent_kafka", "psycopg", "connect.tasks.pipeline"], 20)
            assert found == ["confluent_kafka", "psycopg", "connect.tasks.pipeline"], "imported before the fork"

    run(scene())


def test_calls_run_at_the_same_time(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            answers = await asyncio.gather(*(w.supervisor.call(f"{HERE}:whoami", i, 20) for i in range(8)))
            assert len({a["pid"] for a in answers}) == 8

    run(scene())


def test_errors_of_calls_arrive_as_themselves(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            call = w.supervisor.call
            with pytest.raises(ConfigError) as config:
                await call(f"{HERE}:refuse_config", None, 20)
            assert list(config.value.errors) == ["database.port"]
            with pytest.raises(RequestError, match="must be stopped") as request:
                await call(f"{HERE}:refuse_request", None, 20)
            assert request.value.status == 409
            with pytest.raises(ConnectError, match="ZeroDivisionError: nothing to divide"):
                await call(f"{HERE}:fail", None, 20)
            with pytest.raises(ConnectError, match="there is no function"):
                await call("no.such.module:function", None, 20)
            with pytest.raises(ConnectError, match="does not name a function"):
                await call("nonsense", None, 20)
            with pytest.raises(ConnectError, match="SIGKILL"):
                await call(f"{HERE}:die", None, 20)

    run(scene())


def test_a_call_that_hangs_is_ended(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            with pytest.raises(TimeoutError, match=r"gave no answer within 0\.5 s"):
                await w.supervisor.call(f"{HERE}:hang", None, 0.5)
            cancelled = asyncio.create_task(w.supervisor.call(f"{HERE}:hang", None, 60))
            await asyncio.sleep(0.3)
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            server = w.supervisor.fork_server_pid
            assert server is not None
            await w.until(lambda: not Path(f"/proc/{server}/task/{server}/children").read_text().split())

    run(scene())


def test_a_task_without_configuration_for_offsets_fails_with_a_clear_error(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            del w.worker["offset.storage.topic"]
            await w.supervisor.start(w.spec())
            failed = await w.until_state("FAILED")
            assert failed.trace is not None and "offset.storage.topic" in failed.trace.splitlines()[0]

    run(scene())


def test_an_unknown_task_class_fails_with_a_clear_error(rig: Rig) -> None:
    async def scene() -> None:
        async with supervising(rig) as w:
            name = f"count-{uuid.uuid4().hex[:4]}"
            await w.supervisor.start(TaskSpec(TaskKey(name, 0), 1, w.worker, {}, {"task.class": "no.such:Task"}))
            failed = await w.until_state("FAILED", name)
            assert failed.trace is not None and "no.such:Task" in failed.trace.splitlines()[0]

    run(scene())
