"""``/connectors/{name}/offsets`` and ``/topics``: what a connector has stored, and where it has produced to."""

from __future__ import annotations

import json

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connect.herder.requests import Herder, RequestError
from rest.bodies import AlterOffsets, ConnectorOffsets, Message, TopicsAnswer, error_answers
from rest.route import route_class
from rest.settings import RestSettings

__all__ = ["offsets_router"]


def offsets_router(herder: Herder, settings: RestSettings) -> APIRouter:
    """Routes for a herder."""
    router = APIRouter(tags=["offsets and topics"], route_class=route_class(settings.request_timeout))

    @router.get("/connectors/{name:segment}/offsets", summary="Get the stored offsets", response_model=None,
                responses={200: {"model": ConnectorOffsets}, **error_answers(404, 500)})
    async def offsets(name: str) -> JSONResponse:
        stored = await herder.offsets(name)
        return JSONResponse({"offsets": [{"partition": dict(p), "offset": dict(o)} for p, o in stored]})

    @router.patch("/connectors/{name:segment}/offsets", summary="Change stored offsets", response_model=None,
                  description="The connector must be STOPPED. A null offset resets a partition.",
                  responses={200: {"model": Message}, **error_answers(400, 404, 409, 415, 500)})
    async def alter(name: str, body: AlterOffsets) -> JSONResponse:
        if not body.offsets:
            raise RequestError(400, "Partitions / offsets need to be provided for an alter offsets request")
        seen: set[str] = set()
        for entry in body.offsets:
            partition = json.dumps(entry.partition, sort_keys=True)
            if partition in seen:
                raise RequestError(400, f"The partition {partition} is given twice: one offset for each partition is expected")
            seen.add(partition)
        return JSONResponse({"message": await herder.alter_offsets(name, [(e.partition, e.offset) for e in body.offsets])})

    @router.delete("/connectors/{name:segment}/offsets", summary="Forget the stored offsets", response_model=None,
                   description="The connector must be STOPPED.",
                   responses={200: {"model": Message}, **error_answers(400, 404, 409, 500)})
    async def reset(name: str) -> JSONResponse:
        return JSONResponse({"message": await herder.reset_offsets(name)})

    @router.get("/connectors/{name:segment}/topics", summary="Get the topics it has produced to", response_model=None,
                description="Since it was created or the list was reset; empty for an unknown connector.",
                responses={200: {"model": dict[str, TopicsAnswer]}, **error_answers(403, 500)})
    async def topics(name: str) -> JSONResponse:
        if not settings.topic_tracking:
            raise RequestError(403, "Topic tracking is disabled.")
        return JSONResponse({name: {"topics": list(await herder.topics(name))}})

    @router.put("/connectors/{name:segment}/topics/reset", summary="Empty the list of topics", status_code=202,
                response_class=Response, responses=error_answers(403, 500))
    async def reset_topics(name: str) -> Response:
        if not settings.topic_tracking:
            raise RequestError(403, "Topic tracking is disabled.")
        if not settings.topic_tracking_reset:
            raise RequestError(403, "Topic tracking reset is disabled.")
        await herder.reset_topics(name)
        return Response(status_code=202)

    return router
