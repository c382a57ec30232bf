"""The supervisor and its processes: start, pause, stop, failures, and that nothing is left behind."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from connect.tasks.spec import EventKind, TargetState, TaskKey, TaskSpec
from tests.integration.tasks.rig import Rig
from tests.integration.tasks.supervising import run, supervising, supervising_alone

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("one_supervisor")]


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
