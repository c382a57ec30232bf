"""``/admin/loggers``: log levels, of this worker or of the cluster."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from connect.herder.requests import Herder, LoggerLevel, RequestError
from rest.bodies import LevelAnswer, LoggerLevelBody, Scope, ScopeText, error_answers
from rest.route import route_class
from rest.settings import RestSettings

__all__ = ["admin_router"]


def _json(level: LoggerLevel) -> dict[str, Any]:
    return {"level": level.level, "last_modified": level.last_modified}


def admin_router(herder: Herder, settings: RestSettings) -> APIRouter:
    """Routes for a herder."""
    router = APIRouter(tags=["loggers"], route_class=route_class(settings.request_timeout))

    @router.get("/admin/loggers", summary="List the loggers in use", response_model=None,
                responses={200: {"model": dict[str, LevelAnswer]}, **error_answers(500)})
    async def loggers() -> JSONResponse:
        return JSONResponse({name: _json(level) for name, level in (await herder.loggers()).items()})

    @router.get("/admin/loggers/{logger:segment}", summary="Get a logger's level", response_model=None,
                responses={200: {"model": LevelAnswer}, **error_answers(404, 500)})
    async def level(logger: str) -> JSONResponse:
        return JSONResponse(_json(await herder.logger_level(logger)))

    @router.put("/admin/loggers/{logger:segment}", summary="Set the level of a logger and those below it", response_model=None,
                description="Lost when the worker restarts.",
                responses={200: {"model": list[str], "description": "Loggers whose level changed, sorted"},
                           204: {"description": "With `scope=cluster`: every worker will follow"},
                           **error_answers(400, 404, 415, 500)})
    async def set_level(logger: str, body: LoggerLevelBody, scope: Annotated[ScopeText, Query()] = Scope.WORKER) -> Response:
        if body.level is None:
            raise RequestError(400, "Desired 'level' parameter was not specified in request.")
        changed = await herder.set_logger_level(logger, body.level, scope is Scope.CLUSTER)
        return Response(status_code=204) if changed is None else JSONResponse(list(changed))

    return router
