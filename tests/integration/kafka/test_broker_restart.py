"""A log and its writer live through the restart of the only broker."""

from __future__ import annotations

import asyncio

import pytest

from connect.api.errors import RetriableError
from connect.kafka import clients
from connect.kafka.log import LogRecord, TopicLog
from connect.kafka.topics import InternalTopic, ensure
from connect.kafka.writer import TopicWriter
from devstack.stack import Stack

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_reading_and_writing_go_on_after_the_broker_was_killed_and_started_again() -> None:
    with Stack(["kafka"]) as stack:
        broker = stack.kafka
        properties = {"bootstrap.servers": broker.bootstrap}

        async def test() -> None:
            admin = clients.admin(properties, "tests-admin")
            await ensure(admin, InternalTopic("config", "restarted", 1, 1))
            got: list[LogRecord] = []
            log = TopicLog("restarted", properties, admin, got.append, client_id="tests-log", group="tests")
            writer = TopicWriter(properties, "tests-writer")
            await log.start()
            await writer.send("restarted", b"k", b"before")
            await log.read_to_end()
            await asyncio.to_thread(broker.kill)
            with pytest.raises(RetriableError):
                await log.read_to_end(1.0)
            waiting = asyncio.create_task(writer.send("restarted", b"k", b"while it was away"))
            await asyncio.to_thread(broker.start)
            try:
                await waiting
            except RetriableError:
                pass  # a slow machine starts a broker in more than the thirty seconds a write may take
            await writer.send("restarted", b"k", b"after")
            await log.read_to_end(60.0)
            assert got[0].value == b"before"
            assert got[-1].value == b"after"
            assert log.trouble is None
            await log.stop()
            await writer.close()

        asyncio.run(test())
