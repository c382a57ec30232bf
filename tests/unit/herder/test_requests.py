"""What each request answers: statuses and texts of Kafka Connect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connect.api.errors import ConfigError, ConnectError, NotFoundError, RetriableError
from connect.herder.herder import WorkerHerder
from connect.herder.plugin_calls import KEYS, PLANNING, VALIDATION
from connect.herder.requests import InitialState, ServerInfo
from tests.unit.herder.asking import A0, Request, raising, refused
from tests.unit.herder.lab import CONNECTOR, Lab, living

UNKNOWN: list[tuple[str, Request, str]] = [
    ("info", lambda h: h.connector_info("x"), "Connector x not found"),
    ("tasks", lambda h: h.task_infos("x"), "Connector x not found"),
    ("status", lambda h: h.connector_status("x"), "No status found for connector x"),
    ("patch", lambda h: h.patch_config("x", {}), "Connector x not found"),
    ("delete", lambda h: h.delete_connector("x"), "Connector x not found"),
    ("pause", lambda h: h.set_target_state("x", "PAUSED"), "Connector x not found"),
    ("stop", lambda h: h.set_target_state("x", "STOPPED"), "Connector x not found"),
    ("restart", lambda h: h.restart_connector("x"), "Unknown connector: x"),
    ("restart with tasks", lambda h: h.restart_connector_and_tasks("x", True, False), "Unknown connector: x"),
    ("restart of a task", lambda h: h.restart_task("x", 0), "Unknown connector: x"),
    ("offsets", lambda h: h.offsets("x"), "Connector x not found"),
    ("alter offsets", lambda h: h.alter_offsets("x", [({"a": 1}, None)]), "Connector x not found"),
    ("reset offsets", lambda h: h.reset_offsets("x"), "Connector x not found"),
    ("logger", lambda h: h.logger_level("no.such.logger"), "Logger no.such.logger not found."),
]


@pytest.mark.parametrize(("request_", "message"), [(r, m) for _, r, m in UNKNOWN], ids=[n for n, _, _ in UNKNOWN])
def test_what_is_not_there_is_404_in_kafka_connects_words(request_: Request, message: str) -> None:
    async def test(lab: Lab) -> None:
        assert await refused(request_(lab.herder), 404) == message

    living(test)


def test_a_bad_configuration_is_400_with_headline_a_line_for_each_error_and_a_pointer() -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.answers[VALIDATION] = lambda _a: {"error_count": 2, "configs": [
            {"definition": None, "value": {"name": "x", "errors": ["first", "second"]}}, {"definition": None, "value": None},
        ]}
        text = await refused(lab.herder.create_connector("a", {"connector.class": CONNECTOR}, None), 400)
        assert text == (
            "Connector configuration is invalid and contains the following 2 error(s):\nfirst\nsecond\n"
            "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`"
        )
        assert lab.configs.records == []

    living(test)


def test_validation_comes_before_existence() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await refused(lab.herder.create_connector("a", {"connector.class": CONNECTOR}, None), 409, "Connector a already exists")
        lab.supervision.answers[VALIDATION] = lambda _a: {"error_count": 1, "configs": []}
        await refused(lab.herder.create_connector("a", {"connector.class": CONNECTOR}, None), 400)

    living(test)


@pytest.mark.parametrize("how", ["create", "put"])
def test_another_name_in_the_configuration_is_400(how: str) -> None:
    async def test(lab: Lab) -> None:
        config = {"connector.class": CONNECTOR, "name": "b"}
        request = lab.herder.create_connector("a", config, None) if how == "create" else lab.herder.put_config("a", config)
        text = await refused(request, 400)
        assert text == "Connector name configuration (b) doesn't match connector name in the URL (a)"

    living(test)


def test_a_patch_of_the_name_is_400() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await refused(lab.herder.patch_config("a", {"name": "b"}), 400, "doesn't match")

    living(test)


def test_a_configuration_without_a_class_is_400_and_shows_no_values() -> None:
    async def test(lab: Lab) -> None:
        text = await refused(lab.herder.create_connector("a", {"database.password": "s3cret"}, None), 400, "connector.class")
        assert "s3cret" not in text

    living(test)


@pytest.mark.parametrize(
    ("error", "status"), [(ConfigError({"connector.class": ["no such class"]}), 400), (ConnectError("no such class"), 400),
                          (TimeoutError(), 500)],
)
def test_what_validation_raises_is_the_answer(error: Exception, status: int) -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.answers[VALIDATION] = raising(error)
        await refused(lab.herder.create_connector("a", {"connector.class": CONNECTOR}, None), status)

    living(test)


def test_nulls_are_not_stored_and_the_name_is_filled_in() -> None:
    async def test(lab: Lab) -> None:
        info = await lab.herder.create_connector("a", {"connector.class": CONNECTOR, "x": None, "y": "1"}, None)
        assert dict(info.config) == {"connector.class": CONNECTOR, "y": "1", "name": "a"}
        assert list(info.config) == ["connector.class", "y", "name"]
        assert info.tasks == []

    living(test)


def test_put_creates_and_then_replaces() -> None:
    async def test(lab: Lab) -> None:
        assert (await lab.herder.put_config("a", {"connector.class": CONNECTOR, "x": "1"}))[1] is True
        info, created = await lab.herder.put_config("a", {"connector.class": CONNECTOR, "y": "1"})
        assert not created
        assert "x" not in info.config

    living(test)


def test_a_patch_sets_and_null_removes() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(x="1", y="1")
        info = await lab.herder.patch_config("a", {"x": None, "z": "1", "absent": None})
        assert dict(info.config) == {"connector.class": CONNECTOR, "y": "1", "z": "1", "name": "a"}

    living(test)


def test_the_mask_keeps_a_stored_password() -> None:
    from connect.config.secrets import MASK

    async def test(lab: Lab) -> None:
        await lab.create(database_password="s3cret")
        info, _ = await lab.herder.put_config("a", {"connector.class": CONNECTOR, "database.password": MASK})
        assert info.config["database.password"] == "s3cret"
        assert lab.supervision.calls[-1][1]["props"]["database.password"] == "s3cret"
        assert "database.password" in lab.herder.sensitive_keys(info.config)

    living(test)


def test_an_unknown_target_state_is_400() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await refused(lab.herder.set_target_state("a", "SLEEPING"), 400, "STARTED, PAUSED or STOPPED")

    living(test)


def test_a_plain_restart_returns_when_the_connector_has_planned_again() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        plans = [f for f, _ in lab.supervision.calls].count(PLANNING)
        await lab.herder.restart_connector("a")
        assert [f for f, _ in lab.supervision.calls].count(PLANNING) == plans + 1
        assert len(lab.supervision.started) == 1

    assert living(test).config_keys() == ["connector-a", "task-a-0", "commit-a"]


def test_a_plain_restart_that_fails_is_500_and_the_connector_failed() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        lab.supervision.answers[PLANNING] = raising(ConnectError("slot is gone"))
        await refused(lab.herder.restart_connector("a"), 500, "slot is gone")
        await lab.until(connector="FAILED", tasks=["RUNNING"])

    living(test)


@pytest.mark.parametrize("initial", [InitialState.STOPPED, InitialState.PAUSED])
def test_a_plain_restart_of_what_is_not_started_leaves_its_state(initial: InitialState) -> None:
    async def test(lab: Lab) -> None:
        await lab.create(initial=initial)
        await lab.until(connector=str(initial))
        await lab.herder.restart_connector("a")
        await lab.until(connector=str(initial), tasks=[])

    living(test)


def test_a_task_restart_starts_that_task_only() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(tasks_max="2")
        await lab.until(connector="RUNNING", tasks=["RUNNING", "RUNNING"])
        await lab.herder.restart_task("a", 1)
        assert [s.key.task for s in lab.supervision.started] == [0, 1, 1]
        await lab.until(tasks=["RUNNING", "RUNNING"])

    assert living(test).config_keys()[-1] == "commit-a"


@pytest.mark.parametrize("task", [-1, 1, 7])
def test_a_restart_of_a_task_that_is_not_there_is_404(task: int) -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert await refused(lab.herder.restart_task("a", task), 404) == f"Unknown task: a-{task}"

    living(test)


def test_a_restart_of_a_stopped_connectors_task_is_409() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(initial=InitialState.STOPPED)
        await refused(lab.herder.restart_task("a", 0), 409, "stopped")

    living(test)


@pytest.mark.parametrize(
    ("include", "only_failed", "connector", "tasks", "started"),
    [
        (True, False, "RESTARTING", ["RESTARTING", "RESTARTING"], [0, 1]),
        (True, True, "RUNNING", ["RESTARTING", "RUNNING"], [0]),
        (False, True, "RUNNING", ["FAILED", "RUNNING"], []),
    ],
)
def test_a_restart_request_answers_and_does_what_it_says(
    include: bool, only_failed: bool, connector: str, tasks: list[str], started: list[int]
) -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.fail_at_start.add(A0)
        await lab.create(tasks_max="2")
        await lab.until(connector="RUNNING", tasks=["FAILED", "RUNNING"])
        lab.supervision.fail_at_start.clear()
        answer = await lab.herder.restart_connector_and_tasks("a", include, only_failed)
        assert (answer.state, [t.state for t in answer.tasks]) == (connector, tasks)
        await lab.until(connector="RUNNING", tasks=["RUNNING" if started else "FAILED", "RUNNING"])
        assert [s.key.task for s in lab.supervision.started] == [0, 1, *started]

    assert living(test).config_keys()[-1] == "restart-connector-a"


def test_a_restart_request_of_the_past_is_not_carried_out_by_a_restarted_worker() -> None:
    async def first(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        await lab.herder.restart_connector_and_tasks("a", True, False)
        await lab.until(connector="RUNNING", tasks=["RUNNING"])

    before = living(first)

    async def second(lab: Lab) -> None:
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert len(lab.supervision.started) == 1

    living(second, configs=before.configs, statuses=before.statuses)


def test_active_topics_appear_once_sorted_and_are_reset() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        for topic in ("t2", "t1", "t1"):
            lab.supervision.wrote_to(lab.supervision.started[0], topic)
        await lab.worker.statuses.flush()
        assert await lab.herder.topics("a") == ["t1", "t2"]
        await lab.herder.reset_topics("a")
        assert await lab.herder.topics("a") == []
        assert await lab.herder.topics("unknown") == []

    living(test)


@pytest.mark.parametrize(
    ("properties", "topics", "reset"),
    [({"topic.tracking.enable": "false"}, 403, 403), ({"topic.tracking.allow.reset": "false"}, None, 403)],
)
def test_topic_tracking_that_is_off_is_403(properties: dict[str, str], topics: int | None, reset: int) -> None:
    async def test(lab: Lab) -> None:
        if topics:
            await refused(lab.herder.topics("a"), topics, "disabled")
        await refused(lab.herder.reset_topics("a"), reset, "disabled")

    living(test, properties=properties)


def test_plugins_are_listed_with_versions() -> None:
    async def test(lab: Lab) -> None:
        assert [(p.cls, p.type, p.version) for p in await lab.herder.plugins(True)] == [(CONNECTOR, "source", "9")]

    living(test)


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFoundError("Unknown plugin x."), 404), (ConfigError({"version": ["no"]}), 400), (TimeoutError(), 500)],
)
def test_what_a_plugins_keys_raise_is_the_answer(error: Exception, status: int) -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.answers[KEYS] = raising(error)
        await refused(lab.herder.plugin_config("x", None), status)

    living(test)


@pytest.mark.parametrize(
    ("plugin", "config", "status", "words"),
    [
        ("PostgresConnector", {}, 400, "no connector type"),
        ("Other", {"connector.class": CONNECTOR}, 400, f"Included connector type {CONNECTOR} does not match request type Other"),
        ("com.example.Nope", {"connector.class": "com.example.Nope"}, 404, "Failed to find any class"),
    ],
)
def test_a_validation_of_what_is_not_there_is_refused(plugin: str, config: dict[str, str], status: int, words: str) -> None:
    async def test(lab: Lab) -> None:
        await refused(lab.herder.validate(plugin, config), status, words)

    living(test)


@pytest.mark.parametrize("plugin", [CONNECTOR, "PostgresConnector", "Postgres"])
def test_a_plugin_may_be_named_with_or_without_package_and_connector(plugin: str) -> None:
    async def test(lab: Lab) -> None:
        assert (await lab.herder.validate(plugin, {"connector.class": CONNECTOR}))["error_count"] == 0

    living(test)


def test_a_level_for_the_cluster_is_written_as_sent_and_applied_here() -> None:
    async def test(lab: Lab) -> None:
        assert await lab.herder.set_logger_level("lab.cluster", "debug", True) is None
        assert (await lab.herder.logger_level("lab.cluster")).level == "DEBUG"
        await refused(lab.herder.set_logger_level("lab.cluster", "LOUD", True), 404, "LOUD")

    assert living(test).configs.records == [(b"logger-cluster-lab.cluster", b'{"level":"debug"}')]


def test_a_workers_level_is_set_for_the_logger_and_those_below() -> None:
    async def test(lab: Lab) -> None:
        await lab.herder.set_logger_level("lab.x.y", "WARN", False)
        assert await lab.herder.set_logger_level("lab.x", "ERROR", False) == ["lab.x", "lab.x.y"]
        assert await lab.herder.set_logger_level("lab.x", "ERROR", False) == []
        assert (await lab.herder.loggers())["lab.x.y"].level == "ERROR"

    assert living(test).configs.records == []


async def _health(herder: WorkerHerder) -> str:
    return (await herder.health()).status


def test_health_is_healthy_unhealthy_without_kafka_and_starting_after_the_end() -> None:
    async def test(lab: Lab) -> None:
        assert await _health(lab.herder) == "healthy"

        async def gone(timeout: float = 30.0) -> None:
            raise RetriableError("no broker")

        lab.configs.refresh = gone  # type: ignore[method-assign]
        health = await lab.herder.health()
        assert (health.status, "no broker" in health.message) == ("unhealthy", True)

    living(test)


def test_before_the_start_requests_are_503_and_health_says_what_for() -> None:
    import asyncio

    async def test() -> None:
        herder = WorkerHerder(ServerInfo("4.1.0", "c", ""))
        herder.starting("waiting for Kafka at nowhere:9092")
        await refused(herder.connectors(), 503, "waiting for Kafka at nowhere:9092")
        health = await herder.health()
        assert (health.status, "nowhere:9092" in health.message) == ("starting", True)
        assert (await herder.server_info()).version == "4.1.0"

    asyncio.run(test())


def test_a_write_that_kafka_does_not_acknowledge_is_500_and_says_so() -> None:
    async def test(lab: Lab) -> None:
        async def lost(_records: Any) -> None:
            raise RetriableError("not acknowledged within 30 s")

        lab.configs.write = lost  # type: ignore[method-assign]
        await refused(lab.herder.create_connector("a", {"connector.class": CONNECTOR}, None), 500, "may or may not")

    living(test)


def test_a_connector_has_a_status_from_the_moment_it_exists() -> None:
    """Kafka Connect answers 404 until the first status is stored."""
    async def test(lab: Lab) -> None:
        creating = asyncio.ensure_future(lab.create())
        while "a" not in await lab.herder.connectors():
            await asyncio.sleep(0)
        status = await lab.status()
        assert (status.state, status.worker_id, status.tasks) == ("UNASSIGNED", "me:1", [])
        await creating
        await lab.until(connector="RUNNING")

    living(test)
