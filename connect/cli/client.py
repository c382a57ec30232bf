"""The REST API from the outside: what the operator's commands ask with."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx

__all__ = ["Client", "ClientError"]


class ClientError(Exception):
    """One line for the operator."""


class Client:
    """A worker by its URL. Every method raises ClientError with what the worker said."""

    def __init__(self, url: str, timeout: float = 100.0) -> None:
        """``url`` of any worker of the cluster; user and password may be in it. ``timeout`` in seconds."""
        if not url.startswith(("http://", "https://")):
            raise ClientError(f"{url} is no URL of a worker: expected http://HOST:PORT")
        try:
            # A command makes a few requests and ends: no connection is kept open for it.
            self._http = httpx.Client(
                base_url=url, timeout=timeout, headers={"Accept": "application/json"},
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        except (httpx.InvalidURL, ValueError) as e:
            raise ClientError(f"{url} is no URL of a worker: {e}") from e
        self.url = url.rstrip("/")

    def call(self, method: str, *path: str, query: dict[str, Any] | None = None, body: Any = None) -> Any:
        """Ask; ``path`` in segments, unescaped. The JSON of the answer, or None when there is none."""
        where = "/" + "/".join(quote(p, safe="").replace(".", "%2E") if p in (".", "..") else quote(p, safe="") for p in path)
        try:
            answer = self._http.request(method, where, params=query, **({} if body is None else {"json": body}))
        except httpx.TimeoutException as e:
            raise ClientError(f"the worker at {self.url} did not answer in time") from e
        except httpx.HTTPError as e:
            raise ClientError(f"no worker at {self.url} ({e}); give its address with --url or HEADGATE_URL") from e
        try:
            told = answer.json() if answer.content else None
        except ValueError as e:
            raise ClientError(f"{self.url} answered {answer.status_code} without JSON: it is no Connect worker") from e
        if answer.is_error:
            message = told.get("message") if isinstance(told, dict) else None
            raise ClientError(str(message or f"the worker answered {answer.status_code}"))
        return told

    def names(self, patterns: Sequence[str]) -> list[str]:
        """The connectors meant by names and wildcards (``*``, ``?``); ClientError when one means none."""
        known = sorted(self.call("GET", "connectors"))
        found: list[str] = []
        for pattern in patterns:
            meant = [n for n in known if n == pattern] or [n for n in known if fnmatch.fnmatchcase(n, pattern)]
            if not meant:
                there = f"there are: {', '.join(known)}" if known else "there is none"
                raise ClientError(f"no connector {pattern}; {there}")
            found += [n for n in meant if n not in found]
        return found
