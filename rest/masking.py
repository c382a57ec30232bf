"""Passwords never leave the worker: hidden in answers, and a hidden one that comes back means "as it was"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connect.herder.requests import ConnectorInfo, Herder, RequestError

__all__ = ["HIDDEN", "mask", "unmask"]

HIDDEN = "[hidden]"
_REFERENCE = re.compile(r"\$\{[^{}]*\}")


def mask(config: Mapping[str, str | None], herder: Herder, like: Mapping[str, str | None] | None = None) -> dict[str, str | None]:
    """A configuration with its passwords hidden, in the same order.

    A value that is only a reference (``${file:…}``) is no secret and stays. ``like`` is the configuration that tells
    which keys are passwords, for a task's configuration that does not name the connector's class.
    """
    secret = herder.sensitive_keys(config)
    if like is not None:
        secret |= herder.sensitive_keys(like)
    return {k: HIDDEN if v and k in secret and not _REFERENCE.fullmatch(v) else v for k, v in config.items()}


async def unmask(name: str, config: Mapping[str, str | None], herder: Herder) -> dict[str, str | None]:
    """Put the stored passwords where a client sent back the hidden ones it was shown (400 where none is stored)."""
    sent = dict(config)
    hidden = [k for k, v in sent.items() if v == HIDDEN and k in herder.sensitive_keys(sent)]
    if not hidden:
        return sent
    stored: ConnectorInfo | None = None
    try:
        stored = await herder.connector_info(name)
    except RequestError as e:
        if e.status != 404:
            raise
    for key in hidden:
        if stored is None or key not in stored.config:
            raise RequestError(400, f"The value of {key} is the mask {HIDDEN}, but no password is stored for it: send it")
        sent[key] = stored.config[key]
    return sent
