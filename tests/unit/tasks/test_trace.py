from __future__ import annotations

import pytest

from connect.api.errors import ConnectError, DataError, RecordError
from connect.tasks.trace import headline, trace_of
from schemas.model import SchemaError


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as e:
        return e


def test_the_first_line_is_the_message() -> None:
    assert trace_of(raised(ConnectError("the slot is gone; restart with a snapshot"))).splitlines()[0] == (
        "the slot is gone; restart with a snapshot")


def test_causes_follow_in_order() -> None:
    error = raised(ConnectError("top"), raised(OSError("middle"), raised(ValueError("bottom"))))
    causes = [line for line in trace_of(error).splitlines() if line.startswith("Caused by")]
    assert causes == ["Caused by: builtins.OSError: middle", "Caused by: builtins.ValueError: bottom"]


def test_a_foreign_error_is_shown_with_its_type() -> None:
    assert headline(KeyError("x")) == "KeyError: 'x'"
    assert headline(RuntimeError()) == "RuntimeError"


@pytest.mark.parametrize("error", [
    ValueError("'secret row'"), KeyError("secret row"), UnicodeDecodeError("utf-8", b"secret", 0, 1, "row")])
def test_while_rows_are_handled_foreign_messages_are_left_out(error: Exception) -> None:
    trace = trace_of(raised(RecordError("cannot be converted", "table t"), raised(error)), rows=True)
    assert "secret" not in trace
    assert type(error).__name__ in trace


@pytest.mark.parametrize("error", [
    DataError("field n: expected int64"), SchemaError("no field 'n'"), ConnectionResetError("peer")])
def test_while_rows_are_handled_our_messages_and_those_of_sockets_stay(error: Exception) -> None:
    assert str(error) in trace_of(raised(error), rows=True)


def test_the_lines_of_code_are_there() -> None:
    assert "test_trace.py" in trace_of(raised(ValueError("x")))


def test_detail_of_a_database_error_is_cut_since_it_quotes_values() -> None:
    assert trace_of(raised(ConnectError("duplicate key\nDETAIL:  Key (id)=(5)"))).splitlines()[0] == "duplicate key"
    assert "(5)" not in trace_of(raised(ConnectError("duplicate key\nDETAIL:  Key (id)=(5)")))


def test_a_loop_of_causes_ends() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert trace_of(one).count("Caused by") == 1
