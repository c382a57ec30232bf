"""Client of a schema registry with Confluent's REST API (Confluent, Apicurio's ``ccompat``, Karapace, Redpanda).

Blocking, for task processes and the command line; once it is open several threads may use one client. This is the one module
that imports httpx. Credentials are sent, never logged, and stripped from URLs before an error can show one.

    RegistryError
    ├── RegistryUnavailable   nobody answered, or with 5xx, 408 or 429, after every retry: a passing fault
    └── RegistryRefused       the registry said no: incompatible, invalid, not found, not allowed

Seen with Apicurio 3.3: compatibility is NONE unless configured; the compatibility check says no without saying why, while
the refused registration (409) does; a schema that cannot be parsed is 422 with "Failed to discover artifact type from
content" and no reason, and so is one whose *namespace* is not made of Avro names; an unknown path is 404 without a body;
one schema text under two subjects has one id.
"""

from __future__ import annotations

import json
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx

__all__ = ["RegisteredSchema", "RegistryClient", "RegistryError", "RegistryRefused", "RegistrySettings", "RegistryUnavailable"]

_MEDIA = "application/vnd.schemaregistry.v1+json"
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class RegistryError(Exception):
    """The root of this module's errors."""

    retriable = False


class RegistryUnavailable(RegistryError):
    """No registry answered as it should; the same call may succeed later."""

    retriable = True


class RegistryRefused(RegistryError):
    """The registry said no. ``status`` is HTTP's, ``code`` its own (such as 40401), ``reason`` its message."""

    def __init__(self, text: str, status: int, code: int | None, reason: str) -> None:
        self.status = status
        self.code = code
        self.reason = reason
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """Where the registry is and how to speak to it. Times are seconds. Secrets do not show in ``repr``."""

    urls: tuple[str, ...]
    user_info: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    ca: str | None = None
    """PEM: a path, or the text itself."""
    certificate: str | None = field(default=None, repr=False)
    """PEM of the client certificate and its chain: a path or the text; may hold the key too."""
    private_key: str | None = field(default=None, repr=False)
    private_key_password: str | None = field(default=None, repr=False)
    check_hostname: bool = True
    retries: int = 3
    backoff: float = 0.2
    longest_backoff: float = 2.0
    connect_timeout: float = 5.0
    timeout: float = 15.0

    @classmethod
    def parse(cls, urls: str, **others: Any) -> RegistrySettings:
        """From a comma-separated list of URLs; credentials in the first URL become ``user_info`` unless that is given."""
        plain, found = [], None
        for text in (u.strip() for u in urls.split(",")):
            if not text:
                continue
            parts = urlsplit(text)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{_shown(text)!r} is not a registry URL: expected http://host:port or https://host:port")
            if parts.username is not None and found is None:
                found = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            plain.append(_shown(text).rstrip("/"))
        if not plain:
            raise ValueError("no registry URL is given")
        others["user_info"] = others.get("user_info") or found
        return cls(tuple(plain), **others)


