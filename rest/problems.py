"""The one place where failures become answers: ``{"error_code": status, "message": text}``, whatever went wrong.

====================================  ======================================================================
failure                               answer
====================================  ======================================================================
RequestError                          its status and message
ConfigError                           400
NotFoundError / AlreadyExistsError    404 / 409
no such route, method, type           404, 405 (with ``Allow``), 406, 415; the message names the status
a body or parameter that is wrong     400, naming the place, the value's type and what was expected
anything else                         500 with the message; the trace is logged
====================================  ======================================================================

``OPTIONS`` on a known path is no failure: 200 with ``Allow``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from connect.api.errors import AlreadyExistsError, ConfigError, HeadgateError, NotFoundError
from connect.herder.requests import RequestError

__all__ = ["install", "problem", "status_of", "unexpected"]

log = logging.getLogger(__name__)


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a failed request."""
    return JSONResponse({"error_code": status, "message": message}, status, dict(headers) if headers else None)


def status_of(error: Exception) -> int:
    """The HTTP status of a failure."""
    match error:
        case RequestError():
            return error.status
        case ConfigError():
            return 400
        case NotFoundError():
            return 404
        case AlreadyExistsError():
            return 409
        case _:
            return 500


def unexpected(error: Exception, what: str) -> JSONResponse:
    """Log a failure nobody foresaw, and the answer to it."""
    log.error("%s failed", what, exc_info=error)
    return problem(500, str(error) or type(error).__name__)


def install(app: FastAPI, routes: Sequence[Route]) -> None:
    """Register the handlers; ``routes`` are all there are, for ``Allow``."""

    async def on_headgate(request: Request, error: Exception) -> Response:
        status = status_of(error)
        if status >= 500:
            log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(status, str(error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_allowed(routes, request))
            if request.method == "OPTIONS":
                return PlainTextResponse(headers["Allow"], 200, headers)
        phrase = HTTPStatus(error.status_code).phrase
        plain = error.detail in (phrase, "", None)
        return problem(error.status_code, f"HTTP {error.status_code} {phrase}" if plain else str(error.detail), headers)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem(400, "; ".join(dict.fromkeys(_sentence(e) for e in error.errors())))

    async def on_any(request: Request, error: Exception) -> Response:
        return unexpected(error, f"{request.method} {request.url.path}")

    app.add_exception_handler(HeadgateError, on_headgate)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_any)


def _allowed(routes: Sequence[Route], request: Request) -> list[str]:
    """The methods that some route takes on this path."""
    path = request.scope["path"]
    methods = {m for route in routes if route.path_regex.match(path) for m in route.methods or ()}
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods | {"OPTIONS"})


def _sentence(error: Mapping[str, Any]) -> str:
    """One validation error as a sentence; never the value itself, which may be a secret."""
    kind, where = str(error.get("type", "")), _place(error.get("loc", ()))
    context = error.get("ctx") or {}
    if kind == "json_invalid":
        return f"Malformed JSON at {where}: {context.get('error', error.get('msg'))}"
    if kind == "extra_forbidden":
        return f"Unrecognized field {where}"
    if kind == "missing":
        return f"{where} is missing" if where != "the body" else "A JSON body is required"
    if kind == "value_error":
        return f"{where}: {context.get('error')}"
    seen = error.get("input")
    found = "null" if seen is None else _JSON_NAMES.get(type(seen), "text")
    if found == "null" and where == "the body":
        return "A JSON body is required, not null"
    return f"{where}: {error.get('msg')} (found {found})"


_JSON_NAMES: Mapping[type, str] = {dict: "an object", list: "an array", bool: "true or false", int: "a number", float: "a number"}


def _place(loc: Sequence[str | int]) -> str:
    """``('body', 'offsets', 0, 'x')`` → ``'offsets[0].x'``."""
    origin, parts = (str(loc[0]) if loc else "body"), list(loc[1:])
    if origin == "body" and len(parts) == 1 and isinstance(parts[0], int):
        return f"character {parts[0]}"
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    if not text:
        return "the body"
    return f"'{text}'" if origin == "body" else f"{origin} parameter '{text}'"
