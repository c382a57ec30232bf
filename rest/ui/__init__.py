"""The operator page at ``/ui`` and the API's description at ``/docs``: static files, no build step, nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

__all__ = ["page", "ui_router"]

_TYPES = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ASSETS = ("page.css", "page.js", "docs.js")
_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"


@cache
def _read(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()


def _file(name: str) -> Response:
    headers = {
        "Content-Security-Policy": _POLICY, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Vary": "Accept",
    }
    return Response(_read(name), media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


def page() -> Response:
    """The operator page. Its links are relative to the folder of ``/``, so it may be served there and at ``/ui``."""
    return _file("page.html")


def ui_router() -> APIRouter:
    """Routes of the page, its assets and the description."""
    router = APIRouter(include_in_schema=False)

    def document(request: Request, name: str) -> Response:
        if request.scope.get("headgate.slash"):
            return RedirectResponse("../" + request.scope["path"].rpartition("/")[2])
        return _file(name)

    @router.get("/ui")
    async def ui(request: Request) -> Response:
        return document(request, "page.html")

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        return document(request, "docs.html")

    @router.get("/ui/{asset:segment}")
    async def asset(asset: str) -> Response:
        if asset not in _ASSETS:
            raise HTTPException(404)
        return _file(asset)

    return router
