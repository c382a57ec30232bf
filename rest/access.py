"""What every answer passes: the access log line and the configured headers."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from email.utils import formatdate

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rest.settings import HeaderRule

__all__ = ["AccessLog", "apply_header_rules"]

log = logging.getLogger("rest.access")


class AccessLog:
    """ASGI middleware: a line for each request (client, request, status, bytes, ms), and headers for each answer."""

    def __init__(self, app: ASGIApp, rules: Sequence[HeaderRule] = ()) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, size = time.perf_counter(), 500, 0

        async def watch(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._rules:
                    apply_header_rules(MutableHeaders(scope=message), self._rules)
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            client = (scope.get("client") or ("-",))[0]
            path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
            query = scope.get("query_string", b"").decode("latin-1")
            target = ascii(f"{path}?{query}" if query else path)[1:-1]
            elapsed = (time.perf_counter() - started) * 1000
            log.info('%s "%s %s" %d %d bytes %.1f ms', client, scope["method"], target, status, size, elapsed)


def apply_header_rules(headers: MutableHeaders, rules: Sequence[HeaderRule]) -> None:
    """Set or add the headers of ``response.http.headers.config``."""
    for rule in rules:
        value = formatdate(time.time() + int(rule.value) / 1000, usegmt=True) if rule.action.endswith("Date") else rule.value
        if rule.action.startswith("set"):
            headers[rule.name] = value
        else:
            headers.append(rule.name, value)
