"""``/connectors``: the life of connectors and their tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from connect.herder.requests import Herder, RequestError
from rest.answers import info_json, status_json, task_id_json, task_status_json
from rest.bodies import Config, Connector, CreateConnector, Expanded, Flag, Status, StatusTask, Task, error_answers
from rest.masking import mask, unmask
from rest.paths import location
from rest.route import route_class
from rest.settings import RestSettings

__all__ = ["connectors_router", "unescaped_names"]

_BLANK = "".join(map(chr, range(0x21)))


def connectors_router(herder: Herder, settings: RestSettings) -> APIRouter:
    """Routes for a herder."""
    router = APIRouter(tags=["connectors"], route_class=route_class(settings.request_timeout))
    body_errors = error_answers(400, 409, 415, 500)

    @router.get("/connectors", summary="List connectors", response_model=None, responses={
        200: {"model": list[str] | dict[str, Expanded], "description": "Names, or an object by name with `expand`"},
        **error_answers(500)})
    async def list_connectors(
        expand: Annotated[list[str], Query(description="`info`, `status`; repeatable. Others are ignored.")] = [],  # noqa: B006
    ) -> JSONResponse:
        names = await herder.connectors()
        if not expand:
            return JSONResponse(list(names))
        return JSONResponse({n: e for n in names if (e := await expanded(n, expand)) is not None})

    async def expanded(name: str, expand: list[str]) -> dict[str, Any] | None:
        """None when the connector has just gone."""
        answer: dict[str, Any] = {}
        try:
            for kind in expand:
                if kind == "info":
                    answer["info"] = info_json(await herder.connector_info(name), herder, settings)
                elif kind == "status":
                    answer["status"] = status_json(await herder.connector_status(name))
        except RequestError as e:
            if e.status == 404:
                return None
            raise
        return answer

    @router.post("/connectors", summary="Create a connector", status_code=201, response_model=None, responses={
        201: {"model": Connector, "description": "Created"}, **body_errors})
    async def create(body: CreateConnector) -> JSONResponse:
        name = (body.name or "").strip(_BLANK)
        config = await unmask(name, _named(name, body.config), herder)
        info = await herder.create_connector(name, config, body.initial_state)
        return JSONResponse(info_json(info, herder, settings), 201, {"Location": location(info.name)})

    @router.get("/connectors/{name:segment}", summary="Get a connector", response_model=None, responses={
        200: {"model": Connector}, **error_answers(404, 500)})
    async def get(name: str) -> JSONResponse:
        return JSONResponse(info_json(await herder.connector_info(name), herder, settings))

    @router.delete("/connectors/{name:segment}", summary="Delete a connector", status_code=204, description=(
        "Its offsets and topics stay; delete the offsets first if it shall begin anew when it is created again."),
        responses=error_answers(404, 409, 500))
    async def delete(name: str) -> Response:
        await herder.delete_connector(name)
        return Response(status_code=204)

    @router.get("/connectors/{name:segment}/config", summary="Get the configuration", response_model=None, responses={
        200: {"model": dict[str, str]}, **error_answers(404, 500)})
    async def get_config(name: str) -> JSONResponse:
        return JSONResponse(info_json(await herder.connector_info(name), herder, settings)["config"])

    @router.put("/connectors/{name:segment}/config", summary="Create a connector or replace its configuration",
                response_model=None, responses={
                    200: {"model": Connector, "description": "Replaced"},
                    201: {"model": Connector, "description": "Created"}, **body_errors})
    async def put_config(name: str, config: Annotated[Config, Body()]) -> JSONResponse:
        info, created = await herder.put_config(name, await unmask(name, _named(name, config), herder))
        headers = {"Location": location(name)} if created else None
        return JSONResponse(info_json(info, herder, settings), 201 if created else 200, headers)

    @router.patch("/connectors/{name:segment}/config", summary="Change some keys of the configuration", response_model=None,
                  description="A value sets a key, null removes it.",
                  responses={200: {"model": Connector}, **error_answers(400, 404, 409, 415, 500)})
    async def patch_config(name: str, patch: Annotated[Config, Body()]) -> JSONResponse:
        _check_name(name, patch)
        # A patch does not name the class, so the stored configuration tells which keys are passwords.
        stored = (await herder.connector_info(name)).config
        whole = await unmask(name, {**stored, **patch}, herder)
        info = await herder.patch_config(name, {k: whole[k] for k in patch})
        return JSONResponse(info_json(info, herder, settings))

    @router.get("/connectors/{name:segment}/status", summary="Get the state of a connector and its tasks", response_model=None,
                responses={200: {"model": Status}, **error_answers(404, 500)})
    async def status(name: str) -> JSONResponse:
        return JSONResponse(status_json(await herder.connector_status(name)))

    @router.post("/connectors/{name:segment}/restart", summary="Restart a connector, its tasks, or what failed",
                 status_code=204, response_model=None, responses={
                     202: {"model": Status, "description": "With a parameter: RESTARTING where a restart will happen"},
                     204: {"description": "The connector itself was restarted"}, **error_answers(400, 404, 409, 500)})
    async def restart(
        name: str,
        include_tasks: Annotated[Flag, Query(alias="includeTasks", description="Its tasks as well")] = False,
        only_failed: Annotated[Flag, Query(alias="onlyFailed", description="Only what is FAILED")] = False,
    ) -> Response:
        if not include_tasks and not only_failed:
            await herder.restart_connector(name)
            return Response(status_code=204)
        return JSONResponse(status_json(await herder.restart_connector_and_tasks(name, include_tasks, only_failed)), 202)

    def target(verb: str, state: str, code: int, summary: str) -> None:
        async def change(name: str) -> Response:
            await herder.set_target_state(name, state)
            return Response(status_code=code)

        router.add_api_route(
            f"/connectors/{{name:segment}}/{verb}", change, methods=["PUT"], status_code=code, summary=summary, name=verb,
            response_class=Response, responses=error_answers(404, 409, 500))

    target("pause", "PAUSED", 202, "Pause a connector and its tasks")
    target("resume", "STARTED", 202, "Resume a paused or stopped connector")
    target("stop", "STOPPED", 204, "Stop a connector: its tasks go, its offsets may be changed")

    @router.get("/connectors/{name:segment}/tasks", summary="List the tasks and their configurations", response_model=None,
                responses={200: {"model": list[Task]}, **error_answers(404, 500)})
    async def tasks(name: str) -> JSONResponse:
        infos = await herder.task_infos(name)
        like = (await herder.connector_info(name)).config if infos else {}
        return JSONResponse([
            {"id": task_id_json(t.id), "config": mask(t.config, herder, like) if settings.mask_passwords else dict(t.config)}
            for t in infos
        ])

    @router.get("/connectors/{name:segment}/tasks/{task:task}/status", summary="Get the state of a task", response_model=None,
                responses={200: {"model": StatusTask}, **error_answers(404, 500)})
    async def task_status(name: str, task: int) -> JSONResponse:
        missing = RequestError(404, f"No status found for task {name}-{task}")
        try:
            tasks = (await herder.connector_status(name)).tasks
        except RequestError as e:
            raise missing if e.status == 404 else e from None
        for candidate in tasks:
            if candidate.id == task:
                return JSONResponse(task_status_json(candidate))
        raise missing

    @router.post("/connectors/{name:segment}/tasks/{task:task}/restart", summary="Restart a task", status_code=204,
                 responses=error_answers(404, 409, 500))
    async def restart_task(name: str, task: int) -> Response:
        await herder.restart_task(name, task)
        return Response(status_code=204)

    signed: dict[str, Any] = {
        "status_code": 204, "description": "Between workers only: needs their signature.",
        "responses": error_answers(400, 403, 500),
    }

    @router.post("/connectors/{name:segment}/tasks", summary="Publish task configurations", **signed)
    @router.put("/connectors/{name:segment}/fence", summary="Fence former tasks", **signed)
    async def internal(name: str, request: Request) -> Response:
        signature = request.headers.get("x-connect-authorization")
        algorithm = request.headers.get("x-connect-request-signature-algorithm")
        if not signature or not algorithm:
            raise RequestError(400, "Internal request missing required signature")
        raise RequestError(403, "Internal request contained invalid signature.")

    return router


def unescaped_names(herder: Herder, settings: RestSettings) -> ASGIApp:
    """What answers where no route is: a connector whose name has slashes, as its ``Location`` names it, or 404."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        origin, _, rest = scope["path"].partition("/connectors/")
        name = unquote(rest)
        if origin or scope["method"] != "GET" or "/" not in name or name not in await herder.connectors():
            raise HTTPException(404)
        await JSONResponse(info_json(await herder.connector_info(name), herder, settings))(scope, receive, send)

    return answer


def _check_name(name: str, config: Mapping[str, str | None]) -> None:
    """400 when the configuration is for another connector."""
    inner = config.get("name", name)
    if inner != name:
        raise RequestError(400, f"Connector name configuration ({inner}) doesn't match connector name in the URL ({name})")


def _named(name: str, config: Mapping[str, str | None]) -> dict[str, str | None]:
    """The configuration with the connector's name in it, added last."""
    if config.get("name") is None:
        return {**{k: v for k, v in config.items() if k != "name"}, "name": name}
    _check_name(name, config)
    return dict(config)
