"""``/connector-plugins``: what is installed, its keys, and validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse

from connect.herder.requests import Herder
from rest.bodies import Config, Flag, KeyDefinition, Plugin, ValidationReport, error_answers
from rest.masking import HIDDEN
from rest.route import route_class
from rest.settings import RestSettings

__all__ = ["plugins_router"]


def plugins_router(herder: Herder, settings: RestSettings) -> APIRouter:
    """Routes for a herder."""
    router = APIRouter(tags=["plugins"], route_class=route_class(settings.request_timeout))

    @router.get("/connector-plugins", summary="List the plugins of this worker", response_model=None,
                responses={200: {"model": list[Plugin]}, **error_answers(400, 500)})
    async def plugins(
        connectors_only: Annotated[Flag, Query(alias="connectorsOnly", description="False: every kind of plugin")] = True,
    ) -> JSONResponse:
        found = await herder.plugins(connectors_only)
        return JSONResponse([
            {"class": p.cls, "type": p.type, **({} if p.version is None else {"version": p.version})} for p in found
        ])

    @router.get("/connector-plugins/{plugin:segment}/config", summary="Get the keys of a plugin", response_model=None,
                responses={200: {"model": list[KeyDefinition]}, **error_answers(400, 404, 500)})
    async def keys(plugin: str, version: Annotated[str | None, Query(description="The version wanted")] = None) -> JSONResponse:
        return JSONResponse([dict(d) for d in await herder.plugin_config(plugin, version)])

    @router.put("/connector-plugins/{plugin:segment}/config/validate", summary="Validate a configuration", response_model=None,
                description="200 also when there are errors: `error_count` tells.",
                responses={200: {"model": ValidationReport}, **error_answers(400, 404, 415, 500)})
    async def validate(plugin: str, config: Annotated[Config, Body()]) -> JSONResponse:
        report = await herder.validate(plugin, config)
        return JSONResponse(_masked(report) if settings.mask_passwords else dict(report))

    return router


def _masked(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report with the values of password keys hidden."""
    configs = []
    for entry in report["configs"]:
        value = entry["value"]
        if value and value["value"] and (entry["definition"] or {}).get("type") == "PASSWORD":
            entry = {**entry, "value": {**value, "value": HIDDEN}}
        configs.append(entry)
    return {**report, "configs": configs}
