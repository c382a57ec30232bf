"""The trace of a failed task: a clear first line, then what caused it, then where in the code.

Row values never appear: the message of an exception that is not ours and was raised while rows were handled is left out
(Python's own conversion errors quote the value); its type and the lines of code say enough.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from connect.api.errors import HeadgateError

__all__ = ["chain", "headline", "message", "trace_of"]

_MESSAGES_OF = {"cimpl", "confluent_kafka", "psycopg", "psycopg_binary", "httpx", "httpcore", "pymysql", "socket", "ssl"}
_FRAMES = 12


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    seen: set[int] = set()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        yield now
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)


def message(error: BaseException, *, rows: bool = False) -> str:
    """What the error says, in one or more lines. ``rows``: it was raised while rows were handled."""
    text = str(error).strip()
    if rows and not isinstance(error, HeadgateError | OSError) and type(error).__module__.split(".")[0] not in _MESSAGES_OF:
        # SchemaError names fields and never values; it is the one ValueError of ours.
        text = text if type(error).__module__.startswith(("schemas.", "connect.")) else ""
    # PostgreSQL quotes key values in DETAIL.
    return text.split("\nDETAIL:")[0].rstrip()


def headline(error: BaseException, *, rows: bool = False) -> str:
    """The first line of a trace: our errors speak for themselves, others are shown with their type."""
    text = message(error, rows=rows)
    if isinstance(error, HeadgateError) and text:
        return text
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _frames(error: BaseException) -> list[str]:
    found = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"\tat {f.filename}:{f.lineno} in {f.name}" for f in found]


def trace_of(error: BaseException, *, rows: bool = False) -> str:
    """The whole trace."""
    lines: list[str] = []
    for i, e in enumerate(chain(error)):
        kind = f"{type(e).__module__}.{type(e).__qualname__}"
        if i == 0:
            lines += [headline(e, rows=rows), f"\t[{kind}]"]
        else:
            text = message(e, rows=rows)
            lines.append(f"Caused by: {kind}" + (f": {text}" if text else ""))
        lines += [f"\t{note}" for note in getattr(e, "__notes__", ())]
        lines += _frames(e)
    return "\n".join(lines)
