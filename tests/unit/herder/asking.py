"""How tests ask a herder, and what it refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connect.herder.requests import Herder, RequestError
from connect.tasks.spec import TaskKey

A0 = TaskKey("a", 0)
Request = Callable[[Herder], Awaitable[Any]]


async def refused(request: Awaitable[Any], status: int, *words: str) -> str:
    with pytest.raises(RequestError) as caught:
        await request
    assert caught.value.status == status, str(caught.value)
    for word in words:
        assert word in str(caught.value)
    return str(caught.value)


def raising(error: Exception) -> Callable[[Any], Any]:
    def answer(_argument: Any) -> Any:
        raise error

    return answer
