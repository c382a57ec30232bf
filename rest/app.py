"""The REST application: routers, middleware and description put together."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from connect.herder.requests import Herder
from rest.access import AccessLog
from rest.admin import admin_router
from rest.connectors import connectors_router, unescaped_names
from rest.health import health_router
from rest.offsets import offsets_router
from rest.paths import RawPaths
from rest.plugins import plugins_router
from rest.problems import install
from rest.settings import RestSettings
from rest.ui import ui_router

__all__ = ["create_app"]

_DESCRIPTION = """
Kafka Connect's REST API (4.1): the same paths, bodies and status codes. Every failure has the body
`{"error_code": status, "message": text}`. Bodies are `application/json`. A connector's name is one path segment: encode
`/` as `%2F`. Beyond Kafka Connect: `/health?connectors=true`, `/metrics`, the operator page at `/ui`, hidden passwords (a
hidden one sent back keeps the stored one), and `condition` in a task's state.
"""


def create_app(herder: Herder, settings: RestSettings | None = None) -> FastAPI:
    """The application for a herder; runs in the worker's event loop and waits for nothing but the herder's coroutines."""
    settings = settings or RestSettings()
    app = _App(
        title="Headgate", version="4.1.0", description=_DESCRIPTION, redirect_slashes=False, docs_url=None, redoc_url=None,
        openapi_url="/openapi.json",
    )
    routers = [
        health_router(herder, settings), connectors_router(herder, settings), offsets_router(herder, settings),
        plugins_router(herder, settings), *([admin_router(herder, settings)] if settings.admin else []), ui_router(),
    ]
    for router in routers:
        app.include_router(router)
    app.router.default = unescaped_names(herder, settings)
    install(app, [route for router in routers for route in router.routes if isinstance(route, Route)])
    if settings.allow_origin:
        app.add_middleware(
            CORSMiddleware, allow_origins=list(settings.allow_origin), allow_methods=list(settings.allow_methods),
            allow_headers=["*"],
        )
    app.add_middleware(RawPaths)
    app.add_middleware(AccessLog, rules=settings.response_headers)
    return app


class _App(FastAPI):
    """FastAPI without its 422: what is wrong with a request is a 400 here."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schema = super().openapi()
            for path in schema["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
            for unused in ("HTTPValidationError", "ValidationError"):
                schema.get("components", {}).get("schemas", {}).pop(unused, None)
            self.openapi_schema = schema
        return self.openapi_schema
