"""``/``, ``/health`` and ``/metrics``: the worker itself."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from connect.herder.requests import Health, Herder, RequestError
from rest.bodies import Flag, HealthAnswer, Root, error_answers
from rest.route import route_class
from rest.settings import RestSettings
from rest.ui import page

__all__ = ["health_router"]

_STATUS = {"healthy": 200, "starting": 503}
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def health_router(herder: Herder, settings: RestSettings) -> APIRouter:
    """Routes for a herder."""
    router = APIRouter(tags=["worker"], route_class=route_class(settings.request_timeout, produces=False))

    @router.get("/", summary="Versions, core in use and Kafka cluster id", response_model=None,
                description="A browser gets the operator page.", responses={200: {"model": Root}, **error_answers(500)})
    async def root(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return page()
        info = await herder.server_info()
        return JSONResponse({
            "version": info.version, "commit": info.commit, "kafka_cluster_id": info.kafka_cluster_id, **info.extra,
        }, headers={"Vary": "Accept"})

    @router.get("/health", summary="Is the worker up?", response_model=None, responses={
        200: {"model": HealthAnswer, "description": "Healthy"},
        400: error_answers(400)[400],
        500: {"model": HealthAnswer, "description": "Unhealthy: the worker does not answer, or says so"},
        503: {"model": HealthAnswer, "description": "Starting; with `connectors=true` also: something is FAILED"}})
    async def health(
        connectors: Annotated[Flag, Query(description="Also 503 when a connector or a task is FAILED")] = False,
    ) -> JSONResponse:
        try:
            async with asyncio.timeout(settings.health_timeout):
                answer = await herder.health()
                failed = await _failed(herder) if connectors and answer.status == "healthy" else []
        except TimeoutError:
            answer, failed = Health("unhealthy", f"The worker did not answer within {settings.health_timeout:g} s"), []
        if failed:
            return JSONResponse({"status": "unhealthy", "message": f"FAILED: {', '.join(failed)}"}, 503)
        return JSONResponse({"status": answer.status, "message": answer.message}, _STATUS.get(answer.status, 500))

    @router.get("/metrics", summary="Metrics in the format of Prometheus", response_class=Response, responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **error_answers(404, 500)})
    async def metrics() -> Response:
        if settings.metrics is None:
            raise HTTPException(404)
        return Response(await settings.metrics(), media_type=_PROMETHEUS)

    return router


async def _failed(herder: Herder) -> list[str]:
    """Connectors and tasks that are FAILED."""
    found = []
    for name in await herder.connectors():
        try:
            status = await herder.connector_status(name)
        except RequestError:
            continue
        if status.state == "FAILED":
            found.append(name)
        found += [f"{name}-{t.id}" for t in status.tasks if t.state == "FAILED"]
    return found
