from __future__ import annotations

import json

import pytest

from connect.tasks.backoff import Backoff
from connect.tasks.child import decode_spec, encode_spec
from connect.tasks.commit import CommitCounts
from connect.tasks.ledger import Ledger
from connect.tasks.meters import Meters, metric_name
from connect.tasks.process import Process
from connect.tasks.reporter import Reporter, decode_event, encode_event
from connect.tasks.spec import EventKind, TargetState, TaskEvent, TaskKey, TaskSpec
from connect.tasks.tolerance import ErrorCounts

KEY = TaskKey("inventory", 2)


@pytest.mark.parametrize("event", [
    TaskEvent(KEY, 4, EventKind.STATE, state="FAILED", trace="why", version="1.0"),
    TaskEvent(KEY, 4, EventKind.CONDITION, detail="retrying: ü"),
    TaskEvent(KEY, 4, EventKind.TOPIC, detail="inv.public.t"),
    TaskEvent(KEY, 4, EventKind.METRICS, metrics=(("a", {"connector": "inventory"}, 1.5),)),
])
def test_events_survive_the_pipe(event: TaskEvent) -> None:
    assert decode_event(json.loads(json.dumps(encode_event(event)))) == event


def test_a_spec_survives_the_pipe() -> None:
    spec = TaskSpec(KEY, 9, {"w": "1"}, {"c": "2"}, {"task.class": "m:C"}, TargetState.PAUSED)
    assert decode_spec(json.loads(json.dumps(encode_spec(spec)))) == spec


def test_conditions_of_several_sources_are_shown_together_and_only_when_they_change() -> None:
    events: list[TaskEvent] = []
    reporter = Reporter(KEY, 1, lambda e, _: events.append(e))
    reporter.condition("task", "waiting", "slot in use")
    reporter.condition("task", "waiting", "slot in use")
    reporter.condition("pipeline", "retrying", "registry")
    reporter.condition("task", None)
    reporter.condition("pipeline", None)
    reporter.condition("pipeline", None)
    assert [e.detail for e in events if e.kind is EventKind.CONDITION] == [
        "waiting: slot in use", "waiting: slot in use; retrying: registry", "retrying: registry", ""]
    assert not reporter.waiting


def test_a_task_that_waits_in_its_start_is_shown_as_running() -> None:
    events: list[TaskEvent] = []
    reporter = Reporter(KEY, 1, lambda e, _: events.append(e))
    reporter.condition("task", "waiting", "slot in use")
    reporter.condition("task", None)
    reporter.state("RUNNING", version="1")
    reporter.condition("task", "waiting", "again")
    assert [(e.kind, e.state or e.detail) for e in events] == [
        (EventKind.STATE, "RUNNING"), (EventKind.CONDITION, "waiting: slot in use"), (EventKind.CONDITION, ""),
        (EventKind.STATE, "RUNNING"), (EventKind.CONDITION, "waiting: again")]


def test_only_numbers_may_be_lost_on_the_way() -> None:
    sent: list[tuple[EventKind, bool]] = []
    reporter = Reporter(KEY, 1, lambda e, may_drop: sent.append((e.kind, may_drop)))
    reporter.state("RUNNING")
    reporter.topic("t")
    reporter.metrics([])
    assert sent == [(EventKind.STATE, False), (EventKind.TOPIC, False), (EventKind.METRICS, True)]


@pytest.mark.parametrize(("name", "full"), [
    ("lag.bytes", "headgate_task_lag_bytes"),
    ("debezium_metrics_Connected", "debezium_metrics_Connected"),
    ("kafka_connect_source_task_x", "kafka_connect_source_task_x"),
    ("headgate_core", "headgate_core"),
    ("in-flight", "headgate_task_in_flight"),
])
def test_names_of_metrics(name: str, full: str) -> None:
    assert metric_name(name) == full


def test_every_sample_carries_connector_and_task() -> None:
    meters = Meters(KEY)
    meters.polled_batch(10, 0.5)
    meters.polled_batch(30, 0.1)
    meters.gauge("lag", 3, {"slot": "s"})
    meters.gauge("lag", 4, {"slot": "s"})
    samples = meters.samples(Ledger(lambda *_: False), CommitCounts(), ErrorCounts())
    assert all(labels["connector"] == "inventory" and labels["task"] == "2" for _, labels, _ in samples)
    values = {name: value for name, _, value in samples}
    assert values["kafka_connect_source_task_source_record_poll_total"] == 40
    assert values["kafka_connect_connector_task_batch_size_max"] == 30
    assert values["kafka_connect_connector_task_batch_size_avg"] == 20
    assert values["kafka_connect_source_task_poll_batch_max_time_ms"] == 500
    assert values["headgate_task_lag"] == 4
    assert len(values) == len(samples)


def test_delays_double_up_to_a_cap_and_start_over() -> None:
    backoff = Backoff(0.3, 10.0)
    delays = [backoff.next() for _ in range(8)]
    for delay, full in zip(delays, (0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 10.0, 10.0), strict=True):
        assert 0.8 * full <= delay <= full
    backoff.reset()
    assert backoff.next() <= 0.3


@pytest.mark.parametrize(("status", "words"), [
    (0, "exit code 0"), (3, "exit code 3"), (-11, "SIGSEGV"), (-9, "memory"), (-77, "signal 77"), (None, "not known")])
def test_how_a_process_ended_in_words(status: int | None, words: str) -> None:
    assert words in Process.how(status)
