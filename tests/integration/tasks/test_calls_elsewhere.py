"""Calls that the supervisor runs in processes of their own."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from connect.api.errors import ConfigError, ConnectError
from connect.herder.requests import RequestError
from tests.integration.tasks.rig import Rig
from tests.integration.tasks.supervising import HERE, run, supervising

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("one_supervisor")]


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
