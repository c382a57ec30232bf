"""Requests about offsets: statuses and texts of Kafka Connect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connect.herder.plugin_calls import OFFSETS
from connect.herder.requests import InitialState
from tests.unit.herder.asking import raising, refused
from tests.unit.herder.lab import Lab, living

STOP_FIRST = (
    "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector "
    "by issuing a 'PUT' request to the '/connectors/a/stop' endpoint"
)


@pytest.mark.parametrize("target", ["STARTED", "PAUSED"])
def test_offsets_are_changed_only_while_stopped(target: str) -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.herder.set_target_state("a", target)
        assert await refused(lab.herder.alter_offsets("a", [({"server": "x"}, None)]), 400) == STOP_FIRST
        assert await refused(lab.herder.reset_offsets("a"), 400) == STOP_FIRST

    living(test)


def stopped(test: Callable[[Lab], Awaitable[None]]) -> Lab:
    async def inner(lab: Lab) -> None:
        await lab.create(initial=InitialState.STOPPED)
        await test(lab)

    return living(inner)


def test_altered_offsets_are_stored_and_read_back() -> None:
    async def test(lab: Lab) -> None:
        text = await lab.herder.alter_offsets("a", [({"server": "x"}, {"lsn": 1}), ({"server": "y"}, {"lsn": 2})])
        assert text == (
            "The Connect framework-managed offsets for this connector have been altered successfully. However, if this connector "
            "manages offsets externally, they will need to be manually altered in the system that the connector uses."
        )
        await lab.herder.alter_offsets("a", [({"server": "x"}, None)])
        assert await lab.herder.offsets("a") == [({"server": "y"}, {"lsn": 2})]

    assert stopped(test).offsets.records == [
        (b'["a",{"server":"x"}]', b'{"lsn":1}'), (b'["a",{"server":"y"}]', b'{"lsn":2}'), (b'["a",{"server":"x"}]', None),
    ]


def test_a_reset_forgets_every_partition_and_may_be_repeated() -> None:
    async def test(lab: Lab) -> None:
        await lab.herder.alter_offsets("a", [({"server": "x"}, {"lsn": 1}), ({"server": "y"}, {"lsn": 2})])
        for _ in range(2):
            assert "have been reset successfully" in await lab.herder.reset_offsets("a")
            assert await lab.herder.offsets("a") == []

    stopped(test)


def test_an_alteration_uses_the_key_under_which_the_partition_is_stored() -> None:
    """Members in another order would be another key, and two offsets for one partition."""
    async def test(lab: Lab) -> None:
        await lab.herder.alter_offsets("a", [({"server": "x", "database": "d"}, {"lsn": 1})])
        await lab.herder.alter_offsets("a", [({"database": "d", "server": "x"}, {"lsn": 2})])
        assert await lab.herder.offsets("a") == [({"server": "x", "database": "d"}, {"lsn": 2})]

    assert {k for k, _ in stopped(test).offsets.records} == {b'["a",{"server":"x","database":"d"}]'}


@pytest.mark.parametrize(
    ("offsets", "words"),
    [
        ([], "Partitions / offsets need to be provided"),
        ([({"server": "x"}, {"lsn": {"a": 1}})], "field lsn contains MAP"),
        ([({"server": ["x"]}, {"lsn": 1})], "field server contains ARRAY"),
        ([({}, {"lsn": 1})], "partition is missing or empty"),
        ([({"server": "x"}, None), ({"server": "x"}, {"lsn": 1})], "more than once"),
    ],
)
def test_an_alteration_that_cannot_be_is_400(offsets: Any, words: str) -> None:
    async def test(lab: Lab) -> None:
        await refused(lab.herder.alter_offsets("a", offsets), 400, words)

    assert stopped(test).offsets.records == []


def test_an_offset_that_the_connector_refuses_is_400_and_not_stored() -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.answers[OFFSETS] = raising(ConnectError("'lsn' is text"))
        await refused(lab.herder.alter_offsets("a", [({"server": "x"}, {"lsn": "1"})]), 400, "'lsn' is text")

    assert stopped(test).offsets.records == []


def test_a_connector_that_does_not_answer_about_offsets_is_500() -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.answers[OFFSETS] = raising(TimeoutError())
        await refused(lab.herder.alter_offsets("a", [({"server": "x"}, {"lsn": 1})]), 500, "timed out")

    stopped(test)


def test_offsets_of_another_connector_are_left_alone() -> None:
    async def test(lab: Lab) -> None:
        await lab.create("ab", InitialState.STOPPED)
        await lab.herder.alter_offsets("ab", [({"server": "x"}, {"lsn": 1})])
        await lab.herder.reset_offsets("a")
        assert await lab.herder.offsets("ab") == [({"server": "x"}, {"lsn": 1})]

    stopped(test)
