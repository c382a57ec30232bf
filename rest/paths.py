"""Paths as they were sent: routing works on the percent-encoded segments, so that every connector name can be reached.

Servers decode a path before they route it, and a name with ``/`` then falls apart. Here the router sees the raw path; a
path parameter declared ``{name:segment}`` is one segment, decoded after it was matched.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

from rest.problems import problem

__all__ = ["RawPaths", "encode_segment", "location"]

_UNSAFE = re.compile(r"[^\x21-\x7e]")


class _Segment(Convertor[str]):
    """One path segment, percent-decoded."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value, errors="strict")

    def to_string(self, value: str) -> str:
        return encode_segment(value)


class _TaskNumber(Convertor[int]):
    """A whole number; anything else is no such route."""

    regex = "-?[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


def encode_segment(name: str) -> str:
    """A name as one path segment."""
    return quote(name, safe="")


def location(name: str) -> str:
    """The path of a connector for a ``Location`` header, escaped as Kafka Connect does (``/`` and ``;`` are left)."""
    return "/connectors/" + quote(name, safe="/;+=!$&'()*,:@~")


class RawPaths:
    """ASGI middleware: routes by the raw path, without trailing slashes; HEAD is a GET whose body is not sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        raw = scope.get("raw_path")
        path = raw.partition(b"?")[0].decode("latin-1") if raw is not None else quote(scope["path"], safe="/;%")
        path = _UNSAFE.sub(lambda m: quote(m[0].encode("latin-1")), path)
        try:
            unquote(path, errors="strict")
        except UnicodeDecodeError:
            await problem(400, f"The path {path} is not UTF-8: encode each byte of the UTF-8 text as %XX")(scope, receive, send)
            return
        inner = dict(scope)
        inner["path"] = path.rstrip("/") or "/"
        inner["headgate.slash"] = len(path) > 1 and path.endswith("/")
        if scope["method"] != "HEAD":
            await self._app(inner, receive, send)
            return
        inner["method"] = "GET"

        async def without_body(message: dict[str, object]) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app(inner, receive, without_body)  # type: ignore[arg-type]


register_url_convertor("segment", _Segment())
register_url_convertor("task", _TaskNumber())
