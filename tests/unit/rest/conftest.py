"""A REST application over a herder in memory, asked over ASGI with the path bytes as given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from rest import RestSettings, create_app
from tests.unit.rest.fake_herder import POSTGRES, FakeHerder

CONFIG = {"connector.class": POSTGRES, "database.password": "s3cret"}


class Api:
    """Asks an application; every request runs in an event loop of its own."""

    def __init__(self, herder: FakeHerder, settings: RestSettings) -> None:
        self.herder = herder
        self.app = create_app(herder, settings)

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
                request = client.build_request(method, "/", **more)
                request.url = request.url.copy_with(raw_path=path.encode())
                return await client.send(request)

        return asyncio.run(ask())

    def create(self, name: str = "c", **more: Any) -> httpx.Response:
        return self("POST", "/connectors", json={"name": name, "config": CONFIG, **more})


@pytest.fixture(scope="session")
def shared() -> Api:
    """Making an application takes a while; most tests are content with the default one."""
    return Api(FakeHerder(), RestSettings())


@pytest.fixture
def api(shared: Api) -> Api:
    vars(shared.herder).clear()
    shared.herder.__init__()  # type: ignore[misc]
    return shared


@pytest.fixture
def make_api() -> Callable[..., Api]:
    return lambda **settings: Api(FakeHerder(), RestSettings(**settings))
