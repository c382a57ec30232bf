"""How a request of the API is taken: content types, strict JSON, and a bound on the time until it is answered."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from connect.api.errors import HeadgateError
from rest.problems import problem, unexpected

__all__ = ["JsonNumber", "route_class"]

log = logging.getLogger(__name__)
_running: set[asyncio.Task[Response]] = set()


class JsonNumber(float):
    """A JSON number with a fraction or exponent that keeps its text, since configurations are text."""

    text: str

    def __new__(cls, text: str) -> JsonNumber:
        """Parse the literal."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def route_class(timeout: float, produces: bool = True) -> type[APIRoute]:
    """A route class for FastAPI routers. ``timeout`` in seconds; ``produces``: answers are JSON, so check ``Accept``.

    A request that takes longer is answered with 500; what it does goes on, as in Kafka Connect.
    """

    class ConnectRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            inner = super().get_route_handler()
            with_body = self.body_field is not None

            async def handle(request: Request) -> Response:
                if produces and not _accepts_json(request.headers.get("accept")):
                    raise HTTPException(406)
                if with_body:
                    request = _JsonRequest(request.scope, request.receive)
                    if await request.body() and not _is_json(request.headers.get("content-type", "")):
                        raise HTTPException(415)
                try:
                    return await _bounded(inner(request), request, timeout)
                except (HeadgateError, HTTPException, RequestValidationError):
                    raise
                except Exception as e:  # noqa: BLE001 (the last line of defence: logged and answered)
                    return unexpected(e, f"{request.method} {request.url.path}")

            return handle

    return ConnectRoute


async def _bounded(answer: Coroutine[Any, Any, Response], request: Request, timeout: float) -> Response:
    task = asyncio.ensure_future(answer)
    _running.add(task)
    task.add_done_callback(_running.discard)
    done, _ = await asyncio.wait({task}, timeout=timeout)
    if done:
        return task.result()
    what = f"{request.method} {request.url.path}"
    task.add_done_callback(lambda t: _log_late(what, t))
    return problem(500, f"Request timed out. The worker has been at {what} for {timeout:g} s and goes on with it")


def _log_late(what: str, task: asyncio.Task[Response]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed after it had been answered with a time-out", what, exc_info=error)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _accepts_json(accept: str | None) -> bool:
    """Whether ``Accept`` allows application/json (quality 0 excludes)."""
    if accept is None or not accept.strip():
        return True
    best = -1, False
    for entry in accept.split(","):
        kind, *parameters = (x.strip().lower() for x in entry.split(";"))
        rank = {"*/*": 0, "application/*": 1, "application/json": 2}.get(kind)
        if rank is None or rank < best[0]:
            continue
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        best = rank, quality.rstrip("0").rstrip(".") not in ("", "0")
    return best[1]


class _JsonRequest(Request):
    """A request whose JSON is strict: UTF-8, no NaN, no lone surrogates, no endless nesting; numbers keep their text."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as e:
            raise HTTPException(400, f"Malformed JSON: the body is not UTF-8 at byte {e.start}") from None
        try:
            value = json.loads(text, parse_float=JsonNumber, parse_constant=_no_constant, parse_int=_whole)
        except RecursionError:
            raise HTTPException(400, "Malformed JSON: nested too deeply") from None
        if "\\u" in text:
            try:
                json.dumps(value, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                raise HTTPException(400, "Malformed JSON: half of a surrogate pair is no character") from None
        return value


def _no_constant(name: str) -> NoReturn:
    raise HTTPException(400, f"Malformed JSON: {name} is not a JSON value")


def _whole(text: str) -> int | JsonNumber:
    return int(text) if len(text) <= 300 else JsonNumber(text)
