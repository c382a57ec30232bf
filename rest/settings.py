"""What an operator can set about the REST API, read from worker properties."""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Self

from connect.api.errors import ConfigError

__all__ = ["HeaderRule", "RestSettings", "parse_header_rules"]

_ACTIONS = ("set", "add", "setDate", "addDate")


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """A header for every answer: ``set`` replaces, ``add`` adds; with ``Date`` the value is milliseconds from now."""

    action: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RestSettings:
    """Settings of the REST API; the defaults are Kafka Connect's but for the masking of passwords."""

    mask_passwords: bool = True
    """``headgate.rest.mask.passwords``: passwords are ``[hidden]`` in every answer."""
    metrics: Callable[[], Awaitable[bytes]] | None = None
    """Renders the Prometheus text for ``/metrics``."""
    allow_origin: tuple[str, ...] = ()
    """``access.control.allow.origin``: origins that may call from a browser; ``*`` is any, empty turns CORS off."""
    allow_methods: tuple[str, ...] = ("GET", "POST", "HEAD")
    """``access.control.allow.methods``."""
    response_headers: tuple[HeaderRule, ...] = ()
    """``response.http.headers.config``."""
    topic_tracking: bool = True
    """``topic.tracking.enable``."""
    topic_tracking_reset: bool = True
    """``topic.tracking.allow.reset``."""
    admin: bool = True
    """False when ``admin.listeners`` is set and empty: no ``/admin`` endpoints."""
    request_timeout: float = 90.0
    """Seconds after which a request is answered with 500; what it started goes on."""
    health_timeout: float = 10.0
    """The same for ``/health``."""

    @classmethod
    def from_properties(cls, properties: Mapping[str, str], metrics: Callable[[], Awaitable[bytes]] | None = None) -> Self:
        """Read the worker's properties; ConfigError names each wrong key with the value seen and what is allowed."""
        errors: dict[str, list[str]] = {}

        def flag(key: str, default: bool) -> bool:
            text = properties.get(key)
            if text is None or text.strip().lower() in ("true", "false"):
                return default if text is None else text.strip().lower() == "true"
            errors[key] = [f"Invalid value {text} for configuration {key}: expected true or false"]
            return default

        def listed(key: str, default: str) -> tuple[str, ...]:
            return tuple(x.strip() for x in properties.get(key, default).split(",") if x.strip())

        rules: tuple[HeaderRule, ...] = ()
        try:
            rules = parse_header_rules(properties.get("response.http.headers.config", ""))
        except ConfigError as e:
            errors.update({k: list(v) for k, v in e.errors.items()})
        made = cls(
            mask_passwords=flag("headgate.rest.mask.passwords", True),
            metrics=metrics,
            allow_origin=listed("access.control.allow.origin", ""),
            allow_methods=listed("access.control.allow.methods", "") or ("GET", "POST", "HEAD"),
            response_headers=rules,
            topic_tracking=flag("topic.tracking.enable", True),
            topic_tracking_reset=flag("topic.tracking.allow.reset", True),
            admin=properties.get("admin.listeners") is None or bool(properties["admin.listeners"].strip()),
        )
        if errors:
            raise ConfigError(errors)
        return made


def parse_header_rules(text: str) -> tuple[HeaderRule, ...]:
    """Parse ``[action] [name]:[value], …``; an entry that holds a comma stands in double quotes. ConfigError."""
    key = "response.http.headers.config"
    rules = []
    if not text.strip():
        return ()
    if not text.isprintable():
        raise ConfigError({key: [f"Invalid value for configuration {key}: expected printable text on one line"]})
    for entry in next(csv.reader([text], skipinitialspace=True), []):
        action, _, rest = entry.strip().partition(" ")
        name, colon, value = rest.partition(":")
        name, value = name.strip(), value.strip()
        dated = action in ("setDate", "addDate")
        if action not in _ACTIONS or not colon or not name.isascii() or not name or " " in name:
            raise ConfigError({key: [
                f"Invalid value {entry.strip()!r} for configuration {key}: expected '[action] [name]:[value]' "
                f"with an action of {', '.join(_ACTIONS)}"
            ]})
        if dated and not value.removeprefix("-").isdecimal():
            raise ConfigError({key: [
                f"Invalid value {value!r} of header {name} in configuration {key}: expected milliseconds from now"
            ]})
        rules.append(HeaderRule(action, name, value))
    return tuple(rules)
