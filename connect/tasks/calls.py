"""Functions run in a child process for the worker, and their results and errors on the way back."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from connect.api.errors import ConfigError, ConnectError, HeadgateError
from connect.tasks.trace import headline, trace_of

__all__ = ["decode_error", "encode_error", "invoke"]


def invoke(function: str, argument: Any) -> Any:
    """The result of ``package.module:function(argument)``. Raises ConnectError when there is no such function."""
    module, colon, name = function.partition(":")
    if not colon:
        raise ConnectError(f"{function!r} does not name a function; expected package.module:function")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as e:
        raise ConnectError(f"there is no function {function}: {e}") from e
    return found(argument)


def encode_error(error: Exception) -> dict[str, Any]:
    """As JSON. An error of our tree travels by its class and attributes, any other by its trace."""
    kind = type(error)
    body: dict[str, Any] = {"text": headline(error), "trace": trace_of(error)}
    if isinstance(error, HeadgateError):
        body |= {"module": kind.__module__, "class": kind.__qualname__}
    if isinstance(error, ConfigError):
        body["errors"] = {k: list(v) for k, v in error.errors.items()}
    status = getattr(error, "status", None)
    if isinstance(status, int):
        body["status"] = status
    return body


def decode_error(body: Mapping[str, Any]) -> Exception:
    """The error again: ConfigError and errors with a status (RequestError) as themselves, if this process has their class;
    everything else as ConnectError with its trace. The original trace is a note of the error."""
    text = str(body["text"])
    error: Exception
    kind = getattr(sys.modules.get(str(body.get("module"))), str(body.get("class")), None)
    if "errors" in body:
        error = ConfigError(body["errors"])
    elif "status" in body and isinstance(kind, type) and issubclass(kind, ConnectError):
        error = kind(body["status"], text)
    elif isinstance(kind, type) and issubclass(kind, HeadgateError) and kind.__init__ in (
            HeadgateError.__init__, ConnectError.__init__):
        error = kind(text)
    else:
        error = ConnectError(text if "module" in body else str(body["trace"]))
    error.add_note(str(body["trace"]))
    return error
