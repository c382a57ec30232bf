"""What ``/metrics`` shows of connectors and tasks, and when it stops showing them."""

from __future__ import annotations

import asyncio

import pytest

from connect.cli.measuring import WorkerMetrics
from connect.herder.requests import RequestError, ServerInfo, TaskStatus
from connect.tasks.spec import EventKind, TaskEvent, TaskKey
from tests.unit.rest.fake_herder import FakeHerder

LAG = "headgate_task_lag_seconds"


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics(ServerInfo("4.1.0", "c", "k", {"headgate_version": "0.1", "core": "native"}), process=False)


@pytest.fixture
def herder() -> FakeHerder:
    herder = FakeHerder()
    herder.configs["a"] = {}
    herder._run("a", "RUNNING")
    return herder


def rendered(metrics: WorkerMetrics, herder: FakeHerder) -> list[str]:
    return asyncio.run(metrics.render(herder)).decode().splitlines()


def sent(name: str, value: float, connector: str = "a") -> TaskEvent:
    labels = {"connector": connector, "task": "0"}
    return TaskEvent(TaskKey(connector, 0), 1, EventKind.METRICS, metrics=[(name, labels, value)])


def test_states_and_counts_are_those_of_the_moment(metrics, herder) -> None:
    assert 'kafka_connect_connector_status{connector="a",status="RUNNING"} 1.0' in rendered(metrics, herder)
    herder.states["a"] = "PAUSED"
    herder.task_states["a"] = [TaskStatus(0, "FAILED", "w")]
    lines = rendered(metrics, herder)
    assert 'kafka_connect_connector_status{connector="a",status="PAUSED"} 1.0' in lines
    assert 'kafka_connect_connector_task_status{connector="a",status="FAILED",task="0"} 1.0' in lines
    assert 'kafka_connect_worker_connector_failed_task_count{connector="a"} 1.0' in lines
    assert 'kafka_connect_worker_connector_running_task_count{connector="a"} 0.0' in lines
    assert "kafka_connect_worker_connector_count 1.0" in lines and "kafka_connect_worker_task_count 1.0" in lines
    assert not any('status="RUNNING"' in line for line in lines)


def test_a_tasks_numbers_go_with_it(metrics, herder) -> None:
    metrics.on_event(sent(LAG, 2.5))
    assert f'{LAG}{{connector="a",task="0"}} 2.5' in rendered(metrics, herder)
    herder.task_states["a"] = []
    assert not any(line.startswith(LAG) for line in rendered(metrics, herder))
    del herder.configs["a"]
    assert not any('connector="a"' in line for line in rendered(metrics, herder))


def test_numbers_of_a_failed_task_stay(metrics, herder) -> None:
    metrics.on_event(sent(LAG, 2.5))
    herder.task_states["a"] = [TaskStatus(0, "FAILED", "w")]
    assert f'{LAG}{{connector="a",task="0"}} 2.5' in rendered(metrics, herder)


def test_a_worker_that_starts_still_tells_its_build(metrics, herder) -> None:
    herder.failures["connectors"] = RequestError(500, "starting")
    lines = rendered(metrics, herder)
    assert 'headgate_core_info{core="native"} 1.0' in lines and 'headgate_build_info{version="0.1"} 1.0' in lines


def test_a_bad_metric_is_told_and_harms_nothing(metrics, herder, caplog) -> None:
    metrics.on_event(sent("bad name", 1))
    assert "a-0" in caplog.text
    assert rendered(metrics, herder)
