from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connect.metrics import CONTENT_TYPE, DESCRIPTIONS, Metrics


def parsed(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(metrics.render().decode()) for s in family.samples}


def test_numbers_of_tasks_are_rendered_with_their_labels() -> None:
    m = Metrics(process=False)
    m.update([("headgate_task_lag_bytes", {"task": "0", "connector": "a"}, 5.0),
        ("headgate_task_lag_bytes", {"connector": "b", "task": "0"}, 7)])
    assert parsed(m) == {
        ("headgate_task_lag_bytes", (("connector", "a"), ("task", "0"))): 5.0,
        ("headgate_task_lag_bytes", (("connector", "b"), ("task", "0"))): 7.0}


def test_a_name_that_ends_in_total_is_a_counter() -> None:
    m = Metrics(process=False)
    m.set("kafka_connect_source_task_source_record_poll_total", 3, connector="a")
    text = m.render().decode()
    assert "# TYPE kafka_connect_source_task_source_record_poll_total counter" in text
    assert 'kafka_connect_source_task_source_record_poll_total{connector="a"} 3.0' in text


def test_the_newest_value_counts_and_additions_add_up() -> None:
    m = Metrics(process=False)
    m.set("headgate_x", 1)
    m.set("headgate_x", 2)
    m.add("headgate_y_total")
    m.add("headgate_y_total", 2)
    assert (m.value("headgate_x"), m.value("headgate_y_total"), m.value("headgate_z")) == (2, 3, None)


def test_a_text_replaces_the_former_one() -> None:
    m = Metrics(process=False)
    m.info("kafka_connect_connector_task_status", "RUNNING", "status", connector="a", task="0")
    m.info("kafka_connect_connector_task_status", "RUNNING", "status", connector="a", task="1")
    m.info("kafka_connect_connector_task_status", "FAILED", "status", connector="a", task="0")
    assert set(parsed(m)) == {
        ("kafka_connect_connector_task_status", (("connector", "a"), ("status", "FAILED"), ("task", "0"))),
        ("kafka_connect_connector_task_status", (("connector", "a"), ("status", "RUNNING"), ("task", "1")))}


def test_series_of_a_stopped_task_vanish_and_others_stay() -> None:
    m = Metrics(process=False)
    for connector, task in (("a", "0"), ("a", "1"), ("b", "0")):
        m.set("headgate_x", 1, connector=connector, task=task)
    m.forget("a", 0)
    assert len(parsed(m)) == 2
    m.forget("a")
    assert [k[1][0] for k in parsed(m)] == [("connector", "b")]


@pytest.mark.parametrize(("name", "labels"), [("has space", {}), ("1x", {}), ("ok", {"a-b": "1"})])
def test_a_name_prometheus_does_not_allow_is_refused_and_the_rest_kept(name: str, labels: dict[str, str]) -> None:
    m = Metrics(process=False)
    with pytest.raises(ValueError, match="is not a"):
        m.update([(name, labels, 1), ("headgate_x", {}, 1)])
    assert m.value("headgate_x") == 1


def test_label_values_are_escaped() -> None:
    m = Metrics(process=False)
    m.set("headgate_x", 1, connector='a"b\\c\nd')
    assert parsed(m) == {("headgate_x", (("connector", 'a"b\\c\nd'),)): 1.0}


def test_the_process_is_measured_too() -> None:
    assert b"process_resident_memory_bytes" in Metrics().render()
    assert CONTENT_TYPE.startswith("text/plain")


def test_every_described_name_belongs_to_a_family_of_ours() -> None:
    assert all(n.startswith(("kafka_connect_", "debezium_metrics_", "headgate_")) for n in DESCRIPTIONS)
