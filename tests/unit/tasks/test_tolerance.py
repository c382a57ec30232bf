from __future__ import annotations

import logging

import pytest

from connect.api.errors import ConfigError, DataError
from connect.tasks.tolerance import ErrorPolicy, Tolerance


@pytest.mark.parametrize(("config", "expected"), [
    ({}, ErrorPolicy()),
    ({"errors.tolerance": "all"}, ErrorPolicy(tolerate_all=True)),
    ({"errors.tolerance": " ALL "}, ErrorPolicy(tolerate_all=True)),
    ({"errors.tolerance": "none", "errors.log.enable": "true"}, ErrorPolicy(log=True)),
    ({"errors.log.include.messages": "TRUE"}, ErrorPolicy(include_messages=True)),
    ({"errors.retry.timeout": "0"}, ErrorPolicy(retry_timeout=0.0)),
    ({"errors.retry.timeout": "1500"}, ErrorPolicy(retry_timeout=1.5)),
    ({"errors.retry.timeout": "-1"}, ErrorPolicy(retry_timeout=None)),
    ({"errors.retry.delay.max.ms": "60000"}, ErrorPolicy(retry_cap=60.0)),
])
def test_properties_are_read(config: dict[str, str], expected: ErrorPolicy) -> None:
    assert ErrorPolicy.of(config) == expected


@pytest.mark.parametrize(("key", "value"), [
    ("errors.tolerance", "some"), ("errors.retry.timeout", "soon"), ("errors.log.enable", "yes"),
    ("errors.retry.delay.max.ms", "1.5"),
])
def test_a_wrong_property_is_named_with_its_value(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=value) as e:
        ErrorPolicy.of({key: value})
    assert list(e.value.errors) == [key]


def test_a_tolerated_record_is_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    tolerance = Tolerance(ErrorPolicy(tolerate_all=True))
    with caplog.at_level(logging.ERROR):
        assert tolerance.skips("conversion", DataError("field n"), "table t, position 5")
    assert "skipped" in caplog.text and "table t, position 5" in caplog.text
    assert (tolerance.counts.errors, tolerance.counts.skipped, tolerance.counts.logged) == (1, 1, 1)


def test_without_tolerance_nothing_is_skipped_and_nothing_logged_unless_asked(caplog: pytest.LogCaptureFixture) -> None:
    tolerance = Tolerance(ErrorPolicy())
    assert not tolerance.skips("conversion", DataError("field n"), "")
    assert caplog.text == ""
    assert (tolerance.counts.errors, tolerance.counts.skipped) == (1, 0)


def test_the_text_of_a_foreign_error_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    Tolerance(ErrorPolicy(tolerate_all=True)).skips("conversion", ValueError("row value 42"), "")
    assert "42" not in caplog.text and "ValueError" in caplog.text