def _shown(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """A version of a subject."""

    subject: str
    version: int
    id: int
    schema: str


class RegistryClient:
    """Speaks to the first URL that answers, and goes on with that one. Opens its connections at the first call."""

    def __init__(
        self, where: RegistrySettings | str, sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings = RegistrySettings.parse(where) if isinstance(where, str) else where
        self._sleep = sleep
        self._transport = transport
        self._first = 0
        self._http: httpx.Client | None = None

    def register(self, subject: str, schema: str, normalize: bool = False) -> int:
        """The id of the schema under the subject, as a new version when it is new. Raises RegistryRefused."""
        path = f"/subjects/{_part(subject)}/versions" + ("?normalize=true" if normalize else "")
        return _number(self._call("POST", path, {"schema": schema}, f"registering a schema under subject {subject}"), "id")

    def find(self, subject: str, schema: str, normalize: bool = False) -> RegisteredSchema | None:
        """The version of the subject that has this schema, or None."""
        path = f"/subjects/{_part(subject)}" + ("?normalize=true" if normalize else "")
        return _version(self._maybe("POST", path, {"schema": schema}, f"looking up a schema under subject {subject}"), subject)

    def schema(self, schema_id: int) -> str:
        """The text of the schema with this id. Raises RegistryRefused when there is none."""
        return str(self._call("GET", f"/schemas/ids/{schema_id}", None, f"reading schema {schema_id}").get("schema"))

    def subjects(self) -> list[str]:
        """Every subject."""
        return [str(s) for s in self._call("GET", "/subjects", None, "listing subjects")]

    def versions(self, subject: str) -> list[int]:
        """The versions of a subject; none when it does not exist."""
        found = self._maybe("GET", f"/subjects/{_part(subject)}/versions", None, f"listing versions of subject {subject}")
        return [] if found is None else [int(v) for v in found]

    def version(self, subject: str, version: int | str) -> RegisteredSchema | None:
        """One version (``"latest"`` is the newest), or None."""
        path = f"/subjects/{_part(subject)}/versions/{version}"
        return _version(self._maybe("GET", path, None, f"reading version {version} of subject {subject}"), subject)

    def latest(self, subject: str) -> RegisteredSchema | None:
        """The newest version, or None when there is none."""
        return self.version(subject, "latest")

    def incompatibilities(self, subject: str, schema: str) -> list[str]:
        """Why the schema could not follow the newest version; empty when it could, also when the subject is new."""
        path = f"/compatibility/subjects/{_part(subject)}/versions/latest?verbose=true"
        found = self._maybe("POST", path, {"schema": schema}, f"checking compatibility with subject {subject}")
        if found is None or found.get("is_compatible", False):
            return []
        return [str(m) for m in found.get("messages") or ["the registry does not say why"]]

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _maybe(self, method: str, path: str, body: Any, doing: str) -> Any:
        try:
            return self._call(method, path, body, doing)
        except RegistryRefused as e:
            if e.status == 404:
                return None
            raise

    def _call(self, method: str, path: str, body: Any, doing: str) -> Any:
        """The parsed answer. Tries every URL, then waits and tries again, as often as the settings say."""
        urls = self.settings.urls
        pause = self.settings.backoff
        trouble = ""
        for attempt in range(self.settings.retries + 1):
            if attempt:
                self._sleep(pause)
                pause = min(pause * 2, self.settings.longest_backoff)
            for i in range(len(urls)):
                at = (self._first + i) % len(urls)
                answer = self._ask(method, urls[at] + path, body)
                if isinstance(answer, str):
                    trouble = f"{urls[at]}: {answer}"
                    continue
                self._first = at
                return self._read(answer, urls[at], doing)
        tries = self.settings.retries + 1
        raise RegistryUnavailable(f"{doing} failed: no schema registry answers ({trouble}; tried {tries} times)")

    def _ask(self, method: str, url: str, body: Any) -> httpx.Response | str:
        """The answer, or why there is none worth having."""
        try:
            content = None if body is None else json.dumps(body)
            answer = self._client().request(method, url, content=content)
        except httpx.TimeoutException:
            return "timed out"
        except httpx.TransportError as e:
            return str(e) or type(e).__name__
        if answer.status_code in _PASSING:
            return f"HTTP {answer.status_code}, {_message(answer)[1]}"
        return answer

    def _read(self, answer: httpx.Response, url: str, doing: str) -> Any:
        if answer.is_success:
            try:
                return answer.json()
            except ValueError:
                raise RegistryRefused(
                    f"{doing} failed: {url} answered something that is not JSON; is this the registry's base URL?",
                    answer.status_code, None, "not JSON") from None
        code, reason = _message(answer)
        hint = ""
        if answer.status_code in (401, 403):
            hint = " (check basic.auth.user.info, bearer.auth.token and the rights of the user)"
        raise RegistryRefused(
            f"{doing} was refused by {url}: {reason} (HTTP {answer.status_code}{f', code {code}' if code else ''}){hint}",
            answer.status_code, code, reason)

    def _client(self) -> httpx.Client:
        return self._http or self.open()

    def open(self) -> httpx.Client:
        """Make the HTTP client, without talking to anybody. Raises ValueError when a certificate or key cannot be used."""
        if self._http is None:
            s = self.settings
            headers = {"Accept": f"{_MEDIA}, application/json", "Content-Type": _MEDIA}
            auth: httpx.Auth | None = None
            if s.bearer_token:
                headers["Authorization"] = f"Bearer {s.bearer_token}"
            elif s.user_info:
                user, _, password = s.user_info.partition(":")
                auth = httpx.BasicAuth(user, password)
            tls = any(u.startswith("https") for u in s.urls)
            self._http = httpx.Client(
                headers=headers, auth=auth, timeout=httpx.Timeout(s.timeout, connect=s.connect_timeout),
                # Without TLS nothing is to be verified, and reading the system's certificates costs 80 ms and some MiB.
                verify=_tls(s) if tls else False, follow_redirects=False, transport=self._transport)
        return self._http


def _tls(s: RegistrySettings) -> ssl.SSLContext:
    what = "the certificates to trust"
    try:
        with _as_file(s.ca) as ca:
            context = ssl.create_default_context(cafile=ca)
        context.check_hostname = s.check_hostname
        if s.certificate:
            what = "the client certificate and key"
            with _as_file(s.certificate) as certificate, _as_file(s.private_key) as private_key:
                assert certificate is not None
                context.load_cert_chain(certificate, private_key, s.private_key_password)
    except OSError as e:
        # The text of the error may not be shown: it can hold a PEM given in place of a path.
        raise ValueError(f"{what} of the schema registry cannot be read ({type(e).__name__}): expected PEM") from None
    return context


@contextmanager
def _as_file(pem: str | None) -> Iterator[str | None]:
    """A path for Python's ssl, which reads certificates with keys from files only; a text lives in a private file meanwhile."""
    if pem is None or "-----BEGIN" not in pem:
        yield pem
        return
    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w") as f:
            f.write(pem)
        yield path
    finally:
        os.unlink(path)  # noqa: PTH108


def _part(text: str) -> str:
    return quote(text, safe="")


def _number(answer: Any, name: str) -> int:
    found = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(found, int):
        raise RegistryRefused(f"the registry's answer has no {name!r}", 200, None, "unexpected answer")
    return found


def _version(answer: Any, subject: str) -> RegisteredSchema | None:
    if answer is None:
        return None
    return RegisteredSchema(subject, _number(answer, "version"), _number(answer, "id"), str(answer.get("schema")))


def _message(answer: httpx.Response) -> tuple[int | None, str]:
    """The registry's own code and message."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, Mapping):
        code = body.get("error_code")
        text = body.get("message") or body.get("detail") or body.get("title") or "no message"
        return (code if isinstance(code, int) else None), str(text)
    return None, answer.text.strip()[:200] or "no message"
