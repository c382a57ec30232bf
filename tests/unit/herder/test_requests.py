"""What each request answers: statuses and texts of Kafka Connect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connect.api.errors import ConfigError, ConnectError, NotFoundError, RetriableError
from connect.herder.herder import WorkerHerder
from connect.herder.plugin_calls import KEYS, VALIDATION
from connect.herder.requests import ServerInfo
from tests.unit.herder.asking import Request, raising, refused
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
